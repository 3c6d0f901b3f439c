package tally

import "time"

// Freshness words, as the sites label their answers.
const (
	Live   = "live"
	Cached = "cached"
	Stale  = "stale"
)

// NotLinked is why a citizen was not served who linked nothing that works: nobody promised him to be.
const NotLinked = "not linked"

// Outcome is how one journey ended.
type Outcome struct {
	OK   bool
	Why  string        // of a failure: a word or two, from a small set
	Took time.Duration // until the citizen had what he came for, or gave up; 0: the whole journey

	// Served are the answers that the journey was given, with the site's label; none from a site that does not label.
	Served []Served

	WrongAccount   bool // signed in, but to an account that is not his
	Impostor       bool // another person tried to pass as a citizen beside this journey
	WrongProof     bool // and his proof was accepted
	BelowAssurance bool // accepted on less than the site's minimum
	Duplicate      bool // an effect happened twice: a second account for the same person, a second message
}

// Served is the label of one answer.
type Served struct{ Source, Freshness string }

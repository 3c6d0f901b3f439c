package fallback

import (
	"errors"
	"fmt"
	"time"
)

// Memory remembers answers, to save calls while they are fresh and to stand in
// for the sources when all of them fail. It also shares one call among equal
// questions asked at the same time.
//
// It is an allow-list. An answer is remembered only when its Cacheable method
// says so and its source has a Retention; a chain with an effect or with a
// minimum of assurance has no Memory, and a call that raised the minimum does
// without. Answers that say no are never remembered, but for NotFound when
// Negative allows it; no memory is served in their place, and what was remembered before is dropped.
//
// Answers are shared between callers: treat them as read-only.
type Memory[Q, A any] struct {
	// Key names a question. Equal keys mean that one answer serves both, so the
	// key holds everything that the answer depends on. A question about a person
	// belongs in a key only as a keyed hash (HMAC). The empty key, or one longer
	// than 1024 bytes, means: do not remember this one. Required.
	Key func(Q) string
	// Version is the schema of the stored answers. Raise it when A or Codec
	// change, and entries of before are not found any more.
	Version int
	// Codec turns answers into bytes. Nil: Gob.
	Codec Codec[A]
	// Fresh is the age up to which an answer is served without asking anybody.
	// Zero: never.
	Fresh time.Duration
	// FreshFor says how long one answer may be called fresh by whoever gave it
	// (the max-age of a reply); it can only shorten Fresh. Nil: Fresh.
	FreshFor func(A) time.Duration
	// Stale is the age, counted from the same moment as Fresh, up to which an
	// answer is served when all sources failed. Zero: only while Fresh.
	Stale time.Duration
	// Revalidate is how long an answer that has ceased to be fresh is still served
	// at once, as Updating, while the sources are asked behind the caller's back,
	// by one call per key. When they fail, it is served so all the same, and every
	// call tries anew; the breaker bounds that. After this time callers wait for
	// the sources again. It never goes beyond Stale, StaleFor and Retention, and
	// an answer that was never fresh (FreshFor of zero) is not served so. This is
	// stale-while-revalidate of RFC 5861 section 3. Zero: never.
	Revalidate time.Duration
	// Patience is how long a caller waits for the sources while an answer that
	// could be served as Stale is at hand. After that it is served so, and the
	// sources are asked to the end behind the caller's back, for whoever asks next.
	// Result.Failed tells what was known by then, and the wait last (ErrPatience,
	// without a Source). It bounds what a call costs before a breaker has opened,
	// also when no other source has room. With a Hedge take its After and what the
	// source beside needs. A caller whose call is not shared (Sharing) waits to the
	// end. Needs Stale. Zero: all wait until no source is left, or their context
	// ends.
	Patience time.Duration
	// Refreshes is the greatest number of calls behind the callers' backs at one
	// time; an answer is served without one when there are so many. Zero: 64.
	Refreshes int
	// Negative is the age up to which the answer that there is nothing (NotFound)
	// is served without asking anybody, with the same error and FlagRemembered.
	// It is remembered only when it is complete, that is when nobody who might
	// know failed or was left out, and no longer than Retention of those who said
	// so. It takes the place of what was remembered before. Keep it short: what
	// is new is not found for so long. Other answers that say no are never
	// remembered. Zero: nor is this one.
	Negative time.Duration
	// StaleFor says up to which age, counted as Stale is, one answer may be served
	// when all sources failed, by whoever gave it; it can only shorten Stale, and
	// never below what Fresh and FreshFor allow. An answer that forbids to be
	// served stale (must-revalidate and proxy-revalidate of RFC 9111 section 5.2.2)
	// returns its max-age; one that names a time (stale-if-error of RFC 5861)
	// returns that time above its max-age; one that says nothing the greatest
	// Duration. Zero or less: only while fresh. Like FreshFor it is asked when the
	// answer is saved, so a new one leaves alone what was saved before. Nil: Stale.
	StaleFor func(A) time.Duration
	// Store keeps the bytes. A store that fails or is slow never costs the answer,
	// and a call at most StoreWait: after a Load that failed, the Save has what
	// is left of that time, and is left out when nothing is.
	// Nil: a MemoryStore with the default bounds, for this chain alone.
	Store Store
	// StoreWait bounds one operation of Store that respects its context: a Load
	// before the sources are asked, a Save after they answered. A MemoryStore is
	// not bounded, for it never waits. Zero: 5ms.
	StoreWait time.Duration
	// Sharing is the greatest number of questions whose calls are shared at one
	// time; further ones are asked by each caller for itself. Zero: 1024.
	Sharing int
}

// cacheable is what an answer must have to be remembered.
type cacheable interface{ Cacheable() bool }

const maxKey = 1024

func (m *Memory[Q, A]) mistakes() []error {
	var errs []error
	wrong := func(text string) { errs = append(errs, errors.New("memory: "+text)) }
	if m.Key == nil {
		wrong("key is missing")
	}
	if m.Fresh < 0 || m.Stale < 0 || m.StoreWait < 0 || m.Sharing < 0 || m.Revalidate < 0 || m.Refreshes < 0 || m.Negative < 0 || m.Patience < 0 {
		wrong("a number is negative")
	}
	if m.Fresh == 0 && m.Stale == 0 {
		wrong("fresh and stale are both zero")
	}
	if m.Stale > 0 && m.Stale < m.Fresh {
		wrong("stale is below fresh; both count from when the answer was given")
	}
	if m.Revalidate > 0 && (m.Fresh == 0 || m.Stale <= m.Fresh) {
		wrong("revalidate needs fresh, and stale above it")
	}
	if m.Patience > 0 && m.Stale == 0 {
		wrong("patience needs stale")
	}
	if m.Codec == nil {
		var zero A
		if _, err := (Gob[A]{}).Encode(zero); err != nil {
			errs = append(errs, fmt.Errorf("memory: codec is missing and gob cannot do it: %w", err))
		}
	}
	return errs
}

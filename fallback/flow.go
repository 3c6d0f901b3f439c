package fallback

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"
)

// Leg is one source of a flow: it can answer a question in two steps. Begin
// turns the claim Q into a challenge C (an address to send the browser to, a
// code that was sent, a request on a telephone); Finish turns the reply R of
// the citizen into a proof A.
type Leg[Q, C, R, A any] struct {
	// Name is unique within the flow, at most 64 bytes.
	Name string
	// Begin and Finish ask once. They must be safe for concurrent use and
	// return soon after ctx ends: one that ignores its context cannot be
	// bounded from outside, it holds its caller. A Begin that asks nobody (a
	// redirect) always succeeds, so its success says nothing about the
	// upstream: give such a breaker a Watch.
	//
	// Two optional methods of their errors are read beside Class, Wait and
	// NotSent: Hearsay() bool, true when the error rests on what the browser
	// brought (an error parameter on a callback), which speaks neither for nor
	// against the upstream; and Pending() bool, see Tries. Nor does an answer
	// (invalid, denied, not found) that says NotSent.
	Begin  func(ctx context.Context, q Q) (C, error)
	Finish func(ctx context.Context, r R) (A, error)
	// Cancel takes back what Begin set in motion, for Flow.Cancel: a request that
	// waits on a telephone. It is asked once, bounded by Timeout. Nil: the vendor
	// cannot, and what it sent ends by itself.
	Cancel func(ctx context.Context, c C) error
	// BeginAsks says that Begin asks its upstream, so that it fails when that one
	// is dead. False: it may be a redirect, and Check wants a Watch.
	BeginAsks bool
	// Upstream is what this leg shares with other sources of its vendor. Nil:
	// no breaker, no capacity.
	Upstream *Upstream
	// Timeout bounds each Begin, each Finish and each Cancel. Zero: DefaultLegTimeout.
	Timeout time.Duration
	// Tries is how often step two may be asked with one ticket, at most 1000.
	// Zero: once, which is right for everything that may be redeemed once (an
	// authorisation code). With more, an ask that ends in an error with
	// Pending() true ("not confirmed yet", "wrong code") or in a fault leaves
	// the ticket to be used again and the error matches ErrPending; every other
	// end is final. Tries are counted before the leg is asked, over all
	// processes, and are asked one at a time: of many at once one is asked and
	// the others are refused.
	Tries int
	// Assurance is the most that a proof of this leg is worth. A proof with a
	// method Level() Assurance, or Level() string with one of the words of
	// Assurance, can only lower it. Zero: Unset, below every minimum.
	Assurance Assurance
	// Traits are the properties of this leg. A proof with a method Traits()
	// Trait can only take some away.
	Traits Trait
}

// NewLeg returns a Leg with the defaults of everything else. Assurance has to
// be set: Unset is below every minimum.
func NewLeg[Q, C, R, A any](
	name string, begin func(context.Context, Q) (C, error), finish func(context.Context, R) (A, error), up *Upstream,
) Leg[Q, C, R, A] {
	return Leg[Q, C, R, A]{Name: name, Begin: begin, Finish: finish, Upstream: up}
}

const (
	// DefaultLegTimeout bounds a step of a leg that names no Timeout. It is
	// longer than DefaultTimeout: a citizen who is half-way has no other source
	// to go to.
	DefaultLegTimeout = 10 * time.Second
	// DefaultTicketTTL is the time between the steps when FlowConfig names
	// none: RFC 6749 (4.1.2) gives codes at most as long.
	DefaultTicketTTL = 10 * time.Minute

	maxTicketTTL = 24 * time.Hour
	maxTries     = 1000
	maxKeys      = 8
	keySize      = 32
	ticketsTime  = 2 * time.Second // for one ask of Tickets
)

// FlowConfig describes a Flow. Name, Legs, Match, Min, Keys and Tickets are
// required. It prints as its name alone: it holds keys.
type FlowConfig[Q, C, R, A any] struct {
	// Name names the flow in errors and views and binds its tickets: two flows
	// never take each other's. At most 64 bytes.
	Name string
	// Legs in the order in which they are offered. A leg that can never be
	// eligible (below Min or without the traits of Require) is a mistake.
	Legs []Leg[Q, C, R, A]
	// Valid judges the claim before anybody is asked; its error gives the
	// verdict ErrInvalid. Nil: every claim is valid.
	Valid func(Q) error
	// Join gives step two what step one kept (state, nonce, verifier). Nil: the
	// reply as it came.
	Join func(R, C) R
	// Match says whether the proof answers the claim of step one: the same
	// person, the same account. It runs for every leg, here and nowhere else,
	// after the level was checked. It compares and asks nobody, and missing
	// fields do not match. Its error gives the verdict ErrDenied, or that of
	// the class it tells.
	Match func(Q, A) error
	// Min is the least that a proof must be worth; WithMin raises it for one
	// call. Unset is a mistake: write None on purpose.
	Min Assurance
	// Require names traits that a leg and its proof must have. Zero: none.
	Require Trait
	// Keys seal the tickets: 32 random bytes each, 1 to 8. The first seals, all
	// open: to change keys put the new one second everywhere, then first, and
	// drop the old one a TTL later.
	Keys [][]byte
	// Tickets makes them single-use over all processes. What it keeps is
	// sealed. It is asked for at most 2s at a time, and when it cannot be asked
	// nothing is begun or finished.
	Tickets Counter
	// TTL is the time a citizen has between the steps, at most 24h. Zero:
	// DefaultTicketTTL.
	TTL time.Duration
	// MaxIdle is how long a leg counts as proven after a Finish there succeeded in
	// this process; see Offer.Unproven. Zero: DefaultMaxIdle.
	MaxIdle time.Duration
	// Observe hears of every Begin and every Finish. Nil: nobody does.
	Observe Observer
}

// Begun is step one, done. The ticket is for the browser, best in a cookie
// (HttpOnly, Secure, SameSite=Lax); the challenge goes where it must and
// nowhere else. Neither is shown when a Begun is printed or logged.
type Begun[C any] struct {
	Challenge C
	Ticket    string    // at most 1024 characters of the base64url alphabet
	Source    string    // the leg that was begun
	Expires   time.Time // when the ticket ends, wall clock
	Assurance Assurance // the most that the proof will be worth
}

// Flow is a question in two steps. It offers what works now, the citizen
// chooses, and step two belongs to the source, the claim, the session and the
// level of step one. It never fails over by itself: a code taken to another
// source would be a mix-up attack (RFC 9700, 4.4). Who goes back ends it by
// Cancel. It is safe for concurrent use.
//
// A redirect asks nobody, so a dead login page is seen by the Watch of the leg's
// breaker alone. Citizens who do not come back make it look at once: of each half
// minute (of more, until ten were begun) it is judged two minutes later, by the
// next Begin or Finish, how many of those who began have ended their ticket, and
// fewer than half of the usual share of this leg is a suspicion
// (breaker.Suspect). It is never a vote: whoever begins ten thousand times and
// never comes back costs the vendor one look of its Watch each half minute at
// most. A citizen who cancels at the vendor has come back; one who ends the ticket by
// Cancel, or brings the vendor's word that it failed, has not. Where processes
// share Tickets each knows its own begins and its own returns: the shares are
// right when citizens come back to any of them alike, or always to the same.
//
// Claim and challenge are kept between the steps as gob, sealed, in Tickets;
// their types must survive that, which NewFlow checks.
type Flow[Q, C, R, A any] struct {
	now  atomic.Pointer[course[Q, C, R, A]]
	made *course[Q, C, R, A] // as NewFlow wired it
}

// course is a flow with one set of settings. It never changes: Reconfigure puts
// another in its place, and a step ends on the one it began with.
type course[Q, C, R, A any] struct {
	name    string
	legs    []Leg[Q, C, R, A]
	valid   func(Q) error
	join    func(R, C) R
	match   func(Q, A) error
	min     Assurance
	require Trait
	sealer  *sealer // by pointer, so that no printing of a flow reaches the keys
	tickets Counter
	ttl     time.Duration
	maxIdle time.Duration
	level   func(Assurance, A) Assurance // nil: A says nothing about its level
	traits  func(Trait, A) Trait         // nil: A says nothing about its traits
	noProof func(A) bool                 // nil: A cannot be nil
	noChall func(C) bool                 // nil: C cannot be nil
	teller  *teller                      // nil: nobody is told
	past    *flowPast
}

// NewFlow returns a flow, or all the mistakes of cfg at once. It touches no
// network and starts no goroutine. Legs and keys are copied.
func NewFlow[Q, C, R, A any](cfg FlowConfig[Q, C, R, A]) (*Flow[Q, C, R, A], error) {
	if err := cfg.mistakes(); err != nil {
		return nil, err
	}
	c := &course[Q, C, R, A]{
		name: cfg.Name, legs: slices.Clone(cfg.Legs), valid: cfg.Valid, join: cfg.Join, match: cfg.Match,
		min: cfg.Min, require: cfg.Require,
		sealer: &sealer{flow: cfg.Name}, tickets: cfg.Tickets, ttl: orDefault(cfg.TTL, DefaultTicketTTL), maxIdle: cfg.MaxIdle,
		level: proofLevel[A](), traits: proofTraits[A](), noProof: emptyReader[A](), noChall: emptyReader[C](),
		teller: newTeller(cfg.Observe),
	}
	for i := range c.legs {
		c.legs[i].Timeout = orDefault(c.legs[i].Timeout, DefaultLegTimeout)
		c.legs[i].Tries = orDefault(c.legs[i].Tries, 1)
	}
	for _, k := range cfg.Keys {
		c.sealer.keys = append(c.sealer.keys, bytes.Clone(k))
	}
	c.past = newFlowPast(c.legs)
	f := &Flow[Q, C, R, A]{made: c}
	f.now.Store(c)
	return f, nil
}

// Name returns the name of the flow.
func (f *Flow[Q, C, R, A]) Name() string { return f.now.Load().name }

// Close ends its drills and waits for the observer, at most a second, and says so
// when that is still busy. The flow goes on working, without drills; the breakers
// are their owner's to close.
func (f *Flow[Q, C, R, A]) Close() error {
	f.made.past.drills.close()
	if c := f.now.Load(); !c.teller.close(time.Second) {
		return fmt.Errorf("fallback: %s: close: the observer is still busy", c.name)
	}
	return nil
}

// Format prints the name alone.
func (f *Flow[Q, C, R, A]) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "flow "+f.Name()) }

// Format prints the name alone: the rest holds keys.
func (cfg FlowConfig[Q, C, R, A]) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, "flow config "+cfg.Name)
}

// LogValue logs the name alone: the rest holds keys.
func (cfg FlowConfig[Q, C, R, A]) LogValue() slog.Value { return slog.StringValue(cfg.Name) }

// Format prints everything but challenge and ticket.
func (b Begun[C]) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "begun %s, %v, until %s", b.Source, b.Assurance, b.Expires.Format(time.RFC3339))
}

// LogValue logs everything but challenge and ticket.
func (b Begun[C]) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("source", b.Source), slog.String("assurance", b.Assurance.String()), slog.Time("expires", b.Expires))
}

package certtest

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"sync"
	"time"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
)

// Reference is a provider, its vendor and the citizens' telephones in one, in
// memory: it keeps every rule of the suite, asks no network, and fails on
// command. For tests and examples. It is safe for concurrent use.
type Reference struct {
	people []cert.Proof

	mu       sync.Mutex
	requests map[string]*request
	withheld map[Field]bool
	broken   map[Part]error
	asked    int
	created  int
}

type request struct {
	state   state
	person  int
	signed  string
	expires time.Time
	at      time.Time
}

type state uint8

const (
	waits state = iota
	done
	no
	lapsed
	verified
)

const (
	provider = "reference"
	lifetime = 5 * time.Minute
	// maxRequests bounds what is kept; when it is reached all are forgotten.
	maxRequests = 1 << 16
)

var (
	errBroken  = errors.New("broken by the test")
	errUnknown = errors.New("certtest: no such request, or it waits no more")
	errPerson  = errors.New("certtest: no such person")
)

// NewReference makes a vendor with these people.
func NewReference(people ...cert.Proof) *Reference {
	return &Reference{people: append([]cert.Proof(nil), people...), requests: map[string]*request{}, withheld: map[Field]bool{}, broken: map[Part]error{}}
}

// People lists who has a telephone.
func (r *Reference) People() []cert.Proof { return append([]cert.Proof(nil), r.people...) }

// Break makes a step fail with err, which is best a *providers.Error; nil: one
// that is unavailable. Watch fails with StatusStep.
func (r *Reference) Break(part Part, err error) {
	if err == nil {
		err = fail(string(part), providers.Unavailable, errBroken)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken[part] = err
}

// Heal ends every fault.
func (r *Reference) Heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.broken)
}

// Withhold leaves a field out of every proof.
func (r *Reference) Withhold(f Field) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.withheld[f] = true
}

// Asked counts what a vendor would have been asked.
func (r *Reference) Asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

// Created counts the requests that reached a telephone.
func (r *Reference) Created() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.created
}

// Confirm is the telephone on which People()[person] confirms.
func (r *Reference) Confirm(t cert.Ticket, person int) error {
	if person < 0 || person >= len(r.people) {
		return errPerson
	}
	return r.touch(t, func(q *request) { q.state, q.person, q.at = done, person, time.Now().Round(0) })
}

// Refuse is the telephone on which the citizen refuses.
func (r *Reference) Refuse(t cert.Ticket) error { return r.touch(t, func(q *request) { q.state = no }) }

// Expire ends the time of a request.
func (r *Reference) Expire(t cert.Ticket) error {
	return r.touch(t, func(q *request) { q.state = lapsed })
}

// Forge makes the signature of a request be over something else.
func (r *Reference) Forge(t cert.Ticket) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := r.requests[t.ID]
	if q == nil {
		return errUnknown
	}
	q.signed = rand.Text()
	return nil
}

// touch changes a request that waits.
func (r *Reference) touch(t cert.Ticket, change func(*request)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := r.requests[t.ID]
	if q == nil || q.now() != waits {
		return errUnknown
	}
	change(q)
	return nil
}

func (q *request) now() state {
	if q.state == waits && time.Now().After(q.expires) {
		return lapsed
	}
	return q.state
}

// ask counts a request and gives the fault of the step. It is called under mu.
func (r *Reference) ask(ctx context.Context, part Part) error {
	if err := ctx.Err(); err != nil {
		return fail(string(part), providers.Unavailable, err)
	}
	r.asked++
	return r.broken[part]
}

// Request implements cert.Provider.
func (r *Reference) Request(ctx context.Context, s cert.Subject) (cert.Ticket, error) {
	if err := s.Validate(); err != nil {
		return cert.Ticket{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.ask(ctx, RequestStep); err != nil {
		return cert.Ticket{}, err
	}
	if len(r.requests) >= maxRequests {
		clear(r.requests)
	}
	t := cert.Ticket{Provider: provider, ID: rand.Text(), Token: providers.NewSecret(rand.Text()), Expires: time.Now().Add(lifetime).Round(0)}
	r.requests[t.ID] = &request{signed: t.Token.Reveal(), expires: t.Expires}
	r.created++
	return t, nil
}

// Collect implements cert.Provider.
func (r *Reference) Collect(ctx context.Context, reply cert.Reply) (cert.Proof, error) {
	t := reply.Ticket
	if t.Provider != provider || len(t.ID) != 26 || t.Token.IsZero() {
		e := fail("status", providers.Denied, cert.ErrTicket)
		e.Unsent = true
		return cert.Proof{}, e
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.ask(ctx, StatusStep); err != nil {
		return cert.Proof{}, err
	}
	q := r.requests[t.ID]
	if q == nil {
		return cert.Proof{}, fail("status", providers.Denied, cert.ErrTicket)
	}
	if why := map[state]error{waits: cert.ErrPending, no: cert.ErrRejected, lapsed: cert.ErrExpired, verified: cert.ErrSpent}[q.now()]; why != nil {
		return cert.Proof{}, fail("status", providers.Denied, why)
	}
	if err := r.ask(ctx, VerifyStep); err != nil {
		return cert.Proof{}, err
	}
	q.state = verified
	if subtle.ConstantTimeCompare([]byte(q.signed), []byte(t.Token.Reveal())) != 1 {
		return cert.Proof{}, fail("verify", providers.Denied, cert.ErrToken)
	}
	p := r.people[q.person]
	p.Signed, p.At = q.signed, q.at
	for f, field := range map[Field]*string{Name: &p.Name, Birthday: &p.Birthday, Gender: &p.Gender} {
		if r.withheld[f] {
			*field = ""
		}
	}
	if r.withheld[CI] {
		p.CI = providers.Secret{}
	}
	return p, nil
}

// Cancel implements cert.Canceller.
func (r *Reference) Cancel(ctx context.Context, t cert.Ticket) error {
	r.mu.Lock()
	err := r.ask(ctx, StatusStep)
	r.mu.Unlock()
	if err != nil {
		return err
	}
	if r.touch(t, func(q *request) { q.state = no }) != nil {
		return fail("cancel", providers.Denied, cert.ErrTicket)
	}
	return nil
}

// Watch implements cert.Watcher.
func (r *Reference) Watch(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ask(ctx, StatusStep)
}

func fail(op string, kind providers.Kind, cause error) *providers.Error {
	return &providers.Error{Provider: provider, Op: op, Kind: kind, Err: cause}
}

var (
	_ cert.Provider  = (*Reference)(nil)
	_ cert.Watcher   = (*Reference)(nil)
	_ cert.Canceller = (*Reference)(nil)
)

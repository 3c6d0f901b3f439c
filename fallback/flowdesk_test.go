package fallback_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

type (
	deskChallenge struct {
		Leg    string
		Serial int
	}
	deskReply struct {
		Ticket    int // whose it is
		Mood      string
		Challenge deskChallenge
	}
	deskProof struct {
		Person, Worth string
		Has           fallback.Trait
	}
	deskFlow   = fallback.Flow[string, deskChallenge, deskReply, deskProof]
	deskConfig = fallback.FlowConfig[string, deskChallenge, deskReply, deskProof]
)

func (p deskProof) Level() string          { return p.Worth }
func (p deskProof) Traits() fallback.Trait { return p.Has }

// desk is a plan that happens, with what a just observer knows of it.
type desk struct {
	p       *deskPlan
	rt      *rapid.T
	cfg     deskConfig
	flow    *deskFlow
	ups     []*fallback.Upstream
	store   *fallback.MemoryCounter
	keys    []byte // the numbers of those in use
	newest  byte
	tickets []*deskTicket

	begins string // how step one goes now

	mu      sync.Mutex
	sent    map[int][]time.Time // calls of each upstream
	flying  map[int]int         // and those that are under way
	serial  int
	begun   int
	asks    []deskAsk
	matched int
	crowded bool // an upstream had more at once than it may
}

// deskTicket is what is known of a ticket.
type deskTicket struct {
	text, leg, session, person string
	level, floor               fallback.Assurance
	need                       fallback.Trait
	key                        byte
	ends                       time.Time
	serial, tries, asked, ok   int
	over                       bool
}

// deskAsk is one ask of a Finish.
type deskAsk struct {
	leg   string
	reply deskReply
}

func (p *deskPlan) play(t *testing.T, rt *rapid.T) {
	d := &desk{p: p, rt: rt, store: memoryCounter(t, 0, 0), keys: []byte{1}, newest: 1, sent: map[int][]time.Time{}, flying: map[int]int{}}
	d.cfg = deskConfig{
		Name: "model", Min: p.min, Require: p.require, Tickets: d.store,
		Join: func(r deskReply, c deskChallenge) deskReply { r.Challenge = c; return r },
		Match: func(person string, a deskProof) error {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.matched++; person != a.Person {
				return errors.New(canary)
			}
			return nil
		},
	}
	for i, c := range p.ups {
		b, err := breaker.New(c)
		require.NoError(rt, err)
		defer b.Close() //nolint:errcheck // nothing is asked in the background
		room := &fallback.Capacity{InFlight: p.rooms[i].inFlight, PerDay: int64(p.rooms[i].perDay)}
		d.ups = append(d.ups, &fallback.Upstream{Name: fmt.Sprint("up", i), Breaker: b, Capacity: room})
	}
	for i := range p.legs {
		d.cfg.Legs = append(d.cfg.Legs, d.leg(i))
	}
	if !p.wired() {
		d.cfg.Keys = [][]byte{idKey(1)}
		_, err := fallback.NewFlow(d.cfg)
		require.Error(rt, err)
		return
	}
	d.restart()
	for i := range p.steps {
		d.do(&p.steps[i])
		d.offers(&p.steps[i])
		require.False(rt, d.crowded)
		for n, up := range d.ups {
			require.Zero(rt, up.Capacity.Load(), "a place in flight is not given back")
			if p.rooms[n].perDay > 0 {
				require.EqualValues(rt, d.today(n), up.Capacity.Usage().Day, "what was asked is what was counted")
			}
		}
	}
	time.Sleep(24 * time.Hour)
	require.Zero(rt, d.store.Stats().Keys, "T5: something stays")
}

// leg wires one leg as it was drawn.
func (d *desk) leg(i int) fallback.Leg[string, deskChallenge, deskReply, deskProof] {
	name, plan := fmt.Sprint("leg", i), &d.p.legs[i]
	l := fallback.NewLeg(name, func(context.Context, string) (deskChallenge, error) {
		defer d.asked(plan.up)()
		time.Sleep(plan.takes)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.begun++
		if err := deskFault(d.begins); err != nil {
			return deskChallenge{"of a leg that failed", -1}, err
		}
		d.serial++
		return deskChallenge{name, d.serial}, nil
	}, func(_ context.Context, r deskReply) (deskProof, error) {
		defer d.asked(plan.up)()
		d.mu.Lock()
		d.asks = append(d.asks, deskAsk{name, r})
		person := d.tickets[r.Ticket].person
		d.mu.Unlock()
		time.Sleep(plan.takes)
		return r.proof(person)
	}, nil)
	l.Assurance, l.Traits, l.Tries = plan.level, plan.traits, plan.tries
	if plan.up >= 0 {
		l.Upstream = d.ups[plan.up]
	}
	return l
}

// asked notes a call of an upstream, and that it was not above its bounds.
// Call what it returns when it ends.
func (d *desk) asked(up int) (ends func()) {
	if up < 0 {
		return func() {}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent[up] = append(d.sent[up], time.Now())
	d.flying[up]++
	d.crowded = d.crowded || d.p.rooms[up].inFlight > 0 && d.flying[up] > d.p.rooms[up].inFlight
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.flying[up]--
	}
}

// today returns how many calls the upstream had on this day of UTC.
func (d *desk) today(up int) (n int) {
	for _, at := range d.sent[up] {
		if at.UTC().YearDay() == time.Now().UTC().YearDay() { // a walk takes no year
			n++
		}
	}
	return n
}

// spent reports whether the upstream may not be asked any more today.
func (d *desk) spent(up *fallback.Upstream) bool {
	i := slices.Index(d.ups, up)
	return i >= 0 && d.p.rooms[i].perDay > 0 && d.today(i) >= d.p.rooms[i].perDay
}

// deskFault fails as that mood does; nil for the others.
func deskFault(mood string) error {
	switch mood {
	case "unavailable", "denied":
		return &idError{class: mood}
	case "panic":
		panic(canary)
	case "exit":
		runtime.Goexit()
	}
	return nil
}

// errExit is the error of a call that did not return.
var errExit = errors.New("the goroutine ended")

// proof is what a vendor in that mood says of the person.
func (r deskReply) proof(person string) (deskProof, error) {
	a := deskProof{person, "high", ^fallback.Trait(0)}
	switch r.Mood {
	case "gold":
		a.Worth = "gold"
	case "weak":
		a.Worth = "low"
	case "stripped":
		a.Has = 0
	case "another":
		a.Person = "somebody else"
	case "pending":
		return a, &idError{class: "denied", undecided: true}
	case "hearsay":
		return a, &idError{class: "denied", hearsay: true}
	case "hearsay fault":
		return a, &idError{class: "unavailable", hearsay: true}
	case "not sent":
		return a, &idError{class: "invalid", unsent: true}
	}
	return a, deskFault(r.Mood)
}

// restart is a new process: a new flow over the same Tickets.
func (d *desk) restart() {
	d.cfg.Keys = nil
	for _, k := range d.keys {
		d.cfg.Keys = append(d.cfg.Keys, idKey(k))
	}
	f, err := fallback.NewFlow(d.cfg)
	require.NoError(d.rt, err)
	d.flow = f
}

// wired returns the leg of that name as it is wired now, nil when it is gone.
func (d *desk) wired(name string) *fallback.Leg[string, deskChallenge, deskReply, deskProof] {
	for i := range d.cfg.Legs {
		if d.cfg.Legs[i].Name == name {
			return &d.cfg.Legs[i]
		}
	}
	return nil
}

func (d *desk) forcedOpen(up *fallback.Upstream) bool {
	return up != nil && up.Breaker.Snapshot().Forced == breaker.ForcedOpen
}

func (d *desk) context(s *deskStep, session string) context.Context {
	return fallback.WithSession(fallback.WithTraits(fallback.WithMin(bgCtx, s.min), s.traits), session)
}

// state is all that a refused step must leave as it was.
type deskState struct {
	breakers             []breaker.Snapshot
	store                fallback.MemoryCounterStats
	begun, asks, matched int
}

func (d *desk) state() (s deskState) {
	for _, up := range d.ups {
		s.breakers = append(s.breakers, up.Breaker.Snapshot())
	}
	s.store, s.begun, s.asks, s.matched = d.store.Stats(), d.begun, len(d.asks), d.matched
	return s
}

// untouched does what must be refused and change nothing.
func (d *desk) untouched(why string, verdict, cause error, call func() error) *fallback.Error {
	before, at := d.state(), time.Now()
	err := call()
	require.ErrorIs(d.rt, err, verdict, why)
	if cause != nil {
		require.ErrorIs(d.rt, err, cause, why)
	}
	require.Equal(d.rt, before, d.state(), why)
	require.Equal(d.rt, at, time.Now(), why)
	e, ok := err.(*fallback.Error)
	require.True(d.rt, ok)
	return e
}

// offers looks whether what is offered is what may be, and says what is known.
func (d *desk) offers(s *deskStep) {
	var want, got []string
	for i := range d.cfg.Legs {
		if l := &d.cfg.Legs[i]; l.Assurance >= max(d.p.min, s.min) && l.Traits.Has(d.p.require|s.traits) {
			want = append(want, l.Name)
		}
	}
	for _, o := range d.flow.Offers(d.context(s, s.session)) {
		got = append(got, o.Source)
		l := d.wired(o.Source)
		require.Equal(d.rt, l.Assurance, o.Assurance)
		switch {
		case d.forcedOpen(l.Upstream):
			require.False(d.rt, o.Available, "T16")
			require.Equal(d.rt, "forced", o.Why)
		case d.spent(l.Upstream):
			require.False(d.rt, o.Available)
			require.True(d.rt, o.Why != "")
		case l.Upstream == nil || l.Upstream.Breaker.Snapshot().State == breaker.Closed:
			require.True(d.rt, o.Available)
		}
	}
	require.True(d.rt, slices.Equal(want, got), "T5: %v, not %v", got, want)
}

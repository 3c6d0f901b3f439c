package replays

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// site is what is played: one call to the vendor directly, and the same call
// with Detour.
type site struct {
	direct func(n int) bool
	detour func(n int) served
	part   interface{ Close() error }
	check  func() // what else has to hold at the end; nil: nothing
}

// served is what became of a call: whether it was in the end, and whether at
// the first try. A chain has one try.
type served struct{ ever, first bool }

// stage is one replay under way.
type stage struct {
	t       *testing.T
	row     row
	l       timeline
	zero    time.Time
	direct  *vendor // as those see it who call it directly
	vendors map[string]*vendor
	guards  map[string]*breaker.Breaker
	down    []times       // of the primary
	well    time.Duration // when the primary is well again for good

	night sync.WaitGroup // what the operator does

	mu                  sync.Mutex
	turns               []turn // of the primary's breaker
	calls               int
	ok, okDirect, first time.Duration // weights
	lost, lostDirect    int
	again               int // served, though not at the first try
}

// turn is a transition of a breaker.
type turn struct {
	at   time.Duration
	open bool
	why  breaker.Reason
}

// figures are what one replay measured.
type figures struct {
	row                 row
	calls, lost, direct int
	again               int
	ok, okDirect, first float64
	noticed, back       time.Duration
	openings, dense     int // in all, and the most in ten minutes
	asked, asks         int
	took                time.Duration
}

func newStage(t *testing.T, r row) *stage {
	s := &stage{t: t, row: r, l: load(t, r.timeline), zero: time.Now().Add(-r.from), vendors: map[string]*vendor{}, guards: map[string]*breaker.Breaker{}}
	s.direct = s.newVendor(r.providers[0])
	for _, name := range r.providers {
		s.vendors[name] = s.newVendor(name)
	}
	s.down = outages(s.direct.phases, r.from, r.to)
	phases := s.direct.phases
	require.NotEmpty(t, phases, "%s has no phases of %s", r.timeline, r.providers[0])
	require.Equal(t, "ok", phases[len(phases)-1].Mode.name)
	s.well = time.Duration(phases[len(phases)-1].T)
	require.Greater(t, r.to, s.well)
	return s
}

func (s *stage) newVendor(name string) *vendor {
	v := newVendor(s.l, s.row.capability, name, s.row.version, s.zero)
	if s.row.change != nil {
		s.row.change(v)
	}
	return v
}

// primary is the vendor whose outage is replayed.
func (s *stage) primary() *vendor { return s.vendors[s.row.providers[0]] }

func (s *stage) now() time.Duration { return time.Since(s.zero) }

// guard makes the breaker of a vendor; c is without a name.
func (s *stage) guard(name string, c breaker.Config) *breaker.Breaker {
	c.Name = name
	b, err := breaker.New(c)
	require.NoError(s.t, err)
	s.guards[name] = b
	if name == s.row.providers[0] {
		b.Events(func(e breaker.Event) {
			s.mu.Lock()
			defer s.mu.Unlock()
			switch e.Kind {
			case breaker.EventOpened:
				if e.From == breaker.Closed {
					s.turns = append(s.turns, turn{e.At.Sub(s.zero), true, e.Why})
				}
			case breaker.EventForcedOn:
				if n := len(s.turns); n == 0 || !s.turns[n-1].open {
					s.turns = append(s.turns, turn{e.At.Sub(s.zero), true, breaker.ReasonForced})
				}
			case breaker.EventForcedOff:
				if e.To == breaker.Closed {
					s.turns = append(s.turns, turn{e.At.Sub(s.zero), false, breaker.ReasonForced})
				}
			case breaker.EventClosed:
				s.turns = append(s.turns, turn{e.At.Sub(s.zero), false, e.Why})
			}
		})
	}
	return b
}

// outage returns the outage of the primary in which at lies and how long it has lasted, or false.
func (s *stage) outage(at time.Duration) (time.Duration, bool) {
	for _, o := range s.down {
		if at >= o.from && at < o.to {
			return at - o.from, true
		}
	}
	return 0, false
}

// run plays one row.
func (r row) run(t *testing.T, tell func(figures)) {
	began := time.Now()
	var f figures
	defer func() { f.took = time.Since(began); tell(f) }() // also when it failed, which does not return
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, r)
		site := r.site(s)
		var at []time.Duration
		for _, v := range s.vendors {
			at = append(at, edges(v.phases, r.from, r.to)...)
		}
		var all sync.WaitGroup
		for n, a := range r.arrivals(at) {
			time.Sleep(time.Until(s.zero.Add(a.at)))
			all.Go(func() {
				ok := site.direct(n)
				s.mu.Lock()
				defer s.mu.Unlock()
				if ok {
					s.okDirect += a.weight
				} else {
					s.lostDirect++
				}
			})
			all.Go(func() {
				got := site.detour(n)
				s.mu.Lock()
				defer s.mu.Unlock()
				s.calls++
				switch {
				case !got.ever:
					s.lost++
				case got.first:
					s.first += a.weight
				default:
					s.again++
				}
				if got.ever {
					s.ok += a.weight
				}
			})
		}
		all.Wait()
		s.night.Wait()
		time.Sleep(2 * time.Minute) // for the breaker to come back
		require.NoError(t, site.part.Close())
		assert.Equal(t, breaker.Closed, s.guards[r.providers[0]].Snapshot().State, "back to normal")
		for _, b := range s.guards {
			require.NoError(t, b.Close())
		}
		synctest.Wait()
		f = s.figures()
		s.check(f)
		if site.check != nil {
			site.check()
		}
	})
}

func (s *stage) figures() figures {
	length := float64(s.row.to - s.row.from)
	p := s.primary()
	f := figures{
		row: s.row, calls: s.calls, lost: s.lost, direct: s.lostDirect, again: s.again,
		ok: float64(s.ok) / length, okDirect: float64(s.okDirect) / length, first: float64(s.first) / length,
		asked: p.asked, asks: p.probed, dense: s.mostOpenings(10 * time.Minute),
	}
	for _, o := range s.down {
		f.noticed = max(f.noticed, s.noticed(o))
	}
	open := false
	for _, x := range s.turns {
		if x.open {
			f.openings++
		}
		if !x.open && open && x.at > s.well {
			f.back = x.at - s.well
		}
		open = x.open
	}
	return f
}

// noticed returns how long an outage lasted before the breaker was open.
func (s *stage) noticed(o times) time.Duration {
	open := false
	for _, x := range s.turns {
		if x.at >= o.to {
			break
		}
		if x.at > o.from {
			if open {
				return 0
			}
			if x.open {
				return x.at - o.from
			}
		}
		open = x.open
	}
	if open {
		return 0
	}
	return o.to - o.from // never
}

// check compares with what was worked out by hand, and what must hold in every
// replay.
func (s *stage) check(f figures) {
	t, r := s.t, s.row
	r.direct.holds(t, "direct", f.okDirect, r)
	r.detour.holds(t, "with Detour", f.ok, r)
	if r.first != (byHand{}) {
		r.first.holds(t, "at the first try", f.first, r)
	}
	assert.LessOrEqual(t, f.noticed, r.noticed, "noticed")
	assert.LessOrEqual(t, f.back, r.back, "back")
	assert.LessOrEqual(t, f.dense, 10, "openings in ten minutes")
	assert.LessOrEqual(t, f.openings, r.openings, "openings")
	assert.LessOrEqual(t, f.asked, r.asked, "calls of users to a vendor that answers nobody")
	var down time.Duration
	for _, o := range s.down {
		down += o.to - o.from
	}
	// A probe comes every second at most a fifth earlier.
	assert.LessOrEqual(t, f.asks, int(down/(800*time.Millisecond))+4*len(s.down), "asks of a vendor that answers nobody")
	if len(s.turns) > 0 {
		assert.False(t, s.turns[len(s.turns)-1].open, "the breaker is closed in the end")
	}
}

// mostOpenings returns how often the breaker opened within any one window.
func (s *stage) mostOpenings(window time.Duration) (most int) {
	var at []time.Duration
	for _, x := range s.turns {
		if !x.open {
			continue
		}
		at = append(at, x.at)
		for x.at-at[0] >= window {
			at = at[1:]
		}
		most = max(most, len(at))
	}
	return most
}

// heading is that of the table, of whose lines a figures is one.
const heading = "| outage | length | calls | direct | by hand | with Detour | by hand | lost directly | lost | second try | noticed | back | opened, most in 10 min | asked while dead: users, probes | real ms |\n" +
	"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"

func (f figures) String() string {
	r := f.row
	name := r.timeline + " " + r.capability
	if r.label != "" {
		name += ", " + r.label
	}
	return fmt.Sprintf("| %s | %v | %d | %.4f | %v | %.4f | %v | %d | %d | %d | %.1f | %.1f | %d, %d | %d, %d | %d |",
		name, r.to-r.from, f.calls, f.okDirect, r.direct, f.ok, r.detour, f.direct, f.lost, f.again,
		f.noticed.Seconds(), f.back.Seconds(), f.openings, f.dense, f.asked, f.asks, f.took.Milliseconds())
}

package breaker_test

import (
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/detour-go/detour/breaker"
)

// model is what TestModel knows of the breaker it walks, and of its twin.
type model struct {
	rt       *rapid.T
	b, twin  *breaker.Breaker
	asking   bool // it has a Probe or Watch
	upstream atomic.Int32
	out      []*call
	calls    []*call   // counted
	blurred  time.Time // when the window was last changed
	half     half
	gen      uint64
	row      int
	byRow    bool // it opened by faults in a row

	forced      breaker.Forced
	forcedUntil time.Time

	mu       sync.Mutex
	events   [2][]breaker.Event
	seen     int // events that were checked
	lastAt   time.Time
	state    breaker.State // by the events
	moves    uint64
	openings uint64
}

type role int

const (
	counted role = iota
	trial
	extra // of Trial, while not closed
	free  // forced through, not counted
)

// call is one admission.
type call struct {
	pass [2]breaker.Pass
	ctx  *cancellable
	gen  uint64
	role role
	at   time.Time
	end  time.Time // of the lease of a trial or extra
	how  ending
}

type ending int

const (
	still ending = iota // out
	good
	late // answered after the slow bound
	gone // left while young
	lost // left when slow
	failed
	failedLate
)

// half is one half-open period whose trials are calls.
type half struct {
	gen       uint64
	trials    []*call
	good, bad int
}

type outcome struct {
	err       error
	cancelled bool
}

func newModel(rt *rapid.T) *model {
	m := &model{rt: rt}
	c := breaker.Config{
		MinCalls: 5, MaxOpenFor: 8 * time.Second,
		Consecutive: rapid.IntRange(1, 5).Draw(rt, "consecutive"),
		Trials:      rapid.IntRange(1, 4).Draw(rt, "trials"),
		TrialRate:   rapid.SampledFrom([]float64{1, 0.5}).Draw(rt, "trial rate"),
		SlowAfter:   rapid.SampledFrom([]time.Duration{0, 300 * time.Millisecond}).Draw(rt, "slow after"),
		Lease:       rapid.SampledFrom([]time.Duration{0, 500 * time.Millisecond, 3 * time.Second}).Draw(rt, "lease"),
		Ramp:        rapid.SampledFrom([]time.Duration{1, time.Second}).Draw(rt, "ramp"),
	}
	switch rapid.SampledFrom([]string{"", "", "", "probe", "watch", "both"}).Draw(rt, "asks") {
	case "probe":
		c.Probe = m.ask
	case "watch":
		c.Watch, c.WatchEvery = m.ask, 2*time.Second
	case "both":
		c.Probe, c.Watch = m.ask, m.ask
	}
	m.asking = c.Probe != nil || c.Watch != nil
	seed := rapid.Uint64().Draw(rt, "seed")
	for i, b := range []**breaker.Breaker{&m.b, &m.twin} {
		made, err := breaker.NewSeeded(c, seed)
		if err != nil {
			rt.Fatal(err)
		}
		*b = made
		made.Events(func(e breaker.Event) {
			_ = made.Snapshot() // I10: outside any lock
			m.mu.Lock()
			defer m.mu.Unlock()
			m.events[i] = append(m.events[i], e)
		})
	}
	return m
}

func (m *model) close() {
	m.both(func(b *breaker.Breaker) { _ = b.Close() })
}

func (m *model) both(f func(*breaker.Breaker)) {
	f(m.b)
	f(m.twin)
}

// snapshot is I12 of everything that can be seen, once what goes on in the background has come to rest.
func (m *model) snapshot() breaker.Snapshot {
	synctest.Wait()
	s, other := m.b.Snapshot(), m.twin.Snapshot()
	if again := m.b.Snapshot(); s != again {
		m.fatal("a snapshot changed something: ", s, again)
	}
	if text(s.Cause) != text(other.Cause) {
		m.fatal("I12: ", s.Cause, " and ", other.Cause)
	}
	if other.Cause = s.Cause; s != other {
		m.fatalf("I12: %v\nand %v", s, other)
	}
	return s
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

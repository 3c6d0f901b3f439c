package breaker_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/detour-go/detour/breaker"
)

// TestModel walks two equal breakers through the same random calls and checks after every step:
//
//	I1   at most Trials trials are out at once, and the first goes alone
//	I2   nobody passes an open breaker before its time, but a Trial whose opening permits it
//	I3   a result counts in its own generation only; a later one is counted as late, and nothing else moves
//	I4   a caller who leaves while the call is young counts nowhere; what is older than the slow bound is slow however it ends
//	I5   every admission is one record, also after panic, Goexit and a second Exit
//	I6   the counts are those of the calls in the window, no more and no less
//	I7   a refusal is no call and no fault
//	I8   the trials that are needed close at once, and one failure more than they can spare opens again
//	I9   a forced state wins over everything, and ends in time
//	I10  events come once, in order, outside any lock
//	I11  whatever came before, with a healthy upstream it is closed after its open interval and its trials
//	I12  equal inputs at equal times have equal outputs: the second breaker says the same at every step
//
// It makes at least 100,000 steps (a twelfth of that under the race detector); others with -rapid.checks and -rapid.steps.
func TestModel(t *testing.T) {
	asked := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { asked[f.Name] = true })
	for name, value := range map[string]string{"rapid.checks": strconv.Itoa(modelWalks), "rapid.steps": "100", "rapid.nofailfile": "true"} {
		if !asked[name] {
			require.NoError(t, flag.Set(name, value))
		}
	}
	steps := 0
	rapid.Check(t, func(rt *rapid.T) {
		var failure any
		synctest.Test(t, func(*testing.T) {
			defer func() { failure = recover() }() // rapid's own, which must not leave the bubble's goroutine
			m := newModel(rt)
			defer m.close()
			m.walk(&steps)
			m.recovers()
		})
		if wrong, is := failure.(broken); is {
			rt.Fatal(string(wrong)) // from here, so that rapid can tell it from its own when it shrinks
		} else if failure != nil {
			panic(failure)
		}
	})
	t.Log(steps, "steps")
	if !testing.Short() && !asked["rapid.checks"] && !asked["rapid.steps"] {
		require.GreaterOrEqual(t, steps, modelSteps)
	}
}

// broken is what is wrong with the breaker.
type broken string

func (m *model) fatal(args ...any) { panic(broken(fmt.Sprint(args...))) }

func (m *model) fatalf(format string, args ...any) { panic(broken(fmt.Sprintf(format, args...))) }

// walk makes random steps.
func (m *model) walk(steps *int) {
	which := func() int {
		if len(m.out) == 0 {
			return -1
		}
		return rapid.IntRange(0, len(m.out)-1).Draw(m.rt, "which")
	}
	exit := func(o outcome) {
		if i := which(); i >= 0 {
			m.exit(i, o)
		}
	}
	m.rt.Repeat(map[string]func(*rapid.T){
		"admit":   func(*rapid.T) { m.enter(false) },
		"trial":   func(*rapid.T) { m.enter(true) },
		"succeed": func(*rapid.T) { exit(outcome{}) },
		"fail":    func(*rapid.T) { exit(outcome{err: errVendor}) },
		"class": func(rt *rapid.T) {
			class := rapid.SampledFrom([]string{"unavailable", "limited", "refused", "security", "denied", "notfound", "invalid"}).Draw(rt, "class")
			wait := rapid.SampledFrom([]time.Duration{0, 0, time.Second, 5 * time.Second}).Draw(rt, "wait")
			exit(outcome{err: classed{class, wait}})
		},
		"cancel":  func(*rapid.T) { exit(outcome{err: errVendor, cancelled: true}) },
		"panic":   func(*rapid.T) { m.do(func() error { panic("x") }) },
		"goexit":  func(*rapid.T) { m.do(func() error { runtime.Goexit(); return nil }) },
		"at once": func(*rapid.T) { m.do(func() error { return nil }) },
		"fail at once": func(rt *rapid.T) {
			for range rapid.IntRange(1, 4).Draw(rt, "times") {
				m.do(func() error { return errVendor })
			}
		},
		"advance": func(rt *rapid.T) {
			unit := rapid.SampledFrom([]time.Duration{time.Microsecond, time.Millisecond, 100 * time.Millisecond}).Draw(rt, "unit")
			time.Sleep(time.Duration(rapid.IntRange(1, 40).Draw(rt, "time")) * unit)
		},
		"until due": func(*rapid.T) {
			if s := m.snapshot(); !s.Until.IsZero() {
				time.Sleep(time.Until(s.Until))
			}
		},
		"force": func(rt *rapid.T) {
			to := rapid.SampledFrom([]breaker.Forced{breaker.ForcedOpen, breaker.ForcedClosed}).Draw(rt, "to")
			ttl := time.Duration(rapid.IntRange(1, 3000).Draw(rt, "ttl ms")) * time.Millisecond
			m.force(to, ttl+1) // not over in the nanosecond in which an ask ends: which of two timers is first is not ours to say
		},
		"release": func(*rapid.T) { m.release() },
		"reconfigure": func(rt *rapid.T) {
			c := m.b.Settings()
			if rapid.Bool().Draw(rt, "another window") {
				c.Window = time.Duration(rapid.IntRange(4, 20).Draw(rt, "window s")) * time.Second
			}
			c.FaultRate = rapid.Float64Range(0.1, 1).Draw(rt, "fault rate")
			c.Consecutive = rapid.IntRange(1, 6).Draw(rt, "consecutive")
			c.OpenFor = time.Duration(rapid.IntRange(1, 4000).Draw(rt, "open for ms")) * time.Millisecond
			m.reconfigure(c)
		},
		"snapshot": func(*rapid.T) { m.snapshot() },
		"report": func(rt *rapid.T) {
			var err error
			if rapid.Bool().Draw(rt, "fault") {
				err = errVendor
			}
			ago := time.Duration(rapid.IntRange(-1000, 30_000).Draw(rt, "ago ms")) * time.Millisecond
			m.report(time.Now().Add(-ago), err)
		},
		"suspect": func(*rapid.T) {
			m.both(func(b *breaker.Breaker) { b.Suspect() })
		},
		"upstream": func(rt *rapid.T) {
			m.upstream.Store(rapid.SampledFrom([]int32{well, well, dead, hanging}).Draw(rt, "is"))
		},
		"": func(*rapid.T) { *steps++; m.check() },
	})
}

// recovers is I11.
func (m *model) recovers() {
	m.upstream.Store(well)
	m.release()
	m.out = nil // forgotten: their leases must end
	start, s := time.Now(), m.snapshot()
	most := max(0, time.Until(s.Until)) + 2*(3*time.Second+m.b.Settings().MaxOpenFor+2*time.Second)
	for s.State != breaker.Closed {
		if time.Since(start) > most {
			m.fatal("I11: wedged ", s)
		}
		time.Sleep(max(time.Until(s.Until), time.Millisecond))
		synctest.Wait()
		for range m.b.Settings().Trials {
			m.do(func() error { return nil })
		}
		s = m.snapshot()
	}
	m.check()
}

// The states of the upstream that Probe and Watch ask.
const (
	well int32 = iota
	dead
	hanging
)

func (m *model) ask(ctx context.Context) error {
	switch m.upstream.Load() {
	case dead:
		return errVendor
	case hanging:
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

// cancellable is a caller's context without a goroutine.
type cancellable struct {
	context.Context
	err error
}

func (c *cancellable) Err() error { return c.err }

var errLeft = errors.New("the caller left")

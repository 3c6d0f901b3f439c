package breaker_test

import (
	"context"
	"errors"
	"flag"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/detour-go/detour/breaker"
)

// TestModel walks a breaker at random and checks the invariants (facts of the design, I1 to I11) after every step.
func TestModel(t *testing.T) {
	_ = flag.Set("rapid.nofailfile", "true")
	rapid.Check(t, func(rt *rapid.T) {
		var failure any
		synctest.Test(t, func(*testing.T) {
			defer func() { failure = recover() }() // rapid's own, which must not leave the bubble's goroutine
			walk(rt)
		})
		if failure != nil {
			panic(failure)
		}
	})
}

type admitted struct {
	pass       breaker.Pass
	generation uint64
	trial      bool
	at         time.Time
}

func walk(rt *rapid.T) {
	b, err := breaker.New(breaker.Config{MinCalls: 5, Consecutive: 3, Ramp: time.Second, MaxOpenFor: 8 * time.Second, Lease: 2 * time.Second})
	if err != nil {
		rt.Fatal(err)
	}
	var out []admitted
	var mu sync.Mutex
	var seqs []uint64
	stop := b.Events(func(e breaker.Event) {
		_ = b.Snapshot()
		mu.Lock()
		defer mu.Unlock()
		seqs = append(seqs, e.Seq)
	})
	defer stop()
	forcedUntil := time.Time{}
	forced := breaker.NotForced
	if rapid.Bool().Draw(rt, "begin open") {
		times(3, b, callFail)
	}

	admit := func(ctx context.Context) (admitted, bool) {
		before := b.Snapshot()
		p, err := b.Enter(ctx)
		after := b.Snapshot()
		switch {
		case before.Forced == breaker.ForcedOpen && err == nil:
			rt.Fatal("I9: passed while forced open")
		case before.Forced == breaker.ForcedClosed && err != nil:
			rt.Fatal("I9: refused while forced closed")
		case before.Forced == breaker.NotForced && before.State == breaker.Open && err == nil && time.Now().Before(before.Until):
			rt.Fatal("I2: passed before its time")
		}
		if err != nil {
			if !errors.Is(err, breaker.ErrOpen) || after.Rejected != before.Rejected+1 {
				rt.Fatal("a refusal is an OpenError and is counted: ", err)
			}
			if after.Faults != before.Faults && after.State == before.State {
				rt.Fatal("I7: a refusal is no fault")
			}
			return admitted{}, false
		}
		trial := after.Forced == breaker.NotForced && after.State == breaker.HalfOpen
		return admitted{p, after.Generation, trial, time.Now()}, true
	}
	exit := func(i int, err error) {
		a := out[i]
		out = append(out[:i], out[i+1:]...)
		before := b.Snapshot()
		a.pass.Exit(err)
		a.pass.Exit(errVendor) // I5: only the first counts
		after := b.Snapshot()
		if a.generation != before.Generation && (after.Late != before.Late+1 && before.Forced == breaker.NotForced && a.trial || after.Faults > before.Faults) {
			rt.Fatal("I3: counted in another generation ", before, after)
		}
	}
	rt.Repeat(map[string]func(*rapid.T){
		"admit": func(rt *rapid.T) {
			if a, ok := admit(bg); ok {
				out = append(out, a)
			}
		},
		"succeed": func(rt *rapid.T) {
			if len(out) > 0 {
				exit(rapid.IntRange(0, len(out)-1).Draw(rt, "which"), nil)
			}
		},
		"fail": func(rt *rapid.T) {
			if len(out) > 0 {
				exit(rapid.IntRange(0, len(out)-1).Draw(rt, "which"), errVendor)
			}
		},
		"cancel": func(rt *rapid.T) {
			before := b.Snapshot()
			ctx, cancel := context.WithCancelCause(bg)
			cancel(errVendor)
			if a, ok := admit(ctx); ok {
				a.pass.Exit(errVendor)
				if after := b.Snapshot(); after.Generation == before.Generation && after.Faults > before.Faults {
					rt.Fatal("I4: a young cancel counted")
				}
			}
		},
		"panic": func(*rapid.T) {
			defer func() { _ = recover() }()
			_ = b.Do(bg, func(context.Context) error { panic("x") })
		},
		"goexit": func(*rapid.T) {
			go func() { _ = b.Do(bg, func(context.Context) error { runtime.Goexit(); return nil }) }()
			synctest.Wait()
		},
		"class": func(rt *rapid.T) {
			c := classed{rapid.SampledFrom([]string{"limited", "refused", "security", "denied"}).Draw(rt, "class"), time.Duration(rapid.IntRange(0, 9).Draw(rt, "wait")) * time.Second}
			_ = b.Do(bg, func(context.Context) error { return c })
		},
		"report": func(rt *rapid.T) {
			var err error
			if rapid.Bool().Draw(rt, "fault") {
				err = errVendor
			}
			b.Report(time.Now().Add(time.Duration(rapid.Int64().Draw(rt, "age"))), err)
		},
		"reconfigure": func(rt *rapid.T) {
			before, c := b.Snapshot(), b.Settings()
			c.Window = time.Duration(rapid.IntRange(1, 20).Draw(rt, "window s")) * time.Second
			c.FaultRate = rapid.Float64Range(0.1, 1).Draw(rt, "fault rate")
			c.OpenFor = time.Duration(rapid.IntRange(1, 4000).Draw(rt, "open for ms")) * time.Millisecond
			if err := b.Reconfigure(c); err != nil {
				rt.Fatal(err)
			}
			after := b.Snapshot()
			if after.State != before.State || after.Generation != before.Generation || after.Rejected != before.Rejected || after.Calls > before.Calls || after.Until != before.Until {
				rt.Fatal("a change of settings is no transition: ", before, after)
			}
		},
		"last resort": func(rt *rapid.T) {
			before := b.Snapshot()
			p, err := b.Trial(bg)
			early := before.State == breaker.Open && before.Forced == breaker.NotForced && time.Now().Before(before.Until)
			why := before.Why
			switch {
			case err != nil && !errors.Is(err, breaker.ErrOpen):
				rt.Fatal(err)
			case err == nil && before.Forced == breaker.ForcedOpen:
				rt.Fatal("I9: a Trial passed while forced open")
			case err == nil && early && (why == breaker.ReasonLimited || why == breaker.ReasonRefused || why == breaker.ReasonSecurity):
				rt.Fatal("a Trial passed an opening that is the upstream's own: ", why)
			}
			if rapid.Bool().Draw(rt, "fault") {
				p.Exit(errVendor)
			} else {
				p.Exit(nil)
			}
			if after := b.Snapshot(); early && after.State != breaker.Open || after.Openings > before.Openings+1 {
				rt.Fatal("a Trial by itself closes nothing: ", before, after)
			}
		},
		"advance": func(rt *rapid.T) {
			time.Sleep(time.Duration(rapid.IntRange(1, 3000).Draw(rt, "ms")) * time.Millisecond)
		},
		"force": func(rt *rapid.T) {
			forced = rapid.SampledFrom([]breaker.Forced{breaker.ForcedOpen, breaker.ForcedClosed}).Draw(rt, "to")
			ttl := time.Duration(rapid.IntRange(1, 3000).Draw(rt, "ttl ms")) * time.Millisecond
			if err := b.Force(forced, "model", "walk", ttl); err != nil {
				rt.Fatal(err)
			}
			forcedUntil = time.Now().Add(ttl)
		},
		"release": func(*rapid.T) {
			_ = b.Release("model", "walk")
			forcedUntil = time.Time{}
		},
		"": func(rt *rapid.T) {
			synctest.Wait()
			s := b.Snapshot()
			if s != b.Snapshot() {
				rt.Fatal("a snapshot changed something")
			}
			if is := s.Forced != breaker.NotForced; is != time.Now().Before(forcedUntil) || is && s.Forced != forced {
				rt.Fatal("I9: forced states hold and expire ", s)
			}
			trialsOut := 0
			for _, a := range out {
				if a.trial && a.generation == s.Generation && s.State == breaker.HalfOpen {
					trialsOut++
				}
			}
			if trialsOut > 3 {
				rt.Fatal("I1: more than three trials out")
			}
			if s.Faults > s.Calls || s.Slow > s.Calls || s.Calls > 1<<20 {
				rt.Fatal("I6: ", s)
			}
			mu.Lock()
			defer mu.Unlock()
			for i, seq := range seqs {
				if seq != uint64(i+1) {
					rt.Fatal("I10: ", seqs)
				}
			}
		},
	})
	// I11: with a healthy upstream it gets to closed, whatever came before.
	time.Sleep(2 * time.Minute)
	for range 5 {
		time.Sleep(20 * time.Second)
		times(3, b, callOK)
	}
	if s := b.Snapshot(); s.State != breaker.Closed {
		rt.Fatal("I11: wedged ", s)
	}
	synctest.Wait()
}

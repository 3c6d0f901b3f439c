package breaker_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

func TestConfigMistakesAllAtOnce(t *testing.T) {
	_, err := breaker.New(breaker.Config{
		Window: -1, MinCalls: -1, FaultRate: 1.1, SlowRate: math.NaN(), Consecutive: -1, SlowAfter: -1, OpenFor: -1, MaxOpenFor: -1,
		WatchEvery: -1, Ramp: -1, Lease: -1, Trials: -1, TrialRate: -1,
	})
	for _, field := range []string{
		"Window", "MinCalls", "FaultRate", "SlowRate", "Consecutive", "SlowAfter", "OpenFor", "MaxOpenFor", "WatchEvery is negative",
		"Ramp", "Lease", "Trials must", "TrialRate", "without Watch",
	} {
		require.ErrorContains(t, err, field)
	}
	for name, c := range map[string]breaker.Config{
		"shorter than OpenFor": {OpenFor: 2 * time.Second, MaxOpenFor: time.Second},
		"half of Window":       {Window: 10 * time.Second, SlowAfter: 6 * time.Second},
		"Window must be":       {Window: time.Hour},
		"without Watch":        {WatchEvery: time.Second},
		"at least 10ms":        {WatchEvery: time.Millisecond, Watch: callOK},
	} {
		_, err := breaker.New(c)
		require.ErrorContains(t, err, name)
	}
	for _, c := range []breaker.Config{
		{}, {Name: "kakao"}, {SlowAfter: time.Minute}, {OpenFor: time.Hour}, {FaultRate: 1, SlowRate: 1}, {Window: 100 * time.Millisecond},
	} {
		_, err := breaker.New(c)
		require.NoError(t, err, "%+v", c)
	}
}

func TestNilBreakerGuardsNothing(t *testing.T) {
	var b *breaker.Breaker
	require.NoError(t, b.Do(bg, callOK))
	require.Equal(t, errVendor, b.Do(bg, callFail))
	p, err := b.Enter(bg)
	require.NoError(t, err)
	p.Exit(errVendor)
	b.Report(time.Now(), errVendor)
	require.Zero(t, b.Snapshot())
	require.Empty(t, b.Name())
	b.Events(func(breaker.Event) {})()
	require.Error(t, b.Force(breaker.ForcedOpen, "kim", "drill", time.Minute))
	require.Error(t, b.Release("kim", "drill"))
	require.NoError(t, b.Close())
}

// A cause is shown when its text was written to be shown, and nothing of it otherwise.
func TestRefusalShowsNoSecret(t *testing.T) {
	const canary = "CANARY-51c0-key"
	for text, cause := range map[string]error{
		"faults":           &url.Error{Op: "Get", URL: "https://api.example/" + canary, Err: errVendor},
		"refused: refused": fmt.Errorf("get %s: %w", canary, classed{class: "refused"}),
		"limited":          asOnly{classed{class: "limited"}},
	} {
		bubble(t, breaker.Config{Name: "kakao", Consecutive: 1}, func(t *testing.T, b *breaker.Breaker) {
			require.Error(t, b.Do(bg, func(context.Context) error { return cause }))
			open := refused(t, b)
			require.Equal(t, "kakao: breaker: open: "+text, open.Error())
			require.NotContains(t, fmt.Sprintf("%v %s %q", open, open, open), canary)
		})
	}
}

// The column "breaker" of the table of classes.
func TestClasses(t *testing.T) {
	for _, c := range []struct {
		err   error
		n     int // calls that open; 0: never
		why   breaker.Reason
		class string
	}{
		{errVendor, 5, breaker.ReasonFaults, "unavailable"},
		{classed{class: "unavailable"}, 5, breaker.ReasonFaults, "unavailable"},
		{classed{class: "something new"}, 5, breaker.ReasonFaults, "unavailable"},
		{classed{class: "limited"}, 1, breaker.ReasonLimited, "limited"},
		{classed{class: "refused"}, 1, breaker.ReasonRefused, "refused"},
		{classed{class: "security"}, 1, breaker.ReasonSecurity, "security"},
		{classed{class: "invalid"}, 0, 0, ""},
		{classed{class: "denied"}, 0, 0, ""},
		{classed{class: "notfound"}, 0, 0, ""},
		{fmt.Errorf("wrapped: %w", classed{class: "refused"}), 1, breaker.ReasonRefused, "refused"},
		{errors.Join(errVendor, classed{class: "denied"}), 0, 0, ""},
		{asOnly{classed{class: "limited"}}, 1, breaker.ReasonLimited, "limited"},
		{&breaker.OpenError{}, 0, 0, ""}, // another breaker's refusal
	} {
		t.Run(fmt.Sprintf("%T %v", c.err, c.err), func(t *testing.T) {
			bubble(t, breaker.Config{Name: "kakao"}, func(t *testing.T, b *breaker.Breaker) {
				n := c.n
				if n == 0 {
					n = 100
				}
				for i := range n {
					require.Equal(t, breaker.Closed, b.Snapshot().State, "after %d", i)
					require.Equal(t, c.err, b.Do(bg, func(context.Context) error { return c.err }), "the error comes back as it was")
				}
				if c.n == 0 {
					require.Equal(t, breaker.Closed, b.Snapshot().State)
					require.Zero(t, b.Snapshot().Faults)
					return
				}
				open := refused(t, b)
				require.Equal(t, c.why, open.Why)
				require.Equal(t, c.class, open.Class())
				require.Equal(t, c.err, open.Cause)
				require.Equal(t, "kakao", open.Name)
				require.True(t, open.NotSent())
				require.Equal(t, breaker.Open, open.State)
				require.Equal(t, open.RetryAfter(), open.Wait())
				require.True(t, strings.HasPrefix(open.Error(), "kakao: breaker: open: "+c.why.String()), open.Error())
				require.NotErrorIs(t, open, c.err, "a cause belongs to an earlier call")
				require.Same(t, open, refused(t, b), "one value per opening")
			})
		})
	}
	require.Equal(t, "breaker: open: none", (&breaker.OpenError{}).Error())
}

// asOnly shows its class to errors.As alone.
type asOnly struct{ inner classed }

func (asOnly) Error() string { return "as" }
func (e asOnly) As(target any) bool {
	switch t := target.(type) {
	case *interface{ Class() string }:
		*t = e.inner
		return true
	default:
		return false
	}
}

func TestFaultRate(t *testing.T) {
	for _, c := range []struct {
		name    string
		config  breaker.Config
		good    int // then faults, every second call
		atFault int
	}{
		{"default: a quarter of at least 20", breaker.Config{}, 15, 8},
		{"after many good ones", breaker.Config{}, 40, 20},
		{"one is enough", breaker.Config{MinCalls: 1, FaultRate: 0.01}, 50, 1},
		{"half", breaker.Config{FaultRate: 0.5, MinCalls: 10}, 0, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, c.config, func(t *testing.T, b *breaker.Breaker) {
				times(c.good, b, callOK)
				faults := 0
				for b.Snapshot().State == breaker.Closed {
					require.Less(t, faults, 1000)
					require.NoError(t, b.Do(bg, callOK))
					require.Equal(t, errVendor, b.Do(bg, callFail))
					faults++
				}
				s := b.Snapshot()
				require.Equal(t, breaker.ReasonFaults, s.Why)
				require.Equal(t, errVendor, s.Cause)
				require.Equal(t, c.atFault, faults)
			})
		})
	}
	bubble(t, breaker.Config{FaultRate: 1, Consecutive: 1000}, func(t *testing.T, b *breaker.Breaker) {
		require.NoError(t, b.Do(bg, callOK))
		times(100, b, callFail)
		require.Equal(t, breaker.Closed, b.Snapshot().State, "99 % are not all")
		time.Sleep(20 * time.Second)
		times(20, b, callFail)
		require.Equal(t, breaker.Open, b.Snapshot().State)
	})
}

// What left the window does not count, and an opening by rate names a cause.
func TestWindowRolls(t *testing.T) {
	bubble(t, breaker.Config{Consecutive: 1000}, func(t *testing.T, b *breaker.Breaker) {
		for range 100 { // 4 faults at a time, never 20 calls in 10 s
			times(4, b, callFail)
			time.Sleep(3 * time.Second)
		}
		s := b.Snapshot()
		require.Equal(t, breaker.Closed, s.State)
		require.LessOrEqual(t, s.Calls, uint64(16))
		time.Sleep(11 * time.Second)
		require.Zero(t, b.Snapshot().Calls)
	})
	bubble(t, breaker.Config{Consecutive: 1000}, func(t *testing.T, b *breaker.Breaker) {
		times(60, b, callOK)
		time.Sleep(8 * time.Second)
		times(19, b, callFail) // 19 of 79
		require.Equal(t, breaker.Closed, b.Snapshot().State)
		time.Sleep(2200 * time.Millisecond) // the good ones leave
		require.NoError(t, b.Do(bg, callOK), "19 are not yet judged")
		time.Sleep(200 * time.Millisecond)
		open := refused(t, b)
		require.Equal(t, breaker.ReasonFaults, open.Why)
		require.Equal(t, errVendor, open.Cause)
	})
}

func TestContextRule(t *testing.T) {
	left := errors.New("user left")
	for _, c := range []struct {
		name            string
		config          breaker.Config
		leave, deadline time.Duration
		calls           uint64 // counted of one
		faults, slow    uint64
	}{
		{"cancelled young", breaker.Config{}, 300 * time.Millisecond, 0, 0, 0, 0},
		{"cancelled when slow", breaker.Config{}, 900 * time.Millisecond, 0, 1, 0, 1},
		{"deadline when slow", breaker.Config{}, 0, 900 * time.Millisecond, 1, 1, 1},
		{"deadline before patience", breaker.Config{}, 0, 300 * time.Millisecond, 0, 0, 0},
		{"deadline after patience, cold", breaker.Config{}, 0, 500 * time.Millisecond, 1, 1, 1},
		{"deadline before a bound that was set", breaker.Config{SlowAfter: 600 * time.Millisecond}, 0, 500 * time.Millisecond, 0, 0, 0},
	} {
		t.Run("F60 "+c.name, func(t *testing.T) {
			bubble(t, c.config, func(t *testing.T, b *breaker.Breaker) {
				ctx, cancel := context.WithCancelCause(bg)
				defer cancel(nil)
				if c.leave > 0 {
					time.AfterFunc(c.leave, func() { cancel(left) })
				}
				if c.deadline > 0 {
					var done context.CancelFunc
					ctx, done = context.WithTimeoutCause(ctx, c.deadline, left)
					defer done()
				}
				err := b.Do(ctx, func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) })
				require.Equal(t, left, err)
				time.Sleep(2 * time.Second) // until its slot is old
				s := b.Snapshot()
				require.Equal(t, []uint64{c.calls, c.faults, c.slow}, []uint64{s.Calls, s.Faults, s.Slow})
			})
		})
	}
	t.Run("an answer that came with the end of the context", func(t *testing.T) {
		bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
			ctx, cancel := context.WithCancel(bg)
			_ = b.Do(ctx, func(context.Context) error { cancel(); return classed{class: "denied"} })
			require.EqualValues(t, 1, b.Snapshot().Calls)
		})
	})
}

// What is still out is seen in the snapshot as slow once it is old.
func TestSnapshotSeesWhatIsOut(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		p, err := b.Enter(bg)
		require.NoError(t, err)
		require.Zero(t, b.Snapshot().Slow)
		time.Sleep(1500 * time.Millisecond)
		require.EqualValues(t, 1, b.Snapshot().Slow)
		p.Exit(nil)
		require.EqualValues(t, 1, b.Snapshot().Slow, "answered, but late")
	})
}

func TestPanicAndGoexitCountAndGoOn(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		boom := errors.New("boom")
		require.PanicsWithValue(t, boom, func() { _ = b.Do(bg, func(context.Context) error { panic(boom) }) })
		require.EqualValues(t, 1, b.Snapshot().Faults)
		ended := false
		go func() {
			defer func() { ended = true }()
			_ = b.Do(bg, func(context.Context) error { runtime.Goexit(); return nil })
			t.Error("Goexit did not go on")
		}()
		synctest.Wait()
		require.True(t, ended)
		require.EqualValues(t, 2, b.Snapshot().Faults)
		for range 3 {
			func() {
				defer func() { _ = recover() }()
				_ = b.Do(bg, func(context.Context) error { panic(boom) })
			}()
		}
		require.Equal(t, breaker.Open, b.Snapshot().State)
	})
}

func TestReport(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		time.Sleep(20 * time.Second)
		b.Report(time.Now().Add(-3*time.Second), nil)
		b.Report(time.Now(), errVendor)
		b.Report(time.Now().Add(time.Hour), errVendor) // taken as now
		b.Report(time.Now().Add(-time.Second), classed{class: "denied"})
		s := b.Snapshot()
		require.Equal(t, []uint64{4, 2, 0, 0}, []uint64{s.Calls, s.Faults, s.Slow, s.Late})
		for _, odd := range []time.Time{{}, time.Unix(-1<<40, 0), time.Now().Add(-time.Hour), time.Now().Add(-11 * time.Second)} {
			b.Report(odd, errVendor)
		}
		s = b.Snapshot()
		require.Equal(t, []uint64{4, 2, 0, 4}, []uint64{s.Calls, s.Faults, s.Slow, s.Late})
		time.Sleep(8 * time.Second)
		require.EqualValues(t, 3, b.Snapshot().Calls, "counted in the slot of its start")
		for range 5 {
			b.Report(time.Now(), errVendor)
		}
		require.Equal(t, breaker.Open, b.Snapshot().State, "evidence like any other")
		late := b.Snapshot().Late
		b.Report(time.Now(), nil)
		require.Equal(t, late+1, b.Snapshot().Late)
		before := time.Now()
		recovered(t, b)
		b.Report(before, errVendor)
		require.Equal(t, late+2, b.Snapshot().Late, "of an older generation")
	})
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		b.Report(time.Now(), classed{class: "security"})
		require.Equal(t, breaker.ReasonSecurity, b.Snapshot().Why)
	})
}

func TestNoAllocations(t *testing.T) {
	b := mustNew(t, breaker.Config{Name: "kakao"})
	zero := func(what string, f func()) {
		t.Helper()
		require.Zero(t, testing.AllocsPerRun(1000, f), what)
	}
	zero("closed ok", func() { _ = b.Do(bg, callOK) })
	zero("answer", func() { _ = b.Do(bg, func(context.Context) error { return errDenied }) })
	require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "drill", time.Minute))
	zero("forced open", func() { _ = b.Do(bg, callOK) })
	require.NoError(t, b.Release("kim", "over"))
	o := mustNew(t, breaker.Config{OpenFor: time.Hour})
	times(5, o, callFail)
	zero("refused", func() { _ = o.Do(bg, callOK) })
}

var errDenied error = classed{class: "denied"}

func TestStrings(t *testing.T) {
	require.Equal(t, "closed half-open open state 9", fmt.Sprint(breaker.Closed, breaker.HalfOpen, breaker.Open, breaker.State(9)))
	require.Equal(t, "none faults slow hang limited refused security watch forced fleet", fmt.Sprint(
		breaker.ReasonNone, breaker.ReasonFaults, breaker.ReasonSlow, breaker.ReasonHang, breaker.ReasonLimited,
		breaker.ReasonRefused, breaker.ReasonSecurity, breaker.ReasonWatch, breaker.ReasonForced, breaker.ReasonFleet))
	require.Equal(t, "no open closed", fmt.Sprint(breaker.NotForced, breaker.ForcedOpen, breaker.ForcedClosed))
	require.Equal(t, "opened half-opened closed forced-on forced-off", fmt.Sprint(
		breaker.EventOpened, breaker.EventHalfOpened, breaker.EventClosed, breaker.EventForcedOn, breaker.EventForcedOff))
	require.Equal(t, "state 3 reason 10 forced 3 event 8", fmt.Sprint(
		breaker.Open+1, breaker.ReasonFleet+1, breaker.ForcedClosed+1, breaker.EventFleetUp+1), "of a later version")
}

package fallback

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type turnKey struct{}

var errParent = errors.New("the caller said why")

// parents are contexts a turn may begin with; each is ended by what it returns.
var parents = map[string]func() (context.Context, func()){
	"background": func() (context.Context, func()) { return context.Background(), func() {} },
	"with a value": func() (context.Context, func()) {
		return context.WithValue(context.Background(), turnKey{}, "v"), func() {}
	},
	"cancelled": func() (context.Context, func()) {
		ctx, cancel := context.WithCancelCause(context.Background())
		timer := time.AfterFunc(ms(20), func() { cancel(errParent) })
		return ctx, func() { timer.Stop(); cancel(nil) }
	},
	"cancelled before": func() (context.Context, func()) {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(errParent)
		return ctx, func() {}
	},
	"deadline": func() (context.Context, func()) {
		ctx, cancel := context.WithTimeoutCause(context.WithValue(context.Background(), turnKey{}, "v"), ms(20), errParent)
		return ctx, cancel
	},
	"another turn": func() (context.Context, func()) {
		t := turnUntil(context.Background(), time.Now().Add(ms(20)))
		return t, t.end
	},
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// seen is all that can be asked of a context.
type seen struct {
	err, cause  error
	done        bool
	deadline    time.Time
	value       any
	child, from error
}

// look asks ctx. Only with waits is its Done asked, as by those who wait.
func look(ctx context.Context, waits bool) seen {
	s := seen{err: ctx.Err(), cause: context.Cause(ctx), value: ctx.Value(turnKey{})}
	s.deadline, _ = ctx.Deadline()
	if !waits {
		return s
	}
	select {
	case <-ctx.Done():
		s.done = true
	default:
	}
	child, cancel := context.WithCancel(context.WithValue(ctx, turnKey{}, "child"))
	defer cancel()
	s.child, s.from = child.Err(), context.Cause(child)
	return s
}

// TestTurnContextIsWithDeadline: at every moment, whoever waits or does not,
// there is no difference from context.WithDeadline.
func TestTurnContextIsWithDeadline(t *testing.T) {
	for name, parent := range parents {
		for _, own := range []int{-5, 10, 30} {
			for _, waitsFrom := range []int{0, 5, 15, 25, 35, 99} {
				for _, end := range []int{5, 15, 25, 99} {
					t.Run(fmt.Sprint(name, " until ", own, " waits from ", waitsFrom, " ends at ", end), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							ctx, stop := parent()
							defer stop()
							until := time.Now().Add(ms(own))
							turn := turnUntil(ctx, until)
							defer turn.end()
							want, cancel := context.WithDeadline(ctx, until)
							defer cancel()
							time.Sleep(ms(1)) // never at the moment of a timer
							for at := 1; at < 40; at++ {
								if at == end {
									turn.end()
									cancel()
									turn.end() // as often as one likes
								}
								synctest.Wait()
								waits := at >= waitsFrom
								require.Equal(t, look(want, waits), look(turn, waits), "after %d ms", at)
								time.Sleep(ms(1))
							}
						})
					})
				}
			}
		}
	}
}

// TestTurnContextEndsThoseWhoWait: at its deadline, at the end of its caller, by
// end, whatever was derived from it, and without a goroutine of its own.
func TestTurnContextEndsThoseWhoWait(t *testing.T) {
	for name, row := range map[string]struct {
		until, stop, end, want int
	}{
		"deadline": {10, 99, 99, 10},
		"caller":   {99, 10, 99, 10},
		"end":      {99, 99, 10, 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				ctx, stop := context.WithCancel(context.Background())
				defer stop()
				turn := turnUntil(ctx, began.Add(ms(row.until)))
				defer turn.end()
				time.AfterFunc(ms(row.stop), stop)
				time.AfterFunc(ms(row.end), turn.end)
				before := runtime.NumGoroutine()
				child, cancel := context.WithCancel(context.WithValue(turn, turnKey{}, 1))
				defer cancel()
				require.Equal(t, before, runtime.NumGoroutine())
				<-child.Done()
				require.Equal(t, ms(row.want), time.Since(began))
				<-turn.Done()
				require.Equal(t, ms(row.want), time.Since(began))
			})
		})
	}
}

// TestTurnContextFromAllSides: many begin to wait at once, none of them hears of
// an end before there is one, and all do then.
func TestTurnContextFromAllSides(t *testing.T) {
	for range 300 {
		turn := turnUntil(context.Background(), time.Now().Add(time.Hour))
		var waiting, all sync.WaitGroup
		gate, over := make(chan struct{}), make(chan struct{})
		for range 8 {
			waiting.Add(1)
			all.Go(func() {
				<-gate
				done, err := turn.Done(), turn.Err()
				waiting.Done()
				assert.NoError(t, err)
				select {
				case <-over:
				case <-done:
					select {
					case <-over:
					default:
						assert.Fail(t, "ended before its end")
					}
				}
				<-done
				assert.ErrorIs(t, turn.Err(), context.Canceled)
			})
		}
		close(gate)
		waiting.Wait()
		all.Go(func() { close(over); turn.end() })
		all.Wait()
	}
}

// TestTurnContextEndsWhileItIsWaitedFor: whoever begins to wait at the moment of
// the end hears of it.
func TestTurnContextEndsWhileItIsWaitedFor(t *testing.T) {
	for range 300 {
		turn := turnUntil(context.Background(), time.Now().Add(time.Hour))
		var all sync.WaitGroup
		gate := make(chan struct{})
		for range 4 {
			all.Go(func() {
				<-gate
				_ = turn.Value(turnKey{})
				<-turn.Done()
			})
		}
		all.Go(func() { <-gate; turn.end() })
		close(gate)
		all.Wait()
		require.ErrorIs(t, turn.Err(), context.Canceled)
	}
}

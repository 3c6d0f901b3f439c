package fallback_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// log is a source that remembers when it was asked.
type log struct {
	mu sync.Mutex
	at []time.Time
}

func (l *log) ask(_ context.Context, q string) (reply, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at = append(l.at, time.Now())
	return reply{Text: q}, nil
}

// busiest returns the greatest number of calls in any second.
func (l *log) busiest() (most int) {
	slices.SortFunc(l.at, time.Time.Compare)
	for i := range l.at {
		n := 0
		for _, at := range l.at[i:] {
			if at.Sub(l.at[i]) < time.Second {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// TestCapacityNoSecondHasMore: in no second at all, and no call is refused when
// there is room.
func TestCapacityNoSecondHasMore(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // a test
		synctest.Test(t, func(t *testing.T) {
			most := 1 + rng.IntN(12)
			var l log
			up := &fallback.Upstream{Capacity: &fallback.Capacity{PerSecond: most}}
			c := newChain(t, config{Sources: []source{{Name: "a", Do: l.ask, Upstream: up}}})
			refused := uint64(0)
			for range 300 {
				time.Sleep(time.Duration(rng.IntN(2000)) * time.Second / time.Duration(1000*most))
				room := up.Capacity.Usage().Second < most
				r, err := c.Do(t.Context(), "q")
				require.Equal(t, room, err == nil)
				if err != nil {
					refused++
					requireVerdict(t, fallback.ErrLimited, err)
					e := failed(t, r, err)
					require.Equal(t, "address: limited: a: capacity: no calls left this second", e.Error())
					require.Positive(t, e.Wait())
					require.LessOrEqual(t, e.Wait(), time.Second)
					if rng.IntN(4) == 0 {
						time.Sleep(e.Wait())
						_, err = c.Do(t.Context(), "q")
						require.NoError(t, err, "it said when")
					}
				}
			}
			require.LessOrEqual(t, l.busiest(), most)
			require.Equal(t, refused, up.Capacity.Usage().Refused)
		})
	}
}

// TestF42CapacityOfTheAlternate: the vendor hangs at 200 calls a second and the
// alternate may have 100. It never sees 101 in a second; the rest get a
// remembered answer or an error at once.
func TestF42CapacityOfTheAlternate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := timed("a", "ok 30ms")
		br := newBreaker(t, breaker.Config{MaxOpenFor: 2 * time.Second, Probe: func(ctx context.Context) error {
			_, err := a.ask(ctx, "probe")
			return err
		}})
		var l log
		up := &fallback.Upstream{Capacity: &fallback.Capacity{PerSecond: 100}}
		c := newChain(t, config{
			Hedge: fallback.Hedge{After: ms(150)},
			Sources: []source{
				{Name: "a", Do: a.ask, Upstream: &fallback.Upstream{Breaker: br}, Retention: fallback.Forever, Timeout: ms(900)},
				{Name: "b", Do: l.ask, Upstream: up},
			},
			Memory: &memory{Key: func(q string) string { return q }, Stale: time.Hour},
		})
		_, err := c.Do(t.Context(), "known")
		require.NoError(t, err)
		var slow, stale, limited, other atomic.Int64
		together(20*200, func(i int) {
			time.Sleep(time.Duration(i) * ms(5))
			switch i {
			case 2 * 200:
				a.hangs()
			case 15 * 200:
				a.does(timed("a", "ok 30ms").ask)
			}
			open := br.Snapshot().State == breaker.Open
			at := time.Now()
			q := string(rune('A' + i)) // each its own question: nothing is shared
			if i%7 == 0 {
				q = "known"
			}
			r, err := c.Do(t.Context(), q)
			if time.Since(at) > time.Second {
				slow.Add(1)
			}
			switch {
			case err == nil && r.Freshness == fallback.Stale:
				stale.Add(1)
			case err == nil:
			case errors.Is(err, fallback.ErrLimited), errors.Is(err, fallback.ErrUnavailable):
				limited.Add(1)
				if open && br.Snapshot().State == breaker.Open && time.Since(at) > ms(50) {
					other.Add(1)
				}
			default:
				other.Add(1)
			}
		})
		require.LessOrEqual(t, l.busiest(), 100)
		require.Zero(t, slow.Load())
		require.Zero(t, other.Load())
		require.Positive(t, stale.Load())
		require.Positive(t, limited.Load())
	})
}

// TestCapacityCountsWhatGoesOut: retries count, what the breaker refuses does
// not.
func TestCapacityCountsWhatGoesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		br := newBreaker(t, breaker.Config{})
		up := &fallback.Upstream{Breaker: br, Capacity: &fallback.Capacity{PerSecond: 5, PerDay: 7}}
		s := failing(&says{class: "unavailable"})
		c := newChain(t, config{Sources: []source{{Name: "a", Do: s.ask, Upstream: up, Retry: fallback.Retry{Max: 2, First: 1, MaxWait: 1}}}})
		_, err := c.Do(t.Context(), "q")
		require.Error(t, err)
		require.EqualValues(t, 3, up.Capacity.Usage().Day)
		require.Equal(t, 3, up.Capacity.Usage().Second)
		r, err := c.Do(t.Context(), "q")
		requireVerdict(t, fallback.ErrUnavailable, err)
		require.Equal(t, 2, r.Attempts, "the third had no room in this second")
		require.EqualValues(t, 5, up.Capacity.Usage().Day)

		require.NoError(t, br.Force(breaker.ForcedOpen, "op", "maintenance", time.Hour))
		time.Sleep(2 * time.Second)
		for range 20 {
			_, err = c.Do(t.Context(), "q")
			requireVerdict(t, fallback.ErrUnavailable, err)
		}
		require.EqualValues(t, 5, up.Capacity.Usage().Day)
		require.Zero(t, up.Capacity.Usage().Second)
		require.EqualValues(t, 1, up.Capacity.Usage().Refused)
	})
}

// TestCapacityDay: the quota ends with the day of the vendor, where the vendor
// is.
func TestCapacityDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // begins on 1 January 2000, 00:00 UTC
		up := &fallback.Upstream{Capacity: &fallback.Capacity{PerDay: 3, Zone: time.FixedZone("KST", 9*3600), Reset: 4 * time.Hour}}
		c := newChain(t, config{Sources: []source{{Name: "a", Do: answering("a").ask, Upstream: up}, {Name: "b", Do: answering("b").ask}}})
		resets := time.Date(2000, 1, 1, 19, 0, 0, 0, time.UTC) // 04:00 of the next day in Seoul
		for day := range 3 {
			for i := range 5 {
				r, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				require.Equal(t, i >= 3, r.Source == "b", "day %d call %d", day, i)
				if i == 4 {
					require.Equal(t, "a: capacity: no calls left today", r.Failed[0].String())
				}
			}
			u := up.Capacity.Usage()
			require.EqualValues(t, 3, u.Day)
			require.True(t, resets.Equal(u.Resets), u.Resets)
			require.WithinDuration(t, time.Now(), u.Ends, 0)
			time.Sleep(time.Until(resets) - 1)
			require.EqualValues(t, 3, up.Capacity.Usage().Day)
			time.Sleep(time.Nanosecond)
			require.Zero(t, up.Capacity.Usage().Day)
			require.Zero(t, up.Capacity.Usage().Ends)
			resets = resets.Add(24 * time.Hour)
		}
	})
}

// TestCapacityForecast: it is seen before the quota ends.
func TestCapacityForecast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &fallback.Upstream{Capacity: &fallback.Capacity{PerDay: 10_000}}
		c := newChain(t, config{Sources: []source{{Name: "a", Do: answering("a").ask, Upstream: up}}})
		ask := func(n int, every time.Duration) {
			for range n {
				_, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				time.Sleep(every)
			}
		}
		ask(5, 10*time.Second)
		require.Zero(t, up.Capacity.Usage().Ends, "after less than a minute nothing is known")
		ask(595, 12*time.Second) // five a minute: it lasts
		require.Zero(t, up.Capacity.Usage().Ends)
		ask(3600, time.Second) // sixty a minute
		left := 10_000 - 5 - 595 - 3600
		require.WithinDuration(t, time.Now().Add(time.Duration(left)*time.Second), up.Capacity.Usage().Ends, 5*time.Minute)
		require.EqualValues(t, 4200, up.Capacity.Usage().Day)
	})
}

// TestCapacitySpansPods: processes that share a counter share the quota, and one
// that starts anew knows what was used.
func TestCapacitySpansPods(t *testing.T) {
	for _, quota := range []int64{50, 5000} {
		synctest.Test(t, func(t *testing.T) {
			counter, err := fallback.NewMemoryCounter(fallback.MemoryCounterConfig{})
			require.NoError(t, err)
			s := answering("a")
			pods := make([]*chain, 4)
			for i := range pods {
				up := &fallback.Upstream{Capacity: &fallback.Capacity{PerDay: quota, Counter: counter, Key: "vworld"}}
				pods[i] = newChain(t, config{Sources: []source{{Name: "a", Do: s.ask, Upstream: up}}})
			}
			together(int(quota)*2, func(i int) { _, _ = pods[i%4].Do(t.Context(), "q") })
			require.LessOrEqual(t, s.asked.Load(), quota)
			for _, pod := range pods { // who drew the last block may have got it when all others had been refused
				for err = nil; err == nil; {
					_, err = pod.Do(t.Context(), "q")
				}
				requireVerdict(t, fallback.ErrLimited, err)
			}
			require.EqualValues(t, quota, s.asked.Load())
			fresh := &fallback.Capacity{PerDay: quota, Counter: counter, Key: "vworld"}
			c := newChain(t, config{Sources: []source{{Name: "a", Do: s.ask, Upstream: &fallback.Upstream{Capacity: fresh}}}})
			_, err = c.Do(t.Context(), "q")
			requireVerdict(t, fallback.ErrLimited, err)
			require.Equal(t, quota, fresh.Usage().Day)
			time.Sleep(24 * time.Hour)
			_, err = c.Do(t.Context(), "q")
			require.NoError(t, err)
		})
	}
}

// oddCounter does what it is told.
type oddCounter struct {
	fallback.Counter
	add func(ctx context.Context) (int64, error)
	n   atomic.Int64
}

func (o *oddCounter) Add(ctx context.Context, _ string, _ int64, _ time.Duration) (int64, error) {
	o.n.Add(1)
	return o.add(ctx)
}

// TestF50F51CapacityWithoutItsCounter: a dead or slow counter costs at most its
// wait, once a second, and the process keeps to the quota by itself.
func TestF50F51CapacityWithoutItsCounter(t *testing.T) {
	for name, add := range map[string]func(context.Context) (int64, error){
		"dead":   func(context.Context) (int64, error) { return 0, errors.New("connection refused") },
		"slow":   func(ctx context.Context) (int64, error) { <-ctx.Done(); return 0, ctx.Err() },
		"panics": func(context.Context) (int64, error) { panic("x") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				counter := &oddCounter{add: add}
				up := &fallback.Upstream{Capacity: &fallback.Capacity{PerDay: 1000, Counter: counter, Key: "vworld"}}
				s := answering("a")
				c := newChain(t, config{Sources: []source{{Name: "a", Do: s.ask, Upstream: up}}})
				began := time.Now()
				together(5000, func(i int) {
					time.Sleep(time.Duration(i) * ms(1))
					at := time.Now()
					_, _ = c.Do(t.Context(), "q")
					require.LessOrEqual(t, time.Since(at), 5*time.Millisecond)
				})
				require.EqualValues(t, 1000, s.asked.Load())
				require.LessOrEqual(t, counter.n.Load(), 6*int64(time.Since(began)/time.Second+1), "those of the first 5ms, each second")
				require.EqualValues(t, counter.n.Load(), up.Capacity.Usage().CounterErrors)
			})
		})
	}
}

// TestF57CapacityCounterThatExits: nobody is locked out by it.
func TestF57CapacityCounterThatExits(t *testing.T) {
	counter := &oddCounter{add: func(context.Context) (int64, error) { runtime.Goexit(); return 0, nil }}
	up := &fallback.Upstream{Capacity: &fallback.Capacity{PerDay: 1000, Counter: counter, Key: "vworld"}}
	c := newChain(t, config{Sources: []source{{Name: "a", Do: answering("a").ask, Upstream: up}}})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = c.Do(context.Background(), "q")
	}()
	<-done
	require.Zero(t, up.Capacity.Load())
	counter.add = func(context.Context) (int64, error) { return 1, nil }
	_, err := c.Do(t.Context(), "q")
	require.NoError(t, err)
}

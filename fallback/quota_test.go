package fallback_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// ledger is a Counter of one number that writes down what it is asked.
type ledger struct {
	fallback.Counter
	mu    sync.Mutex
	sum   int64
	asked []string // "key +n for ttl"
	takes time.Duration
	dead  bool
}

func (l *ledger) Add(ctx context.Context, key string, n int64, ttl time.Duration) (int64, error) {
	time.Sleep(l.takes)
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := ctx.Deadline(); !ok {
		return 0, errors.New("no bound")
	}
	l.asked = append(l.asked, fmt.Sprint(key, " +", n, " for ", ttl))
	if l.dead {
		return 0, errors.New("connection refused")
	}
	l.sum += n
	return l.sum, nil
}

// quotaOf returns a chain over one source with that capacity.
func quotaOf(t *testing.T, room *fallback.Capacity) (use func(n int), c *chain) {
	c = newChain(t, config{Sources: []source{{Name: "a", Do: answering("a").ask, Upstream: &fallback.Upstream{Capacity: room}}}})
	return func(n int) {
		t.Helper()
		for range n {
			_, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
		}
	}, c
}

// TestCapacityDrawsBlocks: a thousandth of the quota at a time, of the day of
// the vendor; all pods, and those of the next version, have to agree on the key.
func TestCapacityDrawsBlocks(t *testing.T) {
	for perDay, row := range map[int64]struct {
		calls int
		asked string
	}{
		500:         {2, "[vworld:20000101 +1 for 21h0m0s vworld:20000101 +1 for 21h0m0s]"},
		10_999:      {11, "[vworld:20000101 +10 for 21h0m0s vworld:20000101 +10 for 21h0m0s]"},
		100_000_000: {2, "[vworld:20000101 +10000 for 21h0m0s]"},
	} {
		synctest.Test(t, func(t *testing.T) { // begins on 1 January 2000, 00:00 UTC
			var l ledger
			room := &fallback.Capacity{PerDay: perDay, Counter: &l, Key: "vworld", Zone: time.FixedZone("KST", 9*3600), Reset: 4 * time.Hour}
			use, _ := quotaOf(t, room)
			use(row.calls)
			require.Equal(t, row.asked, fmt.Sprint(l.asked))
			require.EqualValues(t, row.calls, room.Usage().Day)
			time.Sleep(19 * time.Hour)
			use(1)
			require.Contains(t, l.asked[len(l.asked)-1], "vworld:20000102 +")
			require.Contains(t, l.asked[len(l.asked)-1], "for 26h0m0s")
		})
	}
}

// TestCapacityPaysWhatItUsedAlone: while the counter fails the process counts
// on; when it is back the calls of that time are drawn with the next block.
func TestCapacityPaysWhatItUsedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger{dead: true}
		use, _ := quotaOf(t, &fallback.Capacity{PerDay: 10_000, Counter: &l, Key: "vworld"})
		use(7)
		l.dead = false
		time.Sleep(time.Second)
		use(1)
		require.EqualValues(t, 17, l.sum, "seven, and a block of ten")
		use(9)
		require.EqualValues(t, 17, l.sum)
		use(1)
		require.EqualValues(t, 27, l.sum)
	})
}

// TestCapacityDrawsOneBlockAtATime: whoever comes while a block is drawn asks
// for one call of his own.
func TestCapacityDrawsOneBlockAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger{takes: ms(2)}
		use, _ := quotaOf(t, &fallback.Capacity{PerDay: 10_000, Counter: &l, Key: "vworld"})
		together(3, func(i int) {
			time.Sleep(time.Duration(i) * time.Microsecond)
			use(1)
		})
		require.EqualValues(t, 10+1+1, l.sum)
		use(9)
		require.EqualValues(t, 12, l.sum)
		use(1)
		require.EqualValues(t, 22, l.sum, "a block again")
	})
}

// TestCapacityCountsNoRefusedCall: a call that the breaker refuses costs neither
// the day nor the second, nor a block of the counter.
func TestCapacityCountsNoRefusedCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l ledger
		br := newBreaker(t, breaker.Config{Consecutive: 2})
		room := &fallback.Capacity{PerDay: 10_000, PerSecond: 50, Counter: &l, Key: "vworld"}
		s := failing(&says{class: "unavailable"})
		c := newChain(t, config{Sources: []source{{
			Name: "a", Do: s.ask, Upstream: &fallback.Upstream{Breaker: br, Capacity: room}, Retry: fallback.Retry{Max: 5, First: 1, MaxWait: 1},
		}}})
		_, err := c.Do(t.Context(), "q")
		require.Error(t, err)
		require.EqualValues(t, 2, room.Usage().Day, "the breaker refused the second retry")
		for range 40 {
			_, err := c.Do(t.Context(), "q")
			require.Error(t, err)
		}
		u := room.Usage()
		require.EqualValues(t, 2, u.Day)
		require.Equal(t, 2, u.Second)
		require.EqualValues(t, 10, l.sum)
	})
}

// TestCapacityUsedUp: a call that the day refuses takes no place in the second,
// is counted, and says when there is room again.
func TestCapacityUsedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := &fallback.Capacity{InFlight: 3, PerSecond: 2, PerDay: 1}
		use, c := quotaOf(t, room)
		use(1)
		spent := time.Now()
		require.Equal(t, spent, room.Usage().Ends, "nobody was refused yet")
		for range 3 {
			r, err := c.Do(t.Context(), "q")
			e := failed(t, r, err)
			require.Equal(t, 24*time.Hour, e.Wait())
			require.True(t, e.NotSent())
			var n interface{ NotSent() bool }
			require.ErrorAs(t, e.Failed[0].Err, &n)
			require.True(t, n.NotSent())
		}
		require.Equal(t, fallback.Usage{
			MaxInFlight: 3, Second: 1, PerSecond: 2, Day: 1, PerDay: 1, Resets: spent.Add(24 * time.Hour).UTC(), Ends: spent, Refused: 3,
		}, room.Usage())
		time.Sleep(time.Hour)
		_, err := c.Do(t.Context(), "q")
		require.Error(t, err)
		require.Equal(t, spent, room.Usage().Ends, "since then")

		apply, err := room.Prepare(fallback.CapacitySettings{PerDay: to(int64(2))})
		require.NoError(t, err)
		apply()
		use(1)
		_, err = c.Do(t.Context(), "q")
		require.Error(t, err)
		require.Equal(t, spent.Add(time.Hour), room.Usage().Ends, "it was raised, and used up again")
	})
}

func TestCapacityInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := &fallback.Capacity{InFlight: 2}
		s := slowly(time.Second)
		c := newChain(t, config{Sources: []source{{Name: "a", Do: s.ask, Upstream: &fallback.Upstream{Capacity: room}}}})
		for range 2 {
			go func() { _, _ = c.Do(context.Background(), "q") }()
		}
		synctest.Wait()
		require.Equal(t, fallback.Usage{InFlight: 2, MaxInFlight: 2}, room.Usage())
		r, err := c.Do(t.Context(), "q")
		e := failed(t, r, err)
		require.EqualError(t, e, "address: limited: a: capacity")
		require.EqualError(t, e.Failed[0].Err, "no capacity left")
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, fallback.Usage{MaxInFlight: 2, Refused: 1}, room.Usage())
	})
}

// TestCapacityDayOfTheVendor: whenever the first call comes, the day ends at the
// next Reset.
func TestCapacityDayOfTheVendor(t *testing.T) {
	for name, row := range map[string]struct{ wait, reset, left time.Duration }{ // the clock stands at 09:00 in Seoul
		"in the morning":             {0, 4 * time.Hour, 19 * time.Hour},
		"late":                       {13 * time.Hour, 4 * time.Hour, 6 * time.Hour},
		"after midnight":             {17 * time.Hour, 4 * time.Hour, 2 * time.Hour},
		"at the very moment":         {19 * time.Hour, 4 * time.Hour, 24 * time.Hour},
		"before the evening":         {0, 20 * time.Hour, 11 * time.Hour},
		"in the evening":             {12 * time.Hour, 20 * time.Hour, 23 * time.Hour},
		"at midnight, before it":     {14 * time.Hour, 0, time.Hour},
		"at midnight, just after it": {15*time.Hour + 1, 0, 24*time.Hour - 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(row.wait)
				room := &fallback.Capacity{PerDay: 3, Zone: time.FixedZone("KST", 9*3600), Reset: row.reset}
				use, _ := quotaOf(t, room)
				use(1)
				require.Equal(t, row.left, time.Until(room.Usage().Resets))
			})
		})
	}
}

// TestCapacityForecastByTheLastHour: the pace is that of the last hour of this
// day, and nothing is foretold from less than a minute.
func TestCapacityForecastByTheLastHour(t *testing.T) {
	for name, row := range map[string]struct {
		perDay int64
		asks   func(ask func(n int, every time.Duration))
		left   time.Duration // zero: nothing is known
	}{
		"half a minute": {1000, func(ask func(int, time.Duration)) { ask(30, time.Second) }, 0},
		"a minute":      {1000, func(ask func(int, time.Duration)) { ask(60, time.Second) }, 940 * time.Second},
		"it slowed down": {20_000, func(ask func(int, time.Duration)) {
			ask(1800, time.Second)
			ask(180, 10*time.Second)
		}, 18_020 * 3600 / 1980 * time.Second},
		"a pause": {1000, func(ask func(int, time.Duration)) {
			ask(60, time.Second)
			time.Sleep(3 * time.Hour)
			ask(90, time.Second)
		}, 850 * time.Second},
		"the whole day": {60_000, func(ask func(int, time.Duration)) {
			ask(4*60, time.Minute)
			ask(3600, time.Second)
		}, (60_000 - 3840) * time.Second},
		"midnight": {10_000, func(ask func(int, time.Duration)) {
			time.Sleep(24*time.Hour - 10*time.Minute)
			ask(900, time.Second)
		}, 9700 * time.Second},
		"it lasts": {90_000, func(ask func(int, time.Duration)) { ask(120, time.Second) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				room := &fallback.Capacity{PerDay: row.perDay}
				use, _ := quotaOf(t, room)
				row.asks(func(n int, every time.Duration) {
					for range n {
						use(1)
						time.Sleep(every)
					}
				})
				ends := room.Usage().Ends
				if row.left == 0 {
					require.Zero(t, ends)
					return
				}
				require.InEpsilon(t, row.left.Seconds(), time.Until(ends).Seconds(), 0.03)
			})
		})
	}
}

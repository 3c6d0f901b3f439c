package barocert

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
)

// counting hands out tokens by number, after a while.
func counting(asks *atomic.Int32, takes, life time.Duration) func(context.Context) (grant, error) {
	return func(ctx context.Context) (grant, error) {
		n := asks.Add(1)
		select {
		case <-time.After(takes):
			return grant{fmt.Sprint("token-", n), life}, nil
		case <-ctx.Done():
			return grant{}, &providers.Error{Provider: "x", Op: "token", Err: ctx.Err()}
		}
	}
}

func TestTokenIsKeptUntilItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asks atomic.Int32
		s := session{ask: counting(&asks, 0, 10*time.Minute)}
		token, fresh, err := s.get(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "token-1", token)
		assert.True(t, fresh)
		time.Sleep(10*time.Minute - time.Nanosecond)
		token, fresh, err = s.get(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "token-1", token)
		assert.False(t, fresh)
		time.Sleep(time.Nanosecond)
		token, _, err = s.get(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "token-2", token)

		s.drop("token-1")
		token, _, _ = s.get(t.Context())
		assert.Equal(t, "token-2", token, "a late no to the old one")
		s.drop("token-2")
		token, _, _ = s.get(t.Context())
		assert.Equal(t, "token-3", token)
	})
}

func TestATokenInDoubtIsAskedForAgainOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asks atomic.Int32
		s := session{ask: counting(&asks, 0, time.Hour)}
		for range 600 { // ten minutes of citizens who are told no
			token, _, err := s.get(t.Context())
			require.NoError(t, err)
			time.Sleep(time.Second)
			s.doubt(token)
		}
		assert.EqualValues(t, 10, asks.Load())
		kept, _, err := s.get(t.Context())
		require.NoError(t, err)
		time.Sleep(2 * doubtAfter)
		s.doubt("token-1")
		still, _, err := s.get(t.Context())
		require.NoError(t, err)
		assert.Equal(t, kept, still, "a late no to an old one")
	})
}

func TestManyCallersAskOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asks, got atomic.Int32
		s := session{ask: counting(&asks, time.Second, time.Hour)}
		for range 200 {
			go func() {
				if token, _, err := s.get(t.Context()); err == nil && token == "token-1" {
					got.Add(1)
				}
			}()
		}
		time.Sleep(time.Second)
		synctest.Wait()
		assert.EqualValues(t, 200, got.Load())
		assert.EqualValues(t, 1, asks.Load())
	})
}

func TestACallerWhoLeavesTakesNobodyWithHim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asks, got atomic.Int32
		s := session{provider: "x", ask: counting(&asks, time.Second, time.Hour)}
		first, leave := context.WithCancel(t.Context())
		var firstErr error
		go func() { _, _, firstErr = s.get(first) }()
		synctest.Wait()
		for range 50 {
			go func() {
				if _, _, err := s.get(t.Context()); err == nil {
					got.Add(1)
				}
			}()
		}
		waiter, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, _, err := s.get(waiter) // one who waits leaves as well
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, providers.Unavailable)
		leave()
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		require.ErrorIs(t, firstErr, context.Canceled)
		assert.EqualValues(t, 50, got.Load())
		assert.EqualValues(t, 2, asks.Load(), "one of those who waited asked again, for all")
	})
}

func TestAFaultIsToldToAllWhoWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asks, failed atomic.Int32
		s := session{ask: func(context.Context) (grant, error) {
			asks.Add(1)
			time.Sleep(time.Second)
			return grant{}, &providers.Error{Provider: "x", Op: "token"}
		}}
		for range 50 {
			go func() {
				if _, _, err := s.get(t.Context()); errors.Is(err, providers.Unavailable) {
					failed.Add(1)
				}
			}()
		}
		time.Sleep(time.Second)
		synctest.Wait()
		assert.EqualValues(t, 50, failed.Load())
		assert.EqualValues(t, 1, asks.Load(), "a dead Linkhub is not asked by each of them in turn")
		_, _, err := s.get(t.Context())
		require.Error(t, err)
		assert.EqualValues(t, 2, asks.Load(), "a failure is not remembered")
	})
}

func TestAPanicEndsTheFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asks atomic.Int32
		s := session{ask: func(ctx context.Context) (grant, error) {
			if asks.Add(1) == 1 {
				time.Sleep(time.Second)
				panic("transport")
			}
			return grant{"good", time.Hour}, nil
		}}
		go func() {
			defer func() { _ = recover() }()
			_, _, _ = s.get(t.Context())
		}()
		synctest.Wait()
		token, _, err := s.get(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "good", token)
	})
}

func TestLifeIsCountedByTheAnswersOwnDate(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	date := http.Header{"Date": {at.Format(http.TimeFormat)}}
	for name, r := range map[string]struct {
		ends time.Time
		h    http.Header
		want time.Duration
	}{
		"an hour, a minute off": {at.Add(time.Hour), date, 59 * time.Minute},
		"a minute, a tenth off": {at.Add(time.Minute), date, 54 * time.Second},
		"over, for one call":    {at.Add(-time.Second), date, 0},
		"a year, for a day":     {at.AddDate(1, 0, 0), date, 24*time.Hour - time.Minute},
		"a date that is none":   {time.Now().Add(-time.Hour), http.Header{"Date": {"x"}}, 0},
	} {
		assert.Equal(t, r.want, life(r.ends, r.h), name)
	}
	assert.InDelta(t, float64(59*time.Minute), float64(life(time.Now().Add(time.Hour), nil)), float64(30*time.Second), "no date: our clock")
}

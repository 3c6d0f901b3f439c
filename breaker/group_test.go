package breaker_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

func group(t *testing.T, c breaker.GroupConfig, f func(t *testing.T, g *breaker.Group)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g, err := breaker.NewGroup(c)
		require.NoError(t, err)
		defer func() { require.NoError(t, g.Close()) }()
		f(t, g)
	})
}

func tripKeys(t *testing.T, g *breaker.Group, n int) {
	t.Helper()
	for i := range n {
		trip(t, g.Of(fmt.Sprint(i)))
	}
}

func TestGroupMistakesAllAtOnce(t *testing.T) {
	_, err := breaker.NewGroup(breaker.GroupConfig{
		Config: breaker.Config{Watch: callOK, OpenFor: -1}, Max: -1, Quorum: math.NaN(), Least: -1,
	})
	for _, part := range []string{"WatchKey", "OpenFor", "Max", "Quorum", "Least"} {
		require.ErrorContains(t, err, part)
	}
	var none *breaker.Group
	require.NoError(t, none.Of("x").Do(bg, callOK))
	require.Nil(t, none.Parent())
	require.Zero(t, none.Snapshot())
	require.NoError(t, none.Close())
	require.Error(t, none.Reconfigure(breaker.GroupConfig{}))
	none.Range(func(string, *breaker.Breaker) bool { t.Error("of nothing"); return true })
}

// One shard of eight dies: the others do not notice.
func TestGroupKeysAreApart(t *testing.T) {
	group(t, breaker.GroupConfig{Config: breaker.Config{Name: "vworld"}}, func(t *testing.T, g *breaker.Group) {
		for i := range 8 {
			times(1, g.Of(fmt.Sprint(i)), callOK)
		}
		tripKeys(t, g, 1)
		require.Equal(t, "vworld/0", refused(t, g.Of("0")).Name)
		for range 100 {
			for i := 1; i < 8; i++ {
				require.NoError(t, g.Of(fmt.Sprint(i)).Do(bg, callOK))
			}
			time.Sleep(50 * time.Millisecond)
		}
		s := g.Snapshot()
		require.Equal(t, breaker.Closed, s.Parent.State)
		require.Equal(t, 8, s.Keys)
		require.Equal(t, 1, s.Open)
	})
}

// A quorum of the keys fails: the whole is down, also for keys that nobody has asked yet.
func TestGroupQuorum(t *testing.T) {
	for _, c := range []struct {
		failed, standing int
		quorum           float64
		opens            bool
	}{
		{2, 0, 0, false}, // fewer than Least
		{3, 0, 0, true},
		{3, 1, 0, true},
		{3, 2, 0, false},
		{5, 5, 0.5, true},
		{4, 5, 0.5, false},
	} {
		t.Run(fmt.Sprintf("%d of %d", c.failed, c.failed+c.standing), func(t *testing.T) {
			group(t, breaker.GroupConfig{Config: breaker.Config{Name: "sms"}, Quorum: c.quorum}, func(t *testing.T, g *breaker.Group) {
				for i := range c.standing {
					times(1, g.Of(fmt.Sprint("ok", i)), callOK)
				}
				tripKeys(t, g, c.failed)
				time.Sleep(100 * time.Millisecond)
				err := g.Of("new").Do(bg, callOK)
				if !c.opens {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, breaker.ErrOpen)
				require.EqualError(t, err, fmt.Sprintf("sms: breaker: open: faults: %d of %d keys have opened", c.failed, c.failed+c.standing))
				require.EqualValues(t, 1, g.Parent().Snapshot().Rejected)
				// trials pass it; they are asked by their own keys
				untilDue(g.Parent())
				for range 3 {
					require.NoError(t, g.Of("new").Do(bg, callOK))
				}
				require.Equal(t, breaker.Closed, g.Parent().Snapshot().State)
				time.Sleep(2 * time.Second)
				trip(t, g.Of("another"))
				time.Sleep(time.Second)
				require.NoError(t, g.Of("new").Do(bg, callOK), "who opened before the parent closed has no vote")
			})
		})
	}
}

// A key that has not opened yet, but fails, does not stand for the upstream.
func TestGroupFailingKeysDoNotStand(t *testing.T) {
	group(t, breaker.GroupConfig{}, func(t *testing.T, g *breaker.Group) {
		for i := range 10 {
			times(1, g.Of(fmt.Sprint("failing", i)), callFail)
		}
		tripKeys(t, g, 3)
		time.Sleep(100 * time.Millisecond)
		refused(t, g.Of("new"))
	})
}

// Keys that died long ago, were forced, or that nobody uses have no vote.
func TestGroupVotersAreOfNow(t *testing.T) {
	group(t, breaker.GroupConfig{}, func(t *testing.T, g *breaker.Group) {
		for i := range 20 {
			times(1, g.Of(fmt.Sprint("unused", i)), callOK)
		}
		time.Sleep(30 * time.Second)
		tripKeys(t, g, 2)
		time.Sleep(30 * time.Second)
		for i := range 3 {
			require.NoError(t, g.Of(fmt.Sprint("forced", i)).Force(breaker.ForcedOpen, "kim", "drill", time.Hour))
		}
		trip(t, g.Of("x"))
		time.Sleep(time.Second)
		require.NoError(t, g.Of("y").Do(bg, callOK))
		trip(t, g.Of("z"))
		trip(t, g.Of("w"))
		time.Sleep(time.Second)
		refused(t, g.Of("y")) // three of now against y
	})
}

// A trial of the parent that its own key refuses decides nothing; one that fails opens it again, and panics are failures.
func TestGroupTrials(t *testing.T) {
	group(t, breaker.GroupConfig{Config: breaker.Config{OpenFor: time.Second}}, func(t *testing.T, g *breaker.Group) {
		tripKeys(t, g, 3)
		time.Sleep(100 * time.Millisecond)
		refused(t, g.Of("new"))
		require.NoError(t, g.Of("0").Force(breaker.ForcedOpen, "kim", "drill", time.Hour))
		untilDue(g.Parent())
		require.Equal(t, "/0", refused(t, g.Of("0")).Name)
		require.Equal(t, breaker.HalfOpen, g.Parent().Snapshot().State)
		require.ErrorIs(t, g.Of("new").Do(bg, callFail), errVendor, "the place is free again")
		s := g.Parent().Snapshot()
		require.Equal(t, breaker.Open, s.State)
		require.EqualValues(t, 1, s.Openings)
		untilDue(g.Parent())
		require.NoError(t, g.Of("1").Force(breaker.ForcedClosed, "kim", "drill", time.Hour))
		require.Panics(t, func() { _ = g.Of("1").Do(bg, func(context.Context) error { panic("x") }) })
		require.Equal(t, breaker.Open, g.Parent().Snapshot().State)
		untilDue(g.Parent())
		p, err := g.Of("1").Enter(bg)
		require.NoError(t, err)
		p.Exit(nil)
		times(2, g.Of("1"), callOK)
		require.Equal(t, breaker.Closed, g.Parent().Snapshot().State)
		require.Zero(t, g.Parent().Snapshot().Calls, "it counts nothing itself")
	})
}

// Who forces the parent forces all keys; its reasons bind the last resort, too.
func TestGroupParentForcedAndBarred(t *testing.T) {
	group(t, breaker.GroupConfig{}, func(t *testing.T, g *breaker.Group) {
		require.NoError(t, g.Parent().Force(breaker.ForcedOpen, "kim", "drill", time.Minute))
		require.True(t, refused(t, g.Of("x")).Forced)
		require.False(t, tried(g.Of("x"), callOK))
		require.NoError(t, g.Parent().Force(breaker.ForcedClosed, "kim", "drill", time.Minute))
		tripKeys(t, g, 3)
		time.Sleep(time.Second)
		require.NoError(t, g.Of("x").Do(bg, callOK))
		require.True(t, tried(g.Of("x"), callOK))
		require.NoError(t, g.Parent().Release("kim", "done"))
		refused(t, g.Of("x"))
		require.True(t, tried(g.Of("y"), callOK), "the last resort passes a parent that is only down")
	})
	group(t, breaker.GroupConfig{}, func(t *testing.T, g *breaker.Group) {
		for i := range 3 {
			times(1, g.Of(fmt.Sprint(i)), ended(0, classed{"limited", 20 * time.Second}))
		}
		time.Sleep(100 * time.Millisecond)
		open := refused(t, g.Of("x"))
		require.Equal(t, "limited", open.Class())
		require.Greater(t, open.RetryAfter(), 19*time.Second)
		require.False(t, tried(g.Of("x"), callOK))
	})
}

func TestGroupProbesAndWatches(t *testing.T) {
	var mu sync.Mutex
	up := false
	asked := map[string]int{}
	ask := func(_ context.Context, key string) error {
		mu.Lock()
		defer mu.Unlock()
		asked[key]++
		if up {
			return nil
		}
		return errVendor
	}
	group(t, breaker.GroupConfig{
		Config:   breaker.Config{Probe: func(ctx context.Context) error { return ask(ctx, "whole") }, WatchEvery: time.Second},
		ProbeKey: ask, WatchKey: ask,
	}, func(t *testing.T, g *breaker.Group) {
		for i := range 3 {
			g.Of(fmt.Sprint(i))
		}
		time.Sleep(2 * time.Second)
		refused(t, g.Of("0"))
		require.Equal(t, breaker.ReasonWatch, g.Parent().Snapshot().Why)
		mu.Lock()
		up = true
		mu.Unlock()
		time.Sleep(3 * time.Second)
		require.NoError(t, g.Of("0").Do(bg, callOK))
		require.NoError(t, g.Close())
		mu.Lock()
		require.Positive(t, asked["whole"])
		require.Positive(t, asked["2"])
		mu.Unlock()
		require.NoError(t, g.Of("after Close").Do(bg, callOK))
	})
}

// F62: a hundred thousand keys stay bounded at ten thousand, cost what was said, and the one that failed is not the one that goes.
func TestGroupIsBounded(t *testing.T) {
	group(t, breaker.GroupConfig{Config: breaker.Config{OpenFor: time.Hour, MaxOpenFor: time.Hour}, Max: 10_000}, func(t *testing.T, g *breaker.Group) {
		trip(t, g.Of("bad"))
		hot := g.Of("hot")
		for i := range 100_000 {
			require.NoError(t, g.Of(fmt.Sprint(i)).Do(bg, callOK))
			if i%1000 == 0 {
				require.NoError(t, g.Of("hot").Do(bg, callOK))
			}
		}
		s := g.Snapshot()
		require.Equal(t, 10_000, s.Keys)
		require.EqualValues(t, 100_002-10_000, s.Evicted)
		require.Zero(t, s.Overflowed)
		require.Equal(t, 1, s.Open)
		refused(t, g.Of("bad"))
		require.Same(t, hot, g.Of("hot"), "what is used stays")
		n := 0
		g.Range(func(key string, b *breaker.Breaker) bool {
			n++
			require.Same(t, b, g.Of(key))
			return n < 100
		})
		require.Equal(t, 100, n)
	})
}

// When nothing can go, new keys share the overflow breaker, and are tracked again when something can.
func TestGroupOverflow(t *testing.T) {
	group(t, breaker.GroupConfig{Config: breaker.Config{Name: "t", OpenFor: time.Minute}, Max: 5, Least: 100}, func(t *testing.T, g *breaker.Group) {
		tripKeys(t, g, 2)
		require.NoError(t, g.Of("forced").Force(breaker.ForcedClosed, "kim", "drill", time.Hour))
		times(1, g.Of("failing"), callFail)
		out, err := g.Of("busy").Enter(bg)
		require.NoError(t, err)
		rest := g.Of("new")
		require.Equal(t, "t/*", rest.Name())
		require.Same(t, rest, g.Of("newer"))
		require.EqualValues(t, 2, g.Snapshot().Overflowed)
		require.EqualValues(t, 0, g.Snapshot().Evicted)
		trip(t, g.Of("new"))
		refused(t, g.Of("newer"))
		require.Equal(t, breaker.Open, g.Snapshot().Overflow.State)
		out.Exit(nil)
		require.Equal(t, "t/newest", g.Of("newest").Name(), "busy has gone")
		require.Equal(t, "t/*", g.Of(strings.Repeat("k", 1000)).Name(), "keys are bounded as well")
		time.Sleep(11 * time.Second)
		times(1, g.Of("a"), callOK)
		times(1, g.Of("b"), callOK)
		require.EqualValues(t, 3, g.Snapshot().Evicted, "a fault is forgotten when its window has passed")
		require.Equal(t, breaker.Open, g.Of("0").Snapshot().State)
	})
}

// An evicted key that was just recovered is not one whose ramp nobody ended.
func TestGroupRecoveredKeyCanGo(t *testing.T) {
	group(t, breaker.GroupConfig{Max: 1, Config: breaker.Config{Ramp: 5 * time.Second}, WatchKey: func(context.Context, string) error { return nil }},
		func(t *testing.T, g *breaker.Group) {
			b := g.Of("0")
			trip(t, b)
			time.Sleep(2 * time.Second)
			require.Equal(t, breaker.Closed, b.Snapshot().State)
			require.Equal(t, "/*", g.Of("1").Name(), "still ramping")
			time.Sleep(20 * time.Second)
			require.Equal(t, "/1", g.Of("1").Name())
		})
}

func TestGroupReconfigure(t *testing.T) {
	c := breaker.GroupConfig{Config: breaker.Config{Name: "t"}, Max: 4}
	group(t, c, func(t *testing.T, g *breaker.Group) {
		times(4, g.Of("a"), callFail)
		g.Of("b")
		bad := c
		bad.Name, bad.Max, bad.OpenFor = "u", 1, -1
		err := g.Reconfigure(bad)
		for _, part := range []string{"Name", "Max 1", "OpenFor"} {
			require.ErrorContains(t, err, part)
		}
		c.Consecutive, c.Label = 6, func(string) string { return "***" }
		require.NoError(t, g.Reconfigure(c))
		times(1, g.Of("a"), callFail)
		require.Equal(t, breaker.Closed, g.Of("a").Snapshot().State)
		times(1, g.Of("a"), callFail)
		require.Equal(t, breaker.Open, g.Of("a").Snapshot().State, "history stays")
		require.Equal(t, "t/a", g.Of("a").Name())
		require.Equal(t, "t/***", g.Of("secret").Name())
		c.Max = 3
		require.NoError(t, g.Reconfigure(c), "room for just those that are tracked")
	})
}

// Many keys, many callers, outages and evictions at once: no race, and no call is lost.
func TestGroupBesideItself(t *testing.T) {
	g, err := breaker.NewGroup(breaker.GroupConfig{Config: breaker.Config{OpenFor: time.Millisecond, Ramp: 1}, Max: 20})
	require.NoError(t, err)
	var callers sync.WaitGroup
	for c := range 8 {
		callers.Go(func() {
			for i := range 3000 {
				call := callOK
				if i/500%2 == 1 {
					call = callFail
				}
				err := g.Of(fmt.Sprint((i*7+c)%40)).Do(bg, call)
				if err != nil && !errors.Is(err, breaker.ErrOpen) && !errors.Is(err, errVendor) {
					t.Error(err)
				}
				if i%500 == 0 {
					_ = g.Snapshot()
				}
			}
		})
	}
	callers.Wait()
	require.LessOrEqual(t, g.Snapshot().Keys, 20)
	require.NoError(t, g.Close())
}

func TestGroupTransport(t *testing.T) {
	g, err := breaker.NewGroup(breaker.GroupConfig{})
	require.NoError(t, err)
	down := roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host == "bad.example" {
			return nil, errVendor
		}
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
	})
	client := &http.Client{Transport: g.Transport(nil, down)}
	for range 6 {
		_, err = client.Get("http://bad.example/")
	}
	require.ErrorIs(t, err, breaker.ErrOpen)
	resp, err := client.Get("http://good.example/")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	resp, err = client.Get("http://good.example:8080/")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.ElementsMatch(t, []string{"bad.example", "good.example", "good.example:8080"}, keys(g))
	client.Transport = g.Transport(func(r *http.Request) string { return r.URL.Query().Get("region") }, down)
	resp, err = client.Get("http://good.example/?region=seoul")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Contains(t, keys(g), "seoul")
}

func TestGroupNoAllocations(t *testing.T) {
	g, err := breaker.NewGroup(breaker.GroupConfig{Config: breaker.Config{OpenFor: time.Hour}})
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = g.Of("host.example").Do(bg, callOK) }))
	tripKeys(t, g, 3)
	require.NoError(t, g.Parent().Force(breaker.ForcedOpen, "kim", "drill", time.Minute))
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = g.Of("host.example").Do(bg, callOK) }))
}

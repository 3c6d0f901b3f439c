package vendorsim

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOperations(t *testing.T) {
	k, _ := startKakao(t, KakaoConfig{})
	n, _ := startNaver(t, NaverConfig{})
	o, _ := startOIDC(t, OIDCConfig{})
	v, _ := startVWorld(t, VWorldConfig{})
	m, _, _ := startOSM(t)
	require.Equal(t, "authorize token me token_info userinfo logout unlink jwks discovery", strings.Join(k.Operations(), " "))
	require.Equal(t, "authorize token revoke me", strings.Join(n.Operations(), " "))
	require.Equal(t, "authorize token jwks userinfo discovery", strings.Join(o.Operations(), " "))
	require.Equal(t, "tile", strings.Join(v.Operations(), " "))
	require.Equal(t, "tile", strings.Join(m.Operations(), " "))
	for _, url := range []string{k.URL(), n.URL(), o.URL(), v.URL(), m.URL()} {
		require.Regexp(t, `^http://127\.0\.0\.1:\d+$`, url)
	}
}

func TestHitsAndLog(t *testing.T) {
	o, c, tile := startOSM(t)
	for range logSize + 76 {
		ask(t, c, "GET", tile, nil, agent...)
	}
	ask(t, c, "POST", tile, nil, agent...)
	require.Equal(t, logSize+77, o.Hits("tile"))
	require.Equal(t, logSize+77, o.Hits("*"))
	require.Equal(t, 0, o.Hits("no such"))
	log := o.Log()
	require.Len(t, log, 1024)
	last := log[len(log)-1]
	require.Equal(t, "POST", last.Method)
	require.Equal(t, 405, last.Status)
	for i := 1; i < len(log); i++ {
		require.False(t, log[i].At.Before(log[i-1].At), "oldest first")
	}
}

// What a log shows must never hold what a request brought.
func TestLogHoldsNoSecret(t *testing.T) {
	v, c := startVWorld(t, VWorldConfig{Keys: []string{"CANARY-key"}})
	ask(t, c, "GET", v.URL()+"/req/wmts/1.0.0/CANARY-key/Base/12/1586/3492.png?x=CANARY", nil, "Authorization", "Bearer CANARY")
	ask(t, c, "GET", v.URL()+"/CANARY", nil)
	require.Len(t, v.Log(), 2)
	for _, h := range v.Log() {
		require.NotContains(t, h.Op+h.Method+string(h.Mode), "CANARY")
	}
}

func TestUnknownPath(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{})
	require.Equal(t, 404, ask(t, c, "GET", k.URL()+"/v9/user/me", nil).status)
	require.Equal(t, 1, k.Hits("*"))
	require.Equal(t, "", k.Log()[0].Op)
	require.NoError(t, k.Break("*", Fault{Mode: Status}))
	require.Equal(t, 503, ask(t, c, "GET", k.URL()+"/v9/user/me", nil).status)
}

// Close waits for everything, from several callers at once, with calls of every kind under way.
func TestCloseLeavesNothing(t *testing.T) {
	for _, f := range []Fault{{Mode: Hang}, {Mode: Drip, Delay: 1 << 40}, {Mode: Slow, Delay: 1 << 40}, {Mode: Refuse}, {Mode: Reset}} {
		o, err := StartOSM(OSMConfig{})
		require.NoError(t, err)
		require.NoError(t, o.Break("tile", f))
		c := browser(t)
		ctx, cancel := context.WithCancel(context.Background())
		var calls sync.WaitGroup
		for range 20 {
			calls.Go(func() {
				req, _ := http.NewRequestWithContext(ctx, "GET", o.URL()+"/1/0/0.png", nil)
				req.Header.Set(agent[0], agent[1])
				if resp, err := c.Do(req); err == nil {
					buf := make([]byte, 1<<16)
					for err == nil {
						_, err = resp.Body.Read(buf)
					}
					_ = resp.Body.Close()
				}
			})
		}
		until(t, func() bool { return o.Hits("tile") >= 20 })
		var closers sync.WaitGroup
		for range 3 {
			closers.Go(o.Close)
		}
		closers.Wait()
		calls.Wait()
		cancel()
		require.Empty(t, leftOver())
	}
}

func TestTableIsBounded(t *testing.T) {
	tb := newTable[int](3)
	for i, k := range strings.Split("abcdefgh", "") {
		tb.put(k, i)
	}
	require.Len(t, tb.m, 3)
	_, there := tb.get("a")
	require.False(t, there)
	v, there := tb.take("h")
	require.True(t, there)
	require.Equal(t, 7, v)
	_, there = tb.take("h")
	require.False(t, there)
	for i := range 1000 {
		tb.put("k", i)
		tb.take("k")
	}
	require.LessOrEqual(t, len(tb.order), 7)
}

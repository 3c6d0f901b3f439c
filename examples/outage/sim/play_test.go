package sim_test

import (
	"context"
	"errors"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/examples/outage/sim"
	"github.com/detour-go/detour/examples/outage/timeline"
	"github.com/detour-go/detour/providers/vendorsim"
)

func ask(t *testing.T, url string) (int, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(t, err)
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

func TestPhasesFollowEachOther(t *testing.T) {
	osm, err := vendorsim.StartOSM(vendorsim.OSMConfig{})
	require.NoError(t, err)
	defer osm.Close()
	play := sim.Play(osm, "429", "tile")
	const blocked = http.StatusForbidden // the vendor's answer to a client without a name: it is well
	for _, c := range []struct {
		phase  timeline.Phase
		status int
		err    error
	}{
		{timeline.Phase{Mode: timeline.OK, Share: 1}, blocked, nil},
		{timeline.Phase{Mode: timeline.Refuse, Share: 1}, 0, syscall.ECONNREFUSED},
		{timeline.Phase{Mode: timeline.Hang, Share: 1}, 0, context.DeadlineExceeded},
		{timeline.Phase{Mode: timeline.Refuse, Share: 1}, 0, syscall.ECONNREFUSED},
		{timeline.Phase{Mode: timeline.Fail, Share: 1, Status: 504}, 504, nil},
		{timeline.Phase{Mode: timeline.Quota, Share: 1, RetryAfter: time.Second}, 429, nil},
		{timeline.Phase{Mode: timeline.HTML, Share: 1}, 200, nil},
		{timeline.Phase{Mode: timeline.Fail, Share: 0, Status: 500}, blocked, nil}, // a moving share that has arrived at none
		{timeline.Phase{Mode: timeline.Maintenance, Share: 1}, 429, nil},
		{timeline.Phase{Mode: timeline.OK, Share: 1}, blocked, nil},
	} {
		require.NoError(t, play(c.phase))
		status, err := ask(t, osm.URL()+"/1/1/1.png")
		assert.Equal(t, c.status, status, "%s", c.phase.Mode)
		assert.True(t, errors.Is(err, c.err), "%s: %v", c.phase.Mode, err)
	}
}

func TestEveryModeCanBePlayed(t *testing.T) {
	kakao, err := vendorsim.StartKakao(vendorsim.KakaoConfig{})
	require.NoError(t, err)
	defer kakao.Close()
	play := sim.Play(kakao, "KOE003", "authorize", "token")
	for _, m := range []timeline.Mode{
		timeline.OK, timeline.Slow, timeline.Hang, timeline.Refuse, timeline.Reset, timeline.Truncate, timeline.Fail, timeline.Quota, timeline.HTML, timeline.Maintenance,
	} {
		p := timeline.Phase{Mode: m, Share: 0.5}
		if m == timeline.Slow {
			p.Delay = time.Second
		}
		if m == timeline.Quota {
			p.RetryAfter = 1500 * time.Millisecond
		}
		assert.NoError(t, play(p), "%s", m)
	}
	assert.ErrorContains(t, play(timeline.Phase{Mode: "dns", Share: 1}), `mode "dns" cannot be played`)
	assert.Error(t, sim.Play(kakao, "KOE003", "map")(timeline.Phase{Mode: timeline.Hang, Share: 1}), "an operation that the vendor does not have")
}

// A service that shares its port leaves its neighbours alone, however it dies.
func TestPlayPart(t *testing.T) {
	v, err := vendorsim.StartKakao(vendorsim.KakaoConfig{})
	require.NoError(t, err)
	t.Cleanup(v.Close)
	play := sim.PlayPart(v, "KOE003", "token")
	ask := func(path string) error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.URL()+path, nil)
		require.NoError(t, err)
		tr := &http.Transport{}
		defer tr.CloseIdleConnections()
		resp, err := tr.RoundTrip(req)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
	require.NoError(t, play(timeline.Phase{Mode: timeline.Refuse, Share: 1}))
	require.Error(t, ask("/oauth/token"))
	require.NoError(t, ask("/.well-known/jwks.json"))
	require.NoError(t, v.Break("*", vendorsim.Fault{Mode: vendorsim.Refuse}))
	require.NoError(t, play(timeline.Phase{Mode: timeline.OK}))
	require.Error(t, ask("/.well-known/jwks.json"), "what others broke is theirs to heal")
}

package vendorsim

import (
	"errors"
	"math"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// F29: a share is a share, also of every second call, and any run of calls is close to it.
func TestShare(t *testing.T) {
	for _, share := range []float64{0.01, 0.25, 0.3, 0.5, 0.9, 0.999} {
		sc := newScript(Fault{Mode: Status, Share: share})
		var all, even float64
		for i := range 10_000 {
			if sc.strikes() {
				all++
				if i%2 == 0 {
					even++
				}
			}
			require.InDelta(t, share*float64(i+1), all, 3)
		}
		require.InDelta(t, share*5_000, even, 5)
	}
	always := newScript(Fault{Mode: Status})
	for range 100 {
		require.True(t, always.strikes())
	}

	o, c, tile := startOSM(t)
	require.NoError(t, o.Break("tile", Fault{Mode: Status, Share: 0.3}))
	failed := 0
	for range 100 {
		if ask(t, c, "GET", tile, nil, agent...).status == 503 {
			failed++
		}
	}
	require.InDelta(t, 30, failed, 2)
}

// The vendor does its work and then fails: the code is spent although nobody learned the token.
func TestEffect(t *testing.T) {
	for _, f := range []Fault{
		{Mode: Reset, Effect: true}, {Mode: Refuse, Effect: true}, {Mode: Status, Effect: true}, {Mode: Truncate}, {Mode: Cut},
		{Mode: Reset}, {Mode: Refuse}, {Mode: Status}, {Mode: Slow, Delay: time.Hour, Effect: true},
	} {
		o, c := startOIDC(t, OIDCConfig{})
		c.Transport.(*http.Transport).DisableKeepAlives = true
		code := consent(t, c, o.authorizeURL(), "3912345678").Get("code")
		form := oidcForm(code)
		require.NoError(t, o.Break("token", f))
		if f.Mode == Slow {
			go func() { _, _ = tryAsk(c, "POST", o.URL()+"/token", form) }() // ends when the server is closed
			until(t, func() bool { _, there := o.desk.codes.get(code); return !there })
		} else {
			_, _ = tryAsk(c, "POST", o.URL()+"/token", form)
		}
		o.HealAll()
		want := 200
		if f.Effect || f.Mode == Truncate || f.Mode == Cut {
			want = 400
		}
		require.Equal(t, want, ask(t, c, "POST", o.URL()+"/token", form).status, "%+v", f)
	}
}

func TestBreakRefusesMistakes(t *testing.T) {
	k, _ := startKakao(t, KakaoConfig{})
	cases := []struct {
		name  string
		op    string
		fault Fault
		want  []string
	}{
		{"unknown operation", "tokens", Fault{Mode: Hang}, []string{`unknown operation "tokens"`, "*, authorize, token, me, token_info, userinfo, logout, unlink, jwks, discovery"}},
		{"no mode", "token", Fault{}, []string{`unknown mode ""`, "slow, hang, refuse, reset, truncate, cut, drip, status, toomany, html, errorbody, vendor, bomb, garbage, redirect"}},
		{"share above 1", "token", Fault{Mode: Hang, Share: 1.1}, []string{"share 1.1"}},
		{"share below 0", "token", Fault{Mode: Hang, Share: -0.1}, []string{"share -0.1"}},
		{"share not a number", "token", Fault{Mode: Hang, Share: math.NaN()}, []string{"share NaN"}},
		{"slow without delay", "token", Fault{Mode: Slow}, []string{"positive delay"}},
		{"drip backwards", "token", Fault{Mode: Drip, Delay: -1}, []string{"positive delay"}},
		{"delay of a hang", "token", Fault{Mode: Hang, Delay: 1}, []string{"delay is of modes"}},
		{"status 99", "token", Fault{Mode: Status, Status: 99}, []string{"status 99"}},
		{"status of a hang", "token", Fault{Mode: Hang, Status: 500}, []string{"status is of modes"}},
		{"unknown code", "me", Fault{Mode: Vendor, Code: "-99"}, []string{`unknown code "-99"`, "-1, -2, -3", "-9798"}},
		{"code of another operation", "token", Fault{Mode: Vendor, Code: "-7"}, []string{`unknown code "-7"`, "KOE003"}},
		{"unknown code of all", "*", Fault{Mode: Vendor, Code: "X"}, []string{"-7", "KOE320"}},
		{"vendor without code", "me", Fault{Mode: Vendor}, []string{"needs a code"}},
		{"code of a hang", "me", Fault{Mode: Hang, Code: "-7"}, []string{"needs a code, and only it"}},
		{"retry-after of a hang", "me", Fault{Mode: Hang, RetryAfter: "1"}, []string{"retry-after is of modes"}},
		{"header injection", "me", Fault{Mode: TooMany, RetryAfter: "1\r\nX: y"}, []string{"control character"}},
		{"body of a hang", "me", Fault{Mode: Hang, Body: "x"}, []string{"body and content type"}},
		{"size of a hang", "me", Fault{Mode: Hang, Size: 1}, []string{"size is of mode bomb"}},
		{"location of a hang", "me", Fault{Mode: Hang, Location: "x"}, []string{"location is of mode redirect"}},
		{"all at once", "nope", Fault{Mode: "x", Share: 2, Status: 1}, []string{"unknown operation", "unknown mode", "share 2", "status 1"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			err := k.Break(tc.op, tc.fault)
			require.Error(t, err)
			for _, want := range tc.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
	require.Equal(t, 0, k.Hits("*"))
	k.Close()
	require.ErrorContains(t, k.Break("me", Fault{Mode: Hang}), "closed")
}

// Faults are switched while requests run: every answer is either whole or the fault, and nothing is left.
func TestSwitchDuringTraffic(t *testing.T) {
	o, c, tile := startOSM(t)
	c.Transport.(*http.Transport).DisableKeepAlives = false
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				r, err := tryAsk(c, "GET", tile, nil, agent...)
				if err == nil && r.status != 200 && r.status != 503 && r.status != 429 {
					t.Errorf("status %d", r.status)
				}
			}
		})
	}
	for i := range 200 {
		switch i % 5 {
		case 0:
			require.NoError(t, o.Break("tile", Fault{Mode: Status, Share: 0.5}))
		case 1:
			require.NoError(t, o.Break("*", Fault{Mode: Refuse}))
		case 2:
			require.NoError(t, o.Break("*", Fault{Mode: TooMany}))
		case 3:
			require.NoError(t, o.Break("tile", Fault{Mode: Reset, Share: 0.2}))
		case 4:
			o.HealAll()
		}
		_, _ = o.Log(), o.Hits("tile")
	}
	close(stop)
	wg.Wait()
	o.HealAll()
	require.Equal(t, 200, ask(t, c, "GET", tile, nil, agent...).status)
}

// An operation's own fault goes before the one for all.
func TestOwnFaultFirst(t *testing.T) {
	o, c, tile := startOSM(t)
	require.NoError(t, o.Break("*", Fault{Mode: Status, Status: 500}))
	require.NoError(t, o.Break("tile", Fault{Mode: TooMany}))
	require.Equal(t, 429, ask(t, c, "GET", tile, nil, agent...).status)
	o.Heal("*")
	require.Equal(t, 429, ask(t, c, "GET", tile, nil, agent...).status)
	o.Heal("tile")
	require.Equal(t, 200, ask(t, c, "GET", tile, nil, agent...).status)
}

func TestClosedServerRefuses(t *testing.T) {
	o, c, tile := startOSM(t)
	o.Close()
	o.Close()
	_, err := tryAsk(c, "GET", tile, nil, agent...)
	require.True(t, errors.Is(err, syscall.ECONNREFUSED), "%v", err)
}

package canary

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/kakaologin"
	"github.com/detour-go/detour/providers/tiles"
	"github.com/detour-go/detour/providers/tiles/vworldtiles"
	"github.com/detour-go/detour/providers/vendorsim"
)

// What must never be seen. The marks are unlike anything else in the output.
const (
	clientSecret = "CANARYclientsecret9x"
	mapKey       = "CANARYmapkey7q"
	session      = "CANARYsession5w"
	flowKey      = "CANARYflowkey-32-bytes-long-0123"
	name         = "카나리아홍길동"
	email        = "canary.person@example.test"
	phone        = "010-7777-1313"
)

// patience bounds each step: a hang has shown what it prints by then.
const patience = 150 * time.Millisecond

// paper collects everything that is printed.
type paper struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

// print writes v in every way that a program or a panic would, and an error with all that it wraps.
func (p *paper) print(v any) {
	fmt.Fprintf(p, "%v\n%+v\n%#v\n%s\n%q\n", v, v, v, v, v)
	js, err := json.Marshal(v)
	fmt.Fprintf(p, "%s %v\n", js, err)
	slog.New(slog.NewJSONHandler(p, nil)).Info("x", "v", v)
	slog.New(slog.NewTextHandler(p, nil)).Info("x", "v", v)
	switch e := v.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			p.print(inner)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			p.print(inner)
		}
	}
	if err, ok := v.(error); ok {
		var e *fallback.Error
		if errors.As(err, &e) {
			for _, f := range e.Failed {
				p.print(f)
			}
		}
	}
}

func forms(secret string) []string {
	js, _ := json.Marshal(secret)
	return []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(js), `"`), fmt.Sprintf("%x", secret),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
	}
}

func TestNoSecretAndNoPersonInAnyOutput(t *testing.T) {
	out := &paper{}
	old := log.Writer()
	log.SetOutput(out)
	defer log.SetOutput(old)

	kakao, err := vendorsim.StartKakao(vendorsim.KakaoConfig{
		Clients: []vendorsim.Client{{ID: "app", Secret: clientSecret, RedirectURIs: []string{"http://127.0.0.1/cb"}}},
		Users:   []vendorsim.User{{ID: "9007199254740993", Name: name, Nickname: name, Email: email, EmailVerified: true, Phone: phone}},
	})
	require.NoError(t, err)
	defer kakao.Close()
	vworld, err := vendorsim.StartVWorld(vendorsim.VWorldConfig{Keys: []string{mapKey}})
	require.NoError(t, err)
	defer vworld.Close()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()

	loginConfig := kakaologin.Config{ClientID: "app", ClientSecret: clientSecret, RedirectURI: "http://127.0.0.1/cb", AuthBase: kakao.URL(), APIBase: kakao.URL(), AllowLoopbackHTTP: true, HTTP: client}
	sign, err := kakaologin.New(loginConfig)
	require.NoError(t, err)
	mapConfig := vworldtiles.Config{Key: mapKey, BaseURL: vworld.URL(), AllowLoopbackHTTP: true, HTTP: client}
	maps, err := vworldtiles.New(mapConfig)
	require.NoError(t, err)

	guard := func(name string) *breaker.Breaker {
		b, err := breaker.New(breaker.Config{Name: name, Consecutive: 1, OpenFor: time.Millisecond})
		require.NoError(t, err)
		b.Events(func(e breaker.Event) { out.print(e) })
		return b
	}
	signGuard, mapGuard := guard("kakao"), guard("vworld")
	heard := fallback.ObserverFunc(func(o fallback.Outcome) { out.print(o) })
	tickets, err := fallback.NewMemoryCounter(fallback.MemoryCounterConfig{})
	require.NoError(t, err)

	leg := fallback.NewLeg("kakao", sign.Begin, sign.Finish, &fallback.Upstream{Name: "kakao", Breaker: signGuard})
	leg.Assurance = fallback.Low
	flowConfig := fallback.FlowConfig[login.Request, login.Challenge, login.Reply, login.Identity]{
		Name: "login", Legs: []fallback.Leg[login.Request, login.Challenge, login.Reply, login.Identity]{leg},
		Valid: login.Request.Validate, Join: login.Reply.Resume, Match: login.Match, Min: fallback.Low, Keys: [][]byte{[]byte(flowKey)}, Tickets: tickets, Observe: heard,
	}
	flow, err := fallback.NewFlow(flowConfig)
	require.NoError(t, err)
	chain, err := fallback.New(fallback.Config[tiles.ID, tiles.Tile]{
		Name: "tiles", Valid: tiles.ID.Validate, Answers: tiles.Tile.Answers, Observe: heard,
		Sources: []fallback.Source[tiles.ID, tiles.Tile]{fallback.From("vworld", maps.Tile, &fallback.Upstream{Name: "vworld", Breaker: mapGuard})},
	})
	require.NoError(t, err)

	ctx := fallback.WithSession(t.Context(), session)
	signIn := func() {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		begun, err := flow.Begin(ctx, "kakao", login.Request{Hint: email})
		out.print(begun)
		out.print(begun.Challenge)
		if err != nil {
			out.print(err)
			return
		}
		reply := login.Reply{Code: "CANARYcode3e", State: "wrong"}
		if back, err := vendorsim.Consent(ctx, client, begun.Challenge.URL, "9007199254740993", true); err == nil {
			reply, err = login.ParseReply(back.Query())
			require.NoError(t, err)
		}
		out.print(reply)
		res, err := flow.Finish(ctx, begun.Ticket, reply)
		out.print(res)
		if err != nil {
			out.print(err)
		}
	}
	lookAt := func() {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		_, err := chain.Do(ctx, tiles.ID{Z: 12, X: 3492, Y: 1586})
		if err != nil {
			out.print(err)
		}
	}

	signIn()
	lookAt()
	_, err = chain.Do(ctx, tiles.ID{Z: -1})
	out.print(err)
	require.Equal(t, []int{1, 1}, []int{kakao.Hits("me"), vworld.Hits("tile")}, "when all is well it works, or the rest proves nothing")

	for _, mode := range vendorsim.Modes() {
		f := vendorsim.Fault{Mode: mode}
		if mode == vendorsim.Slow || mode == vendorsim.Drip {
			f.Delay = time.Second
		}
		for _, op := range []string{"token", "me"} {
			if mode == vendorsim.Vendor {
				f.Code = map[string]string{"token": "KOE003", "me": "-10"}[op]
			}
			require.NoError(t, kakao.Break(op, f), "%s %s", mode, op)
			signIn()
			short, cancel := context.WithTimeout(ctx, patience)
			out.print(sign.Watch(short))
			cancel()
			kakao.Heal(op)
		}
		if mode == vendorsim.Vendor {
			f.Code = "SYSTEM_ERROR"
		}
		require.NoError(t, vworld.Break("tile", f), "%s", mode)
		lookAt()
		lookAt()
		vworld.Heal("tile")
	}
	require.NoError(t, signGuard.Force(breaker.ForcedOpen, "operator", "drill", time.Minute))
	signIn()

	for _, v := range []any{flowConfig, flow, chain.Inspect(), flow.Inspect(), flow.Offers(ctx), signGuard.Snapshot(), mapGuard.Snapshot(), loginConfig, mapConfig, sign, maps, kakao.Log(), vworld.Log()} {
		out.print(v)
	}
	require.NoError(t, flow.Close())
	require.NoError(t, chain.Close())
	require.NoError(t, signGuard.Close())
	require.NoError(t, mapGuard.Close())

	out.mu.Lock()
	defer out.mu.Unlock()
	text := out.b.String()
	require.Greater(t, len(text), 100_000, "there was something to look through")
	for _, secret := range []string{clientSecret, mapKey, session, flowKey, name, email, phone, "CANARYcode3e"} {
		for _, form := range forms(secret) {
			if i := strings.Index(text, form); i >= 0 {
				assert.Fail(t, "a secret was printed", "%s: ...%s...", secret, text[max(0, i-200):min(len(text), i+100)])
				break
			}
		}
	}
}

package kakaologin_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/kakaologin"
	"github.com/detour-go/detour/providers/login/logintest"
	"github.com/detour-go/detour/providers/vendorsim"
)

// keys are made once: it takes a while.
var keys = sync.OnceValue(func() []*rsa.PrivateKey {
	a, errA := rsa.GenerateKey(rand.Reader, 2048)
	b, errB := rsa.GenerateKey(rand.Reader, 2048)
	if err := errors.Join(errA, errB); err != nil {
		panic(err)
	}
	return []*rsa.PrivateKey{a, b}
})

// rehearsal is a simulated Kakao and the adapter against it.
func rehearsal(back string, edit func(*kakaologin.Config)) (*vendorsim.Kakao, *kakaologin.Provider, *http.Client, error) {
	sim, err := vendorsim.StartKakao(vendorsim.KakaoConfig{
		Keys:    keys(),
		Clients: []vendorsim.Client{{ID: "rest-key", Secret: "rest-secret", RedirectURIs: []string{back}}},
		Users: []vendorsim.User{
			{ID: "9007199254740992", Name: "홍길동", Nickname: "demo", Email: "demo@example.test", EmailVerified: true, Phone: "010-1234-5678"},
			{ID: "9007199254740993", Nickname: "seoul", Email: "seoul@example.test", EmailVerified: true, EmailTaken: true},
			{ID: "9223372036854775807", Withhold: []string{"nickname", "email"}, Nickname: "hidden", Email: "hidden@example.test"},
		},
	})
	if err != nil {
		return nil, nil, nil, err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	cfg := kakaologin.Config{
		ClientID: "rest-key", ClientSecret: providers.NewSecret("rest-secret"), RedirectURI: back,
		AuthBase: sim.URL(), APIBase: sim.URL(), AllowLoopbackHTTP: true, HTTP: client,
	}
	if edit != nil {
		edit(&cfg)
	}
	p, err := kakaologin.New(cfg)
	if err != nil {
		sim.Close()
		return nil, nil, nil, err
	}
	return sim, p, client, nil
}

func TestSuiteAgainstTheSimulatedVendor(t *testing.T) {
	for name, row := range map[string]struct {
		edit func(*kakaologin.Config)
		pkce bool
	}{
		"as it is":     {nil, true},
		"without pkce": {func(c *kakaologin.Config) { c.WithoutPKCE = true }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var opened atomic.Int32
			logintest.Run(t, logintest.Harness{Nonce: true, PKCE: row.pkce, Open: func() (*logintest.Site, error) {
				sim, p, client, err := rehearsal(fmt.Sprintf("https://site.example/back/%d", opened.Add(1)), row.edit)
				if err != nil {
					return nil, err
				}
				users := []login.Identity{
					{Subject: "9007199254740992", Name: "홍길동", Nickname: "demo", Email: "demo@example.test", EmailVerified: true, Phone: "+82 10-1234-5678"},
					{Subject: "9007199254740993", Nickname: "seoul", Email: "seoul@example.test"},
					{Subject: "9223372036854775807"},
				}
				for i := range users {
					users[i].Issuer = "https://kauth.kakao.com"
				}
				browse := func(ctx context.Context, c login.Challenge, user string, agree bool) (url.Values, error) {
					to, err := vendorsim.Consent(ctx, client, c.URL, user, agree)
					if err != nil {
						return nil, err
					}
					return to.Query(), nil
				}
				return &logintest.Site{
					Provider: p, Users: users, Close: sim.Close, Heal: sim.HealAll,
					Agree: func(ctx context.Context, c login.Challenge, user int) (url.Values, error) {
						return browse(ctx, c, users[user].Subject, true)
					},
					Cancel: func(ctx context.Context, c login.Challenge) (url.Values, error) {
						return browse(ctx, c, users[0].Subject, false)
					},
					Asked: func() int { return sim.Hits("*") },
					Break: func(part logintest.Part) error {
						if part == logintest.AuthorisePage {
							return sim.Break("authorize", vendorsim.Fault{Mode: vendorsim.Status})
						}
						return sim.Break("token", vendorsim.Fault{Mode: vendorsim.Reset})
					},
				}, nil
			}})
		})
	}
}

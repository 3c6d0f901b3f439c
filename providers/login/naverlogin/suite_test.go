package naverlogin_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/logintest"
	"github.com/detour-go/detour/providers/login/naverlogin"
	"github.com/detour-go/detour/providers/vendorsim"
)

// rehearsal is a simulated Naver and the adapter against it.
func rehearsal(back string, edit func(*vendorsim.NaverConfig)) (*vendorsim.Naver, *naverlogin.Provider, *http.Client, error) {
	console := vendorsim.NaverConfig{
		Clients: []vendorsim.Client{{ID: "naver-id", Secret: "naver-secret", RedirectURIs: []string{back}}},
		Users: []vendorsim.User{
			{ID: "9007199254740992", Name: "홍길동", Nickname: "demo", Email: "demo@example.test", EmailVerified: true, Phone: "010-1234-5678"},
			{ID: "9007199254740993", Withhold: []string{"name", "nickname", "email", "phone"}, Name: "김서울", Email: "seoul@example.test"},
			{ID: "uQ3demo+/=Unique-PerApp", Nickname: "plus"},
		},
	}
	if edit != nil {
		edit(&console)
	}
	sim, err := vendorsim.StartNaver(console)
	if err != nil {
		return nil, nil, nil, err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	p, err := naverlogin.New(naverlogin.Config{
		ClientID: "naver-id", ClientSecret: providers.NewSecret("naver-secret"), RedirectURI: back,
		AuthBase: sim.URL(), APIBase: sim.URL(), AllowLoopbackHTTP: true, HTTP: client,
	})
	if err != nil {
		sim.Close()
		return nil, nil, nil, err
	}
	return sim, p, client, nil
}

func TestSuiteAgainstTheSimulatedVendor(t *testing.T) {
	for name, edit := range map[string]func(*vendorsim.NaverConfig){
		"errors in a 200, expires_in as text": nil,
		"errors in a 400, expires_in a number, other error shapes": func(c *vendorsim.NaverConfig) {
			c.TokenErrorStatus, c.CodeError, c.NumericExpires, c.OpenAPIErrors, c.LooseState = 400, "invalid_request", true, true, true
		},
		"errors in a 401": func(c *vendorsim.NaverConfig) { c.TokenErrorStatus = 401 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var opened atomic.Int32
			logintest.Run(t, logintest.Harness{Open: func() (*logintest.Site, error) {
				sim, p, client, err := rehearsal(fmt.Sprintf("https://site.example/back/%d", opened.Add(1)), edit)
				if err != nil {
					return nil, err
				}
				users := []login.Identity{
					{Subject: "9007199254740992", Name: "홍길동", Nickname: "demo", Email: "demo@example.test", Phone: "010-1234-5678"},
					{Subject: "9007199254740993"},
					{Subject: "uQ3demo+/=Unique-PerApp", Nickname: "plus"},
				}
				for i := range users {
					users[i].Issuer = "https://nid.naver.com"
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

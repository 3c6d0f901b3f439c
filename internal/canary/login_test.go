package canary

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/kakaologin"
	"github.com/detour-go/detour/providers/login/naverlogin"
	"github.com/detour-go/detour/providers/login/oidclogin"
	"github.com/detour-go/detour/providers/vendorsim"
)

const (
	callback = "http://127.0.0.1/cb"
	userID   = "9007199254740993"
)

func clients() []vendorsim.Client {
	return []vendorsim.Client{{ID: "app", Secret: clientSecret, RedirectURIs: []string{callback}}}
}

func users() []vendorsim.User {
	return []vendorsim.User{{ID: userID, Name: name, Nickname: name, Email: email, EmailVerified: true, Phone: dashed}}
}

// signer is a login of any vendor.
type signer interface {
	login.Provider
	login.Watcher
}

// logins plays the login of one vendor; ops are what step two asks of it.
func logins(s *stage, v vendor, p signer, config any, codes map[string]string) {
	up := s.guard("vendor")
	leg := fallback.NewLeg("vendor", p.Begin, p.Finish, up)
	leg.Assurance = fallback.Low
	cfg := fallback.FlowConfig[login.Request, login.Challenge, login.Reply, login.Identity]{
		Name: "login", Legs: []fallback.Leg[login.Request, login.Challenge, login.Reply, login.Identity]{leg},
		Valid: login.Request.Validate, Join: login.Reply.Resume, Match: login.Match, Min: fallback.Low, Keys: [][]byte{[]byte(flowKey)}, Tickets: s.tickets, Observe: s.heard,
	}
	flow, err := fallback.NewFlow(cfg)
	require.NoError(s, err)
	in := 0
	signIn := func(ctx context.Context) {
		begun, err := flow.Begin(ctx, "vendor", login.Request{Hint: email})
		s.out.text(begun) // encoding/json is how a site may hand the ticket to its browser
		s.out.print(begun.Challenge)
		if err != nil {
			s.out.print(err)
			return
		}
		s.out.seed(begun.Ticket, begun.Challenge.State.Reveal())
		reply := login.Reply{Code: providers.NewSecret("CANARYcode3e"), State: "wrong"}
		s.out.seed("CANARYcode3e")
		if back, err := vendorsim.Consent(ctx, s.client, begun.Challenge.URL, userID, true); err == nil {
			reply, err = login.ParseReply(back.Query())
			require.NoError(s, err)
			s.out.seed(back.Query().Get("code"))
		}
		s.out.print(reply)
		res, err := flow.Finish(ctx, begun.Ticket, reply)
		s.tell(res, err)
		if err == nil {
			in++
			s.out.seed(res.Value.Token.Access.Reveal())
		}
	}
	signIn(s.ctx)
	require.Equal(s, 1, in, "when all is well it works, or the rest proves nothing")
	s.outages(v, codes, func() {
		s.try(signIn)
		s.try(func(ctx context.Context) { s.out.print(p.Watch(ctx)) })
	})
	require.NoError(s, up.Breaker.Force(breaker.ForcedOpen, "operator", "drill", time.Minute))
	s.try(signIn)
	for _, v := range []any{cfg, flow, flow.Inspect(), flow.Offers(s.ctx), config, p} {
		s.out.print(v)
	}
	s.out.reached(config, p)
	require.NoError(s, flow.Close())
}

func kakaoLogin(s *stage) {
	v, err := vendorsim.StartKakao(vendorsim.KakaoConfig{Clients: clients(), Users: users()})
	require.NoError(s, err)
	defer v.Close()
	cfg := kakaologin.Config{ClientID: "app", ClientSecret: providers.NewSecret(clientSecret), RedirectURI: callback, AuthBase: v.URL(), APIBase: v.URL(), AllowLoopbackHTTP: true, HTTP: s.client}
	p, err := kakaologin.New(cfg)
	require.NoError(s, err)
	logins(s, v, p, cfg, map[string]string{"token": "KOE003", "me": "-10"})
}

func naverLogin(s *stage) {
	v, err := vendorsim.StartNaver(vendorsim.NaverConfig{Clients: clients(), Users: users()})
	require.NoError(s, err)
	defer v.Close()
	cfg := naverlogin.Config{ClientID: "app", ClientSecret: providers.NewSecret(clientSecret), RedirectURI: callback, AuthBase: v.URL(), APIBase: v.URL(), AllowLoopbackHTTP: true, HTTP: s.client}
	p, err := naverlogin.New(cfg)
	require.NoError(s, err)
	logins(s, v, p, cfg, map[string]string{"token": "server_error", "me": "024"})
}

func oidcLogin(s *stage) {
	v, err := vendorsim.StartOIDC(vendorsim.OIDCConfig{Clients: clients(), Users: users()})
	require.NoError(s, err)
	defer v.Close()
	cfg := oidclogin.Config{
		Issuer: v.Issuer(), AuthURL: v.URL() + "/authorize", TokenURL: v.URL() + "/token", JWKSURL: v.URL() + "/jwks", UserinfoURL: v.URL() + "/userinfo",
		ClientID: "app", ClientSecret: providers.NewSecret(clientSecret), RedirectURI: callback, Scopes: []string{"profile", "email"}, KeysMaxAge: time.Millisecond,
		AllowLoopbackHTTP: true, HTTP: s.client,
	}
	p, err := oidclogin.New(cfg)
	require.NoError(s, err)
	logins(s, v, p, cfg, map[string]string{"token": "server_error", "jwks": "server_error", "userinfo": "invalid_token"})
	for _, way := range vendorsim.Tampers() {
		require.NoError(s, v.Tamper(way))
		s.try(func(ctx context.Context) {
			c, err := p.Begin(ctx, login.Request{})
			require.NoError(s, err)
			back, err := vendorsim.Consent(ctx, s.client, c.URL, userID, true)
			if err != nil {
				return
			}
			r, err := login.ParseReply(back.Query())
			s.tell(r, err)
			id, err := p.Finish(ctx, r.Resume(c))
			s.tell(id, err)
		})
	}
}

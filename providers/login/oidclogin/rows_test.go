package oidclogin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/oidclogin"
	"github.com/detour-go/detour/providers/providertest"
)

// subject asks with a new provider each time, so that keys are fetched each time.
func subject(name, at string, rows []providertest.Row) providertest.Subject {
	return providertest.Subject{
		Name: name, Healthy: newIssuer(), Asks: 3, Rows: rows,
		Fault:   func(r *http.Request) bool { return r.URL.Path == at },
		Secrets: []string{tokenCanary, secretCanary, mailCanary, someone},
		New: func(base string, c *http.Client) (func(context.Context) error, error) {
			cfg := config(base, c)
			cfg.UserinfoURL = base + "/userinfo"
			if _, err := oidclogin.New(cfg); err != nil {
				return nil, err
			}
			return func(ctx context.Context) error {
				p, err := oidclogin.New(cfg)
				if err != nil {
					return err
				}
				ch, err := p.Begin(ctx, login.Request{})
				if err != nil {
					return err
				}
				_, err = p.Finish(ctx, login.Reply{Code: ch.Nonce, State: ch.State.Reveal(), Challenge: ch})
				return err
			}, nil
		},
	}
}

func said(status int, word string, want providers.Kind) providertest.Row {
	return providertest.Row{
		Name: "RFC 6749 5.2 " + http.StatusText(status) + " " + word, Status: status, ContentType: js, Want: want, Code: word,
		Body: `{"error":"` + word + `","error_description":"BODY-CANARY ` + tokenCanary + `"}`,
	}
}

func TestToken(t *testing.T) {
	providertest.Run(t, subject("oidc token", "/token", []providertest.Row{
		said(400, "invalid_grant", providers.Denied),
		said(400, "invalid_request", providers.Denied), // some say it to a code they do not like: T5
		said(400, "access_denied", providers.Denied),
		said(401, "invalid_client", providers.Refused),
		said(400, "invalid_client", providers.Refused),
		said(400, "unauthorized_client", providers.Refused),
		said(400, "unsupported_grant_type", providers.Refused),
		said(400, "invalid_scope", providers.Refused),
		said(400, "server_error", providers.Unavailable),
		said(503, "temporarily_unavailable", providers.Unavailable),
		said(503, "invalid_grant", providers.Unavailable),
		{Name: "F20 no id token", ContentType: js, Body: `{"access_token":"x","token_type":"Bearer"}`, Want: providers.Unavailable},
	}))
}

func TestKeySet(t *testing.T) {
	good, err := json.Marshal(newIssuer().keys())
	require.NoError(t, err)
	padded := func(kb int) string { return string(good[:len(good)-1]) + `,"x":"` + strings.Repeat("x", kb<<10) + `"}` }
	providertest.Run(t, subject("oidc jwks", "/jwks", []providertest.Row{
		{Name: "no keys", ContentType: js, Body: `{"keys":[]}`, Want: providers.Unavailable},
		{Name: "keys null", ContentType: js, Body: `{"keys":null}`, Want: providers.Unavailable},
		{Name: "keys of odd kinds", ContentType: js, Body: `{"keys":[7,"x",null,{"kty":"oct","k":"AAAA"}]}`, Want: providers.Unavailable},
		{Name: "T13 257 KB", ContentType: js, Body: padded(257), Want: providers.Unavailable},
		{Name: "T13 250 KB", ContentType: js, Body: padded(250), OK: true},
	}))
}

func TestUserinfo(t *testing.T) {
	providertest.Run(t, subject("oidc userinfo", "/userinfo", []providertest.Row{
		{Name: "another account", ContentType: js, Body: `{"sub":"248289761002"}`, Want: providers.Security},
		{Name: "T1 sub twice", ContentType: js, Body: `{"sub":"` + someone + `","Sub":"248289761002"}`, Want: providers.Unavailable},
		{Name: "F20 no sub", ContentType: js, Body: `{"email":"x@example.test"}`, Want: providers.Unavailable},
		{Name: "our fresh token is refused", Status: 401, ContentType: js, Body: `{"error":"invalid_token"}`, Want: providers.Unavailable},
		{Name: "not allowed", Status: 403, ContentType: js, Body: `{"error":"insufficient_scope"}`, Want: providers.Refused},
		{Name: "only the sub", ContentType: js, Body: `{"sub":"` + someone + `"}`, OK: true},
	}))
}

func TestUserinfoGivesTheLabels(t *testing.T) {
	i := newIssuer()
	i.userinfo = `{"sub":"` + someone + `","email":"fresh@example.test","email_verified":false}`
	p := provider(t, i, func(c *oidclogin.Config) { c.UserinfoURL = strings.TrimSuffix(c.TokenURL, "/token") + "/userinfo" })
	id, err := finish(t, p)
	require.NoError(t, err)
	assert.Equal(t, "fresh@example.test", id.Email)
	assert.False(t, id.EmailVerified)
	assert.Empty(t, id.Name, "labels come from one place")
}

func TestBegin(t *testing.T) {
	p := provider(t, newIssuer(), nil)
	c, err := p.Begin(t.Context(), login.Request{Scopes: []string{"email"}, Prompt: "consent login", Hint: "someone"})
	require.NoError(t, err)
	assert.Contains(t, c.URL, "scope=openid+email")
	assert.Contains(t, c.URL, "prompt=consent+login")
	assert.Contains(t, c.URL, "login_hint=someone")
	assert.NotContains(t, c.URL, "max_age")
	c, err = p.Begin(t.Context(), login.Request{Expect: login.Subject{Issuer: issuerName, ID: someone}})
	require.NoError(t, err)
	assert.Contains(t, c.URL, "prompt=login")
	assert.Contains(t, c.URL, "max_age=0")
}

func TestConfigReportsEveryMistake(t *testing.T) {
	_, err := oidclogin.New(oidclogin.Config{
		Issuer: "http://issuer.example", AuthURL: "https://x.example/a?b=c", TokenURL: "ftp://x", JWKSURL: "", UserinfoURL: "https://u:p@x.example",
		PublicClient: true, ClientSecret: providers.NewSecret("s"), BasicAuth: true, WithoutPKCE: true, Algorithms: []string{"HS256"}, KeysMaxAge: -1, Timeout: -1,
	})
	require.Error(t, err)
	for _, want := range []string{
		"oidclogin: ", "issuer: ", "an algorithm is", "needs pkce", "basic auth", "age of keys", "client id", "client secret", "redirect uri",
		"token endpoint: ", "authorise page: ", "key set: ", "userinfo: ", "timeout",
	} {
		assert.Contains(t, err.Error(), want)
	}
	for _, alg := range []string{"none", "", "HS512", "rs256"} {
		cfg := config("https://issuer.example", nil)
		cfg.Algorithms = []string{alg}
		_, err := oidclogin.New(cfg)
		assert.Error(t, err, alg)
	}
	cfg := config("https://issuer.example", nil)
	cfg.KeysMaxAge, cfg.KeysMaxStale = 2, 1
	_, err = oidclogin.New(cfg)
	assert.Error(t, err)
}

func TestT17ProviderPrintsNoSecret(t *testing.T) {
	cfg := config("https://oidclogin.example", nil)
	p, err := oidclogin.New(cfg)
	require.NoError(t, err)
	holder := struct{ P *oidclogin.Provider }{p}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		text := fmt.Sprintf(verb+verb+verb+verb+verb, p, holder, &holder, cfg, &cfg)
		assert.NotContains(t, text, secretCanary)
		assert.NotContains(t, text, fmt.Sprintf("%x", secretCanary))
	}
}

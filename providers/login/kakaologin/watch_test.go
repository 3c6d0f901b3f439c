package kakaologin_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
)

const (
	loginPage = `<!doctype html><html><title>카카오계정</title><form method="post"><input name="loginId"></form></html>`
	notice    = `<!doctype html><html><title>점검 안내</title><p>더 나은 서비스를 위해 점검 중입니다.</p></html>`
)

func html(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html;charset=UTF-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func moved(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
}

func json(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", js)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func koe(status int, code string) http.HandlerFunc {
	return json(status, `{"error":"invalid_grant","error_description":"x","error_code":"`+code+`"}`)
}

func TestWatch(t *testing.T) {
	alive, known := html(200, loginPage), koe(400, "KOE320")
	rows := map[string]struct {
		page, token http.HandlerFunc
		want        providers.Kind
		ok          bool
	}{
		"a page with a form":                   {page: alive, token: known, ok: true},
		"on to the accounts page":              {page: moved("https://accounts.kakao.com/login?continue=x"), token: known, ok: true},
		"on to a page of the same host":        {page: moved("/login"), token: known, ok: true},
		"straight back with an error":          {page: moved("https://site.example/cb?error=temporarily_unavailable"), token: known, want: providers.Unavailable},
		"a redirect to nowhere":                {page: moved("https://"), token: known, want: providers.Unavailable},
		"a code bound to another redirect":     {page: alive, token: koe(400, "KOE303"), ok: true},
		"F27 page 503":                         {page: html(503, notice), token: known, want: providers.Unavailable},
		"F18 a maintenance notice in a 200":    {page: html(200, notice), token: known, want: providers.Unavailable},
		"a JSON error in place of the page":    {page: json(200, `{"error":"server_error","error_code":"KOE003"}`), token: known, want: providers.Unavailable},
		"an empty page":                        {page: html(200, ""), token: known, want: providers.Unavailable},
		"page 429":                             {page: html(429, ""), token: known, want: providers.Limited},
		"F17 page cut":                         {page: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, token: known, want: providers.Unavailable},
		"token 503":                            {page: alive, token: html(503, notice), want: providers.Unavailable},
		"token 503 with the right words":       {page: alive, token: koe(503, "KOE320"), want: providers.Unavailable},
		"F18 a notice from the token endpoint": {page: alive, token: html(200, notice), want: providers.Unavailable},
		"token KOE003":                         {page: alive, token: koe(400, "KOE003"), want: providers.Unavailable},
		"token {}":                             {page: alive, token: json(200, `{}`), want: providers.Unavailable},
		"token redirects":                      {page: alive, token: moved("https://evil.example/"), want: providers.Security},
		"F23 our secret is wrong":              {page: alive, token: koe(401, "KOE010"), want: providers.Refused},
		"F23 our key is unknown, on both":      {page: html(400, notice), token: koe(401, "KOE101"), want: providers.Refused},
		"the page is limited, the token down":  {page: html(429, ""), token: html(503, notice), want: providers.Limited},
		"our request is wrong":                 {page: alive, token: koe(400, "KOE001"), want: providers.Refused},
		"our parameters are wrong":             {page: alive, token: koe(400, "KOE310"), want: providers.Refused},
		"F22 a limit that no citizen caused":   {page: alive, token: koe(400, "KOE237"), want: providers.Limited},
		"a token for a code that never was":    {page: alive, token: json(200, tokenBody), want: providers.Security},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			var codes []string
			v := serve(t, "", "")
			v.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				if req.URL.Path == "/oauth/authorize" {
					assert.Equal(t, "text/html", req.Header.Get("Accept"))
					assert.Equal(t, "rest-key", req.URL.Query().Get("client_id"))
					r.page(w, req)
					return
				}
				codes = append(codes, req.FormValue("code"))
				r.token(w, req)
			})
			p := provider(t, v.URL, nil)
			for range 2 {
				err := p.Watch(t.Context())
				if r.ok {
					require.NoError(t, err)
					continue
				}
				require.Error(t, err)
				assert.ErrorIs(t, err, r.want, "%v", err)
				assert.NotContains(t, err.Error(), "://")
			}
			require.Len(t, codes, 2, "each ask once")
			assert.NotEqual(t, codes[0], codes[1])
		})
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	release := make(chan struct{})
	v := serve(t, "", "")
	v.Config.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	p := provider(t, v.URL, nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Watch(ctx) }()
	cancel()
	assert.ErrorIs(t, <-done, providers.Unavailable)
}

// T5: a storm of forged callbacks, and of callbacks with forged codes, is denied throughout.
func TestT5ForgedCallbacksAreNeverAFault(t *testing.T) {
	v := serve(t, "", "")
	v.Config.Handler = koe(400, "KOE320")
	p := provider(t, v.URL, nil)
	c, _ := begin(t, p, login.Request{})
	for _, r := range []login.Reply{
		{State: "forged", Error: "server_error"}, {State: c.State.Reveal(), Error: "server_error", Challenge: c},
		{Code: providers.NewSecret("forged"), State: "forged", Challenge: c}, {Code: providers.NewSecret("forged"), State: c.State.Reveal(), Challenge: c},
		{Code: providers.NewSecret(strings.Repeat("x", 4000)), State: c.State.Reveal(), Challenge: c},
		{Code: providers.NewSecret("forged"), State: c.State.Reveal(), Issuer: "https://evil.example", Challenge: c},
	} {
		for range 20 {
			_, err := p.Finish(t.Context(), r)
			assert.ErrorIs(t, err, providers.Denied)
		}
	}
}

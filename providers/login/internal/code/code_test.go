package code

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
)

type answers func(*http.Request) (status int, media, body string)

func (f answers) RoundTrip(r *http.Request) (*http.Response, error) {
	status, media, body := f(r)
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {media}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func grant(t *testing.T, say answers, edit func(*Config)) *Grant {
	t.Helper()
	cfg := Config{
		Provider: "vendor", Issuer: "https://issuer.example", ClientID: "id", ClientSecret: providers.NewSecret("CANARY-secret"), RedirectURI: "https://site.example/back",
		AuthURL: "https://issuer.example/authorize", TokenURL: "https://issuer.example/token", Nonce: true, PKCE: true,
		HTTP: &http.Client{Transport: say},
	}
	if edit != nil {
		edit(&cfg)
	}
	g, err := New(cfg)
	require.NoError(t, err)
	return g
}

func reply(t *testing.T, g *Grant) login.Reply {
	t.Helper()
	c, err := g.Begin(login.Request{})
	require.NoError(t, err)
	return login.Reply{Code: providers.NewSecret("CANARY-code"), State: c.State.Reveal(), Challenge: c}
}

// x/oauth2 keeps the body of an error, and prints it.
func TestExchangeLetsNoRetrieveErrorOut(t *testing.T) {
	for _, status := range []int{200, 400, 401, 418, 500} {
		for _, body := range []string{`{"error":"invalid_grant","error_description":"CANARY-body"}`, `{"error":"CANARY-body"}`, `CANARY-body`, `{"expires_in":"CANARY-body","access_token":"x"}`, ``} {
			asked := 0
			g := grant(t, func(*http.Request) (int, string, string) { asked++; return status, "application/json", body }, nil)
			_, err := g.Exchange(t.Context(), reply(t, g))
			require.Error(t, err)
			var theirs *oauth2.RetrieveError
			assert.False(t, errors.As(err, &theirs))
			var ours *providers.Error
			require.ErrorAs(t, err, &ours)
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, ours), "CANARY")
			assert.Equal(t, 1, asked, "once, whatever came")
		}
	}
}

func TestSecretGoesWhereItWasToldTo(t *testing.T) {
	for name, basic := range map[string]bool{"body": false, "header": true} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			g := grant(t, func(r *http.Request) (int, string, string) {
				asked++
				id, secret, ok := r.BasicAuth()
				assert.Equal(t, basic, ok)
				assert.NoError(t, r.ParseForm())
				assert.Equal(t, basic, r.PostForm.Get("client_secret") == "")
				if basic {
					assert.Equal(t, "id CANARY-secret", id+" "+secret)
				}
				return 401, "application/json", `{"error":"invalid_client"}`
			}, func(c *Config) { c.Basic = basic })
			_, err := g.Exchange(t.Context(), reply(t, g))
			assert.ErrorIs(t, err, providers.Refused)
			assert.Equal(t, 1, asked, "the other way is not tried: it would redeem the code twice")
		})
	}
}

func TestATokenThatCannotBeSentIsNoToken(t *testing.T) {
	for _, token := range []string{`a\r\nX-Evil: 1`, `a\u0000`, `토큰`, strings.Repeat("a", 17<<10)} {
		g := grant(t, func(*http.Request) (int, string, string) {
			return 200, "application/json", `{"token_type":"bearer","access_token":"` + token + `"}`
		}, nil)
		_, err := g.Exchange(t.Context(), reply(t, g))
		assert.ErrorIs(t, err, providers.Unavailable)
	}
}

func TestEarSendsOneRequest(t *testing.T) {
	asked := 0
	g := grant(t, func(*http.Request) (int, string, string) { asked++; return 200, "application/json", `{}` }, nil)
	e := g.listen()
	for range 3 {
		req, err := http.NewRequest(http.MethodPost, "https://issuer.example/token", nil)
		require.NoError(t, err)
		if resp, err := e.RoundTrip(req); err == nil {
			_ = resp.Body.Close()
		}
	}
	assert.Equal(t, 1, asked)
}

func TestMeaningBelongsToWhoCausedIt(t *testing.T) {
	g := grant(t, func(*http.Request) (int, string, string) {
		return 400, "application/json", `{"error":"invalid_request"}`
	}, nil)
	_, err := g.Exchange(t.Context(), reply(t, g))
	assert.ErrorIs(t, err, providers.Denied, "a browser's code may be the cause")
	_, err = g.Refresh(t.Context(), login.Token{Refresh: providers.NewSecret("r")})
	assert.ErrorIs(t, err, providers.Refused, "nobody but us can be")
}

func TestBeginDrawsAFreshChallengeEachTime(t *testing.T) {
	g := grant(t, func(*http.Request) (int, string, string) { t.Error("asked"); return 500, "", "" }, nil)
	seen := map[string]bool{}
	for range 1000 {
		c, err := g.Begin(login.Request{})
		require.NoError(t, err)
		for _, s := range []providers.Secret{c.State, c.Nonce, c.Verifier} {
			assert.False(t, seen[s.Reveal()])
			assert.GreaterOrEqual(t, len(s.Reveal()), 26)
			seen[s.Reveal()] = true
		}
	}
}

func TestFields(t *testing.T) {
	rows := []struct {
		in    string
		label Label
		yes   Yes
		word  Word
	}{
		{`"text"`, "text", false, Word{"text", true}}, {`""`, "", false, Word{}}, {`null`, "", false, Word{}},
		{`true`, "", true, Word{"", true}}, {`"true"`, "true", false, Word{"true", true}}, {`1`, "", false, Word{"1", true}}, {`-10`, "", false, Word{"-10", true}},
		{`{"a":1}`, "", false, Word{"", true}}, {`["x"]`, "", false, Word{"", true}}, {`"a\nb"`, "", false, Word{"a\nb", true}},
		{`"` + strings.Repeat("x", 600) + `"`, "", false, Word{"", true}},
	}
	for _, r := range rows {
		var got struct {
			Label Label `json:"l"`
			Yes   Yes   `json:"y"`
			Word  Word  `json:"w"`
		}
		require.NoError(t, json.Unmarshal([]byte(`{"l":`+r.in+`,"y":`+r.in+`,"w":`+r.in+`}`), &got), r.in)
		assert.Equal(t, r.label, got.Label, r.in)
		assert.Equal(t, r.yes, got.Yes, r.in)
		assert.Equal(t, r.word, got.Word, r.in)
	}
}

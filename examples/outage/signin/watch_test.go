package signin

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login/kakaologin"
)

// answers is a vendor in memory: what it says to one path, as a RoundTripper.
type answers func(*http.Request) (*http.Response, error)

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

func say(status int, kind, body string) answers {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func refuse(*http.Request) (*http.Response, error) { return nil, io.EOF }

// The vendor's authorise page or token endpoint dies, in every way and at every moment between two looks. No citizen comes at all, and no
// Begin is called. The breaker must be open three seconds later.
func TestOutageIsNoticedWithinThreeSecondsWithoutAnyCitizen(t *testing.T) {
	const form, page, token = "<form><input></form>", "/oauth/authorize", "/oauth/token"
	deaths := map[string]map[string]answers{
		"the page hangs":              {page: hang},
		"the page refuses":            {page: refuse},
		"the page is 503":             {page: say(503, "text/html", form)},
		"the page is a notice in 200": {page: say(200, "text/html", "<p>점검 중입니다</p>")},
		"the token endpoint hangs":    {token: hang},
		"the token endpoint is 503":   {token: say(503, "text/html", form)},
		"the token endpoint is {}":    {token: say(200, "application/json", "{}")},
		"both hang":                   {page: hang, token: hang},
		"both refuse":                 {page: refuse, token: refuse},
	}
	worst := time.Duration(0)
	for name, dead := range deaths {
		for phase := time.Duration(0); phase < watchEvery; phase += watchEvery / 10 {
			t.Run(fmt.Sprintf("%s, %v after a look", name, phase), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var died atomic.Bool
					alive := map[string]answers{page: say(200, "text/html", form), token: say(400, "application/json", `{"error":"invalid_grant","error_code":"KOE320"}`)}
					p, err := kakaologin.New(kakaologin.Config{
						ClientID: "key", ClientSecret: providers.NewSecret("secret"), RedirectURI: "https://site.example/back",
						HTTP: &http.Client{Transport: answers(func(r *http.Request) (*http.Response, error) {
							if a := dead[r.URL.Path]; a != nil && died.Load() {
								return a(r)
							}
							return alive[r.URL.Path](r)
						})},
					})
					require.NoError(t, err)
					guard, err := newGuard(Kakao, p)
					require.NoError(t, err)
					defer func() { assert.NoError(t, guard.Close()) }()
					var opened atomic.Int64
					defer guard.Events(func(e breaker.Event) {
						if e.Kind == breaker.EventOpened {
							opened.CompareAndSwap(0, e.At.UnixNano())
							assert.Equal(t, "watch", e.Why.String())
						}
					})()
					time.Sleep(time.Minute + phase)
					require.Equal(t, breaker.Closed, guard.Snapshot().State)
					died.Store(true)
					at := time.Now()
					time.Sleep(3 * time.Second)
					assert.Equal(t, breaker.Open, guard.Snapshot().State)
					synctest.Wait()
					worst = max(worst, time.Duration(opened.Load()-at.UnixNano()))
				})
			})
		}
	}
	t.Logf("the slowest was noticed after %v", worst)
}

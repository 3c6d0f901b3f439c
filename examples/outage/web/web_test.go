package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/examples/outage/web"
)

func serve(t *testing.T, name string, pages map[string]http.HandlerFunc) *web.Site {
	t.Helper()
	s, err := web.Listen(name)
	require.NoError(t, err)
	for pattern, h := range pages {
		s.Handle(pattern, h)
	}
	s.Serve()
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

func TestBrowserKeepsCookiesOfEachHostApart(t *testing.T) {
	tell := func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Header.Get("Cookie"))) }
	pages := func(value string) map[string]http.HandlerFunc {
		return map[string]http.HandlerFunc{
			"POST /set": func(w http.ResponseWriter, r *http.Request) {
				http.SetCookie(w, &http.Cookie{Name: "who", Value: value + r.FormValue("and"), Path: "/in/"})
			},
			"GET /drop": func(w http.ResponseWriter, _ *http.Request) {
				http.SetCookie(w, &http.Cookie{Name: "who", Path: "/in/", MaxAge: -1})
			},
			"GET /in/page":  tell,
			"GET /out/page": tell,
		}
	}
	one, two := serve(t, "one", pages("one")), serve(t, "two", pages("two"))
	transport := web.NewTransport()
	defer transport.CloseIdleConnections()
	b := web.NewBrowser(transport)
	get := func(address string) string {
		p, err := b.Get(t.Context(), address)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, p.Status)
		return string(p.Body)
	}
	for _, s := range []*web.Site{one, two} {
		_, err := b.Post(t.Context(), s.URL()+"/set", url.Values{"and": {"!"}})
		require.NoError(t, err)
	}
	assert.Equal(t, "who=one!", get(one.URL()+"/in/page"))
	assert.Equal(t, "who=two!", get(two.URL()+"/in/page"))
	assert.Empty(t, get(one.URL()+"/out/page"), "another path")
	get(one.URL() + "/drop")
	assert.Empty(t, get(one.URL()+"/in/page"))
	other, err := web.NewBrowser(transport).Get(t.Context(), two.URL()+"/in/page")
	require.NoError(t, err)
	assert.Empty(t, other.Body, "another browser")
}

func TestBrowserGoesNowhereByItself(t *testing.T) {
	s := serve(t, "one", map[string]http.HandlerFunc{
		"GET /": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.invalid/?x=1", http.StatusSeeOther)
		},
		"GET /large": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(strings.Repeat("x", 2<<20))) },
	})
	transport := web.NewTransport()
	defer transport.CloseIdleConnections()
	b := web.NewBrowser(transport)
	p, err := b.Get(t.Context(), s.URL()+"/")
	require.NoError(t, err)
	assert.Equal(t, http.StatusSeeOther, p.Status)
	assert.Equal(t, "https://elsewhere.invalid/?x=1", p.Location.String())

	p, err = b.Get(t.Context(), s.URL()+"/large")
	require.NoError(t, err)
	assert.Len(t, p.Body, 1<<20, "no page fills the memory")

	_, err = b.Get(t.Context(), "http://127.0.0.1:1/?secret=1")
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "secret")
	_, err = b.Get(t.Context(), "\x00")
	require.Error(t, err)
}

func TestSiteThatNeverServedCloses(t *testing.T) {
	s, err := web.Listen("idle")
	require.NoError(t, err)
	assert.NoError(t, s.Close())
	again, err := web.Listen("idle")
	require.NoError(t, err)
	assert.NoError(t, again.Close())
}

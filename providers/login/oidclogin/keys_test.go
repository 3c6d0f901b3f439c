package oidclogin_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/oidclogin"
)

// wire carries requests to an issuer in memory, so that time can be virtual.
type wire struct {
	*issuer
	hang, dead atomic.Bool // of the key set
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if r.URL.Path == "/jwks" {
		switch {
		case w.hang.Load():
			w.fetches.Add(1)
			<-r.Context().Done()
			return nil, r.Context().Err()
		case w.dead.Load():
			w.fetches.Add(1)
			return &http.Response{StatusCode: 503, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
		}
	}
	if r.URL.Path == "/authorize" {
		return &http.Response{StatusCode: 302, Header: http.Header{"Location": {"https://accounts.example/"}}, Body: http.NoBody, Request: r}, nil
	}
	if r.URL.Path == "/token" && strings.HasPrefix(formValue(r, "code"), "detour-watch-") {
		return &http.Response{StatusCode: 400, Header: http.Header{"Content-Type": {js}}, Body: io.NopCloser(strings.NewReader(`{"error":"invalid_grant"}`)), Request: r}, nil
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// formValue reads a form and puts the body back.
func formValue(r *http.Request, key string) string {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	c := r.Clone(context.Background())
	c.Body = io.NopCloser(strings.NewReader(string(body)))
	return c.FormValue(key)
}

func virtual(t *testing.T, edit func(*oidclogin.Config)) (*wire, *oidclogin.Provider) {
	t.Helper()
	w := &wire{issuer: newIssuer()}
	w.use("one", ecKeys()[0])
	cfg := config("https://issuer.example", &http.Client{Transport: w})
	if edit != nil {
		edit(&cfg)
	}
	p, err := oidclogin.New(cfg)
	require.NoError(t, err)
	return w, p
}

// use signs with a key and publishes it.
func (w *wire) use(kid string, key *ecdsa.PrivateKey) {
	w.signAs(kid, key)
	w.keys = func() any { return keySet(public(kid, key.Public(), "ES256", "sig")) }
}

func (w *wire) signAs(kid string, key *ecdsa.PrivateKey) {
	w.sign = func(p []byte) string { return compact(jose.ES256, key, kid, p, nil) }
}

func TestKeysAreFetchedWhenFirstNeededAndKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := virtual(t, nil)
		assert.Zero(t, w.fetches.Load(), "New asks nobody")
		for range 50 {
			_, err := finish(t, p)
			require.NoError(t, err)
			time.Sleep(time.Minute)
		}
		assert.EqualValues(t, 1, w.fetches.Load())
		time.Sleep(11 * time.Minute) // past the hour
		_, err := finish(t, p)
		require.NoError(t, err)
		assert.EqualValues(t, 2, w.fetches.Load())
	})
}

func TestF72RotationCostsOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := virtual(t, nil)
		_, err := finish(t, p)
		require.NoError(t, err)
		time.Sleep(20 * time.Second)
		w.use("two", ecKeys()[1])
		_, err = finish(t, p)
		require.NoError(t, err, "an unknown kid fetches at once")
		assert.EqualValues(t, 2, w.fetches.Load())

		w.use("three", ecKeys()[0])
		_, err = finish(t, p)
		assert.ErrorIs(t, err, providers.Unavailable, "within the floor it cannot be known")
		assert.EqualValues(t, 2, w.fetches.Load())
		time.Sleep(10 * time.Second)
		_, err = finish(t, p)
		require.NoError(t, err)
	})
}

func TestF72RotationWithoutKeyIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := virtual(t, nil)
		w.use("", ecKeys()[0])
		_, err := finish(t, p)
		require.NoError(t, err)
		time.Sleep(20 * time.Second)
		w.use("", ecKeys()[1])
		_, err = finish(t, p)
		require.NoError(t, err)
		assert.EqualValues(t, 2, w.fetches.Load())
	})
}

func TestF72TenThousandRandomKeyIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := virtual(t, nil)
		_, err := finish(t, p)
		require.NoError(t, err)
		began := time.Now()
		for range 10_000 {
			time.Sleep(4 * time.Millisecond) // 40s in all
			w.signAs(rand.Text(), ecKeys()[1])
			_, err := finish(t, p)
			assert.ErrorIs(t, err, providers.Unavailable)
		}
		assert.Equal(t, 40*time.Second, time.Since(began))
		assert.LessOrEqual(t, w.fetches.Load(), int32(1+4), "one per floor of 10s")
		w.signAs("one", ecKeys()[0])
		_, err = finish(t, p)
		require.NoError(t, err, "known keys never suffer from it")
	})
}

func TestF71LastGoodKeysServeForABoundedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := virtual(t, nil)
		_, err := finish(t, p)
		require.NoError(t, err)
		w.dead.Store(true)
		for range 23 {
			time.Sleep(time.Hour)
			_, err := finish(t, p)
			require.NoError(t, err)
			require.NoError(t, p.Watch(t.Context()), "no reason to send anybody elsewhere")
		}
		time.Sleep(time.Hour)
		_, err = finish(t, p)
		require.Error(t, err, "then fail closed")
		assert.ErrorIs(t, err, providers.Unavailable)
		assert.ErrorIs(t, p.Watch(t.Context()), providers.Unavailable)

		before := w.fetches.Load()
		for range 100 {
			_, err = finish(t, p)
			require.Error(t, err)
		}
		assert.LessOrEqual(t, w.fetches.Load()-before, int32(1), "a dead key set is asked once a second at most")
		w.dead.Store(false)
		time.Sleep(time.Second)
		require.NoError(t, p.Watch(t.Context()), "the watch brings them back")
		_, err = finish(t, p)
		require.NoError(t, err)
	})
}

func TestF13HangingKeySetHoldsUpOneCitizenAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := virtual(t, nil)
		_, err := finish(t, p)
		require.NoError(t, err)
		w.hang.Store(true)
		time.Sleep(2 * time.Hour)
		var late atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				began := time.Now()
				_, err := finish(t, p)
				assert.NoError(t, err)
				if time.Since(began) > 0 {
					late.Add(1)
					assert.Equal(t, 3*time.Second, time.Since(began))
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 1, late.Load())
	})
}

func TestF13HangingKeySetAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := virtual(t, nil)
		w.hang.Store(true)
		began := time.Now()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				_, err := finish(t, p)
				assert.ErrorIs(t, err, providers.Unavailable)
			})
		}
		all.Wait()
		assert.Equal(t, 3*time.Second, time.Since(began), "all end together")
		assert.EqualValues(t, 1, w.fetches.Load())
		w.hang.Store(false)
		time.Sleep(time.Second)
		_, err := finish(t, p)
		require.NoError(t, err)
	})
}

func TestF59WhoLeavesWhileKeysAreFetchedHarmsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := virtual(t, nil)
		w.hang.Store(true)
		c, err := p.Begin(t.Context(), login.Request{})
		require.NoError(t, err)
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		began := time.Now()
		_, err = p.Finish(ctx, login.Reply{Code: c.Nonce, State: c.State.Reveal(), Challenge: c})
		assert.ErrorIs(t, err, providers.Unavailable)
		assert.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, time.Second, time.Since(began))
		w.hang.Store(false)
		_, err = finish(t, p)
		require.NoError(t, err, "the next one may fetch at once")
	})
}

func TestRefreshedIDTokenMustNameTheSameAccount(t *testing.T) {
	w, p := virtual(t, nil)
	id, err := finish(t, p)
	require.NoError(t, err)
	id.Token.Refresh = "refresh"
	fresh, err := p.Refresh(t.Context(), id.Token)
	require.NoError(t, err)
	assert.NotEqual(t, id.Token.ID.Reveal(), fresh.ID.Reveal())
	assert.Equal(t, "refresh", fresh.Refresh.Reveal())

	with(map[string]any{"sub": "another"})(w.issuer)
	_, err = p.Refresh(t.Context(), id.Token)
	assert.ErrorIs(t, err, providers.Security)
	with(map[string]any{"aud": "another"})(w.issuer)
	_, err = p.Refresh(t.Context(), id.Token)
	assert.ErrorIs(t, err, providers.Security)
}

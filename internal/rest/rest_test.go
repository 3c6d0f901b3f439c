package rest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
)

const canary = "CANARY-93b1-secret"

func client(t *testing.T, base string, edit func(*Config)) *Client {
	t.Helper()
	cfg := Config{Provider: "vendor", Base: base, AllowLoopbackHTTP: true, HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	if edit != nil {
		edit(&cfg)
	}
	c, err := New(cfg)
	require.NoError(t, err)
	return c
}

// serve runs a handler and a client for it.
func serve(t *testing.T, h http.HandlerFunc, edit func(*Config)) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return client(t, s.URL, edit)
}

func failure(t *testing.T, err error) *providers.Error {
	t.Helper()
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), canary, "an error prints no url and no body")
	return e
}

func TestDoSendsOneExactRequest(t *testing.T) {
	seen := 0
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen++
		body, _ := io.ReadAll(r.Body)
		assert.Equal(t, "POST", r.Method)
		assert.Equal(t, "/v1/x", r.URL.Path)
		assert.Equal(t, "서울 1", r.URL.Query().Get("q"))
		assert.Equal(t, "a=b+c", string(body))
		assert.Equal(t, "application/x-www-form-urlencoded;charset=utf-8", r.Header.Get("Content-Type"))
		assert.Equal(t, "detour/vendor", r.Header.Get("User-Agent"))
		assert.Equal(t, "KakaoAK key", r.Header.Get("Authorization"))
		w.Header().Set("Content-Type", "application/JSON; charset=UTF-8")
		w.WriteHeader(418)
		_, _ = w.Write([]byte(`{"ok":true}`))
	}, nil)
	a, err := c.Do(t.Context(), Ask{Op: "op", Path: "/v1/x", Query: url.Values{"q": {"서울 1"}}, Form: url.Values{"a": {"b c"}}, Header: http.Header{"Authorization": {"KakaoAK key"}}})
	require.NoError(t, err)
	assert.Equal(t, 1, seen)
	assert.Equal(t, 418, a.Status, "a status is an answer, not an error")
	assert.True(t, a.IsJSON())
	assert.Equal(t, `{"ok":true}`, string(a.Body))
}

func TestDoSendsJSON(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		assert.Equal(t, r.Header.Get("X-Want"), r.Method)
		assert.JSONEq(t, `{"text":"<인증> & 1\n"}`, string(body))
		assert.Equal(t, "application/json;charset=UTF-8", r.Header.Get("Content-Type"))
		assert.EqualValues(t, len(body), r.ContentLength)
	}, nil)
	for method, want := range map[string]string{"": "POST", "PUT": "PUT"} {
		_, err := c.Do(t.Context(), Ask{Op: "op", Method: method, JSON: map[string]string{"text": "<인증> & 1\n"}, Form: url.Values{"not": {"looked at"}}, Header: http.Header{"X-Want": {want}}})
		require.NoError(t, err)
	}
	_, err := c.Do(t.Context(), Ask{Op: "op", JSON: map[string]any{canary: func() {}}})
	assert.Equal(t, "vendor: op: invalid: request could not be built", failure(t, err).Error())
}

func TestConfigReportsEveryMistake(t *testing.T) {
	_, err := New(Config{Base: "http://api.example", MaxBytes: -1, Timeout: -1, UserAgent: "a\r\nb"})
	require.Error(t, err)
	for _, want := range []string{"loopback", "max bytes", "timeout", "user agent"} {
		assert.Contains(t, err.Error(), want)
	}
}

func TestParseBase(t *testing.T) {
	for _, bad := range []string{
		"", "http://169.254.169.254", "file:///etc/passwd", "https://kapi.kakao.com@evil.example", "https://evil.example#kapi.kakao.com", "https://x.example?a=b",
		"https://", "ftp://x.example", "https://u:p@x.example", "http://example.com", "://", "https:x.example", "\x00",
	} {
		_, err := ParseBase(bad, true)
		require.Error(t, err, bad)
		if host := strings.TrimPrefix(bad, "https://"); len(host) > 5 {
			assert.NotContains(t, err.Error(), host)
		}
	}
	_, err := ParseBase("http://127.0.0.1:80", false)
	require.Error(t, err, "loopback http only when asked for")
	for _, good := range []string{"https://kapi.kakao.com", "https://kapi.kakao.com/v2/", "https://127.0.0.1:8443"} {
		_, err := ParseBase(good, false)
		require.NoError(t, err, good)
	}
	for _, good := range []string{"http://127.0.0.1:80", "http://localhost:1", "http://[::1]:8080"} {
		_, err := ParseBase(good, true)
		require.NoError(t, err, good)
	}
}

func TestF65RedirectIsNotFollowedAndLeaksNothing(t *testing.T) {
	reached := 0
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	defer evil.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for to, kind := range map[string]providers.Kind{evil.URL + "/x": providers.Security, "/login": providers.Unavailable, "": providers.Unavailable} {
			asked := 0
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked++
				w.Header()["Location"] = []string{to}
				w.WriteHeader(status)
			}, nil)
			_, err := c.Do(t.Context(), Ask{Op: "op", Path: "/" + canary, Form: url.Values{"client_secret": {canary}}, Header: http.Header{"X-Naver-Client-Secret": {canary}}})
			assert.Equal(t, kind, failure(t, err).Kind, "%d to %q", status, to)
			assert.Equal(t, 1, asked)
		}
	}
	assert.Zero(t, reached)
}

func TestF64BombIsCutAfterDecompression(t *testing.T) {
	var zipped bytes.Buffer
	zw := gzip.NewWriter(&zipped)
	_, _ = zw.Write(bytes.Repeat([]byte{'a'}, 5<<20))
	_ = zw.Close()
	require.Less(t, zipped.Len(), 1<<20, "small on the wire")
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(zipped.Bytes())
	}, nil)
	_, err := c.Do(t.Context(), Ask{Op: "op"})
	assert.Equal(t, "vendor: op: unavailable: body too large", failure(t, err).Error())

	exact := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(make([]byte, 100)) }, func(c *Config) { c.MaxBytes = 100 })
	a, err := exact.Do(t.Context(), Ask{})
	require.NoError(t, err)
	assert.Len(t, a.Body, 100)
}

func TestTransportFaults(t *testing.T) {
	hijack := func(w http.ResponseWriter, say string) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = c.Write([]byte(say))
			_ = c.Close()
		}
	}
	rows := map[string]struct {
		h    http.HandlerFunc
		text string
	}{
		"F15 truncated body": {func(w http.ResponseWriter, _ *http.Request) {
			hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{")
		}, "vendor: op: unavailable: unexpected EOF"},
		"F17 empty reply": {func(w http.ResponseWriter, _ *http.Request) { hijack(w, "") }, "vendor: op: unavailable: transport failed"},
		"F17 garbage":     {func(w http.ResponseWriter, _ *http.Request) { hijack(w, canary+"\r\n\r\n") }, "vendor: op: unavailable: transport failed"},
		"header bomb": {func(w http.ResponseWriter, _ *http.Request) {
			hijack(w, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("a", 11<<20)+"\r\n\r\n")
		}, "vendor: op: unavailable: transport failed"},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			_, err := serve(t, r.h, nil).Do(t.Context(), Ask{Op: "op"})
			e := failure(t, err)
			assert.Equal(t, r.text, e.Error())
			assert.False(t, e.Unsent, "the vendor may have acted")
		})
	}
}

func TestF5RefusedIsUnsent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	base := "http://" + l.Addr().String()
	require.NoError(t, l.Close())
	_, err = client(t, base, nil).Do(t.Context(), Ask{Op: "op", Path: "/" + canary})
	e := failure(t, err)
	assert.True(t, e.Unsent)
	assert.ErrorIs(t, e, syscall.ECONNREFUSED)
}

func TestTLSFailuresAreSecurity(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	_, err := client(t, s.URL, nil).Do(t.Context(), Ask{Op: "op"})
	e := failure(t, err)
	assert.Equal(t, providers.Security, e.Kind, "F11 unknown ca")
	assert.True(t, e.Unsent)

	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	_, err = client(t, "https"+strings.TrimPrefix(plain.URL, "http"), nil).Do(t.Context(), Ask{Op: "op"})
	assert.Equal(t, providers.Security, failure(t, err).Kind, "plain http on the tls port")

	trusted := client(t, s.URL, func(c *Config) { c.HTTP = s.Client() })
	a, err := trusted.Do(t.Context(), Ask{Op: "op"})
	require.NoError(t, err)
	assert.Equal(t, 404, a.Status)
}

func TestF4PrivateAddressIsSecurity(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	for _, given := range []*http.Client{nil, {}} {
		_, err := client(t, s.URL, func(c *Config) { c.HTTP = given }).Do(t.Context(), Ask{Op: "op"})
		e := failure(t, err)
		assert.Equal(t, "vendor: op: security: address is not public", e.Error())
		assert.True(t, e.Unsent)
	}

	for _, a := range []string{"127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "::", "fe80::1", "fd00::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "224.0.0.1", "255.255.255.255", "2002:7f00:1::"} {
		assert.False(t, isPublic(netip.MustParseAddr(a)), a)
	}
	for _, a := range []string{"8.8.8.8", "211.249.220.24", "2001:4860:4860::8888"} {
		assert.True(t, isPublic(netip.MustParseAddr(a)), a)
	}
	assert.ErrorIs(t, publicOnly("tcp", "nonsense", nil), errPrivate)
}

// A simulator on loopback needs no client of one's own; nothing else can be reached by the one that is made for it.
func TestRehearsalDialsLoopbackOnly(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	for _, base := range []string{s.URL, strings.Replace(s.URL, "127.0.0.1", "localhost", 1)} {
		a, err := client(t, base, func(c *Config) { c.HTTP = nil }).Do(t.Context(), Ask{Op: "op"})
		require.NoError(t, err)
		assert.Equal(t, 404, a.Status)
	}
	for _, a := range []string{"10.0.0.1:80", "169.254.169.254:80", "8.8.8.8:80", "[fe80::1]:80", "nonsense"} {
		assert.ErrorIs(t, loopbackOnly("tcp", a, nil), errPrivate, a)
	}
	for _, a := range []string{"127.0.0.1:80", "[::1]:80", "[::ffff:127.0.0.1]:80"} {
		assert.NoError(t, loopbackOnly("tcp", a, nil), a)
	}
}

// pipeTransport speaks to a silent or dripping peer in memory, so that time can be virtual.
func pipeTransport(peer func(net.Conn)) *http.Transport {
	return &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go peer(there)
		return here, nil
	}}
}

func TestTotalDeadlineEndsEveryHang(t *testing.T) {
	rows := map[string]func(net.Conn){
		"F13 silence": func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"F14 drip": func(c net.Conn) {
			if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
				return
			}
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"))
			for {
				if _, err := c.Write([]byte("x")); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		},
	}
	for name, peer := range rows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := client(t, "http://127.0.0.1:1", func(c *Config) { c.HTTP = &http.Client{Transport: pipeTransport(peer)}; c.Timeout = 3 * time.Second })
				began := time.Now()
				_, err := c.Do(context.Background(), Ask{Op: "op"})
				assert.ErrorIs(t, failure(t, err), context.DeadlineExceeded)
				assert.Equal(t, 3*time.Second, time.Since(began))
				time.Sleep(2 * time.Second) // virtual: the peer sees that its connection was closed, else the bubble never drains
			})
		})
	}
}

func TestCallerCancelKeepsItsMeaning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, "http://127.0.0.1:1", func(c *Config) {
			c.HTTP = &http.Client{Transport: pipeTransport(func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })}
		})
		ctx, cancel := context.WithCancelCause(context.Background())
		time.AfterFunc(time.Second, func() { cancel(errors.New("user left " + canary)) })
		_, err := c.Do(ctx, Ask{Op: "op"})
		failure(t, err)
	})
}

func TestThroughKeepsTheRules(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "https://evil.example/", http.StatusFound)
			return
		}
		_, _ = w.Write(make([]byte, 200))
	}, func(c *Config) { c.MaxBytes = 100 })
	base := c.base.String()
	for path, kind := range map[string]providers.Kind{"/away": providers.Security, "/big": providers.Unavailable} {
		_, err := c.Through("token").Get(base + path)
		var e *providers.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, kind, e.Kind)
		assert.Equal(t, "token", e.Op)
	}
}

func TestObject(t *testing.T) {
	c := client(t, "https://x.example", nil)
	var v struct{}
	js := http.Header{"Content-Type": {"application/json"}}
	require.NoError(t, c.Object("op", &Answer{Status: 400, Header: js, Body: []byte(`{}`)}, &v))
	assert.Equal(t, "vendor: op: unavailable: unexpected content type", failure(t, c.Object("op", &Answer{Status: 200, Header: http.Header{"Content-Type": {"text/html"}}, Body: []byte(`{}`)}, &v)).Error(), "F18")
	assert.Equal(t, "vendor: op: unavailable: body is not a json object", failure(t, c.Object("op", &Answer{Status: 200, Header: js, Body: []byte(`null`)}, &v)).Error())
}

func TestBrowseHandsARedirectBackUnfollowed(t *testing.T) {
	asked := 0
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		assert.Contains(t, r.Header.Get("User-Agent"), "Mozilla/5.0 (compatible; detour/vendor)")
		http.Redirect(w, r, "https://accounts.example/login?x="+canary, http.StatusFound)
	}, nil)
	a, err := c.Browse(t.Context(), "page", c.base.String()+"/authorize")
	require.NoError(t, err)
	assert.Equal(t, http.StatusFound, a.Status)
	assert.Equal(t, "https://accounts.example/login?x="+canary, a.Header.Get("Location"))
	assert.Equal(t, 1, asked)
	_, err = c.Browse(t.Context(), "page", ":")
	assert.Equal(t, providers.Invalid, failure(t, err).Kind)
}

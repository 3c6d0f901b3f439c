package vendorsim

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// keysOf makes the RSA keys of all tests once.
var keysOf = sync.OnceValue(func() []*rsa.PrivateKey {
	var keys []*rsa.PrivateKey
	for range 2 {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys = append(keys, k)
	}
	return keys
})

const back = "https://site.example/back"

func app() Client {
	return Client{ID: "app", Secret: "app-secret", RedirectURIs: []string{back, "https://site.example/other"}, Name: "시청 <민원>"}
}

func otherApp() Client {
	return Client{ID: "app2", Secret: "app2-secret", RedirectURIs: []string{back}}
}

// browser is a plain client that follows nothing and leaves nothing behind.
func browser(t *testing.T) *http.Client {
	t.Helper()
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) json(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	d := json.NewDecoder(strings.NewReader(r.body))
	d.UseNumber()
	require.NoError(t, d.Decode(&m), "body: %s", r.body)
	return m
}

// ask does one request; the header is name, value, name, value.
func ask(t *testing.T, c *http.Client, method, to string, form url.Values, header ...string) reply {
	t.Helper()
	r, err := tryAsk(c, method, to, form, header...)
	require.NoError(t, err)
	return r
}

func tryAsk(c *http.Client, method, to string, form url.Values, header ...string) (reply, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequest(method, to, body)
	if err != nil {
		return reply{}, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i+1] == "" {
			req.Header.Del(header[i])
		} else {
			req.Header.Set(header[i], header[i+1])
		}
	}
	resp, err := c.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(data)}, err
}

// values makes a form from name, value, name, value; an empty value leaves the name out.
func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}

// with is a copy of v with changed parameters; an empty value removes.
func with(v url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for k, all := range v {
		out[k] = append([]string(nil), all...)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			out.Del(pairs[i])
		} else {
			out.Set(pairs[i], pairs[i+1])
		}
	}
	return out
}

// consent runs the authorise page and returns the parameters that come back.
func consent(t *testing.T, c *http.Client, authorizeURL, user string) url.Values {
	t.Helper()
	to, err := Consent(context.Background(), c, authorizeURL, user, true)
	require.NoError(t, err)
	return to.Query()
}

// TestMain fails when the servers of all tests, closed by then, have left a goroutine.
func TestMain(m *testing.M) {
	code := m.Run()
	if left := leftOver(); left != "" && code == 0 {
		fmt.Fprintln(os.Stderr, "goroutine left:", left)
		code = 1
	}
	os.Exit(code)
}

// leftOver is the stack of a goroutine of the servers. One that has done its last work may need a moment of the scheduler
// to be gone.
func leftOver() string {
	for deadline := time.Now().Add(5 * time.Second); ; runtime.Gosched() {
		buf := make([]byte, 1<<20)
		buf = buf[:runtime.Stack(buf, true)]
		left := ""
		for _, g := range strings.Split(string(buf), "\n\n") {
			if strings.Contains(g, "net/http.(*conn).serve") || strings.Contains(g, "vendorsim.(*Server)") || strings.Contains(g, "vendorsim.(*gate)") || strings.Contains(g, "vendorsim.(*timers)") {
				left = g
			}
		}
		if left == "" || time.Now().After(deadline) {
			return left
		}
	}
}

// until gives other goroutines the processor until the condition holds.
func until(t *testing.T, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("never happened")
		}
	}
}

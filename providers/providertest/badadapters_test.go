package providertest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/detour-go/detour/providers"
)

type badCase struct {
	name    string
	rule    string
	rows    []string // rows that must have complained, beside others
	subject Subject
}

func badAdapters() []badCase {
	plain := func(err error) error {
		return &providers.Error{Provider: "vendor", Op: "lookup", Err: providers.Cause(err)}
	}
	return []badCase{
		{"retries", ruleOnce, []string{"F27 502 html", "concurrent asks, all failing"}, spoilAsk(func(ctx context.Context, a *adapter, _ *http.Client) error {
			if err := a.ask(ctx); err == nil {
				return nil
			}
			return a.ask(ctx)
		})},
		{"asks twice when all is well", ruleOnce, []string{"healthy"}, spoilAsk(func(ctx context.Context, a *adapter, _ *http.Client) error {
			if err := a.ask(ctx); err != nil {
				return err
			}
			return a.ask(ctx)
		})},
		{"follows redirects", ruleStray, []string{"F65 302 to another host", "F65 307 to another host"}, bad(func(a *adapter, _ *http.Client) { a.client.CheckRedirect = nil })},
		{"reads without cap", ruleCap, []string{"F64 gzip bomb", "F64 endless body", "F64 content-length 9e18"}, bad(func(a *adapter, _ *http.Client) {
			a.limit = 1 << 40
			a.judge = func(resp *http.Response, body []byte) error {
				if len(body) > 1<<20 {
					return a.failure(providers.Unavailable, nil) // found too big after reading it all
				}
				return a.answer(resp, body)
			}
		})},
		{"prints the url", ruleSecrets, []string{"F5 refused", "F13 silence"}, bad(func(a *adapter, _ *http.Client) {
			a.send = func(r *http.Request) (*http.Response, error) {
				resp, err := a.client.Do(r)
				if err != nil {
					a.failure = func(kind providers.Kind, _ error) error {
						return &providers.Error{Provider: "vendor", Op: "lookup", Kind: kind, Err: err}
					}
				}
				return resp, err
			}
		})},
		{"prints a secret in base64", ruleSecrets, []string{"F27 502 html"}, bad(func(a *adapter, _ *http.Client) {
			a.failure = func(kind providers.Kind, _ error) error {
				return &providers.Error{Provider: "vendor", Op: "lookup", Kind: kind, Err: errors.New(base64.StdEncoding.EncodeToString([]byte("id:" + testSecret)))}
			}
		})},
		{"hides a secret in a cause", ruleSecrets, []string{"F27 502 html"}, bad(func(a *adapter, _ *http.Client) {
			a.failure = func(kind providers.Kind, _ error) error {
				return &providers.Error{Provider: "vendor", Op: "lookup", Kind: kind, Err: quiet{testSecret}}
			}
		})},
		{"prints the body", ruleSecrets, []string{"F27 503 json", "F18 200 html maintenance page"}, bad(func(a *adapter, _ *http.Client) {
			a.judge = func(resp *http.Response, body []byte) error {
				if err := a.answer(resp, body); err != nil {
					return fmt.Errorf("%w: %.200q", err, body)
				}
				return nil
			}
		})},
		{"hands on whatever code the vendor gave", ruleSecrets, []string{"F19 200 with a hostile error code"}, bad(func(a *adapter, _ *http.Client) {
			a.judge = func(resp *http.Response, body []byte) error {
				var v struct {
					Error string `json:"error"`
				}
				if json.Unmarshal(body, &v) == nil && v.Error != "" {
					return &providers.Error{Provider: "vendor", Op: "lookup", Code: v.Error}
				}
				return a.answer(resp, body)
			}
		})},
		{"logs a secret", ruleSecrets, []string{"log"}, bad(func(*adapter, *http.Client) { log.SetFlags(log.Flags()); log.Print("asking with " + testSecret) })},
		{"takes html for success", ruleError, []string{"F18 200 html maintenance page"}, bad(func(a *adapter, _ *http.Client) {
			a.judge = func(resp *http.Response, body []byte) error {
				if resp.StatusCode == http.StatusOK {
					return nil
				}
				return a.answer(resp, body)
			}
		})},
		{"answers zero and nil", ruleError, []string{"F17 empty reply", "F5 refused"}, bad(func(a *adapter, _ *http.Client) {
			a.failure = func(providers.Kind, error) error { return nil }
		})},
		{"looks at the body only", ruleError, []string{"F27 500 with the healthy body"}, bad(func(a *adapter, _ *http.Client) {
			a.judge = func(resp *http.Response, body []byte) error {
				if resp.StatusCode == http.StatusInternalServerError {
					resp.StatusCode = http.StatusOK
				}
				return a.answer(resp, body)
			}
		})},
		{"reads one json value and no more", ruleError, []string{"T14 the answer with an html tail"}, bad(func(a *adapter, _ *http.Client) {
			a.judge = func(resp *http.Response, body []byte) error {
				var first json.RawMessage
				if json.NewDecoder(strings.NewReader(string(body))).Decode(&first) == nil {
					body = first
				}
				return a.answer(resp, body)
			}
		})},
		{"finds its field without reading the whole", ruleError, []string{
			"F15 truncated by content-length", "F15 truncated chunked", "F16 close-delimited, half missing", "F16 close-delimited, last byte missing",
			"T14 the answer with an html tail", "T14 the answer after a byte order mark",
		}, bad(func(a *adapter, _ *http.Client) {
			a.send = func(r *http.Request) (*http.Response, error) {
				resp, err := a.client.Do(r)
				if err == nil {
					resp.Body = lenient{resp.Body}
				}
				return resp, err
			}
			a.judge = func(resp *http.Response, body []byte) error {
				if resp.StatusCode == http.StatusOK && strings.Contains(string(body), `"id":"4711"`) {
					return nil
				}
				return a.answer(resp, body)
			}
		})},
		{"requires no field", ruleError, []string{"F20 200 {}", "T14 200 null", "F19 200 with an error object"}, bad(func(a *adapter, _ *http.Client) {
			a.judge = func(resp *http.Response, body []byte) error {
				var v struct{ ID string }
				if json.Unmarshal(body, &v) == nil && resp.StatusCode == http.StatusOK {
					return nil
				}
				return a.answer(resp, body)
			}
		})},
		{"ignores its context", ruleDeadline, []string{"F13 silence", "F14 drip", "F59 cancelled while asking", "F59 cancelled before"}, spoilAsk(func(_ context.Context, a *adapter, _ *http.Client) error {
			return a.ask(context.Background())
		})},
		{"bounds the headers only", ruleDeadline, []string{"F14 drip"}, spoilAsk(func(ctx context.Context, a *adapter, _ *http.Client) error {
			whole := context.WithoutCancel(ctx)
			a.send = func(r *http.Request) (*http.Response, error) {
				head, cancel := context.WithCancel(whole)
				defer context.AfterFunc(ctx, cancel)()
				return a.client.Do(r.WithContext(head))
			}
			return a.ask(whole)
		})},
		{"leaves bodies open", ruleBodies, []string{"healthy"}, bad(func(a *adapter, _ *http.Client) { a.shut = func(io.Closer) {} })},
		{"leaves bodies open on errors", ruleBodies, nil, bad(func(a *adapter, _ *http.Client) {
			status := new(atomic.Int64)
			a.send = func(r *http.Request) (*http.Response, error) {
				resp, err := a.client.Do(r)
				if err == nil {
					status.Store(int64(resp.StatusCode))
				}
				return resp, err
			}
			a.shut = func(c io.Closer) {
				if status.Load() == http.StatusOK {
					_ = c.Close()
				}
			}
		})},
		{"leaves the asking to a goroutine", ruleGoroutines, []string{"F59 cancelled while asking"}, spoilAsk(func(ctx context.Context, a *adapter, _ *http.Client) error {
			done := make(chan error, 1)
			go func() { done <- a.ask(context.Background()) }()
			select {
			case err := <-done:
				return err
			case <-ctx.Done():
				return plain(ctx.Err())
			}
		})},
		{"uses the default client", ruleClient, []string{"healthy"}, bad(func(a *adapter, _ *http.Client) { a.client = http.DefaultClient; a.send = http.DefaultClient.Do })},
		{"uses the default client when its own fails", ruleClient, []string{"uses only the client it was given"}, bad(func(a *adapter, _ *http.Client) {
			a.send = func(r *http.Request) (*http.Response, error) {
				resp, err := a.client.Do(r)
				if err != nil && r.Context().Err() == nil && strings.Contains(err.Error(), "unreachable") {
					return http.DefaultClient.Do(r.Clone(r.Context()))
				}
				return resp, err
			}
		})},
		{"changes the client", ruleClient, []string{"healthy"}, bad(func(_ *adapter, c *http.Client) { c.Timeout = time.Second })},
		{"keeps cookies", ruleCookies, []string{"healthy"}, bad(func(a *adapter, c *http.Client) { a.client.Jar = c.Jar })},
		{"calls 429 unavailable", "429 is limited", []string{"F24 429 retry-after seconds"}, bad(func(a *adapter, _ *http.Client) {
			a.judge = func(resp *http.Response, body []byte) error {
				if resp.StatusCode == http.StatusTooManyRequests {
					return a.failure(providers.Unavailable, nil)
				}
				return a.answer(resp, body)
			}
		})},
		{"forgets the wait", "429 is limited", []string{"F24 429 retry-after seconds", "F25 429 retry-after http date"}, bad(func(a *adapter, _ *http.Client) {
			a.judge = func(resp *http.Response, body []byte) error {
				resp.Header.Del("Retry-After")
				return a.answer(resp, body)
			}
		})},
		{"waits a negative time", ruleWait, []string{"F26 429 retry-after -5", "F26 429 retry-after in the past"}, bad(func(a *adapter, _ *http.Client) {
			a.judge = func(resp *http.Response, body []byte) error {
				err := a.answer(resp, body)
				var e *providers.Error
				if errors.As(err, &e) && e.Kind == providers.Limited && e.After == 0 {
					e.After = -5 * time.Second
				}
				return err
			}
		})},
		{"takes an attack for an outage", "a peer that is not who it says", []string{"F9 certificate expired", "F10 certificate of another host", "F11 unknown certificate authority", "T15 plain http on the tls port"}, bad(func(a *adapter, _ *http.Client) {
			a.failure = func(_ providers.Kind, err error) error { return plain(err) }
		})},
		{"claims that nothing was sent", ruleUnsent, []string{"F7 reset after request"}, bad(func(a *adapter, _ *http.Client) {
			a.failure = func(kind providers.Kind, err error) error {
				return &providers.Error{Provider: "vendor", Op: "lookup", Kind: kind, Unsent: true, Err: err}
			}
		})},
		{"panics", rulePanic, []string{"T14 200 null"}, bad(func(a *adapter, _ *http.Client) {
			a.judge = func(resp *http.Response, body []byte) error {
				var v map[string]any
				if json.Unmarshal(body, &v) == nil && v == nil {
					panic("null")
				}
				return a.answer(resp, body)
			}
		})},
		{"ends its goroutine", rulePanic, []string{"F27 502 html"}, bad(func(a *adapter, _ *http.Client) {
			a.failure = func(providers.Kind, error) error { runtime.Goexit(); return nil }
		})},
		{"names no provider", ruleShape, []string{"F5 refused"}, bad(func(a *adapter, _ *http.Client) {
			a.failure = func(kind providers.Kind, err error) error { return &providers.Error{Kind: kind, Err: err} }
		})},
		{"hides its text", ruleShape, []string{"F5 refused"}, bad(func(a *adapter, _ *http.Client) {
			a.failure = func(kind providers.Kind, err error) error {
				return quietly{&providers.Error{Provider: "vendor", Op: "lookup", Kind: kind, Err: err}}
			}
		})},
		{"breaks the line", ruleShape, []string{"F5 refused"}, bad(func(a *adapter, _ *http.Client) {
			a.failure = func(kind providers.Kind, _ error) error {
				return &providers.Error{Provider: "vendor", Op: "lookup", Kind: kind, Err: errors.New("a\nb")}
			}
		})},
		{"makes a nil pointer an error", ruleShape, []string{"healthy"}, spoilAsk(func(ctx context.Context, a *adapter, _ *http.Client) error {
			var e *providers.Error
			_ = errors.As(a.ask(ctx), &e)
			return e
		})},
		{"has errors of its own", ruleShape, []string{"F5 refused"}, bad(func(a *adapter, _ *http.Client) {
			a.failure = func(providers.Kind, error) error { return errors.New("failed") }
		})},
		{"asks in New", ruleNew, []string{"new touches no network"}, subject(func(base string, client *http.Client) (func(context.Context) error, error) {
			a := newAdapter(base, client)
			_ = a.ask(context.Background())
			return a.ask, nil
		})},
		{"needs the network in New", ruleNew, []string{"new touches no network"}, subject(func(base string, client *http.Client) (func(context.Context) error, error) {
			a := newAdapter(base, client)
			return a.ask, a.ask(context.Background())
		})},
		{"serves one caller at a time", ruleConcurrent, []string{"concurrent asks, all well"}, bad(func(a *adapter, _ *http.Client) {
			var busy atomic.Bool
			a.send = func(r *http.Request) (*http.Response, error) {
				if !busy.CompareAndSwap(false, true) {
					return nil, io.ErrClosedPipe
				}
				defer busy.Store(false)
				return a.client.Do(r)
			}
		})},
		{"misreads the vendor's table", ruleRow, []string{"F23 200 -401 wrong key"}, bad(func(a *adapter, _ *http.Client) {
			a.judge = func(resp *http.Response, body []byte) error {
				if strings.Contains(string(body), "-401") {
					return a.failure(providers.Unavailable, nil)
				}
				return a.answer(resp, body)
			}
		})},
		{"asks for too much", ruleRow, []string{"without the optional part"}, bad(func(a *adapter, _ *http.Client) {
			a.judge = func(resp *http.Response, body []byte) error {
				if !strings.Contains(string(body), "nested") {
					return a.failure(providers.Unavailable, nil)
				}
				return a.answer(resp, body)
			}
		})},
	}
}

// quiet prints nothing unless somebody dumps it.
type quiet struct{ inside string }

func (quiet) Error() string { return "quiet" }

// quietly hides the text of what it wraps.
type quietly struct{ error }

func (quietly) Error() string   { return "no" }
func (q quietly) Unwrap() error { return q.error }

// lenient takes a broken body for its end.
type lenient struct{ io.ReadCloser }

func (l lenient) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

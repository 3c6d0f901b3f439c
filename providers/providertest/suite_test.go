package providertest

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // some bad adapters log
	m.Run()
}

// recorder is a T that remembers the complaints.
type recorder struct {
	mu   sync.Mutex
	said []string
}

func (r *recorder) Helper()             {}
func (r *recorder) Name() string        { return "recorder" }
func (r *recorder) Logf(string, ...any) {}
func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = append(r.said, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// impatience keeps the tests of adapters that hang short.
const impatience = 150 * time.Millisecond

// complaints runs the suite over s in its own goroutine, so that Fatalf may end
// it. Only the rows named are run, and the healthy one; none: all.
func complaints(patience time.Duration, s Subject, rows ...string) []string {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		run := newSuite(s)
		run.patience = patience
		run.run(r, func(name string, row func(T)) {
			if len(rows) == 0 || name == "healthy" || slices.Contains(rows, name) {
				row(r)
			}
		})
	}()
	<-done
	return r.said
}

func TestGoodAdapterPasses(t *testing.T) {
	t.Parallel()
	Run(t, bad(func(*adapter, *http.Client) {}))
}

func TestGoodAdapterOfTwoRequestsPasses(t *testing.T) {
	t.Parallel()
	s := spoilAsk(func(ctx context.Context, a *adapter, _ *http.Client) error {
		if err := a.ask(ctx); err != nil {
			return err
		}
		second := *a
		second.base += "/second"
		second.send, second.judge = second.client.Do, second.answer
		return second.ask(ctx)
	})
	s.Asks = 2
	for _, under := range []bool{false, true} {
		s.Fault = func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/second") == under }
		t.Run(fmt.Sprintf("second=%v", under), func(t *testing.T) { Run(t, s) })
	}
}

func TestCheckIsRunWithoutSubtests(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	Check(r, bad(func(*adapter, *http.Client) {}))
	assert.Empty(t, r.said)
}

// Each bad adapter has one flaw, and the complaint names the rule it breaks.
func TestBadAdaptersFail(t *testing.T) {
	for _, c := range badAdapters() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			said := complaints(impatience, c.subject, c.rows...)
			require.NotEmpty(t, said, "the suite saw nothing")
			assert.Contains(t, strings.Join(said, "\n"), "rule: "+c.rule)
			for _, row := range c.rows {
				assert.True(t, anyContains(said, ": "+row+": "), "row %q saw nothing in\n%s", row, strings.Join(said, "\n"))
			}
		})
	}
}

func TestCheckRunsEveryRow(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	Check(r, bad(func(a *adapter, _ *http.Client) {
		a.failure = func(providers.Kind, error) error { return errors.New("failed") }
	}))
	for _, f := range table() {
		assert.True(t, anyContains(r.said, ": "+f.name+": "), f.name)
	}
}

func TestSubjectMustBeWellDescribed(t *testing.T) {
	t.Parallel()
	good := bad(func(*adapter, *http.Client) {})
	for want, edit := range map[string]func(*Subject){
		"New and Healthy are required": func(s *Subject) { s.Healthy = nil },
		"no row is called F99": func(s *Subject) {
			s.Kinds = map[string]providers.Kind{"F99": 0}
			s.Reasons = map[string]string{"F99": "x"}
		},
		"no reason is given for F27 502 html": func(s *Subject) { s.Kinds = map[string]providers.Kind{"F27 502 html": providers.Limited} },
		"nothing is overridden for F5":        func(s *Subject) { s.Reasons = map[string]string{"F5": "x"} },
		"one is too short":                    func(s *Subject) { s.Secrets = []string{"12345"} },
		"status 204 and 0 bytes": func(s *Subject) {
			s.Healthy = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
			s.New = bad(func(a *adapter, _ *http.Client) {
				a.judge = func(*http.Response, []byte) error { return nil }
			}).New
		},
	} {
		s := good
		edit(&s)
		said := strings.Join(complaints(impatience, s), "\n")
		assert.Contains(t, said, want)
	}
}

func TestOverriddenKindIsExpected(t *testing.T) {
	t.Parallel()
	s := bad(func(a *adapter, _ *http.Client) {
		a.judge = func(resp *http.Response, body []byte) error {
			if resp.StatusCode == http.StatusBadGateway {
				return a.failure(providers.Limited, nil)
			}
			return a.answer(resp, body)
		}
	})
	const row = "F27 502 html"
	assert.NotEmpty(t, complaints(patience, s, row))
	s.Kinds, s.Reasons = map[string]providers.Kind{row: providers.Limited}, map[string]string{row: "this vendor's gateway sheds load so"}
	assert.Empty(t, complaints(patience, s, row))
}

func TestSecretIsFoundInEveryForm(t *testing.T) {
	for _, f := range forms(testSecret) {
		assert.NotEmpty(t, leaked("before "+f.text+" after", testSecret), f.name)
	}
	for _, around := range []string{"", "u:", "ab:", "abc:"} {
		text := base64.URLEncoding.EncodeToString([]byte(around + testSecret + "tail"))
		assert.NotEmpty(t, leaked(text, testSecret), "base64 after %q", around)
	}
	assert.Empty(t, leaked("vendor: lookup: unavailable", testSecret))
}

func anyContains(all []string, part string) bool {
	for _, s := range all {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

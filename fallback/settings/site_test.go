package settings_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/fallback/settings"
)

func to[T any](v T) *T { return &v }

type answer string

func (answer) Cacheable() bool { return true }

// site has an address field, messages and a login; juso and the messages are in reach.
type site struct {
	address *fallback.Chain[int, answer]
	message *fallback.Chain[string, int]
	login   *fallback.Flow[string, string, string, string]
	juso    *fallback.Upstream
	sms     *fallback.Upstream
	down    atomic.Bool  // juso
	asked   atomic.Int64 // juso
	loader  *settings.Loader
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{}
	guard := func(name string, c breaker.Config) *breaker.Breaker {
		c.Name = name
		b, err := breaker.New(c)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, b.Close()) })
		return b
	}
	s.juso = &fallback.Upstream{Name: "juso", Breaker: guard("juso", breaker.Config{}), Budget: &fallback.Budget{}, Capacity: &fallback.Capacity{InFlight: 20}}
	s.sms = &fallback.Upstream{Name: "sms", Breaker: guard("sms", breaker.Config{SlowAfter: 4 * time.Second, Window: time.Minute}), Budget: s.juso.Budget}
	ask := func(text answer) func(context.Context, int) (answer, error) {
		return func(context.Context, int) (answer, error) { return text, nil }
	}
	var err error
	s.address, err = fallback.New(fallback.Config[int, answer]{
		Name: "address", Deadline: 4 * time.Second,
		Sources: []fallback.Source[int, answer]{
			{Name: "juso", Upstream: s.juso, Retention: fallback.Forever, Do: func(context.Context, int) (answer, error) {
				if s.asked.Add(1); s.down.Load() {
					return "", errors.New("down")
				}
				return "juso", nil
			}},
			{Name: "kakao", Do: ask("kakao")}, {Name: "list", Do: ask("list"), Assurance: fallback.High},
		},
		Memory: &fallback.Memory[int, answer]{Key: func(int) string { return "" }, Stale: time.Hour},
	})
	require.NoError(t, err)
	send := func(context.Context, string) (int, error) { return 1, nil }
	s.message, err = fallback.New(fallback.Config[string, int]{Name: "message", Once: true, MinAssurance: fallback.Low,
		Answers: func(int, string) error { return nil },
		Sources: []fallback.Source[string, int]{
			{Name: "talk", Do: send, Assurance: fallback.Low}, {Name: "sms", Do: send, Upstream: s.sms, Assurance: fallback.Substantial}}})
	require.NoError(t, err)
	tickets, err := fallback.NewMemoryCounter(fallback.MemoryCounterConfig{})
	require.NoError(t, err)
	same := func(_ context.Context, q string) (string, error) { return q, nil }
	leg := func(name string, level fallback.Assurance) fallback.Leg[string, string, string, string] {
		l := fallback.NewLeg(name, same, same, nil)
		l.Assurance = level
		return l
	}
	s.login, err = fallback.NewFlow(fallback.FlowConfig[string, string, string, string]{
		Name: "login", Min: fallback.Low, Keys: [][]byte{append(bytes.Repeat([]byte{7}, 31), 1)}, Tickets: tickets,
		Match: func(string, string) error { return nil },
		Legs:  []fallback.Leg[string, string, string, string]{leg("kakao", fallback.Low), leg("pass", fallback.High)},
	})
	require.NoError(t, err)
	s.loader, err = settings.New(settings.Config{Parts: []fallback.Adjustable{s.address, s.message, s.login}})
	require.NoError(t, err)
	return s
}

func write(t testing.TB, file, text string) string {
	t.Helper()
	if !filepath.IsAbs(file) {
		file = filepath.Join(t.TempDir(), file)
	}
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

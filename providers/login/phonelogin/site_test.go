package phonelogin_test

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/phonelogin"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/phone"
)

const (
	number   = "01023456789"
	stranger = "01034567890"
	issuer   = "https://example.go.kr"
)

func key(b byte) []byte { return append(bytes.Repeat([]byte{b}, 31), 1) }

// site is a login by phone code with an inbox and a counter in memory.
type site struct {
	t        *testing.T
	provider *phonelogin.Provider

	mu      sync.Mutex
	fail    error
	inbox   []message.Message
	numbers map[string]int64
	ends    map[string]time.Time
}

func open(t *testing.T, change func(*phonelogin.Config)) *site {
	t.Helper()
	s := &site{t: t, numbers: map[string]int64{}, ends: map[string]time.Time{}}
	codes, err := phone.New(phone.Config{Send: s.send, Counter: s, Key: key('c'), Origin: "example.go.kr"})
	require.NoError(t, err)
	cfg := phonelogin.Config{Codes: codes, Issuer: issuer, Key: key('s'), CodePage: "/login/phone"}
	if change != nil {
		change(&cfg)
	}
	s.provider, err = phonelogin.New(cfg)
	require.NoError(t, err)
	return s
}

// Add makes the site its own counter.
func (s *site) Add(_ context.Context, key string, n int64, ttl time.Duration) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if end, ok := s.ends[key]; !ok || !time.Now().Before(end) {
		s.numbers[key], s.ends[key] = 0, time.Now().Add(ttl)
	}
	s.numbers[key] += n
	return s.numbers[key], nil
}

func (s *site) send(_ context.Context, m message.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inbox = append(s.inbox, m)
	return s.fail
}

// codeTo is the last code to a number.
func (s *site) codeTo(to string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.inbox) - 1; i >= 0; i-- {
		if m := s.inbox[i]; m.To == to {
			return m.Text[strings.LastIndex(m.Text, "#")+1:]
		}
	}
	return ""
}

func (s *site) begin(to string) login.Challenge {
	s.t.Helper()
	c, err := s.provider.Begin(s.t.Context(), login.Request{Hint: to})
	require.NoError(s.t, err)
	return c
}

// typed is what the form on the code page posts.
func (s *site) typed(c login.Challenge, code string) login.Reply {
	s.t.Helper()
	u, err := url.Parse(c.URL)
	require.NoError(s.t, err)
	v := u.Query()
	v.Set("code", code)
	r, err := login.ParseReply(v)
	require.NoError(s.t, err)
	return r.Resume(c)
}

func other(code string) string {
	return string('0'+(code[0]-'0'+1)%10) + code[1:]
}

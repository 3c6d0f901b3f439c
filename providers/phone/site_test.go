package phone_test

import (
	"bytes"
	"context"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/phone"
)

const number = "01023456789"

// site is Codes with an inbox instead of vendors.
type site struct {
	t       *testing.T
	codes   *phone.Codes
	counter *counter

	mu    sync.Mutex
	inbox []message.Message
	fail  error // what Send says after the message went into the inbox
	takes time.Duration
}

func open(t *testing.T, change func(*phone.Config)) *site {
	t.Helper()
	s := &site{t: t, counter: newCounter()}
	cfg := phone.Config{Send: s.send, Counter: s.counter, Key: key('k'), Origin: "example.go.kr"}
	if change != nil {
		change(&cfg)
	}
	var err error
	s.codes, err = phone.New(cfg)
	require.NoError(t, err)
	return s
}

func key(b byte) []byte { return append(bytes.Repeat([]byte{b}, 31), 1) }

func (s *site) send(_ context.Context, m message.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inbox = append(s.inbox, m)
	fail, takes := s.fail, s.takes
	s.mu.Unlock()
	time.Sleep(takes)
	s.mu.Lock()
	return fail
}

func (s *site) sent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.inbox)
}

func (s *site) begin() phone.Challenge { return s.beginAt(number) }

func (s *site) beginAt(to string) phone.Challenge {
	s.t.Helper()
	c, err := s.codes.Begin(s.t.Context(), phone.Request{Number: to, Purpose: "login"})
	require.NoError(s.t, err)
	return c
}

// bound reads the last line as a browser does.
var bound = regexp.MustCompile(`\n@example\.go\.kr #([0-9]+)$`)

// code is that of the last message.
func (s *site) code() string {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.NotEmpty(s.t, s.inbox)
	m := bound.FindStringSubmatch(s.inbox[len(s.inbox)-1].Text)
	require.NotNil(s.t, m, "the last line is not bound to the origin")
	return m[1]
}

func (s *site) finish(c phone.Challenge, code string) (phone.Proof, error) {
	return s.codes.Finish(s.t.Context(), phone.Reply{Code: providers.NewSecret(code)}.Resume(c))
}

// other is a code of the same length that differs.
func other(code string) string {
	b := []byte(code)
	b[0] = '0' + (b[0]-'0'+1)%10
	return string(b)
}

// says are the optional methods of an error that a flow reads.
type says interface {
	Class() string
	NotSent() bool
}

func denies(t *testing.T, err error, why error, pending bool) {
	t.Helper()
	require.Error(t, err)
	assert.ErrorIs(t, err, why)
	assert.ErrorIs(t, err, providers.Denied)
	var p interface{ Pending() bool }
	require.ErrorAs(t, err, &p)
	assert.Equal(t, pending, p.Pending(), "pending")
	var s says
	require.ErrorAs(t, err, &s)
	assert.Equal(t, "denied", s.Class())
	assert.True(t, s.NotSent(), "nobody was asked")
}

// limits checks an error of class limited, and whether it is about everybody.
func limits(t *testing.T, err error, why error, everybody bool) {
	t.Helper()
	require.Error(t, err)
	assert.ErrorIs(t, err, why)
	assert.ErrorIs(t, err, providers.Limited)
	var h interface{ Hearsay() bool }
	require.ErrorAs(t, err, &h)
	assert.Equal(t, !everybody, h.Hearsay(), "one citizen's limit must not open the circuit of all")
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Positive(t, e.Wait())
	assert.True(t, e.NotSent())
}

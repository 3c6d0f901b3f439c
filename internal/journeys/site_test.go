package journeys

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
)

// origin is the host of the site in all journeys.
const origin = "example.go.kr"

// key makes 32 bytes that differ from those of every other letter.
func key(b byte) []byte { return append(bytes.Repeat([]byte{b}, 31), 1) }

// web is a client of its own: no connection outlives the test.
func web(t *testing.T) *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// guard is an upstream with a breaker that opens after some faults in a row, and stays open: a test is not about when it closes.
func guard(t *testing.T, name string, faults int) *fallback.Upstream {
	t.Helper()
	b, err := breaker.New(breaker.Config{Name: name, Consecutive: faults, MinCalls: 1000, OpenFor: time.Hour})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, b.Close()) })
	return &fallback.Upstream{Name: name, Breaker: b}
}

func tickets(t *testing.T) *fallback.MemoryCounter {
	t.Helper()
	c, err := fallback.NewMemoryCounter(fallback.MemoryCounterConfig{})
	require.NoError(t, err)
	return c
}

// visitor is the context of one browser's session.
func visitor(t *testing.T, session string) context.Context {
	return fallback.WithSession(t.Context(), session)
}

// restarts checks an error that ends the ticket: which verdict, and why.
func restarts(t *testing.T, err, verdict error, why ...error) {
	t.Helper()
	ends(t, err, verdict, fallback.ErrRestart, why...)
	assert.False(t, errors.Is(err, fallback.ErrPending), "not both")
}

// pends checks an error after which the same ticket may be used again.
func pends(t *testing.T, err, verdict error, why ...error) {
	t.Helper()
	ends(t, err, verdict, fallback.ErrPending, why...)
	assert.False(t, errors.Is(err, fallback.ErrRestart), "not both")
}

func ends(t *testing.T, err, verdict, mark error, why ...error) {
	t.Helper()
	require.Error(t, err)
	require.ErrorIs(t, err, verdict)
	assert.ErrorIs(t, err, mark)
	for _, w := range why {
		assert.ErrorIs(t, err, w)
	}
	for _, v := range []error{fallback.ErrUnavailable, fallback.ErrLimited, fallback.ErrRefused, fallback.ErrSecurity, fallback.ErrInvalid, fallback.ErrDenied, fallback.ErrNotFound, fallback.ErrIncomplete, fallback.ErrUnknown, fallback.ErrCancelled} {
		assert.Equal(t, v == verdict, errors.Is(err, v), "one verdict only: %v", v)
	}
}

// well checks that nothing a citizen did was held against a vendor.
func well(t *testing.T, up *fallback.Upstream) {
	t.Helper()
	s := up.Breaker.Snapshot()
	assert.Equal(t, breaker.Closed, s.State, up.Name)
	assert.Zero(t, s.Faults, "%s: faults", up.Name)
}

// atOnce runs a table of journeys that mostly wait, more of them at a time than t.Parallel would.
func atOnce[Row any](t *testing.T, rows map[string]Row, run func(*testing.T, Row)) {
	t.Helper()
	room := make(chan struct{}, 32)
	var all sync.WaitGroup
	for name, row := range rows {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			t.Run(name, func(t *testing.T) { run(t, row) })
		})
	}
	all.Wait()
}

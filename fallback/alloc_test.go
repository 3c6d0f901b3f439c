package fallback_test

import (
	"context"
	"testing"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestAllocations: a call that goes well costs its context and nothing more:
// one allocation while nobody waits for its end, and at most one more than
// context.WithTimeout when a source does; a hit of a local memory costs its key.
func TestAllocations(t *testing.T) {
	do := func(context.Context, string) (number, error) { return number{7}, nil }
	waits := func(ctx context.Context, _ string) (number, error) {
		select {
		case <-ctx.Done():
			return number{}, ctx.Err()
		default:
			return number{7}, nil
		}
	}
	b := newBreaker(t, breaker.Config{})
	guarded := &fallback.Upstream{Breaker: b, Budget: new(fallback.Budget), Capacity: &fallback.Capacity{InFlight: 1000}}
	ctx := context.Background()
	timeout := testing.AllocsPerRun(1000, func() {
		within, cancel := context.WithTimeout(ctx, time.Second)
		_, _ = waits(within, "")
		cancel()
	})
	for name, row := range map[string]struct {
		cfg fallback.Config[string, number]
		ctx context.Context
		max float64
	}{
		"one source": {fallback.Config[string, number]{Sources: []fallback.Source[string, number]{
			{Name: "a", Do: do, Upstream: guarded, Retry: fallback.Retry{Max: 2}},
		}}, ctx, 1},
		"one that waits": {fallback.Config[string, number]{Sources: []fallback.Source[string, number]{{Name: "a", Do: waits, Upstream: guarded}}}, ctx, timeout + 1},
		"three sources, checks, assurance": {fallback.Config[string, number]{
			Valid: func(string) error { return nil }, Answers: func(number, string) error { return nil }, MinAssurance: fallback.Low,
			Sources: []fallback.Source[string, number]{
				{Name: "a", Do: do, Upstream: guarded, Assurance: fallback.Low}, {Name: "b", Do: do, Assurance: fallback.Low}, {Name: "c", Do: do},
			},
		}, fallback.WithMin(ctx, fallback.Low), 1},
		"memory hit": {fallback.Config[string, number]{
			Sources: []fallback.Source[string, number]{{Name: "a", Do: do, Upstream: guarded, Retention: fallback.Forever}},
			Memory:  &fallback.Memory[string, number]{Key: identity, Fresh: time.Hour, Codec: numberCodec{}},
		}, ctx, 1},
	} {
		t.Run(name, func(t *testing.T) {
			row.cfg.Name = "x"
			c, err := fallback.New(row.cfg)
			require.NoError(t, err)
			require.LessOrEqual(t, timeout, 5.0)
			got := testing.AllocsPerRun(1000, func() {
				if r, err := c.Do(row.ctx, "q"); err != nil || r.Value.N != 7 {
					t.Error(r, err)
				}
			})
			require.LessOrEqual(t, got, row.max)
		})
	}
}

type number struct{ N byte }

func (number) Cacheable() bool { return true }

type numberCodec struct{}

func (numberCodec) Encode(n number) ([]byte, error)    { return []byte{n.N}, nil }
func (numberCodec) Decode(data []byte) (number, error) { return number{data[0]}, nil }

func BenchmarkChain(b *testing.B) {
	do := func(context.Context, string) (number, error) { return number{7}, nil }
	br, err := breaker.New(breaker.Config{})
	require.NoError(b, err)
	down, err := breaker.New(breaker.Config{})
	require.NoError(b, err)
	require.NoError(b, down.Force(breaker.ForcedOpen, "bench", "bench", time.Hour))
	up, dead := &fallback.Upstream{Breaker: br}, &fallback.Upstream{Breaker: down}
	for name, cfg := range map[string]fallback.Config[string, number]{
		"single": {Sources: []fallback.Source[string, number]{{Name: "a", Do: do, Upstream: up}}},
		"second": {Sources: []fallback.Source[string, number]{{Name: "a", Do: do, Upstream: dead}, {Name: "b", Do: do, Upstream: up}}},
		"memory": {
			Sources: []fallback.Source[string, number]{{Name: "a", Do: do, Upstream: up, Retention: fallback.Forever}},
			Memory:  &fallback.Memory[string, number]{Key: identity, Fresh: time.Hour, Codec: numberCodec{}},
		},
	} {
		cfg.Name = "x"
		c, err := fallback.New(cfg)
		require.NoError(b, err)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Do(context.Background(), "q"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

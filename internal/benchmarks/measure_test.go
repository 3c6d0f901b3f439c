package main

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The last part is measured before any other, its rows in turn, and each sample stands with its row and column.
func TestMeasureAll(t *testing.T) {
	var order []string
	rowOf := func(part, name string) row {
		return row{part: part, name: name, vendor: answers, build: func(call) (*subject, error) {
			order = append(order, part+name)
			return &subject{worker: each(func() error { return nil })}, nil
		}}
	}
	all := []row{rowOf("a", "1"), rowOf("b", "1"), rowOf("b", "2")}
	found, err := measureAll(context.Background(), all, options{rounds: 2, time: 10 * time.Millisecond}, io.Discard)
	require.NoError(t, err)
	require.Len(t, order, 2*len(columns())*len(all))
	for i, what := range order {
		want := "a1"
		if i < 2*len(columns())*2 {
			want = []string{"b1", "b2"}[i%2]
		}
		require.Equal(t, want, what)
	}
	for i := range all {
		for c := range columns() {
			require.Len(t, found[i][c], 2)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = measureAll(ctx, all, options{rounds: 1, time: 10 * time.Millisecond}, io.Discard)
	require.ErrorIs(t, err, context.Canceled)
}

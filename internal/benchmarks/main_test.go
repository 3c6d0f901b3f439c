package main

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	o, err := parse(nil, io.Discard)
	require.NoError(t, err)
	require.Equal(t, 6, o.rounds)
	require.True(t, o.only.MatchString("anything"))
	for _, args := range []string{"-rounds 0", "-time 1ms", "-time 2m", "-outage 1s", "-only (", "-nonsense", "more"} {
		_, err := parse(strings.Fields(args), io.Discard)
		require.Error(t, err, args)
	}
}

// A short run from end to end.
func TestRun(t *testing.T) {
	o, err := parse([]string{"-rounds", "2", "-time", "10ms", "-check", "-markdown", "-only", "15 KiB|memory of one / eapache"}, io.Discard)
	require.NoError(t, err)
	var out, progress strings.Builder
	start := time.Now()
	_, err = run(t.Context(), o, &out, &progress)
	require.NoError(t, err)
	require.Less(t, time.Since(start), time.Minute)
	for _, want := range []string{
		"| 15 KiB from memory | Detour | ", "| 15 KiB from memory | CRC32C over it | ", "(1.00x)", "| memory of one | eapache |",
		"medians of 2", "| 15 KiB from memory: Detour / CRC32C over it, 64 a core, 2 cores | 2x | ",
	} {
		require.Contains(t, strings.ToLower(out.String()), strings.ToLower(want))
	}
	require.NotContains(t, out.String(), "gobreaker v2 |", "left out")
	require.Contains(t, progress.String(), "round 2 of 2")

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = run(ended, o, io.Discard, io.Discard)
	require.ErrorIs(t, err, context.Canceled)
}

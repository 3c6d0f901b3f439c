package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDeliver(t *testing.T) {
	file := filepath.Join(t.TempDir(), "B.md")
	require.NoError(t, os.WriteFile(file, []byte("a\n<!-- costs -->\nold\n<!-- /costs -->\nb\n<!-- outages -->\n<!-- /outages -->\nc\n"), 0o600))
	require.NoError(t, deliver(options{into: file}, []byte("new\n"), io.Discard))
	require.NoError(t, deliver(options{into: file, hang: true}, []byte("hang\n"), io.Discard))
	require.NoError(t, deliver(options{into: file}, []byte("newer\n"), io.Discard))
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "a\n<!-- costs -->\n\nnewer\n\n<!-- /costs -->\nb\n<!-- outages -->\n\nhang\n\n<!-- /outages -->\nc\n", string(got))

	require.NoError(t, os.WriteFile(file, []byte("no marks"), 0o600))
	require.Error(t, deliver(options{into: file}, nil, io.Discard))
	require.Error(t, deliver(options{into: filepath.Join(t.TempDir(), "none")}, nil, io.Discard))
}

// The file that is checked in has both marks.
func TestBenchmarksFile(t *testing.T) {
	text, err := os.ReadFile("../../BENCHMARKS.md")
	require.NoError(t, err)
	for _, name := range []string{"costs", "outages"} {
		_, err := between(text, name, nil)
		require.NoError(t, err)
	}
}

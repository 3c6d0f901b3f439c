package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheLabelTellsTheStory(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(&out))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 8)
	assert.Equal(t, `04524 from "vendor", rank 0, live, failed before: []`, lines[0])
	assert.Equal(t, `04524 from "offline index", rank 1, live, failed before: [vendor: unavailable]`, lines[2])
	assert.Contains(t, lines[7], "[vendor: open", "after five faults the vendor is not even asked")
}

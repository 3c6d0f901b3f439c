package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheArchiveIsTheLastResort(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(&out))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 3)
	assert.Contains(t, lines[0], "vworld, rank 0, live; failed before: []; show beside the map: 공간정보 오픈플랫폼 브이월드")
	assert.Contains(t, lines[1], "osm, rank 1, live; failed before: [vworld: unavailable: vworld: tile: unavailable: connection refused]; show beside the map: © OpenStreetMap contributors")
	assert.Contains(t, lines[2], "archive, rank 2, live; failed before: [vworld: unavailable: vworld: tile: unavailable: connection refused osm: unavailable: osm: tile: unavailable: connection refused]; show beside the map: © City of Seoul (example)")
}

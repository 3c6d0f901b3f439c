package mapview

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/schedule"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/timeline"
	"github.com/detour-go/detour/examples/outage/web/webtest"
)

// open builds the map on two sites that serve.
func open(t *testing.T) *MapView {
	t.Helper()
	sites := webtest.Sites(t)
	m, err := New(Config{Direct: sites[replay.Direct], Detour: sites[replay.Detour]})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close()) })
	for _, s := range sites {
		s.Serve()
	}
	return m
}

// set plays a phase of both vendors.
func set(t *testing.T, m *MapView, primary, secondary timeline.Mode) {
	t.Helper()
	for i, mode := range []timeline.Mode{primary, secondary} {
		require.NoError(t, m.Capability().Roles[i].Play(timeline.Phase{Mode: mode, Share: 1, Status: 503}))
	}
}

func sources(o tally.Outcome) map[string]int {
	counted := make(map[string]int)
	for _, s := range o.Served {
		counted[s.Source]++
	}
	return counted
}

func TestViewOfTheMap(t *testing.T) {
	m := open(t)
	look := func(side replay.Side, seed uint64) tally.Outcome {
		return m.journey(t.Context(), side, schedule.Arrival{Seed: seed})
	}
	assert.Equal(t, tally.Outcome{OK: true}, look(replay.Direct, 1), "the direct site has no labels")
	o := look(replay.Detour, 1)
	assert.True(t, o.OK)
	assert.Equal(t, map[string]int{VWorld: 12}, sources(o))

	set(t, m, timeline.Refuse, timeline.OK)
	assert.Equal(t, tally.Outcome{Why: whyNoTile}, look(replay.Direct, 2))
	o = look(replay.Detour, 2)
	assert.True(t, o.OK)
	assert.Zero(t, sources(o)[Own])
	assert.Positive(t, sources(o)[OSM])

	set(t, m, timeline.HTML, timeline.Fail)
	assert.Equal(t, tally.Outcome{Why: whyNoTile}, look(replay.Direct, 3), "a page is no tile")
	o = look(replay.Detour, 3)
	assert.True(t, o.OK, o.Why)
	assert.Positive(t, sources(o)[Own], "nobody of the network is left")
}

func TestEveryViewIsOnTheSitesOwnDisk(t *testing.T) {
	fs, err := own()
	require.NoError(t, err)
	seen := make(map[string]bool)
	for column := range columns - viewColumns + 1 {
		for row := range rows - viewRows + 1 {
			for _, id := range view(column, row) {
				seen[id.String()] = true
				tile, err := fs.Tile(t.Context(), id)
				require.NoError(t, err)
				require.NoError(t, tile.Answers(id))
			}
		}
	}
	assert.Len(t, seen, columns*rows)
	for seed := range uint64(2000) {
		ids := where(seed)
		require.Len(t, ids, 12)
		for _, id := range ids {
			require.True(t, seen[id.String()], "%v", id)
		}
	}
}

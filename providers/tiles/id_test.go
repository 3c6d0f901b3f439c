package tiles_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/tiles"
)

func TestIDValidate(t *testing.T) {
	for _, id := range []tiles.ID{{}, {Z: 1, X: 1, Y: 1}, cityHall, {Z: 22, X: 1<<22 - 1, Y: 1<<22 - 1}} {
		assert.NoError(t, id.Validate(), id)
	}
	rows := map[string]tiles.ID{
		"T11 z=-1": {Z: -1}, "T11 z=99": {Z: 99}, "z=23": {Z: 23}, "T11 x=2^z": {Z: 12, X: 4096}, "y=2^z": {Z: 12, Y: 4096}, "x=-1": {Z: 12, X: -1}, "y=-1": {Z: 12, Y: -1},
		"z=64 shifts to nothing": {Z: 64}, "largest": {Z: math.MaxInt, X: math.MaxInt, Y: math.MaxInt}, "smallest": {Z: math.MinInt, X: math.MinInt, Y: math.MinInt},
		"x beyond 32 bits": {Z: 12, X: 1 << 40}, "x=1 of the world": {X: 1},
	}
	for name, id := range rows {
		t.Run(name, func(t *testing.T) {
			err := id.Validate()
			assert.ErrorIs(t, err, providers.Invalid)
			var e *providers.Error
			require.ErrorAs(t, err, &e)
			assert.True(t, e.NotSent())
			assert.NotPanics(t, func() { _ = id.TMSRow() })
		})
	}
	assert.Equal(t, "tiles: id: invalid: x or y is outside the grid of its zoom", tiles.ID{Z: 1, X: 2}.Validate().Error())
}

func TestAt(t *testing.T) {
	rows := []struct {
		name     string
		lat, lon float64
		z        int
		want     tiles.ID
	}{
		{"Seoul City Hall z12", 37.5666805, 126.9784147, 12, tiles.ID{Z: 12, X: 3492, Y: 1586}},
		{"Seoul City Hall z16", 37.5666805, 126.9784147, 16, tiles.ID{Z: 16, X: 55883, Y: 25378}},
		{"the world", 0, 0, 0, tiles.ID{}},
		{"origin", 0, 0, 1, tiles.ID{Z: 1, X: 1, Y: 1}},
		{"north pole", 90, -180, 3, tiles.ID{Z: 3}},
		{"south pole, east edge", -90, 180, 3, tiles.ID{Z: 3, X: 7, Y: 7}},
		{"edge of the grid", 85.05112877980659, 179.999999, 22, tiles.ID{Z: 22, X: 1<<22 - 1}},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			got, err := tiles.At(r.lat, r.lon, r.z)
			require.NoError(t, err)
			assert.Equal(t, r.want, got)
		})
	}
	nan := math.NaN()
	for _, bad := range []struct {
		lat, lon float64
		z        int
	}{{91, 0, 1}, {-91, 0, 1}, {0, 181, 1}, {0, -181, 1}, {nan, 0, 1}, {0, nan, 1}, {math.Inf(1), 0, 1}, {0, math.Inf(-1), 1}, {0, 0, -1}, {0, 0, 23}} {
		_, err := tiles.At(bad.lat, bad.lon, bad.z)
		assert.ErrorIs(t, err, providers.Invalid, "%v", bad)
	}
}

func TestTMSRow(t *testing.T) {
	assert.Equal(t, 1256, tiles.ID{Z: 11, X: 327, Y: 791}.TMSRow(), "example of the MBTiles specification")
	assert.Equal(t, 2509, cityHall.TMSRow())
	assert.Equal(t, 40157, tiles.ID{Z: 16, X: 55883, Y: 25378}.TMSRow())
}

func TestKeyIsOnePerTile(t *testing.T) {
	assert.Equal(t, "12/3492/1586", tiles.Key(cityHall))
	assert.Equal(t, "12/3492/1586", cityHall.String())
	seen := map[string]bool{}
	for z := range 5 {
		for x := range 1 << z {
			for y := range 1 << z {
				seen[tiles.Key(tiles.ID{Z: z, X: x, Y: y})] = true
			}
		}
	}
	assert.Len(t, seen, 1+4+16+64+256)
}

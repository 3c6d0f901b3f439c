package tiles_test

import (
	"context"
	"errors"
	"fmt"
	"testing/fstest"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/tiles"
)

// A directory of one's own tiles is a provider like any vendor.
func ExampleFromFS() {
	files, err := tiles.FromFS(fstest.MapFS{}, tiles.FSConfig{Layout: "base/{z}/{x}/{y}.png", Attribution: "© City of Seoul"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = files.Tile(context.Background(), tiles.ID{Z: 12, X: 3492, Y: 1586})
	fmt.Println(err, errors.Is(err, providers.NotFound))
	_, err = files.Tile(context.Background(), tiles.ID{Z: 12, X: 4096})
	fmt.Println(err)
	// Output:
	// tiles: file: notfound: no such tile true
	// tiles: id: invalid: x or y is outside the grid of its zoom
}

// The tile that shows Seoul City Hall.
func ExampleAt() {
	id, err := tiles.At(37.5666805, 126.9784147, 12)
	fmt.Println(id, id.TMSRow(), err)
	// Output: 12/3492/1586 2509 <nil>
}

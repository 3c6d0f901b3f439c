// Maps: one chain of map tiles whose last resort is a file on one's own disk. It runs against simulated vendors, offline:
//
//	cd examples/maps && go run .
//
// It is a module of its own, because an MBTiles archive needs SQLite and the root module does not. In a site the two
// BaseURL and AllowLoopbackHTTP lines go, the keys come from its configuration, and the archive is its own extract.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/tiles"
	"github.com/detour-go/detour/providers/tiles/archivetiles"
	"github.com/detour-go/detour/providers/tiles/osmtiles"
	"github.com/detour-go/detour/providers/tiles/vworldtiles"
	"github.com/detour-go/detour/providers/vendorsim"
)

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// chain asks VWorld, then a server with OpenStreetMap's data, then the archive. Nothing here touches the network.
func chain(vworldURL, osmURL string, own *archivetiles.Archive) (maps *fallback.Chain[tiles.ID, tiles.Tile], end func() error, err error) {
	vworld, errVWorld := vworldtiles.New(vworldtiles.Config{
		Key: providers.NewSecret("demo-key"), Domain: "portal.example.kr",
		BaseURL: vworldURL, AllowLoopbackHTTP: true,
	})
	osm, errOSM := osmtiles.New(osmtiles.Config{
		Contact: "https://portal.example.kr/contact",
		BaseURL: osmURL, AllowLoopbackHTTP: true,
	})
	guardVWorld, errGuard := breaker.New(breaker.Config{Name: "vworld"})
	guardOSM, errGuard2 := breaker.New(breaker.Config{Name: "osm"})
	if err := errors.Join(errVWorld, errOSM, errGuard, errGuard2); err != nil {
		return nil, nil, err
	}
	first := fallback.From("vworld", vworld.Tile, &fallback.Upstream{Name: "vworld", Breaker: guardVWorld, Fate: []string{"MOLIT"}})
	second := fallback.From("osm", osm.Tile, &fallback.Upstream{Name: "osm", Breaker: guardOSM, Fate: []string{"OpenStreetMap Foundation"}})
	first.Timeout, second.Timeout = 2*time.Second, 2*time.Second
	maps, err = fallback.New(fallback.Config[tiles.ID, tiles.Tile]{
		Name:    "maps",
		Sources: []fallback.Source[tiles.ID, tiles.Tile]{first, second, fallback.From("archive", own.Tile, nil)},
		Valid:   tiles.ID.Validate, Answers: tiles.Tile.Answers,
	})
	if err != nil {
		return nil, nil, errors.Join(err, guardVWorld.Close(), guardOSM.Close())
	}
	return maps, func() error { return errors.Join(maps.Close(), guardVWorld.Close(), guardOSM.Close()) }, nil
}

func run(out io.Writer) (err error) {
	cityHall := tiles.ID{Z: 12, X: 3492, Y: 1586}
	dir, err := os.MkdirTemp("", "maps")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "city.mbtiles")
	if err := writeArchive(path, cityHall); err != nil {
		return err
	}
	own, err := archivetiles.New(archivetiles.Config{Path: path})
	if err != nil {
		return err
	}
	defer own.Close()
	vworld, err := vendorsim.StartVWorld(vendorsim.VWorldConfig{Domains: []string{"portal.example.kr"}})
	if err != nil {
		return err
	}
	defer vworld.Close()
	osm, err := vendorsim.StartOSM(vendorsim.OSMConfig{})
	if err != nil {
		return err
	}
	defer osm.Close()
	maps, end, err := chain(vworld.URL(), osm.URL(), own)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()

	ask := func(what string) error {
		r, err := maps.Do(context.Background(), cityHall)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%-24s %s, rank %d, %v; failed before: %v; show beside the map: %s\n", what, r.Source, r.Rank, r.Freshness, r.Failed, r.Value.Attribution)
		return nil
	}
	down := func(s interface {
		Break(string, vendorsim.Fault) error
	}) error {
		return s.Break("*", vendorsim.Fault{Mode: vendorsim.Refuse})
	}
	return errors.Join(
		ask("all is well:"),
		down(vworld), ask("VWorld is out:"),
		down(osm), ask("the network is out:"),
	)
}

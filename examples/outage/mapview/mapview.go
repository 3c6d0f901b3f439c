// Package mapview is the map of the example: two simulated tile vendors and the site's own tiles, the tile pages of both sites, and
// citizens who look at the map.
package mapview

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/notice"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/sim"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/tiles"
	"github.com/detour-go/detour/providers/tiles/osmtiles"
	"github.com/detour-go/detour/providers/tiles/vworldtiles"
	"github.com/detour-go/detour/providers/vendorsim"
)

// Names of the sources, as they stand in labels.
const (
	VWorld = "vworld"
	OSM    = "osm"
	Own    = "own"
)

const (
	// fresh is short: with longer times hardly anything of a replay would be asked live, and only memory would be tested.
	fresh = time.Second
	stale = 24 * time.Hour
	// within bounds one ask; a tile that takes longer is of no use to somebody who looks at a map.
	within = 2 * time.Second
)

// Config describes the map of one replay. All fields are mandatory.
type Config struct {
	// Direct and Detour are the two sites. Both get their tile pages here.
	Direct, Detour *web.Site
}

// MapView is the map, ready to be replayed. Close it.
type MapView struct {
	vworld   *vendorsim.VWorld
	osm      *vendorsim.OSM
	guards   []*breaker.Breaker // of vworld, osm
	sources  []replay.Source
	tiles    *tileChain
	windows  *replay.Windows
	browsers *http.Transport
	site     [2]string // by replay.Side
	closers  web.Closers
}

// New starts the vendors and adds the pages to both sites.
func New(c Config) (*MapView, error) {
	m := &MapView{windows: new(replay.Windows)}
	m.browsers = m.closers.Transport()
	if err := m.start(c); err != nil {
		return nil, errors.Join(fmt.Errorf("mapview: %w", err), m.Close())
	}
	return m, nil
}

func (m *MapView) start(c Config) error {
	var err error
	if m.vworld, err = vendorsim.StartVWorld(vendorsim.VWorldConfig{}); err != nil {
		return err
	}
	m.closers.AddQuiet(m.vworld.Close)
	if m.osm, err = vendorsim.StartOSM(vendorsim.OSMConfig{}); err != nil {
		return err
	}
	m.closers.AddQuiet(m.osm.Close)

	// The direct site: one vendor, the client timeout that most sites have, nothing between.
	primary, err := m.primary(m.closers.Client(web.DirectTimeout))
	if err != nil {
		return err
	}
	c.Direct.Handle("GET /tiles/{z}/{x}/{y}", directTile(primary))

	if m.tiles, err = m.chain(m.closers.Client(0)); err != nil {
		return err
	}
	m.closers.Add(m.tiles.Close)
	c.Detour.Handle("GET /tiles/{z}/{x}/{y}", m.detourTile(m.tiles))

	m.site = [2]string{replay.Direct: c.Direct.URL(), replay.Detour: c.Detour.URL()}
	return nil
}

func (m *MapView) primary(client *http.Client) (*vworldtiles.Provider, error) {
	return vworldtiles.New(vworldtiles.Config{Key: providers.NewSecret("demo-key"), BaseURL: m.vworld.URL(), AllowLoopbackHTTP: true, HTTP: client})
}

type tileChain = fallback.Chain[tiles.ID, tiles.Tile]

// chain is what the Detour site asks: VWorld, then a tile server with OpenStreetMap's data, then the tiles on its own disk.
func (m *MapView) chain(client *http.Client) (*tileChain, error) {
	vworld, err := m.primary(client)
	if err != nil {
		return nil, err
	}
	osm, err := osmtiles.New(osmtiles.Config{
		Contact: "outage example; ops@example.test", BaseURL: m.osm.URL(), AllowLoopbackHTTP: true, HTTP: client})
	if err != nil {
		return nil, err
	}
	last, err := own()
	if err != nil {
		return nil, err
	}
	first, err := m.source(VWorld, vworld.Tile, vworldtiles.Retention,
		fallback.Recipient{Company: "Ministry of Land, Infrastructure and Transport", Country: "KR"})
	if err != nil {
		return nil, err
	}
	second, err := m.source(OSM, osm.Tile, osmtiles.Retention,
		fallback.Recipient{Company: "OpenStreetMap Foundation", Country: "GB"})
	if err != nil {
		return nil, err
	}
	second.Upstream.Courtesy = true
	m.sources = append(m.sources, replay.SourceOf(Own, nil))
	return fallback.New(fallback.Config[tiles.ID, tiles.Tile]{
		Name:    "tiles",
		Sources: []fallback.Source[tiles.ID, tiles.Tile]{first, second, fallback.From(Own, last.Tile, &fallback.Upstream{Name: Own, Local: true})},
		Valid:   tiles.ID.Validate, Answers: tiles.Tile.Answers,
		Memory: &fallback.Memory[tiles.ID, tiles.Tile]{Key: tiles.Key, Codec: tiles.Codec{}, Fresh: fresh, Stale: stale},
	})
}

// source guards one vendor. Its probe is one tile in the middle of the map.
func (m *MapView) source(name string, ask func(context.Context, tiles.ID) (tiles.Tile, error), keep time.Duration, by fallback.Recipient) (fallback.Source[tiles.ID, tiles.Tile], error) {
	guard, err := breaker.New(breaker.Config{Name: name, Probe: func(ctx context.Context) error {
		id := tiles.ID{Z: zoom, X: west + columns/2, Y: north + rows/2}
		tile, err := ask(ctx, id)
		if err != nil {
			return err
		}
		return tile.Answers(id)
	}})
	if err != nil {
		return fallback.Source[tiles.ID, tiles.Tile]{}, err
	}
	m.guards = append(m.guards, guard)
	m.closers.Add(guard.Close)
	up := &fallback.Upstream{Name: name, Breaker: guard, Fate: []string{by.Company}, Recipient: by}
	m.sources = append(m.sources, replay.SourceOf(name, up))
	s := fallback.From(name, ask, up)
	s.Timeout, s.Retention = within, fallback.Retention(keep)
	return s, nil
}

// Capability is the map as the replay wants it.
func (m *MapView) Capability() replay.Capability {
	return replay.Capability{
		Name: "tiles",
		Roles: []replay.Role{
			{Name: "tiles.primary", Play: sim.Play(m.vworld, "SYSTEM_ERROR", "tile")},
			{Name: "tiles.secondary", Play: sim.Play(m.osm, "429", "tile")},
		},
		Sources: m.sources,
		Parts:   []fallback.Inspectable{m.tiles},
		Breaker: m.guards[0],
		Windows: m.windows,
		Journey: m.journey,
		Ways: func(context.Context) []notice.Way {
			return []notice.Way{notice.Guarded(VWorld, m.guards[0]), notice.Guarded(OSM, m.guards[1]), notice.Guarded(Own, nil)}
		},
		Words: words(),
	}
}

func words() notice.Words {
	return notice.Words{
		Out:    notice.Text{KO: "{name} 지도를 {since}불러올 수 없습니다.", EN: "{name} maps have not been available{since}."},
		Use:    notice.Text{KO: "대신 {list} 지도를 보여 드립니다.", EN: "You see {list} maps instead."},
		Names:  map[string]notice.Text{VWorld: {KO: "브이월드", EN: "VWorld"}, OSM: {KO: "오픈스트리트맵", EN: "OpenStreetMap"}, Own: {KO: "구청이 만든", EN: "our own"}},
		Chosen: true,
	}
}

// Close ends the chain, the breakers, then the vendors. It may be called on a half-started one.
func (m *MapView) Close() error { return m.closers.Close() }

var _ io.Closer = (*MapView)(nil)

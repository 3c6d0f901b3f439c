package canary

import (
	"context"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/tiles"
	"github.com/detour-go/detour/providers/tiles/osmtiles"
	"github.com/detour-go/detour/providers/tiles/vworldtiles"
	"github.com/detour-go/detour/providers/vendorsim"
)

const (
	mapKey  = "CANARYmapkey7q"
	contact = "CANARYcontact2k; ops@example.test"
)

// tileMap plays the map of one vendor.
func tileMap(s *stage, v vendor, p tiles.Provider, config any, code string) {
	chain, err := fallback.New(fallback.Config[tiles.ID, tiles.Tile]{
		Name: "tiles", Valid: tiles.ID.Validate, Answers: tiles.Tile.Answers, Observe: s.heard,
		Sources: []fallback.Source[tiles.ID, tiles.Tile]{fallback.From("vendor", p.Tile, s.guard("vendor"))},
	})
	require.NoError(s, err)
	look := func(ctx context.Context) error {
		_, err := chain.Do(ctx, tiles.ID{Z: 12, X: 3492, Y: 1586})
		if err != nil {
			s.out.print(err)
		}
		return err
	}
	require.NoError(s, look(s.ctx), "when all is well it works, or the rest proves nothing")
	_, err = chain.Do(s.ctx, tiles.ID{Z: -1})
	s.out.print(err)
	s.outages(v, map[string]string{"tile": code}, func() {
		s.try(func(ctx context.Context) { _ = look(ctx) })
		s.try(func(ctx context.Context) { _ = look(ctx) })
	})
	for _, v := range []any{chain.Inspect(), config, p} {
		s.out.print(v)
	}
	s.out.reached(config, p)
	require.NoError(s, chain.Close())
}

func vworldTiles(s *stage) {
	s.out.seed(mapKey)
	v, err := vendorsim.StartVWorld(vendorsim.VWorldConfig{Keys: []string{mapKey}})
	require.NoError(s, err)
	defer v.Close()
	cfg := vworldtiles.Config{Key: providers.NewSecret(mapKey), BaseURL: v.URL(), AllowLoopbackHTTP: true, HTTP: s.client}
	p, err := vworldtiles.New(cfg)
	require.NoError(s, err)
	tileMap(s, v, p, cfg, "SYSTEM_ERROR")
}

func osmTiles(s *stage) {
	v, err := vendorsim.StartOSM(vendorsim.OSMConfig{})
	require.NoError(s, err)
	defer v.Close()
	cfg := osmtiles.Config{Contact: contact, BaseURL: v.URL(), AllowLoopbackHTTP: true, HTTP: s.client}
	p, err := osmtiles.New(cfg)
	require.NoError(s, err)
	tileMap(s, v, p, nil, "403") // the contact is meant to be read, so the configuration is not looked at
}

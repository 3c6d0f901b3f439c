package tilestest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/tiles"
	"github.com/detour-go/detour/providers/tiles/tilestest"
)

const canary = "CANARY-tilestest-51"

var here, there = tiles.ID{Z: 12, X: 3492, Y: 1586}, tiles.ID{Z: 12, X: 3493, Y: 1586}

// vendor is a good provider; each test spoils one thing of it.
type vendor struct {
	pictures map[tiles.ID][]byte
	asked    *atomic.Int64
	// what may be spoiled; nil: well behaved
	spoil      func(ctx context.Context, v *vendor, id tiles.ID) (tiles.Tile, error)
	revalidate func(v *vendor, have tiles.Tile) (tiles.Tile, error)
}

func (v *vendor) Tile(ctx context.Context, id tiles.ID) (tiles.Tile, error) {
	if v.spoil != nil {
		return v.spoil(ctx, v, id)
	}
	return v.well(ctx, id)
}

func (v *vendor) well(ctx context.Context, id tiles.ID) (tiles.Tile, error) {
	if err := id.Validate(); err != nil {
		return tiles.Tile{}, err
	}
	if err := ctx.Err(); err != nil {
		return tiles.Tile{}, &providers.Error{Provider: "good", Op: "tile", Err: err}
	}
	v.asked.Add(1)
	data, found := v.pictures[id]
	if !found {
		return tiles.Tile{}, &providers.Error{Provider: "good", Op: "tile", Kind: providers.NotFound}
	}
	return tiles.Tile{ID: id, Data: bytes.Clone(data), ContentType: tiles.PNG, ETag: `"1"`, Attribution: "© good"}, nil
}

// Revalidate is the ability of *able.
type able struct{ *vendor }

func (a able) Revalidate(ctx context.Context, have tiles.Tile) (tiles.Tile, error) {
	if a.revalidate != nil {
		return a.revalidate(a.vendor, have)
	}
	return a.well(ctx, have.ID)
}

func draw(t *testing.T, c color.Color) []byte {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, 256, 256), color.Palette{c})
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, m))
	return b.Bytes()
}

func newVendor(t *testing.T) *vendor {
	return &vendor{pictures: map[tiles.ID][]byte{here: draw(t, color.White), there: draw(t, color.Black)}, asked: &atomic.Int64{}}
}

func subject(v *vendor, p tiles.Provider) tilestest.Subject {
	return tilestest.Subject{
		Name: "vendor", Provider: p, Attribution: "© good", Secrets: []string{canary},
		Known:   []tilestest.Sample{{ID: here, ContentType: tiles.PNG, Data: bytes.Clone(v.pictures[here])}, {ID: there, ContentType: tiles.PNG, Data: bytes.Clone(v.pictures[there])}},
		Outside: []tiles.ID{{Z: 1}}, Asked: func() int { return int(v.asked.Load()) },
	}
}

func TestGoodProvidersPass(t *testing.T) {
	v := newVendor(t)
	tilestest.Run(t, subject(v, able{v}))
	tilestest.Run(t, subject(v, v))
}

// recorder stands in for *testing.T.
type recorder struct{ said []string }

func (r *recorder) Helper()             {}
func (r *recorder) Logf(string, ...any) {}
func (r *recorder) Errorf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}

func TestBadProvidersFailTheRuleTheyBreak(t *testing.T) {
	type spoiler = func(ctx context.Context, v *vendor, id tiles.ID) (tiles.Tile, error)
	after := func(edit func(*tiles.Tile)) spoiler {
		return func(ctx context.Context, v *vendor, id tiles.ID) (tiles.Tile, error) {
			tl, err := v.well(ctx, id)
			if err == nil {
				edit(&tl)
			}
			return tl, err
		}
	}
	rows := map[string]struct {
		rule  string
		spoil spoiler
	}{
		"labels every tile with one number": {"as the number asked for", after(func(tl *tiles.Tile) { tl.ID = here })},
		"gives one picture for all": {"of the right type and bytes", func(ctx context.Context, v *vendor, id tiles.ID) (tiles.Tile, error) {
			tl, err := v.well(ctx, id)
			tl.Data = bytes.Clone(v.pictures[here])
			return tl, err
		}},
		"html with status 200": {"comes whole", after(func(tl *tiles.Tile) { tl.Data = []byte("<html>점검</html>") })},
		"cuts":                 {"comes whole", after(func(tl *tiles.Tile) { tl.Data = tl.Data[:len(tl.Data)/2] })},
		"wrong type":           {"comes whole", after(func(tl *tiles.Tile) { tl.ContentType = "text/html" })},
		"another attribution":  {"attribution travels", after(func(tl *tiles.Tile) { tl.Attribution = "mine" })},
		"no attribution":       {"attribution travels", after(func(tl *tiles.Tile) { tl.Attribution = "" })},
		"negative age":         {"caching labels make sense", after(func(tl *tiles.Tile) { tl.MaxAge = -1 })},
		"asks twice": {"one tile is one question", func(ctx context.Context, v *vendor, id tiles.ID) (tiles.Tile, error) {
			_, _ = v.well(ctx, id)
			return v.well(ctx, id)
		}},
		"shares its bytes": {"does not show in the next", func(ctx context.Context, v *vendor, id tiles.ID) (tiles.Tile, error) {
			tl, err := v.well(ctx, id)
			tl.Data = v.pictures[id]
			return tl, err
		}},
		"does not check numbers": {"outside the grid is invalid", func(ctx context.Context, v *vendor, id tiles.ID) (tiles.Tile, error) {
			v.asked.Add(1)
			return v.well(ctx, id)
		}},
		"calls odd numbers notfound": {"outside the grid is invalid", func(ctx context.Context, v *vendor, id tiles.ID) (tiles.Tile, error) {
			tl, err := v.well(ctx, id)
			if errors.Is(err, providers.Invalid) {
				err = &providers.Error{Kind: providers.NotFound}
			}
			return tl, err
		}},
		"nothing and no error": {"not cover is notfound", func(ctx context.Context, v *vendor, id tiles.ID) (tiles.Tile, error) {
			tl, err := v.well(ctx, id)
			if errors.Is(err, providers.NotFound) {
				err = nil
			}
			return tl, err
		}},
		"an error without class": {"not cover is notfound", func(ctx context.Context, v *vendor, id tiles.ID) (tiles.Tile, error) {
			tl, err := v.well(ctx, id)
			if errors.Is(err, providers.NotFound) {
				err = errors.New("nope")
			}
			return tl, err
		}},
		"a tile beside the error": {"not cover is notfound", func(ctx context.Context, v *vendor, id tiles.ID) (tiles.Tile, error) {
			tl, err := v.well(ctx, id)
			tl.ID = id
			return tl, err
		}},
		"ignores its context": {"nobody is asked", func(_ context.Context, v *vendor, id tiles.ID) (tiles.Tile, error) {
			return v.well(context.Background(), id)
		}},
		"prints its key": {"no secret appears", func(ctx context.Context, v *vendor, id tiles.ID) (tiles.Tile, error) {
			tl, err := v.well(ctx, id)
			if err != nil {
				err = fmt.Errorf("get https://vendor/%s/tile: %w", canary, err)
			}
			return tl, err
		}},
		"panics": {"outside the grid is invalid", func(ctx context.Context, v *vendor, id tiles.ID) (tiles.Tile, error) {
			_ = make([]byte, id.Z+1)
			return v.well(ctx, id)
		}},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			v := newVendor(t)
			v.spoil = r.spoil
			var rec recorder
			tilestest.Check(&rec, subject(v, v))
			all := strings.Join(rec.said, "\n")
			assert.Contains(t, all, r.rule)
			assert.NotContains(t, all, canary+"/")
		})
	}
}

func TestBadRevalidatorsFail(t *testing.T) {
	for name, spoil := range map[string]func(*vendor, tiles.Tile) (tiles.Tile, error){
		"hands back what it got": func(v *vendor, have tiles.Tile) (tiles.Tile, error) { v.asked.Add(1); return have, nil },
		"asks twice": func(v *vendor, have tiles.Tile) (tiles.Tile, error) {
			v.asked.Add(1)
			return v.well(context.Background(), have.ID)
		},
		"gives nothing": func(v *vendor, have tiles.Tile) (tiles.Tile, error) { v.asked.Add(1); return tiles.Tile{}, nil },
		"fails":         func(*vendor, tiles.Tile) (tiles.Tile, error) { return tiles.Tile{}, errors.New("no") },
		"chokes on odd validators": func(v *vendor, have tiles.Tile) (tiles.Tile, error) {
			if strings.Contains(have.ETag, "\n") {
				return tiles.Tile{}, errors.New("bad header")
			}
			return v.well(context.Background(), have.ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVendor(t)
			v.revalidate = spoil
			var rec recorder
			tilestest.Check(&rec, subject(v, able{v}))
			require.Len(t, rec.said, 1)
			assert.Contains(t, rec.said[0], "a tile can be renewed")
		})
	}
}

func TestSubjectMustBeDescribed(t *testing.T) {
	var rec recorder
	tilestest.Check(&rec, tilestest.Subject{Name: "empty"})
	require.Len(t, rec.said, 1)
	assert.Contains(t, rec.said[0], "a subject has")
}

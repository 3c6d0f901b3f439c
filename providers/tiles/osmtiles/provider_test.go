package osmtiles_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/providertest"
	"github.com/detour-go/detour/providers/tiles"
	"github.com/detour-go/detour/providers/tiles/osmtiles"
	"github.com/detour-go/detour/providers/tiles/tilestest"
	"github.com/detour-go/detour/providers/vendorsim"
)

var cityHall = tiles.ID{Z: 12, X: 3492, Y: 1586}

func picture(t testing.TB, side int) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White})))
	return b.Bytes()
}

func config(base string) osmtiles.Config {
	return osmtiles.Config{Contact: "portal.example.kr; ops@example.kr", BaseURL: base, AllowLoopbackHTTP: true, HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
}

func open(t *testing.T, cfg osmtiles.Config) *osmtiles.Provider {
	t.Helper()
	p, err := osmtiles.New(cfg)
	require.NoError(t, err)
	return p
}

func serve(t *testing.T, h http.HandlerFunc) *osmtiles.Provider {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return open(t, config(s.URL))
}

func rows(t *testing.T) []providertest.Row {
	const htmlType = "text/html; charset=utf-8"
	const blocked = "Access blocked. See https://operations.osmfoundation.org/policies/tiles/"
	return []providertest.Row{
		{Name: "F23 403 text is a block", Status: 403, ContentType: "text/plain", Body: blocked, Want: providers.Refused},
		{Name: "F23 403 html is a block", Status: 403, ContentType: htmlType, Body: "<html><body>" + blocked + "</body></html>", Want: providers.Refused},
		{Name: "F23 403 with a picture of the block", Status: 403, ContentType: "image/png", Body: string(picture(t, 256)), Want: providers.Refused},
		{Name: "429 text", Status: 429, ContentType: "text/plain", Body: "Too many requests", Want: providers.Limited},
		{Name: "404 text is no such tile", Status: 404, ContentType: "text/plain", Body: "not found", Want: providers.NotFound},
		{Name: "404 html is somebody in between", Status: 404, ContentType: htmlType, Body: "<html>", Want: providers.Unavailable},
		{Name: "T11 html as png", ContentType: "image/png", Body: "<!DOCTYPE html><html></html>", Want: providers.Unavailable},
		{Name: "T11 service exception as png", ContentType: "image/png", Body: "<?xml version=\"1.0\"?><ServiceException/>", Want: providers.Unavailable},
		{Name: "T11 1x1 png", ContentType: "image/png", Body: string(picture(t, 1)), Want: providers.Unavailable},
		{Name: "T11 truncated png", ContentType: "image/png", Body: string(picture(t, 256)[:80]), Want: providers.Unavailable},
		{Name: "T11 png with a script behind", ContentType: "image/png", Body: string(picture(t, 256)) + "<script>", Want: providers.Unavailable},
		{Name: "T11 giant png header", ContentType: "image/png", Body: "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x86\xa0\x00\x01\x86\xa0\x08\x02\x00\x00\x00", Want: providers.Unavailable},
		{Name: "a tile under a type that is none", ContentType: "application/octet-stream", Body: string(picture(t, 256)), Want: providers.Unavailable},
		{Name: "a tile for dense screens", ContentType: "image/png", Body: string(picture(t, 512)), OK: true},
	}
}

func healthy(t *testing.T) http.Handler {
	data := picture(t, 256)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/12/3492/1586.png" || r.Header.Get("User-Agent") != "detour-osmtiles (portal.example.kr; ops@example.kr)" || r.Header.Get("Cache-Control")+r.Header.Get("Pragma") != "" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("ETag", `"7b1"`)
		if r.Header.Get("If-None-Match") == `"7b1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write(data)
	})
}

func TestOSM(t *testing.T) {
	providertest.Run(t, providertest.Subject{
		Name: "osm tile", Healthy: healthy(t), Rows: rows(t),
		New: func(base string, c *http.Client) (func(context.Context) error, error) {
			cfg := config(base)
			cfg.HTTP = c
			p, err := osmtiles.New(cfg)
			return func(ctx context.Context) error { _, err := p.Tile(ctx, cityHall); return err }, err
		},
	})
}

func TestOSMRevalidate(t *testing.T) {
	have := tiles.Tile{ID: cityHall, Data: picture(t, 256), ContentType: tiles.PNG, ETag: `"of before"`, Attribution: "x"}
	providertest.Run(t, providertest.Subject{
		Name: "osm revalidate", Healthy: healthy(t), Rows: rows(t),
		New: func(base string, c *http.Client) (func(context.Context) error, error) {
			cfg := config(base)
			cfg.HTTP = c
			p, err := osmtiles.New(cfg)
			bare := have
			bare.ETag = "" // the common table has a row for a 304 to an unconditional question
			return func(ctx context.Context) error { _, err := p.Revalidate(ctx, bare); return err }, err
		},
	})
}

// The simulator is strict about who asks, and knows nothing of this package.
func TestOSMAgainstTheSimulator(t *testing.T) {
	sim, err := vendorsim.StartOSM(vendorsim.OSMConfig{})
	require.NoError(t, err)
	defer sim.Close()
	var known []tilestest.Sample
	for _, id := range []tiles.ID{cityHall, {}, {Z: 12, X: 3493, Y: 1586}, {Z: 16, X: 55883, Y: 25378}, {Z: 19, X: 447066, Y: 203026}} {
		data, _, err := vendorsim.DrawTile("osm", id.Z, id.X, id.Y)
		require.NoError(t, err)
		known = append(known, tilestest.Sample{ID: id, ContentType: "image/png", Data: data})
	}
	tilestest.Run(t, tilestest.Subject{
		Name: "osm", Provider: open(t, config(sim.URL())), Known: known, Attribution: "© OpenStreetMap contributors",
		Outside: []tiles.ID{{Z: 20}}, Asked: func() int { return sim.Hits("tile") },
	})
	assert.Positive(t, sim.Hits("tile"))
}

func TestRevalidate(t *testing.T) {
	data, newer := picture(t, 256), picture(t, 512)
	var seen http.Header
	var answer func(http.ResponseWriter)
	p := serve(t, func(w http.ResponseWriter, r *http.Request) { seen = r.Header; answer(w) })
	have := tiles.Tile{ID: cityHall, Data: data, ContentType: "image/png", ETag: `W/"1"`, LastModified: "Sun, 06 Nov 1994 08:49:37 GMT", MaxAge: time.Minute, Attribution: "© OpenStreetMap contributors"}

	answer = func(w http.ResponseWriter) {
		w.Header().Set("Cache-Control", "max-age=120")
		w.WriteHeader(304)
	}
	got, err := p.Revalidate(t.Context(), have)
	require.NoError(t, err)
	want := have
	want.MaxAge = 2 * time.Minute
	assert.Equal(t, want, got)
	assert.Equal(t, `W/"1"`, seen.Get("If-None-Match"))
	assert.Equal(t, "Sun, 06 Nov 1994 08:49:37 GMT", seen.Get("If-Modified-Since"))
	assert.Empty(t, seen.Get("Cache-Control")+seen.Get("Pragma"))

	answer = func(w http.ResponseWriter) { w.WriteHeader(304) }
	got, err = p.Revalidate(t.Context(), have)
	require.NoError(t, err)
	assert.Equal(t, 7*24*time.Hour, got.MaxAge, "a 304 that says nothing gives the days of the policy")

	answer = func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("ETag", `"2"`)
		_, _ = w.Write(newer)
	}
	got, err = p.Revalidate(t.Context(), have)
	require.NoError(t, err)
	assert.Equal(t, tiles.Tile{ID: cityHall, Data: newer, ContentType: "image/png", ETag: `"2"`, MaxAge: 7 * 24 * time.Hour, Attribution: "© OpenStreetMap contributors"}, got, "nothing of the old tile is left")

	answer = func(w http.ResponseWriter) { w.WriteHeader(304) }
	broken := have
	broken.Data = data[:50]
	_, err = p.Revalidate(t.Context(), broken)
	require.ErrorIs(t, err, providers.Unavailable, "a broken tile is not renewed by a 304")
	assert.Empty(t, seen.Get("If-None-Match"), "nor asked about")
	_, err = p.Tile(t.Context(), cityHall)
	require.ErrorIs(t, err, providers.Unavailable, "a 304 without a condition is no answer")
}

func TestMaxAge(t *testing.T) {
	var header http.Header
	p := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		for k, v := range header {
			w.Header()[k] = v
		}
		_, _ = w.Write(picture(t, 256))
	})
	for name, r := range map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"nothing said: the policy's seven days": {nil, 7 * 24 * time.Hour},
		"max-age":                               {http.Header{"Cache-Control": {"max-age=12345"}}, 12345 * time.Second},
		"max-age and Age":                       {http.Header{"Cache-Control": {"max-age=100"}, "Age": {"40"}}, time.Minute},
		"Expires":                               {http.Header{"Date": {"Sun, 06 Nov 1994 08:49:37 GMT"}, "Expires": {"Sun, 06 Nov 1994 09:49:37 GMT"}}, time.Hour},
		"max-age=0":                             {http.Header{"Cache-Control": {"max-age=0"}}, 0},
	} {
		header = r.header
		tl, err := p.Tile(t.Context(), cityHall)
		require.NoError(t, err, name)
		assert.Equal(t, r.want, tl.MaxAge, name)
	}
}

func TestLimitHandsOnItsWait(t *testing.T) {
	p := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(429)
	})
	_, err := p.Tile(t.Context(), cityHall)
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, providers.Limited, e.Kind)
	assert.Equal(t, 2*time.Minute, e.Wait())
}

func TestTooDeepNobodyIsAsked(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer s.Close()
	cfg := config(s.URL)
	cfg.MaxZoom = 11
	_, err := open(t, cfg).Tile(t.Context(), cityHall)
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, providers.NotFound, e.Kind)
	assert.True(t, e.NotSent())
	assert.Zero(t, asked)
}

func TestBlockSaysWhatToDo(t *testing.T) {
	p := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) })
	_, err := p.Tile(t.Context(), cityHall)
	require.EqualError(t, err, "osm: tile: refused: blocked: read the tile usage policy")
}

func TestWhoAsks(t *testing.T) {
	var seen *http.Request
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r }))
	defer s.Close()
	cfg := config(s.URL + "/own/")
	cfg.Referer = "https://portal.example.kr/map"
	_, _ = open(t, cfg).Tile(t.Context(), cityHall)
	require.NotNil(t, seen)
	assert.Equal(t, "/own/12/3492/1586.png", seen.URL.Path)
	assert.Equal(t, "https://portal.example.kr/map", seen.Header.Get("Referer"))
	assert.Equal(t, "detour-osmtiles (portal.example.kr; ops@example.kr)", seen.Header.Get("User-Agent"))
}

func TestConfigReportsEveryMistake(t *testing.T) {
	_, err := osmtiles.New(osmtiles.Config{Contact: "nobody (\r\n", Referer: "x", BaseURL: "http://x.example", MaxZoom: 23, Timeout: -1})
	require.Error(t, err)
	for _, want := range []string{"no e-mail", "printable", "referer", "max zoom", "loopback", "timeout", "line break"} {
		assert.Contains(t, err.Error(), want)
	}
	_, err = osmtiles.New(osmtiles.Config{})
	require.EqualError(t, err, "osm: contact names no e-mail or web address: the tile policy requires one")
	for _, contact := range []string{"ops", "담당자 ops@example.kr", "a(b)@example.kr", strings.Repeat("a", 200) + "@example.kr"} {
		_, err := osmtiles.New(osmtiles.Config{Contact: contact})
		assert.Error(t, err, contact)
	}
	for _, contact := range []string{"ops@example.kr", "+https://portal.example.kr/contact"} {
		_, err := osmtiles.New(osmtiles.Config{Contact: contact})
		assert.NoError(t, err, contact)
	}
}

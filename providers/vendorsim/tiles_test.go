package vendorsim

import (
	"bytes"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func startVWorld(t *testing.T, cfg VWorldConfig) (*VWorld, *http.Client) {
	t.Helper()
	v, err := StartVWorld(cfg)
	require.NoError(t, err)
	t.Cleanup(v.Close)
	return v, browser(t)
}

// Seoul City Hall at zoom 12 is x=3492 y=1586 and is asked for as /12/1586/3492.png.
func TestVWorldTile(t *testing.T) {
	v, c := startVWorld(t, VWorldConfig{})
	for _, tc := range []struct{ layer, ext, kind, magic string }{
		{"Base", "png", "image/png", "\x89PNG\r\n\x1a\n"}, {"white", "png", "image/png", "\x89PNG"}, {"gray", "png", "image/png", "\x89PNG"},
		{"midnight", "png", "image/png", "\x89PNG"}, {"Hybrid", "png", "image/png", "\x89PNG"}, {"Satellite", "jpeg", "image/jpeg", "\xff\xd8\xff"},
	} {
		r := ask(t, c, "GET", v.URL()+"/req/wmts/1.0.0/demo-key/"+tc.layer+"/12/1586/3492."+tc.ext, nil)
		require.Equal(t, 200, r.status)
		require.Equal(t, tc.kind, r.header.Get("Content-Type"))
		require.True(t, strings.HasPrefix(r.body, tc.magic))
		for _, h := range []string{"Cache-Control", "Etag", "Last-Modified", "Expires"} {
			require.NotContains(t, r.header, h)
		}
		_, z, x, y, ok := IdentifyTile([]byte(r.body))
		require.True(t, ok)
		require.Equal(t, []int{12, 3492, 1586}, []int{z, x, y})
		want, _, err := DrawTile(tc.layer, 12, 3492, 1586)
		require.NoError(t, err)
		require.Equal(t, string(want), r.body)
	}
}

func TestVWorldMistakes(t *testing.T) {
	v, c := startVWorld(t, VWorldConfig{Keys: []string{"k1", "k2"}, Domains: []string{"city.example"}})
	good := []string{"Referer", "https://city.example/map"}
	cases := []struct {
		name, path, code string
		header           []string
	}{
		{"wrong key", "/k3/Base/12/1586/3492.png", "INVALID_KEY", good},
		{"empty key", "//Base/12/1586/3492.png", "INVALID_KEY", good},
		{"no domain", "/k1/Base/12/1586/3492.png", "INCORRECT_KEY", nil},
		{"wrong domain", "/k1/Base/12/1586/3492.png", "INCORRECT_KEY", []string{"Referer", "https://city.example.evil.example/"}},
		{"row and column swapped", "/k1/Base/12/3492/15860.png", "INVALID_RANGE", good},
		{"zoom 5", "/k1/Base/5/1/1.png", "INVALID_RANGE", good},
		{"zoom 19", "/k1/Base/19/1/1.png", "INVALID_RANGE", good},
		{"column outside", "/k1/Base/6/1/64.png", "INVALID_RANGE", good},
		{"negative", "/k1/Base/6/-1/1.png", "INVALID_TYPE", good},
		{"no number", "/k1/Base/6/a/1.png", "INVALID_TYPE", good},
		{"other writing of a number", "/k1/Base/6/01/1.png", "INVALID_TYPE", good},
		{"unknown layer", "/k1/base/12/1586/3492.png", "INVALID_TYPE", good},
		{"png of a jpeg layer", "/k1/Satellite/12/1586/3492.png", "INVALID_TYPE", good},
		{"jpg", "/k1/Satellite/12/1586/3492.jpg", "INVALID_TYPE", good},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			r := ask(t, c, "GET", v.URL()+"/req/wmts/1.0.0"+tc.path, nil, tc.header...)
			require.Equal(t, 200, r.status, "errors come with 200")
			require.Contains(t, r.header.Get("Content-Type"), "xml")
			require.Contains(t, r.body, "<ExceptionReport")
			require.Contains(t, r.body, tc.code)
		})
	}
	for _, path := range []string{"/k1/Base/12/1586/3492.png", "/k2/Base/18/101508/223501.png"} {
		require.Equal(t, "image/png", ask(t, c, "GET", v.URL()+"/req/wmts/1.0.0"+path, nil, good...).header.Get("Content-Type"))
		require.Equal(t, "image/png", ask(t, c, "GET", v.URL()+"/req/wmts/1.0.0"+path+"?domain=city.example", nil).header.Get("Content-Type"))
	}
	require.Equal(t, 404, ask(t, c, "GET", v.URL()+"/req/wmts/1.0.0/k1/Base/12/1586", nil).status)
	require.Equal(t, 405, ask(t, c, "POST", v.URL()+"/req/wmts/1.0.0/k1/Base/12/1586/3492.png", nil).status)
}

func TestVWorldQuotaAndGateway(t *testing.T) {
	v, c := startVWorld(t, VWorldConfig{Quota: 3})
	tile := v.URL() + "/req/wmts/1.0.0/demo-key/Base/12/1586/3492.png"
	for range 3 {
		require.Equal(t, "image/png", ask(t, c, "GET", tile, nil).header.Get("Content-Type"))
	}
	require.Contains(t, ask(t, c, "GET", tile, nil).body, "OVER_REQUEST_LIMIT")
	v.Advance(24 * time.Hour)
	require.Equal(t, "image/png", ask(t, c, "GET", tile, nil).header.Get("Content-Type"))

	v, c = startVWorld(t, VWorldConfig{GatewayAfter: 2, GatewayFor: time.Hour})
	tile = v.URL() + "/req/wmts/1.0.0/demo-key/Base/12/1586/3492.png"
	for _, want := range []int{200, 200, 502, 502, 502} {
		require.Equal(t, want, ask(t, c, "GET", tile, nil).status)
	}
	v.Advance(61 * time.Minute)
	require.Equal(t, 200, ask(t, c, "GET", tile, nil).status)
}

func TestVWorldErrorShapes(t *testing.T) {
	codes := []string{"PARAM_REQUIRED", "INVALID_TYPE", "INVALID_RANGE", "INVALID_KEY", "INCORRECT_KEY", "UNAVAILABLE_KEY", "OVER_REQUEST_LIMIT", "SYSTEM_ERROR", "UNKNOWN_ERROR"}
	for shape, want := range map[VWorldShape]string{VWorldExceptionReport: "<ExceptionReport", VWorldTileServerError: "<TileMapServerError", VWorldJSON: `"status":"ERROR"`} {
		v, c := startVWorld(t, VWorldConfig{ErrorShape: shape})
		for _, code := range codes {
			require.NoError(t, v.Break("tile", Fault{Mode: Vendor, Code: code}))
			r := ask(t, c, "GET", v.URL()+"/req/wmts/1.0.0/demo-key/Base/12/1586/3492.png", nil)
			require.Equal(t, 200, r.status)
			require.Contains(t, r.body, want)
			require.Contains(t, r.body, `"`+code+`"`)
			if shape == VWorldJSON {
				fault := r.json(t)["response"].(map[string]any)["error"].(map[string]any)
				require.Equal(t, code, fault["code"])
				require.Equal(t, "1", fault["level"], "a string")
			}
		}
	}
	_, err := StartVWorld(VWorldConfig{Keys: []string{"a/b"}, ErrorShape: "x", MaxZoom: 30, Quota: -1})
	for _, want := range []string{"no path segment", "unknown error shape", "maximal zoom", "negative"} {
		require.ErrorContains(t, err, want)
	}
}

func TestOSM(t *testing.T) {
	o, c, tile := startOSM(t)
	r := ask(t, c, "GET", tile, nil, agent...)
	require.Equal(t, 200, r.status)
	require.Equal(t, "image/png", r.header.Get("Content-Type"))
	require.Equal(t, "max-age=604800", r.header.Get("Cache-Control"))
	require.NotEmpty(t, r.header.Get("Last-Modified"))
	etag := r.header.Get("ETag")
	require.Regexp(t, `^"[0-9a-f]{16}"$`, etag)

	for _, cond := range []string{etag, "W/" + etag, `"x", ` + etag, "*"} {
		r = ask(t, c, "GET", tile, nil, append(agent, "If-None-Match", cond)...)
		require.Equal(t, 304, r.status, cond)
		require.Empty(t, r.body)
		require.Equal(t, etag, r.header.Get("ETag"))
		require.Equal(t, "max-age=604800", r.header.Get("Cache-Control"))
	}
	for _, cond := range []string{`"x"`, strings.Trim(etag, `"`)} {
		require.Equal(t, 200, ask(t, c, "GET", tile, nil, append(agent, "If-None-Match", cond)...).status, cond)
	}
	changed := r.header.Get("Last-Modified")
	require.Equal(t, 304, ask(t, c, "GET", tile, nil, append(agent, "If-Modified-Since", changed)...).status)
	require.Equal(t, 200, ask(t, c, "GET", tile, nil, append(agent, "If-Modified-Since", changed, "If-None-Match", `"x"`)...).status, "the tag decides alone")
	other := ask(t, c, "GET", o.URL()+"/12/1586/3492.png", nil, agent...)
	require.NotEqual(t, etag, other.header.Get("ETag"))

	require.Equal(t, 403, ask(t, c, "GET", tile, nil).status, "Go's own user agent")
	for _, ua := range []string{"Go-http-client/2.0", " "} {
		require.Equal(t, 403, ask(t, c, "GET", tile, nil, "User-Agent", ua).status)
	}
	for _, path := range []string{"/20/0/0.png", "/1/2/0.png", "/1/0/2.png", "/1/0/0.jpg", "/1/0/0", "/1/0.png", "/01/0/0.png", "/a/0/0.png", "/1/-1/0.png"} {
		require.Equal(t, 404, ask(t, c, "GET", o.URL()+path, nil, agent...).status, path)
	}
	require.Equal(t, 200, ask(t, c, "GET", o.URL()+"/0/0/0.png", nil, agent...).status)
	require.Equal(t, 200, ask(t, c, "GET", o.URL()+"/19/524287/524287.png", nil, agent...).status)
	for code, status := range map[string]int{"403": 403, "404": 404, "429": 429} {
		require.NoError(t, o.Break("tile", Fault{Mode: Vendor, Code: code}))
		require.Equal(t, status, ask(t, c, "GET", tile, nil, agent...).status)
	}
}

func TestOSMLimit(t *testing.T) {
	o, err := StartOSM(OSMConfig{PerSecond: 2, MaxAge: time.Hour})
	require.NoError(t, err)
	defer o.Close()
	c := browser(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, want := range []bool{true, true, false, false} {
		require.Equal(t, want, o.limit.allow(now))
	}
	require.True(t, o.limit.allow(now.Add(time.Second)))
	require.Equal(t, "max-age=3600", ask(t, c, "GET", o.URL()+"/0/0/0.png", nil, agent...).header.Get("Cache-Control"))
	_, err = StartOSM(OSMConfig{PerSecond: -1, MaxAge: -1})
	require.ErrorContains(t, err, "limit is negative")
	require.ErrorContains(t, err, "age is negative")
}

// Tiles are real images that show which one they are, and neighbours differ.
func TestDrawTile(t *testing.T) {
	for _, layer := range []string{"Base", "white", "gray", "midnight", "Hybrid", "Satellite", "osm"} {
		for _, id := range [][3]int{{12, 3492, 1586}, {12, 3493, 1586}, {12, 3492, 1587}, {13, 3492, 1586}, {0, 0, 0}} {
			data, kind, err := DrawTile(layer, id[0], id[1], id[2])
			require.NoError(t, err)
			img, format, err := image.Decode(bytes.NewReader(data))
			require.NoError(t, err)
			require.Equal(t, "image/"+format, kind)
			require.Equal(t, image.Rect(0, 0, 256, 256), img.Bounds())
			r, g, b, a := img.At(128, 128).RGBA()
			want := TilePixel(layer, id[0], id[1], id[2])
			tolerance := 0.0
			if format == "jpeg" {
				tolerance = 8
			}
			for i, got := range []uint32{r >> 8, g >> 8, b >> 8} {
				require.InDelta(t, []uint8{want.R, want.G, want.B}[i], got, tolerance)
			}
			require.EqualValues(t, 255, a>>8)
			again, _, _ := DrawTile(layer, id[0], id[1], id[2])
			require.Equal(t, data, again)
		}
	}
	seen := map[[3]uint8]bool{}
	for x := range 40 {
		for y := range 40 {
			p := TilePixel("Base", 12, 3400+x, 1500+y)
			require.False(t, seen[[3]uint8{p.R, p.G, p.B}])
			seen[[3]uint8{p.R, p.G, p.B}] = true
		}
	}
	for _, bad := range []struct {
		layer   string
		z, x, y int
	}{{"x", 1, 0, 0}, {"Base", -1, 0, 0}, {"Base", 23, 0, 0}, {"Base", 1, 2, 0}, {"Base", 1, 0, -1}} {
		_, _, err := DrawTile(bad.layer, bad.z, bad.x, bad.y)
		require.Error(t, err)
	}
	for _, data := range []string{"", "x", "detour-sim-tile\x00", "detour-sim-tile\x00Base/1/0;", "detour-sim-tile\x00Base/1/0/a;"} {
		_, _, _, _, ok := IdentifyTile([]byte(data))
		require.False(t, ok)
	}
}

func BenchmarkTile(b *testing.B) {
	d := newDrawer()
	for i := 0; b.Loop(); i++ {
		_, _, _ = d.tile("Base", 12, 3000+i%1000, 1500)
	}
}

package vworldtiles_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"log/slog"
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
	"github.com/detour-go/detour/providers/tiles/tilestest"
	"github.com/detour-go/detour/providers/tiles/vworldtiles"
	"github.com/detour-go/detour/providers/vendorsim"
)

const canary = "CANARY-0A1B2C3D-vworld-key"

var cityHall = tiles.ID{Z: 12, X: 3492, Y: 1586}

func picture(t testing.TB, side int, jpg bool) []byte {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White})
	var b bytes.Buffer
	if jpg {
		require.NoError(t, jpeg.Encode(&b, m, nil))
	} else {
		require.NoError(t, png.Encode(&b, m))
	}
	return b.Bytes()
}

func config(base string) vworldtiles.Config {
	return vworldtiles.Config{Key: providers.NewSecret(canary), BaseURL: base, AllowLoopbackHTTP: true, HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
}

// xmlSaying is an error in the shape of an OGC service, in both roots that were seen.
func xmlSaying(root, code string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><` + root + ` version="1.0.0"><Exception exceptionCode="` + code + `"><ExceptionText>등록되지 않은 인증키입니다.</ExceptionText></Exception></` + root + `>`
}

func jsonSaying(code string) string {
	return `{"response":{"service":{"name":"wmts","version":"1.0.0","operation":"getTile","time":"2(ms)"},"status":"ERROR","error":{"level":"1","code":"` + code + `","text":"인증키 정보가 올바르지 않습니다."}}}`
}

func rows() []providertest.Row {
	const xmlType, jsonType, htmlType = "text/xml;charset=UTF-8", "application/json;charset=UTF-8", "text/html;charset=UTF-8"
	row := func(name, contentType, body string, want providers.Kind, code string) providertest.Row {
		return providertest.Row{Name: name, ContentType: contentType, Body: body, Want: want, Code: code}
	}
	all := []providertest.Row{
		row("F19 xml exception report without a code", xmlType, `<?xml version="1.0"?><ExceptionReport version="1.0.0"><Exception><ExceptionText>내부 오류</ExceptionText></Exception></ExceptionReport>`, providers.Unavailable, ""),
		row("F19 tile map server error without a code", xmlType, `<TileMapServerError><Message>Internal Server Error</Message></TileMapServerError>`, providers.Unavailable, ""),
		row("F19 xml with an unknown code", xmlType, xmlSaying("ExceptionReport", "SOMETHING_NEW"), providers.Unavailable, ""),
		row("F19 json with an unknown code", jsonType, jsonSaying("SOMETHING_NEW"), providers.Unavailable, ""),
		row("F19 code as a text", xmlType, `<ServiceExceptionReport><ServiceException><code> INVALID_KEY </code></ServiceException></ServiceExceptionReport>`, providers.Refused, "INVALID_KEY"),
		row("F19 code within a sentence proves nothing", xmlType, `<ExceptionReport>Not an INVALID_KEY at all</ExceptionReport>`, providers.Unavailable, ""),
		row("F19 xml in euc-kr", "text/xml;charset=EUC-KR", "<?xml version=\"1.0\" encoding=\"EUC-KR\"?><ExceptionReport><Exception exceptionCode=\"INVALID_KEY\">\xb5\xee\xb7\xcf</Exception></ExceptionReport>", providers.Refused, "INVALID_KEY"),
		row("F19 xml that was cut", xmlType, `<ExceptionReport><Exception exceptionCode="OVER_REQUEST_LIMIT"><ExceptionText>하루`, providers.Limited, "OVER_REQUEST_LIMIT"),
		row("F19 xml under an image type", "image/png", xmlSaying("ExceptionReport", "OVER_REQUEST_LIMIT"), providers.Limited, "OVER_REQUEST_LIMIT"),
		row("F19 json under an image type", "image/png", jsonSaying("INVALID_KEY"), providers.Refused, "INVALID_KEY"),
		row("F19 json without a type", "", jsonSaying("INVALID_KEY"), providers.Refused, "INVALID_KEY"),
		row("T14 json with its code twice", jsonType, `{"response":{"error":{"code":"INVALID_KEY","code":"SYSTEM_ERROR"}}}`, providers.Unavailable, ""),
		row("T14 json with a tail", jsonType, jsonSaying("INVALID_KEY")+"<html>", providers.Unavailable, ""),
		row("T14 json null", jsonType, `null`, providers.Unavailable, ""),
		row("T14 null under an image type", "image/png", `null`, providers.Unavailable, ""),
		row("F18 html that names a code", htmlType, `<html><body><p>INVALID_KEY</p></body></html>`, providers.Unavailable, ""),
		row("F18 html as xml that names a code", xmlType, `<HTML><body><p>INVALID_KEY</p></body></HTML>`, providers.Unavailable, ""),
		row("F18 html as an image", "image/png", `<!DOCTYPE html><html><body><p>INVALID_KEY</p></body></html>`, providers.Unavailable, ""),
		row("F18 part of an html page that names a code", htmlType, `<p>INVALID_KEY</p>`, providers.Unavailable, ""),
		row("F19 json under an html type", htmlType, jsonSaying("INVALID_KEY"), providers.Refused, "INVALID_KEY"),
		row("a vector tile is no picture", "application/x-protobuf", "\x1a\x0a\x78\x02\x0a\x04\x72\x6f\x61\x64\x28\x20", providers.Unavailable, ""),
		row("T11 gif", "image/gif", "GIF89a\x01\x00\x01\x00\x00\x00\x00;", providers.Unavailable, ""),
		row("T11 truncated png", "image/png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x02\x00\x00\x00\xd3\x10?1", providers.Unavailable, ""),
		row("T11 giant png header", "image/png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x86\xa0\x00\x01\x86\xa0\x08\x02\x00\x00\x00", providers.Unavailable, ""),
		{Name: "404 without a page is no such tile", Status: 404, ContentType: "text/plain", Body: "not found", Want: providers.NotFound},
		{Name: "404 html is somebody in between", Status: 404, ContentType: htmlType, Body: "<html>", Want: providers.Unavailable},
		{Name: "F23 403 json", Status: 403, ContentType: jsonType, Body: `{}`, Want: providers.Refused},
		{Name: "403 html is a firewall", Status: 403, ContentType: htmlType, Body: "<html>", Want: providers.Unavailable},
		{Name: "403 with a code", Status: 403, ContentType: jsonType, Body: jsonSaying("OVER_REQUEST_LIMIT"), Want: providers.Limited, Code: "OVER_REQUEST_LIMIT"},
		{Name: "long 502 phase of the gateway", Status: 502, ContentType: htmlType, Body: "<html><head><title>502 Bad Gateway</title></head></html>", Want: providers.Unavailable},
		{Name: "201 with a tile is not understood", Status: 201, ContentType: "image/png", Body: "\x89PNG\r\n\x1a\n", Want: providers.Unavailable},
	}
	for code, want := range map[string]providers.Kind{
		"INVALID_KEY": providers.Refused, "INCORRECT_KEY": providers.Refused, "UNAVAILABLE_KEY": providers.Refused, "OVER_REQUEST_LIMIT": providers.Limited,
		"SYSTEM_ERROR": providers.Unavailable, "UNKNOWN_ERROR": providers.Unavailable,
		"PARAM_REQUIRED": providers.NotFound, "INVALID_RANGE": providers.NotFound, "INVALID_TYPE": providers.NotFound,
	} {
		all = append(all,
			row("F19 200 exception report "+code, xmlType, xmlSaying("ExceptionReport", code), want, code),
			row("F19 200 tile map server error "+code, "application/xml", xmlSaying("TileMapServerError", code), want, code),
			row("F19 200 json "+code, jsonType, jsonSaying(code), want, code))
	}
	return all
}

func TestVWorld(t *testing.T) {
	data := picture(t, 256, false)
	providertest.Run(t, providertest.Subject{
		Name: "vworld tile",
		New: func(base string, c *http.Client) (func(context.Context) error, error) {
			cfg := config(base)
			cfg.HTTP = c
			p, err := vworldtiles.New(cfg)
			if err != nil {
				return nil, err
			}
			return func(ctx context.Context) error { _, err := p.Tile(ctx, cityHall); return err }, nil
		},
		Healthy: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/req/wmts/1.0.0/CANARY-0A1B2C3D-vworld-key/Base/12/1586/3492.png" {
				w.WriteHeader(http.StatusTeapot)
				return
			}
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write(data)
		}),
		Rows:    rows(),
		Secrets: []string{canary},
	})
}

// The simulator is strict about path, key and domain, and knows nothing of this package.
func TestVWorldAgainstTheSimulator(t *testing.T) {
	for layer, contentType := range map[vworldtiles.Layer]string{
		vworldtiles.Base: "image/png", vworldtiles.White: "image/png", vworldtiles.Midnight: "image/png", vworldtiles.Hybrid: "image/png", vworldtiles.Satellite: "image/jpeg",
	} {
		t.Run(string(layer), func(t *testing.T) {
			sim, err := vendorsim.StartVWorld(vendorsim.VWorldConfig{Keys: []string{canary}, Domains: []string{"portal.example.kr"}})
			require.NoError(t, err)
			defer sim.Close()
			cfg := config(sim.URL())
			cfg.Layer, cfg.Domain = layer, "portal.example.kr"
			p, err := vworldtiles.New(cfg)
			require.NoError(t, err)
			var known []tilestest.Sample
			for _, id := range []tiles.ID{cityHall, {Z: 12, X: 3493, Y: 1586}, {Z: 16, X: 55883, Y: 25378}, {Z: 6, X: 54, Y: 24}, {Z: 18, X: 223533, Y: 101513}} {
				data, _, err := vendorsim.DrawTile(string(layer), id.Z, id.X, id.Y)
				require.NoError(t, err)
				known = append(known, tilestest.Sample{ID: id, ContentType: contentType, Data: data})
			}
			tilestest.Run(t, tilestest.Subject{
				Name: "vworld", Provider: p, Known: known, Attribution: "공간정보 오픈플랫폼 브이월드", Secrets: []string{canary},
				Outside: []tiles.ID{{}, {Z: 5, X: 27, Y: 12}, {Z: 19, X: 447066, Y: 203026}}, Asked: func() int { return sim.Hits("tile") },
			})
		})
	}
}

func TestSimulatedRefusals(t *testing.T) {
	for _, shape := range []vendorsim.VWorldShape{vendorsim.VWorldExceptionReport, vendorsim.VWorldTileServerError, vendorsim.VWorldJSON} {
		sim, err := vendorsim.StartVWorld(vendorsim.VWorldConfig{Keys: []string{canary}, Domains: []string{"portal.example.kr"}, ErrorShape: shape, Quota: 3, MaxZoom: 18})
		require.NoError(t, err)
		ask := func(edit func(*vworldtiles.Config), id tiles.ID) error {
			cfg := config(sim.URL())
			cfg.Referer = "https://portal.example.kr/map"
			edit(&cfg)
			p, err := vworldtiles.New(cfg)
			require.NoError(t, err)
			_, err = p.Tile(t.Context(), id)
			return err
		}
		assert.NoError(t, ask(func(*vworldtiles.Config) {}, cityHall), "the referer names the domain")
		assert.EqualError(t, ask(func(c *vworldtiles.Config) { c.Key = providers.NewSecret("wrong") }, cityHall), "vworld: tile: refused: INVALID_KEY: vworld said no")
		assert.EqualError(t, ask(func(c *vworldtiles.Config) { c.Referer = "https://evil.example" }, cityHall), "vworld: tile: refused: INCORRECT_KEY: vworld said no")
		assert.EqualError(t, ask(func(c *vworldtiles.Config) { c.MaxZoom = 19 }, tiles.ID{Z: 19, X: 447066, Y: 203026}), "vworld: tile: notfound: INVALID_RANGE: vworld said no")
		assert.NoError(t, ask(func(*vworldtiles.Config) {}, cityHall))
		assert.EqualError(t, ask(func(*vworldtiles.Config) {}, cityHall), "vworld: tile: limited: OVER_REQUEST_LIMIT: vworld said no")
		sim.Close()
	}
}

func TestOutsideItsZoomNobodyIsAsked(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer s.Close()
	cfg := config(s.URL)
	cfg.MinZoom, cfg.MaxZoom = 7, 8
	p, err := vworldtiles.New(cfg)
	require.NoError(t, err)
	for z, want := range map[int]providers.Kind{6: providers.NotFound, 9: providers.NotFound, 0: providers.NotFound, 22: providers.NotFound, -1: providers.Invalid, 99: providers.Invalid} {
		_, err := p.Tile(t.Context(), tiles.ID{Z: z})
		require.ErrorIs(t, err, want, z)
		var e interface{ NotSent() bool }
		require.ErrorAs(t, err, &e)
		assert.True(t, e.NotSent())
	}
	assert.Zero(t, asked)
}

func TestWhatAnErrorCarries(t *testing.T) {
	var body string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		_, _ = w.Write([]byte(body))
	}))
	defer s.Close()
	p, err := vworldtiles.New(config(s.URL))
	require.NoError(t, err)
	ask := func(says string) (e *providers.Error) {
		body = says
		_, err := p.Tile(t.Context(), cityHall)
		require.ErrorAs(t, err, &e)
		return e
	}
	assert.Equal(t, time.Hour, ask(jsonSaying("OVER_REQUEST_LIMIT")).Wait(), "the wait beside a code is handed on")
	for _, unknown := range []string{jsonSaying("ODD_WORDS"), xmlSaying("ExceptionReport", "ODD_WORDS")} {
		e := ask(unknown)
		assert.Empty(t, e.Code, "only codes of the documents are repeated")
		assert.NotContains(t, e.Error(), "ODD_WORDS")
	}
}

func TestCachingLabels(t *testing.T) {
	var header http.Header
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Empty(t, r.Header.Get("Cache-Control"))
		w.Header().Set("Content-Type", "image/png")
		for k, v := range header {
			w.Header()[k] = v
		}
		_, _ = w.Write(picture(t, 256, false))
	}))
	defer s.Close()
	p, err := vworldtiles.New(config(s.URL))
	require.NoError(t, err)
	for name, r := range map[string]struct {
		header http.Header
		maxAge time.Duration
		keep   bool
	}{
		"nothing said: short": {nil, time.Hour, true},
		"max-age":             {http.Header{"Cache-Control": {"max-age=60"}}, time.Minute, true},
		"max-age=0":           {http.Header{"Cache-Control": {"max-age=0"}}, 0, true},
		"no-store":            {http.Header{"Cache-Control": {"no-store"}}, time.Hour, false},
		"private":             {http.Header{"Cache-Control": {"private, max-age=60"}}, time.Minute, false},
	} {
		header = r.header
		tl, err := p.Tile(t.Context(), cityHall)
		require.NoError(t, err, name)
		assert.Equal(t, r.maxAge, tl.MaxAge, name)
		assert.Equal(t, r.keep, tl.Cacheable(), name)
	}
}

func TestConfigReportsEveryMistakeAndNoKey(t *testing.T) {
	_, err := vworldtiles.New(vworldtiles.Config{
		Key: providers.NewSecret(canary + "/../x"), Layer: "base", Referer: "not a url", Domain: "a b", BaseURL: "http://api.example", MinZoom: 5, MaxZoom: 20, Timeout: -1,
	})
	require.Error(t, err)
	for _, want := range []string{"key has", "layer", "referer", "domain", "loopback", "zoom range", "timeout"} {
		assert.Contains(t, err.Error(), want)
	}
	assert.NotContains(t, err.Error(), canary)
	_, err = vworldtiles.New(vworldtiles.Config{})
	require.EqualError(t, err, "vworld: key is missing")
	for _, key := range []providers.Secret{providers.NewSecret("a/b"), providers.NewSecret("a?b"), providers.NewSecret("a#b"), providers.NewSecret("a%2f"), providers.NewSecret(".."), providers.NewSecret("a b"), providers.NewSecret("키"), providers.NewSecret("a\nb"), providers.NewSecret(strings.Repeat("k", 129))} {
		_, err := vworldtiles.New(vworldtiles.Config{Key: key})
		assert.Error(t, err, "%q", key.Reveal())
	}
	for _, referer := range []string{"ftp://x.example", "https://u:p@x.example", "https://", "portal.example.kr", "https://x\r\ny"} {
		_, err := vworldtiles.New(vworldtiles.Config{Key: providers.NewSecret("k"), Referer: referer})
		assert.Error(t, err, referer)
	}
	_, err = vworldtiles.New(vworldtiles.Config{Key: providers.NewSecret("k"), Referer: "https://portal.example.kr", Domain: "portal.example.kr:8080"})
	assert.NoError(t, err)
}

func TestT17NothingPrintsTheKey(t *testing.T) {
	cfg := config("http://127.0.0.1:1")
	p, err := vworldtiles.New(cfg)
	require.NoError(t, err)
	_, err = p.Tile(t.Context(), cityHall)
	require.Error(t, err)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "p", p, "cfg", cfg, "err", err)
	all := log.String() + fmt.Sprintf("%v %+v %#v %v %+v %#v %v %+v %#v", p, p, p, cfg, cfg, cfg, err, err, err)
	assert.NotContains(t, all, canary)
}

func FuzzBodies(f *testing.F) {
	f.Add("text/xml", []byte(xmlSaying("ExceptionReport", "INVALID_KEY")), 200)
	f.Add("application/json", []byte(jsonSaying("SYSTEM_ERROR")), 200)
	f.Add("image/png", picture(f, 256, false), 200)
	f.Fuzz(func(t *testing.T, contentType string, body []byte, status int) {
		cfg := config("http://127.0.0.1:1")
		cfg.HTTP = &http.Client{Transport: answer{contentType, body, status}}
		p, err := vworldtiles.New(cfg)
		require.NoError(t, err)
		tl, err := p.Tile(t.Context(), cityHall)
		if err == nil && (status != 200 || tl.Answers(cityHall) != nil) {
			t.Fatalf("status %d with %q became a tile", status, contentType)
		}
	})
}

// answer is a vendor without a network.
type answer struct {
	contentType string
	body        []byte
	status      int
}

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	rec.Header()["Content-Type"] = []string{a.contentType}
	rec.Body.Write(a.body)
	resp := rec.Result()
	resp.StatusCode, resp.Request = a.status, r
	return resp, nil
}

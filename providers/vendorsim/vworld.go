package vendorsim

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// VWorldShape is the shape of an error body that comes instead of a tile.
type VWorldShape string

// The shapes of error bodies seen; all are sent with HTTP 200.
const (
	VWorldExceptionReport VWorldShape = ""        // XML, root element ExceptionReport
	VWorldTileServerError VWorldShape = "tilemap" // XML, root element TileMapServerError
	VWorldJSON            VWorldShape = "json"    // {"response":{"status":"ERROR","error":{...}}}
)

// VWorldConfig is what VWorld's console holds, and the open questions of its documents. The zero value answers the key
// "demo-key" from any domain without a limit.
type VWorldConfig struct {
	Keys []string // empty: "demo-key"
	// Domains registered for the keys. Not empty: the host of Referer, or the parameter domain, must be one of them.
	Domains []string
	// ErrorShape of errors. UNCONFIRMED which comes when; zero: ExceptionReport.
	ErrorShape VWorldShape
	// MaxZoom is the highest zoom. UNCONFIRMED, sources say 18 or 19; 0: 18. The lowest is 6.
	MaxZoom int
	// Quota is the number of tiles per day, after which OVER_REQUEST_LIMIT comes. Not stated by VWorld; 0: none.
	Quota int
	// GatewayAfter is the number of calls after which the gateway in front answers 502 for GatewayFor, as was seen in the
	// field under eight parallel workers. 0: never.
	GatewayAfter int
	GatewayFor   time.Duration // 0: 10 minutes
}

// VWorld is a simulated VWorld tile server (WMTS).
//
//	GET /req/wmts/1.0.0/{key}/{layer}/{z}/{y}/{x}.{ext}  tile    the row comes before the column
//
// Tiles carry no caching headers, as none are documented. Source: www.vworld.kr, WMTS/TMS guide.
type VWorld struct {
	Server
	cfg   VWorldConfig
	draw  *drawer
	quota limiter
	mu    sync.Mutex // of the two below
	asked int
	tired time.Time // until then the gateway answers
}

// StartVWorld starts the server. All mistakes of the Config are reported at once.
func StartVWorld(cfg VWorldConfig) (*VWorld, error) {
	v := &VWorld{cfg: cfg, draw: newDrawer(), quota: limiter{limit: cfg.Quota, per: 24 * time.Hour}}
	var errs []error
	if len(cfg.Keys) == 0 {
		v.cfg.Keys = []string{"demo-key"}
	}
	for _, k := range v.cfg.Keys {
		if k == "" || strings.ContainsAny(k, "/?#%") {
			errs = append(errs, errors.New("a key is empty or no path segment"))
		}
	}
	if !slices.Contains([]VWorldShape{VWorldExceptionReport, VWorldTileServerError, VWorldJSON}, cfg.ErrorShape) {
		errs = append(errs, fmt.Errorf("unknown error shape %q", cfg.ErrorShape))
	}
	if cfg.MaxZoom == 0 {
		v.cfg.MaxZoom = 18
	}
	if v.cfg.MaxZoom < 6 || v.cfg.MaxZoom > 22 {
		errs = append(errs, errors.New("maximal zoom is not within 6 and 22"))
	}
	if cfg.Quota < 0 || cfg.GatewayAfter < 0 || cfg.GatewayFor < 0 {
		errs = append(errs, errors.New("a limit is negative"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("vendorsim: vworld: start: %w", err)
	}
	codes := []string{"PARAM_REQUIRED", "INVALID_TYPE", "INVALID_RANGE", "INVALID_KEY", "INCORRECT_KEY", "UNAVAILABLE_KEY", "OVER_REQUEST_LIMIT", "SYSTEM_ERROR", "UNKNOWN_ERROR"}
	err := v.Server.start("vworld", &operation{name: "tile", do: v.tile, codes: codes,
		failed: func(*http.Request) answer { return v.problem("SYSTEM_ERROR") },
		vendor: func(_ *http.Request, code string) answer { return v.problem(code) }})
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (v *VWorld) tile(r *http.Request) answer {
	if v.exhausted() {
		return answer{status: http.StatusBadGateway, kind: kindHTML, body: gatewayPage(http.StatusBadGateway)}
	}
	rest, found := strings.CutPrefix(r.URL.Path, "/req/wmts/1.0.0/")
	part := strings.Split(rest, "/")
	if !found || len(part) != 5 {
		return v.noSuchPath(r)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return methodNotAllowed("GET")
	}
	key, layer := part[0], part[1]
	column, ext, _ := strings.Cut(part[4], ".")
	z, okZ := number(part[2])
	y, okY := number(part[3])
	x, okX := number(column)
	switch want, known := vworldExt(layer); {
	case !slices.ContainsFunc(v.cfg.Keys, func(k string) bool { return same(k, key) }):
		return v.problem("INVALID_KEY")
	case !v.fromDomain(r):
		return v.problem("INCORRECT_KEY")
	case !v.quota.allow(v.now()):
		return v.problem("OVER_REQUEST_LIMIT")
	case !known || ext != want || !okZ || !okY || !okX:
		return v.problem("INVALID_TYPE")
	case z < 6 || z > v.cfg.MaxZoom || x >= 1<<z || y >= 1<<z:
		return v.problem("INVALID_RANGE")
	}
	data, kind, err := v.draw.tile(layer, z, x, y)
	if err != nil {
		return v.problem("SYSTEM_ERROR")
	}
	return answer{status: http.StatusOK, kind: kind, body: data}
}

func vworldExt(layer string) (string, bool) {
	switch layer {
	case "Base", "white", "gray", "midnight", "Hybrid":
		return "png", true
	case "Satellite":
		return "jpeg", true
	}
	return "", false
}

// exhausted counts a call and reports whether the gateway has had enough.
func (v *VWorld) exhausted() bool {
	if v.cfg.GatewayAfter == 0 {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.now()
	if now.Before(v.tired) {
		return true
	}
	v.asked++
	if v.asked <= v.cfg.GatewayAfter {
		return false
	}
	v.asked, v.tired = 0, now.Add(orDefault(v.cfg.GatewayFor, 10*time.Minute))
	return true
}

func (v *VWorld) fromDomain(r *http.Request) bool {
	if len(v.cfg.Domains) == 0 {
		return true
	}
	if slices.Contains(v.cfg.Domains, r.URL.Query().Get("domain")) {
		return true
	}
	ref, err := url.Parse(r.Header.Get("Referer"))
	return err == nil && (slices.Contains(v.cfg.Domains, ref.Host) || slices.Contains(v.cfg.Domains, ref.Hostname()))
}

// problem is an error in the configured shape; HTTP 200 as in the field.
func (v *VWorld) problem(code string) answer {
	text := "요청을 처리할 수 없습니다. (" + code + ")"
	if v.cfg.ErrorShape == VWorldJSON {
		type fault struct {
			Level string `json:"level"`
			Code  string `json:"code"`
			Text  string `json:"text"`
		}
		return jsonAnswer(http.StatusOK, map[string]any{"response": map[string]any{
			"service": map[string]string{"name": "wmts", "version": "1.0.0", "operation": "getTile"},
			"status":  "ERROR", "error": fault{"1", code, text}}})
	}
	root := "ExceptionReport"
	if v.cfg.ErrorShape == VWorldTileServerError {
		root = "TileMapServerError"
	}
	var b strings.Builder
	b.WriteString(xml.Header + "<" + root + ` version="1.0.0"><Exception exceptionCode="` + code + `"><ExceptionText>`)
	_ = xml.EscapeText(&b, []byte(text))
	b.WriteString("</ExceptionText></Exception></" + root + ">")
	return textAnswer(http.StatusOK, "text/xml;charset=UTF-8", b.String())
}

package vendorsim

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// OSMConfig of a simulated OpenStreetMap tile server. The zero value has no limit.
type OSMConfig struct {
	PerSecond int           // tiles per second, after which 429 comes; 0: no limit
	MaxAge    time.Duration // of Cache-Control; 0: 7 days
	Changed   time.Time     // Last-Modified, part of every ETag; zero: 2026-01-01 00:00:00 UTC
}

// OSM is a simulated tile.openstreetmap.org.
//
//	GET /{z}/{x}/{y}.png  tile
//
// A request without a User-Agent, or with Go's own, is refused with 403. Conditional requests are answered with 304.
// Source: the OSM Foundation's tile usage policy.
type OSM struct {
	Server
	cfg   OSMConfig
	draw  *drawer
	limit limiter
}

// StartOSM starts the server. All mistakes of the Config are reported at once.
func StartOSM(cfg OSMConfig) (*OSM, error) {
	var errs []error
	if cfg.PerSecond < 0 {
		errs = append(errs, errors.New("limit is negative"))
	}
	if cfg.MaxAge < 0 {
		errs = append(errs, errors.New("maximal age is negative"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("vendorsim: osm: start: %w", err)
	}
	cfg.MaxAge = orDefault(cfg.MaxAge, 7*24*time.Hour)
	if cfg.Changed.IsZero() {
		cfg.Changed = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	o := &OSM{cfg: cfg, draw: newDrawer(), limit: limiter{limit: cfg.PerSecond, per: time.Second}}
	err := o.Server.start("osm", &operation{name: "tile", do: o.tile, codes: []string{"403", "404", "429"},
		failed: func(*http.Request) answer { return osmError("403") },
		vendor: func(_ *http.Request, code string) answer { return osmError(code) }})
	if err != nil {
		return nil, err
	}
	return o, nil
}

func osmError(code string) answer {
	status, _ := strconv.Atoi(code)
	text := map[string]string{"403": "Access blocked: identify your application, see the tile usage policy.", "404": "Not found", "429": "Too many requests"}[code]
	return textAnswer(status, "text/plain; charset=utf-8", text+"\n")
}

func (o *OSM) tile(r *http.Request) answer {
	agent := r.Header.Get("User-Agent")
	if strings.TrimSpace(agent) == "" || strings.HasPrefix(agent, "Go-http-client/") {
		return osmError("403")
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return methodNotAllowed("GET")
	}
	if !o.limit.allow(o.now()) {
		return osmError("429")
	}
	part := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if len(part) != 3 {
		return osmError("404")
	}
	row, isPNG := strings.CutSuffix(part[2], ".png")
	z, okZ := number(part[0])
	x, okX := number(part[1])
	y, okY := number(row)
	if !isPNG || !okZ || !okX || !okY || z > 19 || x >= 1<<z || y >= 1<<z {
		return osmError("404")
	}
	changed := o.cfg.Changed.UTC().Truncate(time.Second)
	h := fnv.New64a()
	_, _ = h.Write([]byte(tileName("osm", z, x, y) + changed.String()))
	etag := fmt.Sprintf(`"%016x"`, h.Sum64())
	a := answer{status: http.StatusOK}.with("ETag", etag).with("Last-Modified", changed.Format(http.TimeFormat)).
		with("Cache-Control", "max-age="+strconv.FormatInt(seconds(o.cfg.MaxAge), 10))
	if notModified(r, etag, changed) {
		a.status = http.StatusNotModified
		return a
	}
	data, kind, err := o.draw.tile("osm", z, x, y)
	if err != nil {
		return osmError("404")
	}
	a.kind, a.body = kind, data
	return a
}

// notModified is RFC 9110 section 13.1: If-None-Match decides alone when it is there, by weak comparison.
func notModified(r *http.Request, etag string, changed time.Time) bool {
	if list := r.Header.Values("If-None-Match"); len(list) > 0 {
		for one := range strings.SplitSeq(strings.Join(list, ","), ",") {
			one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
			if one == etag || one == "*" {
				return true
			}
		}
		return false
	}
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	return err == nil && !changed.After(since)
}

package mapview

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/tiles"
)

// directTile asks the one vendor and hopes.
func directTile(p tiles.Provider) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, ok := tileOf(r)
		if !ok {
			http.NotFound(w, r)
			return
		}
		tile, err := p.Tile(r.Context(), id)
		if err != nil {
			http.Error(w, "map not available", http.StatusBadGateway)
			return
		}
		send(w, tile)
	}
}

// detourTile asks the chain and passes its label on.
func (m *MapView) detourTile(chain *tileChain) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, ok := tileOf(r)
		if !ok {
			http.NotFound(w, r)
			return
		}
		res, err := chain.Do(r.Context(), id)
		switch {
		case errors.Is(err, fallback.ErrNotFound), errors.Is(err, fallback.ErrInvalid):
			http.NotFound(w, r)
			return
		case err != nil:
			http.Error(w, "map not available", http.StatusServiceUnavailable)
			return
		}
		if res.Source == VWorld && res.Freshness == fallback.Live {
			m.windows.Served(time.Now())
		}
		h := w.Header()
		h.Set(web.HeaderSource, res.Source)
		h.Set(web.HeaderFreshness, res.Freshness.String())
		h.Set(web.HeaderAge, strconv.Itoa(int(res.Age.Seconds())))
		send(w, res.Value)
	}
}

func tileOf(r *http.Request) (tiles.ID, bool) {
	z, errZ := strconv.Atoi(r.PathValue("z"))
	x, errX := strconv.Atoi(r.PathValue("x"))
	y, errY := strconv.Atoi(strings.TrimSuffix(r.PathValue("y"), ".png"))
	id := tiles.ID{Z: z, X: x, Y: y}
	return id, errors.Join(errZ, errX, errY) == nil && id.Validate() == nil
}

// send passes a tile on, with whose map it is: the page shows that beside the map.
func send(w http.ResponseWriter, t tiles.Tile) {
	h := w.Header()
	h.Set("Content-Type", t.ContentType)
	h.Set("Content-Length", strconv.Itoa(len(t.Data)))
	h.Set("Cache-Control", "no-store") // browsers of the replay come once
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set(web.HeaderAttribution, url.PathEscape(t.Attribution))
	_, _ = w.Write(t.Data) // the browser may have gone
}

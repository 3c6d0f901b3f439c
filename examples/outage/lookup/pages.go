package lookup

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
)

// question is what a form needs: the address by road and the postcode.
func question(text string) address.Query {
	return address.Query{Text: text, Size: 5, Require: address.FieldRoad | address.FieldPostcode}
}

// asked reads the form. What a citizen typed travels in the body: it is nobody else's business, and addresses of pages end up in logs.
func asked(w http.ResponseWriter, r *http.Request) address.Query {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	return question(r.PostFormValue("text"))
}

// directSearch asks the one vendor and hopes.
func directSearch(s address.Searcher) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page, err := s.Search(r.Context(), asked(w, r))
		switch {
		case errors.Is(err, providers.NotFound), errors.Is(err, providers.Invalid):
			http.NotFound(w, r)
		case err != nil:
			http.Error(w, "address look-up not available", http.StatusBadGateway)
		default:
			send(w, page)
		}
	}
}

// detourSearch asks the chain and passes its label on.
func (l *Lookup) detourSearch(chain *searchChain) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		res, err := chain.Do(r.Context(), asked(w, r))
		switch {
		case errors.Is(err, fallback.ErrNotFound), errors.Is(err, fallback.ErrInvalid):
			http.NotFound(w, r)
			return
		case err != nil:
			http.Error(w, "address look-up not available: type it in, it is checked later", http.StatusServiceUnavailable)
			return
		}
		if res.Source == Kakao && res.Freshness == fallback.Live {
			l.windows.Served(time.Now())
		}
		h := w.Header()
		h.Set(web.HeaderSource, res.Source)
		h.Set(web.HeaderFreshness, res.Freshness.String())
		h.Set(web.HeaderAge, strconv.Itoa(int(res.Age.Seconds())))
		send(w, res.Value)
	}
}

// line is one address as the form shows it.
type line struct {
	Road     string `json:"road"`
	Postcode string `json:"postcode"`
}

func send(w http.ResponseWriter, p address.Page) {
	lines := make([]line, len(p.Items))
	for i, a := range p.Items {
		lines[i] = line{Road: a.Road, Postcode: a.Postcode}
	}
	data, err := json.Marshal(lines)
	if err != nil {
		http.Error(w, "page", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(data) // the browser may have gone
}

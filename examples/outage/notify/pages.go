package notify

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/detour-go/detour/examples/outage/people"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/message"
)

// handed reads the form: who handed in what. In a real site the citizen is the one who is signed in.
func handed(w http.ResponseWriter, r *http.Request, side replay.Side) (message.Message, bool) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	citizen, errCitizen := strconv.Atoi(r.PostFormValue("citizen"))
	number, errNumber := strconv.Atoi(r.PostFormValue("number"))
	if errors.Join(errCitizen, errNumber) != nil || citizen < 0 || citizen >= people.Most || number < 0 {
		http.Error(w, "form", http.StatusBadRequest)
		return message.Message{}, false
	}
	return receipt(keyOf(side, number), people.Number(citizen), strconv.Itoa(number)), true
}

// keyOf is the site's own name of a receipt.
func keyOf(side replay.Side, number int) string { return prefix(side) + strconv.Itoa(number) }

// directSend hands the message to the one vendor and believes that it arrives.
func directSend(s message.Sender) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		m, ok := handed(w, r, replay.Direct)
		if !ok {
			return
		}
		if _, err := s.Send(r.Context(), m); err != nil {
			http.Error(w, "message not sent", http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// detourSend asks the chain and passes its label on.
func (n *Notify) detourSend(chain *messageChain) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		m, ok := handed(w, r, replay.Detour)
		if !ok {
			return
		}
		res, err := chain.Do(r.Context(), m)
		switch {
		case errors.Is(err, fallback.ErrUnknown):
			// It may be on its way: the page says so and nobody sends it again.
			w.WriteHeader(http.StatusAccepted)
			return
		case err != nil:
			http.Error(w, "message not sent: the receipt is on this page", http.StatusServiceUnavailable)
			return
		}
		if res.Source == AlimTalk {
			n.windows.Served(time.Now())
		}
		w.Header().Set(web.HeaderSource, res.Source)
		w.Header().Set(web.HeaderFreshness, res.Freshness.String())
		w.WriteHeader(http.StatusNoContent)
	}
}

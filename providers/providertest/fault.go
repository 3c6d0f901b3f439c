package providertest

import (
	"net/http"
	"time"

	"github.com/detour-go/detour/providers"
)

// fault is one row: what goes wrong, and what must come of it.
type fault struct {
	// name begins with the id of the fault or threat.
	name string
	// rule says in one sentence why the expected kind is right.
	rule string
	// want is the expected kind.
	want providers.Kind
	// code is the expected Error.Code; empty: any.
	code string
	// after bounds the expected wait; nil: any.
	after *[2]time.Duration
	// serve answers the request under test in the vendor's place.
	serve func(st *stage, w http.ResponseWriter, r *http.Request)
	// trip stands for the network below the request under test.
	trip func(r *http.Request) (*http.Response, error)
	// all: the trip hits all requests, not only the one under test.
	all bool
	// short: nothing but the context ends this row, so it ends soon.
	short bool
}

// How long a row's context lives. The first only bounds what an adapter does
// wrong; the second is what ends the hanging rows, so it is spent in full.
const (
	longCtx  = 20 * time.Second
	shortCtx = 50 * time.Millisecond
)

// table is the fault table of all vendors.
func table() []fault {
	var all []fault
	for _, part := range [][]fault{networkFaults(), trustFaults(), wireFaults(), bodyFaults(), statusFaults(), limitFaults(), redirectFaults(), bombFaults()} {
		all = append(all, part...)
	}
	return all
}

// says answers with a whole, well-formed HTTP answer.
func says(status int, contentType, body string) func(*stage, http.ResponseWriter, *http.Request) {
	return saysWith(status, contentType, nil, body)
}

func saysWith(status int, contentType string, header http.Header, body string) func(*stage, http.ResponseWriter, *http.Request) {
	return func(_ *stage, w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil // no sniffing
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		for k, v := range header {
			w.Header()[k] = v
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

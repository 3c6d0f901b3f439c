package providertest

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"
)

// spoiled is in every text that a fault serves; it must not come back in an error.
const spoiled = "BODY-CANARY-5c1f"

// stage is one row's server, client and adapter.
type stage struct {
	*suite
	T
	row   string
	fault *fault // nil: all is well

	server *httptest.Server
	other  *httptest.Server // another host, which nobody may reach
	wire   *wire
	jar    *jar
	client *http.Client
	stop   chan struct{} // closed when the row is over: ends whatever the server still does
	over   sync.Once
	ask    func(context.Context) error

	hits    atomic.Int64 // requests that reached the server
	struck  atomic.Int64 // those among them that the fault hit
	strayed atomic.Pointer[http.Request]
}

// open builds the stage; nil when the adapter could not be built, which was reported.
func (s *suite) open(t T, row string, f *fault) *stage {
	t.Helper()
	st := &stage{suite: s, T: t, row: row, fault: f, stop: make(chan struct{}), jar: &jar{}}
	st.server = st.serve(st.answer)
	st.other = st.serve(func(w http.ResponseWriter, r *http.Request) {
		st.strayed.Store(r)
		_, _ = io.Copy(io.Discard, r.Body)
	})
	st.wire = newWire(st)
	st.client = &http.Client{Transport: st.wire, Jar: st.jar}
	st.inside(func() {
		ask, err := s.subject.New(st.server.URL, st.client)
		if err != nil {
			st.complain(ruleNew, "New failed: %v", err)
			return
		}
		st.ask = ask
	})
	if st.ask == nil {
		st.close()
		return nil
	}
	return st
}

// serve starts a server that keeps its troubles for itself.
func (st *stage) serve(h http.HandlerFunc) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.MaxHeaderBytes = 1 << 20
	s.Start()
	return s
}

// answer is the vendor: well, but for the requests that the fault hits.
func (st *stage) answer(w http.ResponseWriter, r *http.Request) {
	st.hits.Add(1)
	if st.fault == nil || st.fault.serve == nil || !st.hitBy(r) {
		st.subject.Healthy.ServeHTTP(w, r)
		return
	}
	st.struck.Add(1)
	asked, _ := io.ReadAll(r.Body) // unread bytes would turn a clean close into a reset
	r.Body = io.NopCloser(bytes.NewReader(asked))
	st.fault.serve(st, w, r)
}

func (st *stage) hitBy(r *http.Request) bool {
	return st.subject.Fault == nil || st.subject.Fault(r)
}

// healthy is what the vendor would have answered. Rows that cut and spoil it
// prove nothing unless it is a success with a body.
func (st *stage) healthy(r *http.Request) *httptest.ResponseRecorder {
	r = r.Clone(r.Context())
	r.Header.Del("Accept-Encoding")
	rec := httptest.NewRecorder()
	st.subject.Healthy.ServeHTTP(rec, r)
	rec.Header().Del("Content-Length")
	if rec.Code/100 != 2 || rec.Body.Len() < 2 {
		st.complain(ruleSubject, "Healthy answers the request under test with status %d and %d bytes", rec.Code, rec.Body.Len())
		panic(http.ErrAbortHandler)
	}
	return rec
}

// close ends everything that the row started.
func (st *stage) close() {
	st.over.Do(func() { close(st.stop) })
	st.wire.close()
	for _, s := range []*httptest.Server{st.server, st.other} {
		s.CloseClientConnections()
		s.Close()
	}
}

func (st *stage) complain(rule, format string, args ...any) {
	st.Helper()
	st.Errorf("%s: %s: "+format+"\n\trule: %s", append(append([]any{st.subject.Name, st.row}, args...), rule)...)
}

// outcome is how one ask ended.
type outcome struct {
	err      error
	panicked any
	died     bool // by panic or Goexit
	late     bool // it outlived its context
}

// run asks once and watches that it ends with its context. When it does not,
// the server is shut so that it ends at last.
func (st *stage) run(ctx context.Context) outcome {
	var o outcome
	done := make(chan struct{})
	go st.inside(func() {
		defer close(done)
		o.died = true
		defer func() {
			if o.died {
				o.panicked = recover()
			}
		}()
		o.err = st.ask(ctx)
		o.died = false
	})
	select {
	case <-done:
		return o
	case <-ctx.Done():
	}
	grace := time.NewTimer(st.patience)
	defer grace.Stop()
	select {
	case <-done:
		return o
	case <-grace.C:
	}
	st.close()
	grace.Reset(st.patience)
	select {
	case <-done:
		o.late = true
		return o
	case <-grace.C:
		return outcome{late: true} // it is lost, and so is what it writes
	}
}

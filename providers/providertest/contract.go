package providertest

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/detour-go/detour/providers"
)

// promise is one row of the contract that is not a fault of the vendor.
type promise struct {
	name  string
	check func(t T, name string)
}

func (s *suite) contract() []promise {
	return []promise{
		{"uses only the client it was given", s.onlyItsClient},
		{"F59 cancelled before", s.cancelledBefore},
		{"F59 cancelled while asking", s.cancelledWhileAsking},
		{"concurrent asks, all well", func(t T, name string) {
			s.concurrent(t, name, s.subject.Healthy.ServeHTTP, int64(s.subject.Asks))
		}},
		{"concurrent asks, all failing", func(t T, name string) {
			s.concurrent(t, name, func(w http.ResponseWriter, r *http.Request) { says(503, htmlType, htmlPage)(nil, w, r) }, 0)
		}},
	}
}

var errNoNetwork = errors.New("network is unreachable: " + spoiled)

func unreachable(*http.Request) (*http.Response, error) { return nil, errNoNetwork }

func (s *suite) newIsQuiet(t T) {
	t.Helper()
	const name = "new touches no network"
	t.Logf("rule: %s", ruleNew)
	st := s.open(t, name, &fault{all: true, trip: unreachable})
	if st == nil {
		return
	}
	defer st.close()
	if stacks := st.left(); stacks != "" {
		st.complain(ruleNew, "New started a goroutine:\n%s", stacks)
	}
	if trips, hits := st.wire.trips.Load(), st.hits.Load(); trips+hits > 0 {
		st.complain(ruleNew, "New asked %d times", max(trips, hits))
	}
}

// onlyItsClient gives a client that reaches nobody: so nobody must be reached.
func (s *suite) onlyItsClient(t T, name string) {
	t.Helper()
	t.Logf("rule: %s", ruleClient)
	st := s.open(t, name, &fault{name: name, rule: ruleClient, all: true, trip: unreachable})
	if st == nil {
		return
	}
	defer st.close()
	ctx, cancel := context.WithTimeout(context.Background(), longCtx)
	defer cancel()
	o := st.run(ctx)
	if n := st.hits.Load(); n > 0 {
		st.complain(ruleClient, "%d requests reached the vendor past a client that reaches nobody", n)
		return
	}
	st.verdict(o)
}

func (s *suite) cancelledBefore(t T, name string) {
	t.Helper()
	t.Logf("rule: %s", ruleDeadline)
	st := s.open(t, name, &fault{name: name, rule: ruleDeadline})
	if st == nil {
		return
	}
	defer st.close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	st.verdict(st.run(ctx))
	if n := st.hits.Load(); n > 0 {
		st.complain(ruleDeadline, "%d requests were sent for a caller who had gone", n)
	}
}

// cancelledWhileAsking cancels with a cause of the caller's own, which is what
// http.Client then returns in the place of context.Canceled.
func (s *suite) cancelledWhileAsking(t T, name string) {
	t.Helper()
	t.Logf("rule: %s", ruleDeadline)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	st := s.open(t, name, &fault{name: name, rule: ruleDeadline, serve: func(st *stage, _ http.ResponseWriter, r *http.Request) {
		cancel(errors.New("the citizen left: " + spoiled))
		st.hold(r)
	}})
	if st == nil {
		return
	}
	defer st.close()
	guard := time.AfterFunc(longCtx, func() { cancel(nil) })
	defer guard.Stop()
	st.verdict(st.run(ctx))
}

// concurrent asks from eight goroutines; the race detector judges as well. The
// vendor answers nobody until two have come, so that asks do meet. An adapter
// that lets them queue is slow, but right: it is waited for once.
func (s *suite) concurrent(t T, name string, answer http.HandlerFunc, asks int64) {
	t.Helper()
	t.Logf("rule: %s", ruleConcurrent)
	const askers = 8
	var meet sync.Once
	met := make(chan struct{})
	st := s.open(t, name, &fault{name: name, serve: func(st *stage, w http.ResponseWriter, r *http.Request) {
		if st.struck.Load() > 1 {
			meet.Do(func() { close(met) })
		}
		alone := time.NewTimer(time.Second)
		defer alone.Stop()
		select {
		case <-met:
		case <-alone.C:
			meet.Do(func() { close(met) })
		case <-st.stop:
		}
		answer(w, r)
	}})
	if st == nil {
		return
	}
	defer st.close()
	ctx, cancel := context.WithTimeout(context.Background(), longCtx)
	defer cancel()
	outcomes := make([]outcome, askers)
	var all sync.WaitGroup
	for i := range outcomes {
		all.Go(func() { outcomes[i] = st.run(ctx) })
	}
	all.Wait()
	for _, o := range outcomes {
		if !st.manners(o) {
			return
		}
		var e *providers.Error
		switch well := asks > 0; {
		case well && o.err != nil:
			st.complain(ruleConcurrent, "it failed: %v", o.err)
			return
		case !well && !errors.As(o.err, &e):
			st.complain(ruleConcurrent, "no *providers.Error in %T", o.err)
			return
		}
	}
	got, want := st.wire.trips.Load(), askers*asks
	if asks == 0 {
		got, want = st.wire.struck.Load(), askers
	}
	if got != want {
		st.complain(ruleOnce, "%d asks made %d requests, want %d", askers, got, want)
	}
}

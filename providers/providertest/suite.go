package providertest

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// patience is how long an adapter may take to end after its context has, and
// its goroutines to go. It is spent only on adapters that fail.
const patience = 5 * time.Second

// suite is one run over one subject.
type suite struct {
	subject  Subject
	patience time.Duration
	leaky    atomic.Bool // goroutines or bodies were left: said once, not waited for again
}

func newSuite(s Subject) *suite {
	if s.Asks == 0 {
		s.Asks = 1
	}
	return &suite{subject: s, patience: patience}
}

// run runs all rows; each is called with a row's name and what tests it.
func (s *suite) run(t T, each func(name string, row func(T))) {
	t.Helper()
	if !s.described(t) {
		return
	}
	tap := tapLog()
	well := false
	each("new touches no network", s.newIsQuiet)
	each("healthy", func(t T) { well = s.wellRow(t) })
	if well {
		for _, c := range s.contract() {
			each(c.name, func(t T) { c.check(t, c.name) })
		}
		for _, f := range slices.Concat(table(), s.vendorFaults()) {
			each(f.name, func(t T) { s.faultRow(t, f) })
		}
		for _, r := range s.subject.Rows {
			if r.OK {
				each(r.Name, func(t T) { s.okRow(t, r) })
			}
		}
	}
	heard := tap.close()
	for i, secret := range s.subject.Secrets {
		if form := leaked(heard, secret); form != "" {
			t.Errorf("%s: log: secret number %d appears, %s\n\trule: %s", s.subject.Name, i, form, ruleSecrets)
		}
	}
}

// described checks the subject itself.
func (s *suite) described(t T) bool {
	t.Helper()
	var wrong []string
	if s.subject.New == nil || s.subject.Healthy == nil {
		wrong = append(wrong, "New and Healthy are required")
	}
	known := map[string]bool{}
	for _, f := range table() {
		known[f.name] = true
	}
	for name := range s.subject.Kinds {
		if !known[name] {
			wrong = append(wrong, "Kinds: no row is called "+name)
		}
		if s.subject.Reasons[name] == "" {
			wrong = append(wrong, "Kinds: no reason is given for "+name)
		}
	}
	for name := range s.subject.Reasons {
		if _, ok := s.subject.Kinds[name]; !ok {
			wrong = append(wrong, "Reasons: nothing is overridden for "+name)
		}
	}
	for _, secret := range s.subject.Secrets {
		if len(secret) < shortest {
			wrong = append(wrong, "Secrets: one is too short")
		}
	}
	if len(wrong) > 0 {
		t.Fatalf("%s: %s\n\trule: %s", s.subject.Name, strings.Join(wrong, "; "), ruleSubject)
		return false
	}
	return true
}

// vendorFaults are the vendor's own rows that are no success.
func (s *suite) vendorFaults() []fault {
	var all []fault
	for _, r := range s.subject.Rows {
		if !r.OK {
			all = append(all, fault{name: r.Name, rule: ruleRow, want: r.Want, code: r.Code, serve: r.serve()})
		}
	}
	return all
}

func (r Row) serve() func(*stage, http.ResponseWriter, *http.Request) {
	status := r.Status
	if status == 0 {
		status = http.StatusOK
	}
	return saysWith(status, r.ContentType, r.Header, r.Body)
}

// faultRow asks once while one thing is wrong.
func (s *suite) faultRow(t T, f fault) {
	t.Helper()
	t.Logf("rule: %s", f.rule)
	st := s.open(t, f.name, &f)
	if st == nil {
		return
	}
	defer st.close()
	life := longCtx
	if f.short {
		life = shortCtx
	}
	ctx, cancel := context.WithTimeout(context.Background(), life)
	defer cancel()
	st.verdict(st.run(ctx))
}

// okRow asks once and expects a success.
func (s *suite) okRow(t T, r Row) {
	t.Helper()
	t.Logf("rule: %s", ruleRow)
	st := s.open(t, r.Name, &fault{name: r.Name, serve: r.serve()})
	if st == nil {
		return
	}
	defer st.close()
	st.success(ruleRow)
}

// wellRow asks the healthy vendor. Without that, no other row proves anything.
func (s *suite) wellRow(t T) bool {
	t.Helper()
	t.Logf("rule: %s", ruleHealthy)
	st := s.open(t, "healthy", nil)
	if st == nil {
		return false
	}
	defer st.close()
	return st.success(ruleHealthy)
}

// success asks once and wants a success.
func (st *stage) success(rule string) bool {
	st.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), longCtx)
	defer cancel()
	o := st.run(ctx)
	if !st.manners(o) {
		return false
	}
	if o.err != nil {
		st.complain(rule, "it failed: %v", o.err)
		return false
	}
	if n := st.wire.trips.Load(); n != int64(st.subject.Asks) {
		st.complain(ruleOnce, "asked %d times, want %d", n, st.subject.Asks)
		return false
	}
	return true
}

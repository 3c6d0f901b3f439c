package providertest

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/detour-go/detour/providers"
)

// maxRead is far above the cap that any adapter needs, and far below what the bombs hold.
const maxRead = 8 << 20

// verdict judges one ask that met a fault.
func (st *stage) verdict(o outcome) {
	st.Helper()
	if !st.manners(o) {
		return
	}
	f := st.fault
	if n := st.wire.struck.Load(); n > 1 {
		st.complain(ruleOnce, "asked %d times", n)
	}
	if o.err == nil {
		st.complain(ruleError, "it was a success (%s)", f.rule)
		return
	}
	e := st.shape(o.err)
	if e == nil {
		return
	}
	if want := st.want(f); e.Kind != want {
		st.complain(f.rule, "kind is %s, want %s: %v", e.Kind, want, o.err)
	}
	if f.code != "" && e.Code != f.code {
		st.complain(f.rule, "code is %q, want %q", e.Code, f.code)
	}
	if f.after != nil {
		if w := e.Wait(); w < f.after[0] || w > f.after[1] {
			st.complain(f.rule, "wait is %s, want %s to %s", w, f.after[0], f.after[1])
		}
	}
	if e.Unsent && st.struck.Load() > 0 {
		st.complain(ruleUnsent, "claimed, but the request arrived")
	}
}

func (st *stage) want(f *fault) providers.Kind {
	if k, ok := st.subject.Kinds[f.name]; ok {
		return k
	}
	return f.want
}

// manners are what holds however the ask ended; false: there is nothing more to judge.
func (st *stage) manners(o outcome) bool {
	st.Helper()
	switch {
	case o.late:
		st.complain(ruleDeadline, "still asking %s after its context ended", st.patience)
		return false
	case o.died && o.panicked == nil:
		st.complain(rulePanic, "the ask ended its goroutine")
		return false
	case o.died:
		st.complain(rulePanic, "panic: %v", o.panicked)
		return false
	}
	if hits, trips := st.hits.Load(), st.wire.trips.Load(); hits > trips {
		st.complain(ruleClient, "%d requests reached the vendor, only %d through the client", hits, trips)
	}
	if c := st.client; c.Transport != st.wire || c.Jar != st.jar || c.Timeout != 0 || c.CheckRedirect != nil {
		st.complain(ruleClient, "the client was changed")
	}
	if st.jar.used.Load() > 0 {
		st.complain(ruleCookies, "the client's cookie jar was used")
	}
	if n := st.wire.read.Load(); n > maxRead {
		st.complain(ruleCap, "read %d bytes", n)
	}
	if opened, closed := st.wire.opened.Load(), st.wire.closed.Load(); opened != closed {
		st.complain(ruleBodies, "%d bodies, %d closed", opened, closed)
		st.leaky.Store(true)
	}
	if !st.leaky.Load() {
		if stacks := st.left(); stacks != "" {
			st.complain(ruleGoroutines, "still running:\n%s", stacks)
			st.leaky.Store(true) // waiting for it once is enough
		}
	}
	if r := st.strayed.Load(); r != nil {
		st.complain(ruleStray, "%s reached another host, with the header fields %v", r.Method, slices.Sorted(maps.Keys(r.Header)))
	}
	for cause := range chain(o.err) {
		if isNil(cause) {
			st.complain(ruleShape, "a nil %T became an error that is not nil", cause)
			return false
		}
	}
	st.silent(o.err)
	return true
}

// shape returns the adapter's error, nil when there is none worth judging.
func (st *stage) shape(err error) *providers.Error {
	st.Helper()
	var e *providers.Error
	if !errors.As(err, &e) || e == nil {
		st.complain(ruleShape, "no *providers.Error in %T", err)
		return nil
	}
	text := err.Error()
	switch {
	case e.Provider == "" || e.Op == "":
		st.complain(ruleShape, "provider is %q, op is %q", e.Provider, e.Op)
	case !strings.HasPrefix(e.Error(), e.Provider+": "+e.Op+": "+e.Kind.String()):
		st.complain(ruleShape, "text is %q", e.Error())
	case !strings.Contains(text, e.Error()):
		st.complain(ruleShape, "text %q hides %q", text, e.Error())
	case len(text) > 300 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		st.complain(ruleShape, "text is longer than 300 bytes or has control characters: %q", text)
	}
	if w := e.Wait(); w < 0 || w > 24*time.Hour {
		st.complain(ruleWait, "wait is %s", w)
	}
	return e
}

// silent checks that an error prints nothing it should not.
func (st *stage) silent(err error) {
	st.Helper()
	if err == nil {
		return
	}
	text := printed(err)
	for i, secret := range st.subject.Secrets {
		if form := leaked(text, secret); form != "" {
			st.complain(ruleSecrets, "secret number %d appears, %s", i, form) // it is not repeated here
		}
	}
	if form := leaked(text, spoiled); form != "" {
		st.complain(ruleSecrets, "words of the answer or of a peer appear, %s: %q", form, err.Error())
	}
	if strings.Contains(text, strings.TrimPrefix(st.server.URL, "http://")) || strings.Contains(text, "://") {
		st.complain(ruleSecrets, "an address or URL appears: %q", err.Error())
	}
}

package journeys

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/vendorsim"
)

// script is what happens at the vendors: faults by operation.
type script struct {
	line   vendorsim.Trouble
	solapi map[string]vendorsim.Fault
	nhn    map[string]vendorsim.Fault
	settle time.Duration // how long a lost message is looked for; 0: as look has it
}

// scripts are combinations of faults of both vendors and of the line.
func scripts() map[string]script {
	type faults = map[string]vendorsim.Fault
	of := func(m vendorsim.Mode) vendorsim.Fault { return vendorsim.Fault{Mode: m} }
	done := func(m vendorsim.Mode) vendorsim.Fault { return vendorsim.Fault{Mode: m, Effect: true} }
	slow := func(d time.Duration) vendorsim.Fault { return vendorsim.Fault{Mode: vendorsim.Slow, Delay: d} }
	said := func(code string) vendorsim.Fault { return vendorsim.Fault{Mode: vendorsim.Vendor, Code: code} }
	half := func(f vendorsim.Fault) vendorsim.Fault { f.Share = 0.5; return f }

	first := map[string]faults{
		"well":                        {},
		"port closed":                 {"*": of(vendorsim.Refuse)},
		"dropped":                     {"send_many": of(vendorsim.Reset)},
		"dropped, done":               {"send_many": done(vendorsim.Reset)},
		"dropped, done, list dead":    {"send_many": done(vendorsim.Reset), "list": of(vendorsim.Status)},
		"dropped, list dead":          {"send_many": of(vendorsim.Reset), "list": of(vendorsim.HTML)},
		"cut":                         {"send_many": of(vendorsim.Truncate)},
		"cut, list flaky":             {"send_many": of(vendorsim.Cut), "list": half(of(vendorsim.Status))},
		"503":                         {"send_many": of(vendorsim.Status)},
		"503, done":                   {"send_many": done(vendorsim.Status)},
		"429":                         {"send_many": of(vendorsim.TooMany)},
		"maintenance page, done":      {"send_many": done(vendorsim.HTML)},
		"own error, done":             {"send_many": done(vendorsim.ErrorBody)},
		"hangs, done":                 {"send_many": done(vendorsim.Hang)},
		"hangs":                       {"send_many": of(vendorsim.Hang)},
		"late answer, done":           {"send_many": {Mode: vendorsim.Slow, Delay: 280 * time.Millisecond, Effect: true}},
		"works after we gave up":      {"send_many": slow(220 * time.Millisecond)},
		"key refused":                 {"send_many": said("InvalidAPIKey")},
		"refused at intake":           {"send_many": said("1030")},
		"recipient twice":             {"send_many": said("1026")},
		"every other":                 {"send_many": half(of(vendorsim.Reset))},
		"every other, done":           {"send_many": half(done(vendorsim.Garbage))},
		"not delivered":               {"deliver": said("3012")},
		"never a word":                {"deliver": of(vendorsim.Hang)},
		"never a word, done":          {"deliver": done(vendorsim.Hang)},
		"said to have failed, done":   {"list": half(of(vendorsim.Reset)), "deliver": said("3024")},
		"no report in time":           {"deliver": said("3040")},
		"delivered late":              {"deliver": slow(60 * time.Millisecond)},
		"taken, nobody to ask":        {"list": of(vendorsim.Refuse)},
		"dropped, done, asked slowly": {"send_many": done(vendorsim.Reset), "list": slow(30 * time.Millisecond)},
	}
	then := map[string]faults{
		"well":          {},
		"port closed":   {"*": of(vendorsim.Refuse)},
		"dropped, done": {"sms_auth": done(vendorsim.Reset)},
		"no delivery":   {"deliver": said("3017")},
		"list dead":     {"sms_query": of(vendorsim.Status), "sms_list": of(vendorsim.Status)},
	}
	all := map[string]script{}
	for a, solapi := range first {
		for b, nhn := range then {
			x := script{solapi: solapi, nhn: nhn}
			if a == "works after we gave up" {
				x.settle = time.Second // that it is found is what this is about, also where the vendor's server is starved
			}
			all[a+" then "+b] = x
		}
	}
	for _, line := range []vendorsim.Trouble{vendorsim.NoKakaoTalk, vendorsim.PhoneOff, vendorsim.NoSuchLine, vendorsim.SpamFilter, vendorsim.Swallowed, vendorsim.Unreported} {
		for _, a := range []string{"well", "dropped, done", "dropped"} {
			all[a+" at a line "+string(line)] = script{line: line, solapi: first[a]}
		}
	}
	return all
}

func (s *texts) play(x script) {
	s.t.Helper()
	s.phone.Behave(citizen, vendorsim.Behaviour{Trouble: x.line})
	for op, f := range x.solapi {
		require.NoError(s.t, s.solapi.Break(op, f), op)
	}
	for op, f := range x.nhn {
		require.NoError(s.t, s.nhn.Break(op, f), op)
	}
}

// One message is one message, whatever happens to both vendors: never twice on the phone, there when the result says so, and nobody is
// asked after somebody who may have sent it.
func TestT19OneMessageIsOneMessage(t *testing.T) {
	var mu sync.Mutex
	verdicts := map[string]int{}
	t.Run("scripts", func(t *testing.T) {
		atOnce(t, scripts(), func(t *testing.T, x script) {
			w := wiring{look: look()}
			w.look.Settle = max(w.look.Settle, x.settle)
			s := openTexts(t, w)
			s.play(x)
			for i := range 2 { // the second meets breakers that have heard of the first
				key := fmt.Sprintf("op-%d", i)
				r, err := s.chain.Do(t.Context(), code(key))
				s.judge(key, r, err)
				mu.Lock()
				verdicts[verdictOf(err)]++
				mu.Unlock()
			}
			sent := s.solapi.Hits("send_many") + s.nhn.Hits("sms_auth")
			assert.LessOrEqual(t, sent, 6, "T20: each source is asked once for a message")
			at := map[string]int{"op-0": s.phone.Deliveries("op-0"), "op-1": s.phone.Deliveries("op-1")}
			s.quiet()
			for key, before := range at {
				assert.LessOrEqual(t, s.phone.Deliveries(key), 1, "%s in the end, %d when the chain answered", key, before)
			}
			assert.Empty(t, s.phone.Repeated())
		})
	})
	for _, v := range []string{"ok", "unknown", "unavailable"} {
		assert.Positive(t, verdicts[v], "the scripts lead to %q as well: %v", v, verdicts)
	}
}

// judge compares what the chain says with what is on the phone.
func (s *texts) judge(key string, r fallback.Result[message.Receipt], err error) {
	s.t.Helper()
	on := s.phone.Deliveries(key)
	if err == nil {
		assert.Equal(s.t, 1, on, "%s: %s says delivered", key, r.Source)
		assert.Equal(s.t, message.Delivered, r.Value.State)
		assert.False(s.t, r.Flags.Has(fallback.FlagRepeated))
		by := ""
		for _, x := range s.phone.Inbox(citizen) {
			if x.Key == key {
				by = x.Vendor + " " + x.Channel
			}
		}
		assert.Equal(s.t, map[string]string{talk: "solapi alimtalk", text: "solapi sms", second: "nhn sms"}[r.Source], by, "it came from where the result says")
		return
	}
	var e *fallback.Error
	require.ErrorAs(s.t, err, &e)
	for i, f := range e.Failed {
		if f.Effect == fallback.EffectUnknown {
			assert.Len(s.t, e.Failed, i+1, "nobody is asked after %s, which may have sent it", f.Source)
			assert.True(s.t, e.Unknown, "what may have been sent is unknown")
		}
	}
	if e.NotSent() {
		assert.Zero(s.t, on, "%s: certainly not sent, and on the phone", key)
	}
}

func verdictOf(err error) string {
	var e *fallback.Error
	if err == nil {
		return "ok"
	}
	if errors.As(err, &e) {
		return e.Verdict()
	}
	return "strange"
}

// A site that would rather send a code twice than not at all: at most once by each source, and it is the same code.
func TestT19ACodeMayComeTwiceWhenTheSiteSaysSo(t *testing.T) {
	s := openTexts(t, wiring{look: look(), again: true})
	s.play(script{solapi: map[string]vendorsim.Fault{"deliver": {Mode: vendorsim.Hang, Effect: true}}})
	r, err := s.chain.Do(t.Context(), code("op-1"))
	require.NoError(t, err)
	assert.Equal(t, second, r.Source)
	s.quiet()
	got := s.phone.Inbox(citizen)
	require.Len(t, got, 3)
	for _, x := range got {
		assert.Equal(t, code("op-1").Text, x.Text)
	}
}

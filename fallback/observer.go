package fallback

import (
	"slices"
	"sync"
	"time"
)

// Outcome is what an Observer hears of one call. It holds names, classes and
// times; never a question, an answer or a person.
type Outcome struct {
	Chain     string // name of the chain or flow
	Op        string // "do"; flows: "begin", "finish", "cancel"
	Verdict   string // "ok", or Error.Verdict
	Source    string // who answered; empty: nobody
	Rank      int
	Freshness Freshness
	Age       time.Duration // of the answer; zero for a live one
	Assurance Assurance
	Flags     Flags
	Attempts  int
	Unproven  []string  // sources of a chain, enough for it, that have given no good answer for MaxIdle; at most a second old, shared, read-only
	Failed    []Failure // Err and FindErr hold only what may be shown, or nil
	At        time.Time // when the call began
	Took      time.Duration
}

// Observer hears of every call once, after it: soon, in order of arrival, one
// at a time, in a goroutine of its own. A slow observer does not slow a call
// and a panicking one does not fail it: at most 1024 outcomes wait, those above
// are dropped and counted (Inspection.Unheard), a panic is recovered and
// counted as well. An observer that never returns keeps one goroutine.
type Observer interface {
	Observe(Outcome)
}

// ObserverFunc is an Observer of one function.
type ObserverFunc func(Outcome)

// Observe calls f.
func (f ObserverFunc) Observe(o Outcome) { f(o) }

// unheardMax bounds the outcomes that wait for an observer.
const unheardMax = 1024

// teller hands outcomes to an observer off the path of the call. Its goroutine
// lives only while something waits, so nothing lingers when nobody closes it.
// A nil teller tells nobody.
type teller struct {
	to Observer

	mu      sync.Mutex
	waiting []Outcome
	running bool
	idle    chan struct{} // closed when the running goroutine ends
	unheard uint64
}

func newTeller(to Observer) *teller {
	if to == nil {
		return nil
	}
	return &teller{to: to}
}

// tell queues o, or counts it when the queue is full.
func (t *teller) tell(o Outcome) {
	if t == nil {
		return
	}
	o.Failed = slices.Clone(o.Failed)
	for i := range o.Failed {
		o.Failed[i].Err = cleanError(o.Failed[i].Err)
		o.Failed[i].FindErr = cleanError(o.Failed[i].FindErr)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) >= unheardMax {
		t.unheard++
		return
	}
	t.waiting = append(t.waiting, o)
	if !t.running {
		t.running = true
		t.idle = make(chan struct{})
		go t.run(t.idle)
	}
}

func (t *teller) run(idle chan struct{}) {
	defer close(idle)
	for {
		t.mu.Lock()
		if len(t.waiting) == 0 {
			t.waiting = nil
			t.running = false
			t.mu.Unlock()
			return
		}
		o := t.waiting[0]
		t.waiting = t.waiting[1:]
		t.mu.Unlock()
		t.one(o)
	}
}

// one tells one outcome. An observer that ends the goroutine is followed by a
// new one, so that what waits is still told.
func (t *teller) one(o Outcome) {
	done := false
	defer func() {
		if done {
			return
		}
		gone := recover() == nil // runtime.Goexit cannot be recovered
		t.mu.Lock()
		defer t.mu.Unlock()
		t.unheard++
		if gone {
			t.idle = make(chan struct{})
			go t.run(t.idle)
		}
	}()
	t.to.Observe(o)
	done = true
}

// missed returns how many outcomes the observer did not hear to the end.
func (t *teller) missed() uint64 {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.unheard
}

// close waits until everything told so far was heard, at most the given time,
// and reports whether it was.
func (t *teller) close(wait time.Duration) bool {
	if t == nil {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		t.mu.Lock()
		running, idle := t.running, t.idle
		t.mu.Unlock()
		if !running {
			return true
		}
		select {
		case <-idle:
		case <-timer.C:
			return false
		}
	}
}

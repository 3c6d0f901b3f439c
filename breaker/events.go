package breaker

import (
	"sync"
	"time"
)

// EventKind says what happened.
type EventKind uint8

// The kinds of events.
const (
	EventOpened     EventKind = iota + 1 // from closed, or again from half-open
	EventHalfOpened                      // trials begin
	EventClosed                          // recovered
	EventForcedOn                        // an operator imposed a state
	EventForcedOff                       // it was released (By says who) or expired (By is empty)
	EventFleetDown                       // of a Fleet: everything is down at once
	EventFleetUp                         // of a Fleet: enough is back
)

// String returns "opened", "half-opened", "closed", "forced-on", "forced-off", "fleet-down" or "fleet-up".
func (k EventKind) String() string {
	return word("event", k, "none", "opened", "half-opened", "closed", "forced-on", "forced-off", "fleet-down", "fleet-up")
}

// Event is one thing that happened to a breaker. Seq counts from 1 without gaps; a gap that a subscriber sees are events that were
// dropped (Snapshot.DroppedEvents).
type Event struct {
	Seq        uint64
	At         time.Time
	Kind       EventKind
	From, To   State  // as callers met it; the breaker's own for the kinds that are not forced
	Why        Reason // why it is, or was, open
	Cause      error  // the error that opened it; may be nil
	By, Reason string // of forced kinds
	Until      time.Time
	Snapshot   Snapshot // taken at the transition
}

const maxQueued = 256 // undelivered events of one breaker

// events delivers in order, by one goroutine that exists while something is undelivered.
type events struct {
	mu      sync.Mutex
	subs    []*subscriber
	queue   []Event
	now     *Event // being delivered
	running bool
	dropped uint64
}

type subscriber struct {
	f     func(Event)
	after uint64 // the last event before it came
	gone  bool   // under events.mu
}

// Events calls f for every event from now on, in order, one at a time, outside any lock: f may call the breaker. A slow f delays
// further events but never a call; when more than 256 wait the oldest is dropped and counted. A panic in f is swallowed. After stop
// returns f is not called again (a call under way goes on); stop may be called from f, and more than once. f nil is ignored.
func (b *Breaker) Events(f func(Event)) (stop func()) {
	if b == nil || f == nil {
		return func() {}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.events == nil {
		b.events = &events{}
	}
	return b.events.subscribe(f, b.seq)
}

// subscribe adds one that hears what comes after the event of that number.
func (q *events) subscribe(f func(Event), after uint64) (stop func()) {
	s := &subscriber{f: f, after: after}
	q.mu.Lock()
	q.subs = append(q.subs[:len(q.subs):len(q.subs)], s) // a copy: the delivery reads the old one
	q.mu.Unlock()
	return func() { q.remove(s) }
}

// emitLocked numbers an event and queues it if anybody listens.
func (b *Breaker) emitLocked(now int64, e Event) {
	b.seq++
	if b.events == nil {
		return
	}
	e.Seq, e.At = b.seq, b.at(now)
	e.Snapshot = b.snapshotLocked(now)
	e.Why, e.Cause, e.Until = e.Snapshot.Why, e.Snapshot.Cause, e.Snapshot.Until
	if e.Kind == EventForcedOn {
		e.Until = e.Snapshot.ForcedUntil
	}
	b.events.push(e)
}

func (q *events) push(e Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.subs) == 0 {
		return
	}
	if len(q.queue) >= maxQueued {
		q.queue = q.queue[1:]
		q.dropped++
	}
	q.queue = append(q.queue, e)
	if !q.running {
		q.running = true
		go q.deliver()
	}
}

// deliver ends when nothing is left. When a callback ends the goroutine (runtime.Goexit), another one goes on where it stopped.
func (q *events) deliver() {
	done := false
	defer func() {
		if !done {
			go q.deliver()
		}
	}()
	for {
		q.mu.Lock()
		if q.now == nil {
			if len(q.queue) == 0 {
				q.running, q.queue, done = false, nil, true
				q.mu.Unlock()
				return
			}
			q.now, q.queue = &q.queue[0], q.queue[1:]
		}
		e, subs := q.now, q.subs
		q.mu.Unlock()
		for _, s := range subs {
			q.call(s, *e)
		}
		q.mu.Lock()
		q.now = nil
		q.mu.Unlock()
	}
}

func (q *events) call(s *subscriber, e Event) {
	q.mu.Lock()
	skip := s.gone || e.Seq <= s.after
	s.after = max(s.after, e.Seq)
	q.mu.Unlock()
	if skip {
		return
	}
	defer func() { _ = recover() }()
	s.f(e)
}

func (q *events) remove(s *subscriber) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s.gone = true
	var left []*subscriber
	for _, o := range q.subs {
		if o != s {
			left = append(left, o)
		}
	}
	q.subs = left
}

func (q *events) droppedCount() uint64 {
	if q == nil {
		return 0
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

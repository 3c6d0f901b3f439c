package breaker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	defaultMaxKeys = 1024
	maxMaxKeys     = 1 << 20
	maxKeyLength   = 256 // bytes; longer keys share the overflow breaker
	defaultQuorum  = 0.75
	defaultLeast   = 3
)

// GroupConfig of a Group. The zero value is good.
type GroupConfig struct {
	// Config of every member. Name is the group's; a member's is Name/key. Probe belongs to the parent: it asks whether the upstream as a
	// whole is back. Watch must be nil: ProbeKey and WatchKey are the members'.
	Config

	// Max is how many keys are tracked: 1 to 1,048,576; 0: 1,024. Each costs about 1.5 KiB.
	Max int
	// Quorum is the share (0 to 1) of members that must have opened, among those that opened and those that are closed, had calls in
	// Window and did not fail the last, for the parent to open; 0: 0.75. Members that opened more than two Windows ago, or were forced, do not vote.
	Quorum float64
	// Least is how many members must have opened at least for the parent to open; 0: 3.
	Least int
	// ProbeKey and WatchKey are Config.Probe and Config.Watch of one member. With WatchKey every member has a goroutine.
	ProbeKey, WatchKey func(ctx context.Context, key string) error
	// Label is how a key is shown in names; nil: as it is. Keys that are secrets or persons need one.
	Label func(key string) string
}

// Group holds one breaker per key (host, tenant, region, shard), and a parent over them for when all of it is down. Make it with NewGroup;
// all methods are safe for concurrent use, and on nil, which guards nothing.
//
// One failed key never refuses another: the parent opens only when a quorum of the keys failed. While it is open, every key is
// refused, also new ones; then trials pass the parent as they pass any breaker, each asked by its own key, and a key that refuses its own
// call decides nothing. What the parent closed off in its last outage does not vote in the next. It is judged when somebody asks, at
// most ten times a second, and needs no goroutine. An operator who forces the parent forces all keys.
//
// Bound. At Max keys a new one takes the place of one that is closed, not forced, and idle: within Window no call of it failed, was
// slow or is out. Among those the least recently used goes, as the clock algorithm sees it (looking at 64 at most).
// When none can go, because all are open, forced or busy, the new key is not tracked: it shares the overflow breaker, which is
// named Name/* and counts the calls of all such keys together; the next call of that key tries again.
type Group struct {
	conf    GroupConfig
	base    time.Time
	parent  *Breaker
	over    *Breaker // shared by what is not tracked
	members sync.Map // key: *member

	pending atomic.Bool  // a member has opened since the last judgement
	judged  atomic.Int64 // when that was

	overflowed, evicted atomic.Uint64

	mu      sync.Mutex
	clock   []*member
	hand    int
	closed  bool
	leaving sync.WaitGroup // evicted members that are closing
}

type member struct {
	key     string
	b       *Breaker
	touched atomic.Bool // since the hand last passed
}

// NewGroup makes a group without members. All mistakes of c are reported at once.
func NewGroup(c GroupConfig) (*Group, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c = c.filled()
	g := &Group{conf: c, base: time.Now()}
	g.judged.Store(-int64(judgePace))
	g.parent = build(c.whole(), g.base)
	g.parent.parent = true
	g.over = build(c.rest(), g.base)
	g.over.group = g
	return g, nil
}

func (c GroupConfig) check() error {
	var errs []error
	if c.Watch != nil {
		errs = append(errs, errors.New("breaker: group: Watch is not for one key: use WatchKey"))
	}
	if c.Max < 0 || c.Max > maxMaxKeys {
		errs = append(errs, fmt.Errorf("breaker: group: Max must be 0 to %d: %d", maxMaxKeys, c.Max))
	}
	if !(c.Quorum >= 0 && c.Quorum <= 1) {
		errs = append(errs, fmt.Errorf("breaker: group: Quorum must be 0 to 1: %v", c.Quorum))
	}
	if c.Least < 0 {
		errs = append(errs, fmt.Errorf("breaker: group: Least is negative: %d", c.Least))
	}
	return errors.Join(append(errs, c.of("").Check())...)
}

func (c GroupConfig) filled() GroupConfig {
	c.Max = or(c.Max, defaultMaxKeys)
	c.Quorum = or(c.Quorum, defaultQuorum)
	c.Least = or(c.Least, defaultLeast)
	return c
}

// whole is the Config of the parent.
func (c GroupConfig) whole() Config {
	m := c.Config
	m.WatchEvery = 0
	return m
}

// rest is the Config of the overflow breaker.
func (c GroupConfig) rest() Config {
	m := c.whole()
	m.Name, m.Probe = c.Name+"/*", nil
	return m
}

// of is the Config of one member.
func (c GroupConfig) of(key string) Config {
	m := c.Config
	label := key
	if c.Label != nil {
		label = c.Label(key)
	}
	m.Name, m.Probe, m.Watch = c.Name+"/"+label, nil, nil
	if c.ProbeKey != nil {
		m.Probe = func(ctx context.Context) error { return c.ProbeKey(ctx, key) }
	}
	if c.WatchKey != nil {
		m.Watch = func(ctx context.Context) error { return c.WatchKey(ctx, key) }
	}
	return m
}

// Of is the breaker of key, made when it is not there. Ask for it at every call: one that was kept may have been evicted, and then guards
// with a history of its own. A nil group gives a nil breaker, which guards nothing.
func (g *Group) Of(key string) *Breaker {
	if g == nil {
		return nil
	}
	if v, ok := g.members.Load(key); ok {
		m := v.(*member)
		if !m.touched.Load() {
			m.touched.Store(true)
		}
		return m.b
	}
	return g.join(key)
}

// Parent is the breaker over all keys, to look at, to listen to and to force. Calls go by Of.
func (g *Group) Parent() *Breaker {
	if g == nil {
		return nil
	}
	return g.parent
}

// Range calls f for every key that is tracked, in no order, until f returns false. f may call the group.
func (g *Group) Range(f func(key string, b *Breaker) bool) {
	if g == nil {
		return
	}
	for _, m := range g.all() {
		if !f(m.key, m.b) {
			return
		}
	}
}

func (g *Group) all() []*member {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]*member(nil), g.clock...)
}

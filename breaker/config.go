package breaker

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

const (
	defaultWindow      = 10 * time.Second
	defaultMinCalls    = 20
	defaultFaultRate   = 0.25
	defaultSlowRate    = 0.5
	defaultConsecutive = 5
	defaultOpenFor     = time.Second
	defaultMaxOpenFor  = time.Minute
	defaultWatchEvery  = 5 * time.Second
	defaultRamp        = time.Second
	defaultTrials      = 3
	maxTrials          = 100
	minLease           = 2 * time.Second
	minWindow          = 100 * time.Millisecond
	maxWindow          = 10 * time.Minute
	waitCap            = 10 * time.Minute // longest Retry-After that is obeyed, unless MaxOpenFor is longer
	probeEvery         = time.Second
	minProbeEvery      = 50 * time.Millisecond
	minWatchEvery      = 10 * time.Millisecond
)

// Config of one breaker. The zero value is good for a third-party HTTP API. It is copied by New.
type Config struct {
	// Name stands in errors, snapshots and events. May be empty.
	Name string

	// Window is the length of the rolling window the rates are judged over: 100 ms to 10 min; 0: 10 s, or four times
	// SlowAfter if that is longer. A hang is seen with a precision of about Window/50.
	Window time.Duration
	// MinCalls is how many calls the window must hold before a rate is judged; 0: 20.
	MinCalls int
	// FaultRate is the share (0 to 1) of faults in the window that opens; 0: 0.25.
	FaultRate float64
	// SlowRate is the share (0 to 1) of calls not answered within SlowAfter that opens; 0: 0.5.
	SlowRate float64
	// Consecutive is how many faults in a row, or calls in a row without an answer within SlowAfter, open at once; 0: 5.
	Consecutive int
	// SlowAfter is the slow bound: an answer after it is slow, a call still out after it is missing. At most half of Window.
	// 0: learned. 800 ms cold; after 20 answers the longer of 500 ms and three times the 95th percentile of answers
	// within the bound, at most half of Window. It never learns from slow answers, so an upstream that is
	// always slower than 800 ms needs SlowAfter set.
	SlowAfter time.Duration

	// OpenFor is how long it stays open before the first trial; 0: 1 s. It doubles after each failed recovery, and when it opens again
	// too soon after closing: within twice that time or two Windows; when Watch opens it, within a minute or twenty asks, whichever
	// is longest. It is shortened by up to a fifth at random so that a fleet does not come back in step.
	OpenFor time.Duration
	// MaxOpenFor caps that growth; 0: 1 min, or OpenFor if longer. A Wait of the error that opened it is obeyed up to 10 min, or
	// MaxOpenFor if that is longer.
	MaxOpenFor time.Duration
	// Probe asks the upstream something cheap and true. Set: it is asked in the background at least every second while open (but not
	// before a Wait has passed), each ask bounded by the slow bound, and no call is used as a trial. An error whose class is an
	// answer is a success. It must obey its context, must not call Close, and may panic (a failed ask).
	Probe func(context.Context) error
	// Watch is evidence of our own, asked every WatchEvery also while closed. A failed ask is confirmed by a second at once; two in a
	// row open with ReasonWatch (or the reason of their class). While open it stands in for Probe when that is nil. Same rules as Probe.
	Watch func(context.Context) error
	// WatchEvery is the time from ask to ask, at least 10 ms, shortened by up to a tenth at random; 0: 5 s. Each ask is bounded by it and by the slow bound.
	WatchEvery time.Duration
	// Ramp is the time in which the admitted share grows from a tenth to all after closing; 0: 1 s. A nanosecond is as good as none.
	Ramp time.Duration
	// Trials is how many half-open trials decide, 1 to 100; 0: 3. The first goes alone until one has been answered.
	Trials int
	// TrialRate is the share (0 to 1) of Trials that must be answered well to close; 0: 1, so that one failure opens again. It closes, and opens
	// again, as soon as the rest can change nothing.
	TrialRate float64
	// Lease is how long a half-open trial may take; after it the trial has failed, whatever becomes of it. 0: 2 s, or twice the slow bound if longer.
	Lease time.Duration
}

// Check lists all mistakes of c at once (errors.Join), as New does; nil when there are none.
func (c Config) Check() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("breaker: config: "+format, args...))
	}
	for _, d := range []struct {
		name string
		d    time.Duration
	}{
		{"Window", c.Window}, {"SlowAfter", c.SlowAfter}, {"OpenFor", c.OpenFor}, {"MaxOpenFor", c.MaxOpenFor},
		{"WatchEvery", c.WatchEvery}, {"Ramp", c.Ramp}, {"Lease", c.Lease},
	} {
		if d.d < 0 {
			bad("%s is negative: %v", d.name, d.d)
		}
	}
	for _, n := range []struct {
		name string
		n    int
	}{{"MinCalls", c.MinCalls}, {"Consecutive", c.Consecutive}} {
		if n.n < 0 || n.n > math.MaxInt32 {
			bad("%s must be 0 to %d: %d", n.name, math.MaxInt32, n.n)
		}
	}
	for _, r := range []struct {
		name string
		r    float64
	}{{"FaultRate", c.FaultRate}, {"SlowRate", c.SlowRate}, {"TrialRate", c.TrialRate}} {
		if !(r.r >= 0 && r.r <= 1) { // so written for NaN
			bad("%s must be 0 to 1: %v", r.name, r.r)
		}
	}
	if c.Trials < 0 || c.Trials > maxTrials {
		bad("Trials must be 0 to %d: %d", maxTrials, c.Trials)
	}
	if c.Window > 0 && (c.Window < minWindow || c.Window > maxWindow) {
		bad("Window must be %v to %v: %v", minWindow, maxWindow, c.Window)
	}
	if w := min(c.window(), maxWindow); c.SlowAfter > w/2 {
		bad("SlowAfter %v is more than half of Window %v: a hang would not be seen", c.SlowAfter, w)
	}
	if open := or(max(c.OpenFor, 0), defaultOpenFor); c.MaxOpenFor > 0 && c.MaxOpenFor < open {
		bad("MaxOpenFor %v is shorter than OpenFor %v", c.MaxOpenFor, open)
	}
	if c.WatchEvery > 0 && c.WatchEvery < minWatchEvery {
		bad("WatchEvery must be at least %v: %v", minWatchEvery, c.WatchEvery)
	}
	if c.WatchEvery != 0 && c.Watch == nil {
		bad("WatchEvery is set without Watch")
	}
	return errors.Join(errs...)
}

func (c Config) window() time.Duration {
	if c.Window > 0 {
		return c.Window
	}
	return min(maxWindow, max(defaultWindow, 4*min(c.SlowAfter, maxWindow)))
}

// filled is c with its defaults written out. A Config in use never changes: Reconfigure puts another in its place.
func (c Config) filled() *Config {
	c.Window = c.window()
	c.MinCalls = or(c.MinCalls, defaultMinCalls)
	c.FaultRate = or(c.FaultRate, defaultFaultRate)
	c.SlowRate = or(c.SlowRate, defaultSlowRate)
	c.Consecutive = or(c.Consecutive, defaultConsecutive)
	c.OpenFor = or(c.OpenFor, defaultOpenFor)
	c.MaxOpenFor = max(or(c.MaxOpenFor, defaultMaxOpenFor), c.OpenFor)
	c.Ramp = or(c.Ramp, defaultRamp)
	c.Trials = or(c.Trials, defaultTrials)
	c.TrialRate = or(c.TrialRate, 1)
	if c.Watch != nil {
		c.WatchEvery = or(c.WatchEvery, defaultWatchEvery)
	}
	return &c
}

// needed is how many of Trials must be answered well.
func (c *Config) needed() int {
	return max(1, int(math.Ceil(c.TrialRate*float64(c.Trials)-1e-9))) // 0.7 of 10 is 7, not 8
}

// asks reports whether there is anything to ask in the background.
func (c *Config) asks() bool { return c.Probe != nil || c.Watch != nil }

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

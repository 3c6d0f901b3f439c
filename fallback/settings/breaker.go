package settings

import (
	"errors"
	"fmt"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
)

// breakerOf returns the numbers of c, written out.
func breakerOf(c breaker.Config) *Breaker {
	d := func(v time.Duration) *fallback.Duration { w := fallback.Duration(v); return &w }
	b := &Breaker{
		Window: d(c.Window), MinCalls: &c.MinCalls, FaultRate: &c.FaultRate, SlowRate: &c.SlowRate, Consecutive: &c.Consecutive,
		SlowAfter: d(c.SlowAfter), OpenFor: d(c.OpenFor), MaxOpenFor: d(c.MaxOpenFor), Ramp: d(c.Ramp), Trials: &c.Trials,
		TrialRate: &c.TrialRate, Lease: d(c.Lease),
	}
	if c.Watch != nil {
		b.WatchEvery = d(c.WatchEvery)
	}
	return b
}

// over puts b over c, and says what is wrong with that.
func (b *Breaker) over(c breaker.Config) (breaker.Config, error) {
	var errs []error
	positive := func(name string, is bool) {
		if !is {
			errs = append(errs, fmt.Errorf("breaker: %s must be above zero", name))
		}
	}
	span := func(name string, to *time.Duration, v *fallback.Duration, zero bool) {
		if v != nil {
			positive(name, *v > 0 || zero && *v == 0)
			*to = time.Duration(*v)
		}
	}
	count := func(name string, to, v *int) {
		if v != nil {
			positive(name, *v > 0)
			*to = *v
		}
	}
	rate := func(name string, to, v *float64) {
		if v != nil {
			positive(name, *v > 0)
			*to = *v
		}
	}
	span("window", &c.Window, b.Window, false)
	count("min_calls", &c.MinCalls, b.MinCalls)
	rate("fault_rate", &c.FaultRate, b.FaultRate)
	rate("slow_rate", &c.SlowRate, b.SlowRate)
	count("consecutive", &c.Consecutive, b.Consecutive)
	span("slow_after", &c.SlowAfter, b.SlowAfter, true)
	span("open_for", &c.OpenFor, b.OpenFor, false)
	span("max_open_for", &c.MaxOpenFor, b.MaxOpenFor, false)
	span("watch_every", &c.WatchEvery, b.WatchEvery, false)
	span("ramp", &c.Ramp, b.Ramp, false)
	count("trials", &c.Trials, b.Trials)
	rate("trial_rate", &c.TrialRate, b.TrialRate)
	span("lease", &c.Lease, b.Lease, true)
	if err := c.Check(); err != nil {
		errs = append(errs, err)
	}
	return c, errors.Join(errs...)
}

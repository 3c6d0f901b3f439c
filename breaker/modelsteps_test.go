package breaker_test

import (
	"context"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
)

// enter admits by Enter, or by Trial as the last resort.
func (m *model) enter(last bool) {
	c := &call{ctx: &cancellable{Context: context.Background()}}
	before := m.snapshot()
	var errs [2]error
	for i, b := range []*breaker.Breaker{m.b, m.twin} {
		if last {
			c.pass[i], errs[i] = b.Trial(c.ctx)
		} else {
			c.pass[i], errs[i] = b.Enter(c.ctx)
		}
	}
	if m.admitted(c, before, last, errs) {
		m.out = append(m.out, c)
	}
}

// exit ends the i-th call that is out.
func (m *model) exit(i int, o outcome) {
	c := m.out[i]
	m.out = append(m.out[:i], m.out[i+1:]...)
	if o.cancelled {
		c.ctx.err = context.Canceled
	}
	before := m.snapshot()
	for i := range c.pass {
		c.pass[i].Exit(o.err)
	}
	m.settled(c, before, o)
	after := m.snapshot()
	for i := range c.pass {
		c.pass[i].Exit(errVendor)
	}
	if again := m.snapshot(); again != after {
		m.fatal("I5: only the first Exit counts ", after, again)
	}
}

// do makes a call that ends at once, as end does.
func (m *model) do(end func() error) {
	c := &call{ctx: &cancellable{Context: context.Background()}}
	start := m.snapshot()
	var errs [2]error
	entered := make([]chan bool, 2)
	leave := make(chan bool)
	returned := make(chan int, 2)
	for i, b := range []*breaker.Breaker{m.b, m.twin} {
		entered[i] = make(chan bool, 1)
		go func() {
			defer func() {
				_ = recover()
				returned <- i
			}()
			errs[i] = errLeft
			errs[i] = b.Do(c.ctx, func(context.Context) error {
				entered[i] <- true
				<-leave
				return end()
			})
		}()
	}
	synctest.Wait()
	in := len(entered[0]) == 1
	if in != (len(entered[1]) == 1) {
		m.fatal("I12: one was admitted, the other refused ", start)
	}
	admission := errs
	if in {
		admission = [2]error{}
	}
	if !m.admitted(c, start, false, admission) {
		<-returned
		<-returned
		return
	}
	before := m.snapshot()
	close(leave)
	<-returned
	<-returned
	o := outcome{err: errs[0]} // errLeft after panic and Goexit: a fault
	m.settled(c, before, o)
}

func (m *model) force(to breaker.Forced, ttl time.Duration) {
	m.both(func(b *breaker.Breaker) {
		if err := b.Force(to, "model", "walk", ttl); err != nil {
			m.fatal(err)
		}
	})
	m.forced, m.forcedUntil = to, time.Now().Add(ttl)
}

func (m *model) release() {
	m.both(func(b *breaker.Breaker) { _ = b.Release("model", "walk") })
	m.forcedUntil = time.Time{}
}

func (m *model) reconfigure(c breaker.Config) {
	before, was := m.snapshot(), m.b.Settings().Window
	asked := m.asking && m.b.Own() != breaker.Closed // the Probe is asked at once
	m.both(func(b *breaker.Breaker) {
		if err := b.Reconfigure(c); err != nil {
			m.fatal(err)
		}
	})
	after := m.snapshot()
	if !asked && (after.State != before.State || after.Generation != before.Generation || after.Rejected != before.Rejected || after.Late != before.Late ||
		after.Openings != before.Openings || after.Calls > before.Calls || after.Faults > before.Faults) {
		m.fatal("a change of settings is no transition: ", before, after)
	}
	if c.Window != was {
		m.blurred = time.Now()
	}
}

func (m *model) report(started time.Time, err error) {
	before := m.snapshot()
	own := m.b.Own()
	m.both(func(b *breaker.Breaker) { b.Report(started, err) })
	c := &call{gen: before.Generation, at: started, how: good}
	if c.at.After(time.Now()) {
		c.at = time.Now()
	}
	if err != nil {
		c.how = failed
	}
	after := m.snapshot()
	if after.Late != before.Late {
		before.Late++
		if after != before {
			m.fatal("I3: a late report moved something ", before, after)
		}
		return
	}
	if own != breaker.Closed {
		m.fatal("I3: a report counted while not closed")
	}
	m.calls = append(m.calls, c)
	m.rowed(c.how, after)
}

package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/schedule"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/timeline"
)

// JourneyLimit is how long a citizen tries at all, unless a Config says otherwise.
const JourneyLimit = 10 * time.Second

// afterwards is how long is waited for effects that are still under way when the last journey has ended.
const afterwards = 300 * time.Millisecond

// Config describes a replay. All fields but Limit, Seed and Progress are mandatory.
type Config struct {
	Timeline     timeline.Timeline
	Capabilities []Capability
	Over         time.Duration // real time in which the whole timeline is played
	Journeys     int           // per capability and site
	Citizens     int           // different people
	Limit        time.Duration // how long a citizen tries at all; 0: JourneyLimit
	Seed         uint64
	// Progress is told once a second how it goes. Nil: nobody is.
	Progress func(Tick)
}

// Result is what a replay found.
type Result struct {
	Timeline     timeline.Timeline
	Over         time.Duration // as planned
	Took         time.Duration // from the first second to the end of the last journey
	Planned      int           // journeys per capability and site
	Limit        time.Duration // of one journey
	Interrupted  bool          // ended before its time
	CutShort     int           // journeys that an interruption ended; they are not counted
	Lag          Lag
	Capabilities []Found
	Height       Height
}

// Found is what was found about one capability.
type Found struct {
	Name           string
	Sources        []Source
	Direct, Detour tally.Summary
	Measured       Measured
}

// Lag is how much later than planned arrivals came: it tells whether the machine kept up.
type Lag struct {
	P99, Max time.Duration
	// Own is the share of all processors that this program itself used meanwhile; 0: unknown on this system.
	Own float64
}

// Run plays the outage and returns what was found, also when ctx ends early. Its error says that the replay itself did not work.
func Run(ctx context.Context, c Config) (Result, error) {
	schedules, err := c.schedules()
	if err != nil {
		return Result{}, err
	}
	if c.Limit == 0 {
		c.Limit = JourneyLimit
	}
	start, used := time.Now(), processorTime()
	clock := newClock(c.Timeline, start, c.Over)
	p, err := newPlayer(c.Timeline, clock, c.Capabilities)
	if err != nil {
		return Result{}, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)

	r := run{config: c, ctx: ctx, start: start, lags: make([]time.Duration, 0, len(c.Capabilities)*c.Journeys)}
	var heard []func()
	for _, one := range c.Capabilities {
		r.tallies = append(r.tallies, [sides]*tally.Tally{tally.New(c.Journeys), tally.New(c.Journeys, one.names()...)})
		heard = append(heard, one.Breaker.Events(func(e breaker.Event) {
			if e.Kind == breaker.EventOpened {
				one.Windows.Opened(e.At, e.Why.String())
			}
		}))
	}
	defer func() {
		for _, stop := range heard {
			stop()
		}
	}()

	var arrivals, background sync.WaitGroup
	background.Go(func() {
		if err := p.play(ctx); err != nil {
			stop(err)
		}
	})
	for i := range c.Capabilities {
		arrivals.Go(func() { r.arrive(i, schedules[i]) })
	}
	ticking, stopTicking := context.WithCancel(ctx)
	defer stopTicking()
	background.Go(func() { r.tick(ticking, clock) })
	var worst glance
	background.Go(func() { worst = r.watch(ticking) })

	arrivals.Wait()
	r.journeys.Wait()
	took := time.Since(start)
	interrupted := ctx.Err() != nil
	stopTicking()
	background.Wait()
	if !interrupted {
		time.Sleep(afterwards)
	}
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return Result{}, err
	}
	res := r.result(took, interrupted)
	res.Lag.Own = share(processorTime()-used, time.Since(start))
	res.Height = r.height(worst, clock)
	return res, nil
}

func (c Config) schedules() ([][]schedule.Arrival, error) {
	var errs []error
	if len(c.Capabilities) == 0 {
		errs = append(errs, errors.New("replay: no capabilities"))
	}
	var all [][]schedule.Arrival
	for _, one := range c.Capabilities {
		if len(one.Roles) == 0 || one.Windows == nil || one.Journey == nil {
			errs = append(errs, fmt.Errorf("replay: capability %q lacks roles, windows or journey", one.Name))
		}
		s, err := schedule.New(schedule.Config{Seed: c.Seed, Stream: one.Name, Count: c.Journeys, Over: c.Over, Citizens: c.Citizens})
		if err != nil && len(errs) == 0 {
			errs = append(errs, err)
		}
		all = append(all, s)
	}
	return all, errors.Join(errs...)
}

// run is a replay under way.
type run struct {
	config   Config
	ctx      context.Context
	start    time.Time
	tallies  [][sides]*tally.Tally
	journeys sync.WaitGroup
	cutShort atomic.Int64

	mu   sync.Mutex
	lags []time.Duration
}

// arrive sends the citizens of one capability to both sites, each at the time that was planned for him, whatever became of the others.
func (r *run) arrive(capability int, all []schedule.Arrival) {
	for _, a := range all {
		due := r.start.Add(a.At)
		select {
		case <-time.After(time.Until(due)):
		case <-r.ctx.Done():
			return
		}
		if r.ctx.Err() != nil {
			return
		}
		for side := range sides {
			r.journeys.Go(func() { r.journey(capability, side, a) })
		}
		r.mu.Lock()
		r.lags = append(r.lags, time.Since(due))
		r.mu.Unlock()
	}
}

func (r *run) journey(capability int, side Side, a schedule.Arrival) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(r.ctx, r.config.Limit)
	defer cancel()
	o := r.config.Capabilities[capability].Journey(ctx, side, a)
	if r.ctx.Err() != nil && !o.OK {
		r.cutShort.Add(1) // it was not the site that failed
		return
	}
	if o.Took == 0 {
		o.Took = time.Since(began)
	}
	if o.Took > r.config.Limit {
		o.Took = r.config.Limit // he had gone by then
		if o.OK {
			o.OK, o.Why = false, "too late"
		}
	}
	r.tallies[capability][side].Add(o)
}

func (r *run) result(took time.Duration, interrupted bool) Result {
	slices.Sort(r.lags)
	res := Result{
		Timeline: r.config.Timeline, Over: r.config.Over, Took: took, Planned: r.config.Journeys, Limit: r.config.Limit, Interrupted: interrupted,
		CutShort: int(r.cutShort.Load()), Lag: Lag{P99: tally.Percentile(r.lags, 0.99), Max: tally.Percentile(r.lags, 1)},
	}
	for i, c := range r.config.Capabilities {
		direct, detour := r.tallies[i][Direct].Summary(), r.tallies[i][Detour].Summary()
		if c.Duplicates != nil {
			twice := c.Duplicates()
			direct.Repeated(twice[Direct])
			detour.Repeated(twice[Detour])
		}
		res.Capabilities = append(res.Capabilities, Found{
			Name: c.Name, Sources: c.Sources, Direct: direct, Detour: detour, Measured: c.Windows.Measured(),
		})
	}
	return res
}

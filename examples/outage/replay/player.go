package replay

import (
	"context"
	"fmt"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/timeline"
)

// rampStep is how often a moving share is set anew.
const rampStep = 250 * time.Millisecond

// player disturbs the roles as the timeline says.
type player struct {
	timeline timeline.Timeline
	clock    clock
	roles    map[string]Role
	primary  map[string]*Capability
	now      map[string]timeline.Phase // as played last
}

// clock tells the outage's own time.
type clock struct {
	start time.Time
	from  time.Duration
	scale float64 // outage time per real time
}

func newClock(t timeline.Timeline, start time.Time, over time.Duration) clock {
	return clock{start: start, from: t.From, scale: float64(t.Span()) / float64(over)}
}

func (c clock) at(now time.Time) time.Duration {
	return c.from + time.Duration(float64(now.Sub(c.start))*c.scale)
}

func (c clock) when(at time.Duration) time.Time {
	return c.start.Add(time.Duration(float64(at-c.from) / c.scale))
}

func newPlayer(t timeline.Timeline, c clock, caps []Capability) (*player, error) {
	p := &player{timeline: t, clock: c, roles: make(map[string]Role), primary: make(map[string]*Capability), now: make(map[string]timeline.Phase)}
	for i := range caps {
		for n, r := range caps[i].Roles {
			p.roles[r.Name] = r
			if n == 0 {
				p.primary[r.Name] = &caps[i]
			}
		}
	}
	for _, name := range t.Roles() {
		if _, ok := p.roles[name]; !ok {
			return nil, fmt.Errorf("replay: timeline %s: nobody plays the role %s", t.Name, name)
		}
	}
	return p, nil
}

// play runs until the timeline or ctx has ended. Every role is well afterwards only if the timeline says so.
func (p *player) play(ctx context.Context) error {
	for _, change := range p.timeline.Phases {
		if over, err := p.wait(ctx, p.clock.when(change.At)); over || err != nil {
			return err
		}
		if err := p.set(change); err != nil {
			return err
		}
	}
	_, err := p.wait(ctx, p.clock.when(p.timeline.To))
	return err
}

// wait ends at that time; on the way it moves the shares that move. over says that ctx ended first.
func (p *player) wait(ctx context.Context, until time.Time) (over bool, err error) {
	for {
		left := time.Until(until)
		if left <= 0 {
			return ctx.Err() != nil, nil
		}
		moving := p.moving()
		if len(moving) > 0 {
			left = min(left, rampStep)
		}
		select {
		case <-time.After(left):
		case <-ctx.Done():
			return true, nil
		}
		for _, role := range moving {
			if err := p.set(p.timeline.Now(role, p.clock.at(time.Now()))); err != nil {
				return false, err
			}
		}
	}
}

func (p *player) moving() []string {
	var roles []string
	for role, phase := range p.now {
		if !phase.Well() && phase.Share != phase.ShareTo {
			roles = append(roles, role)
		}
	}
	return roles
}

func (p *player) set(phase timeline.Phase) error {
	c := p.primary[phase.Role]
	if c != nil && !phase.Well() {
		c.Windows.Down(time.Now(), c.Breaker.Snapshot().State != breaker.Closed)
	}
	if err := p.roles[phase.Role].Play(phase); err != nil {
		return fmt.Errorf("replay: %s: %w", phase.Role, err)
	}
	p.now[phase.Role] = phase
	if c != nil && phase.Well() {
		c.Windows.Up(time.Now())
	}
	return nil
}

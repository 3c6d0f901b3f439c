package settings

import (
	"errors"
	"fmt"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
)

// upstream is an Upstream that may be set.
type upstream struct {
	*fallback.Upstream
	wired breaker.Config // when the Loader was made
	// Of what it shares with another, the name of the one where it is set.
	breakerOf, budgetOf, capacityOf string
}

// newUpstream notes who owns what: the first that is seen.
func newUpstream(up *fallback.Upstream, owner map[any]string) *upstream {
	own := func(part any) string {
		if owner[part] == "" {
			owner[part] = up.Name
		}
		return owner[part]
	}
	u := &upstream{Upstream: up, wired: up.Breaker.Settings()}
	if up.Breaker != nil {
		u.breakerOf = own(up.Breaker)
	}
	if up.Budget != nil {
		u.budgetOf = own(up.Budget)
	}
	if up.Capacity != nil {
		u.capacityOf = own(up.Capacity)
	}
	return u
}

// settings are those in force.
func (u *upstream) settings() (s Upstream) {
	if u.breakerOf == u.Name {
		s.Breaker = breakerOf(u.Breaker.Settings())
	}
	if u.budgetOf == u.Name {
		b := u.Budget.Settings()
		s.Budget = &b
	}
	if u.capacityOf == u.Name {
		c := u.Capacity.Settings()
		s.Capacity = &c
	}
	return s
}

// prepare says what is wrong with s, or adds to steps what puts it in force.
func (u *upstream) prepare(s Upstream, to *steps) error {
	var errs []error
	for _, has := range []struct {
		what, of string
		set      bool
	}{
		{"breaker", u.breakerOf, s.Breaker != nil}, {"budget", u.budgetOf, s.Budget != nil}, {"capacity", u.capacityOf, s.Capacity != nil},
	} {
		switch {
		case has.set && has.of == "":
			errs = append(errs, fmt.Errorf("%s: it has none", has.what))
		case has.set && has.of != u.Name:
			errs = append(errs, fmt.Errorf("%s: it is that of %q as well, and set there", has.what, has.of))
		}
	}
	if u.breakerOf == u.Name {
		now := u.Breaker.Settings()
		c := u.wired
		c.Name, c.Probe, c.Watch = now.Name, now.Probe, now.Watch
		if s.Breaker == nil {
			s.Breaker = new(Breaker)
		}
		c, err := s.Breaker.over(c)
		errs = append(errs, err)
		to.breakers = append(to.breakers, change{u.Breaker, c})
	}
	if u.budgetOf == u.Name {
		if s.Budget == nil {
			s.Budget = new(fallback.BudgetSettings)
		}
		apply, err := u.Budget.Prepare(*s.Budget)
		errs, to.others = append(errs, err), append(to.others, apply)
	}
	if u.capacityOf == u.Name {
		if s.Capacity == nil {
			s.Capacity = new(fallback.CapacitySettings)
		}
		apply, err := u.Capacity.Prepare(*s.Capacity)
		errs, to.others = append(errs, err), append(to.others, apply)
	}
	return errors.Join(errs...)
}

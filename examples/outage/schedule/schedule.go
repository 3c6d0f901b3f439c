// Package schedule decides beforehand who arrives when.
//
// Arrivals are open-loop: an arrival never waits for an earlier one, as citizens do not. A closed loop would ask less of a dead site than
// of a living one and make every outage look short.
package schedule

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	maxCount = 1_000_000
	maxRate  = 2000 // per second: more is not what one machine can play honestly
)

// Arrival is one citizen who comes once.
type Arrival struct {
	N       int           // from 0, in the order of At
	At      time.Duration // from the start of the run
	Citizen int           // who: 0 to Config.Citizens-1
	Seed    uint64        // for whatever else is decided by chance, the same on every site
}

// Config describes a schedule. All fields are mandatory but Seed.
type Config struct {
	Seed     uint64
	Stream   string        // what arrives: two streams of one seed differ
	Count    int           // how many arrive
	Over     time.Duration // in how much time
	Citizens int           // how many different people there are
}

// New returns Count arrivals in the order of their time. They are spread as a Poisson process whose number of events is known: even over
// the whole, with the bunches and gaps of real traffic. The same Config gives the same schedule. All mistakes are reported at once.
func New(c Config) ([]Arrival, error) {
	var errs []error
	if c.Count <= 0 || c.Count > maxCount {
		errs = append(errs, fmt.Errorf("schedule: Count %d must be 1 to %d", c.Count, maxCount))
	}
	if c.Over <= 0 {
		errs = append(errs, fmt.Errorf("schedule: Over %v must be above zero", c.Over))
	}
	if c.Citizens <= 0 {
		errs = append(errs, fmt.Errorf("schedule: Citizens %d must be above zero", c.Citizens))
	}
	if len(errs) == 0 && float64(c.Count)/c.Over.Seconds() > maxRate {
		errs = append(errs, fmt.Errorf("schedule: %d arrivals in %v are more than %d per second", c.Count, c.Over, maxRate))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	rnd := rand.New(rand.NewPCG(c.Seed, hash(c.Stream)))
	all := make([]Arrival, c.Count)
	for i := range all {
		all[i] = Arrival{At: time.Duration(rnd.Int64N(int64(c.Over))), Citizen: rnd.IntN(c.Citizens), Seed: rnd.Uint64()}
	}
	slices.SortStableFunc(all, func(a, b Arrival) int { return cmp.Compare(a.At, b.At) })
	for i := range all {
		all[i].N = i
	}
	return all, nil
}

// hash is FNV-1a: the same in every process, unlike maphash.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

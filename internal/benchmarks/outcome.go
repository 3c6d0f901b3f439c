package main

import (
	"slices"
	"time"
)

// outcome is what one outage was for the users of one guard.
type outcome struct {
	opened     time.Duration // from the hang to the first refusal; less than zero: never
	lost       int           // calls that failed or took too long before that
	slow       int           // users who waited too long, in all
	back       time.Duration // from recovery to the beginning of steady traffic; less than zero: not in this run
	sacrificed int           // calls sent into the outage after it had been seen
	after      int           // calls refused or failed after recovery
	closing    time.Duration // from the first good probe to closed; less than zero: no probe
	late       time.Duration // how late this machine was at worst
}

// read reads the story of a run.
func read(p plan, calls []told) outcome {
	calls = slices.Clone(calls)
	slices.SortFunc(calls, func(a, b told) int { return int(a.at - b.at) })
	o := outcome{opened: -1, closing: -1}
	recovered := p.warm + p.outage
	well := make([]int, p.tail/p.resolution)
	asked := make([]int, len(well))
	for _, c := range calls {
		bad := !c.refused && (c.failed || c.took > p.tooLong)
		o.late = max(o.late, c.late)
		if c.took > p.tooLong {
			o.slow++
		}
		if c.refused && o.opened < 0 && c.at >= p.warm {
			o.opened = c.at - p.warm
		}
		switch {
		case c.at < p.warm:
		case c.at < recovered && bad && o.opened < 0:
			o.lost++
		case c.at < recovered && bad:
			o.sacrificed++
		case c.at >= recovered:
			if c.failed {
				o.after++
			}
			if i := int((c.at - recovered) / p.resolution); i < len(well) {
				asked[i]++
				if !c.failed {
					well[i]++
				}
			}
		}
	}
	o.back = -1
	for i, from := 0, 0; i < len(well); i++ {
		if float64(well[i]) < p.healthy*float64(asked[i]) {
			from = i + 1
		}
		if time.Duration(i+1-from)*p.resolution >= p.steady {
			o.back = time.Duration(from) * p.resolution
			break
		}
	}
	return o
}

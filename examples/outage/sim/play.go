// Package sim lets simulated vendors do what a timeline says.
package sim

import (
	"fmt"
	"strconv"
	"time"

	"github.com/detour-go/detour/examples/outage/timeline"
	"github.com/detour-go/detour/providers/vendorsim"
)

// Vendor is any server of package vendorsim.
type Vendor interface {
	Break(op string, f vendorsim.Fault) error
	Heal(op string)
}

// Play returns what plays the phases of one role: ops are the operations that the outage takes, maintenance is the vendor's own code for
// "closed at the moment", which each of the ops must know.
//
// A refusal of every call closes the port itself, as a power cut does (see PlayPart). The next phase is set before that one is taken back: between two
// phases of an outage there is no moment in which the vendor is well.
func Play(v Vendor, maintenance string, ops ...string) func(timeline.Phase) error {
	return play(v, maintenance, true, ops)
}

// PlayPart is Play for a service whose port others use too: a refusal closes the connections of its own calls and nothing more.
func PlayPart(v Vendor, maintenance string, ops ...string) func(timeline.Phase) error {
	return play(v, maintenance, false, ops)
}

func play(v Vendor, maintenance string, alone bool, ops []string) func(timeline.Phase) error {
	const everything = "*"
	return func(p timeline.Phase) error {
		if p.Well() || p.Share <= 0 {
			for _, op := range ops {
				v.Heal(op)
			}
			if alone {
				v.Heal(everything)
			}
			return nil
		}
		f, err := fault(p, maintenance)
		if err != nil {
			return err
		}
		if alone && f.Mode == vendorsim.Refuse && p.Share == 1 {
			if err := v.Break(everything, f); err != nil {
				return err
			}
			for _, op := range ops {
				v.Heal(op)
			}
			return nil
		}
		for _, op := range ops {
			if err := v.Break(op, f); err != nil {
				return err
			}
		}
		if alone {
			v.Heal(everything)
		}
		return nil
	}
}

func fault(p timeline.Phase, maintenance string) (vendorsim.Fault, error) {
	f := vendorsim.Fault{Share: p.Share}
	switch p.Mode {
	case timeline.Slow:
		f.Mode, f.Delay = vendorsim.Slow, p.Delay
	case timeline.Hang:
		f.Mode = vendorsim.Hang
	case timeline.Refuse:
		f.Mode = vendorsim.Refuse
	case timeline.Reset:
		f.Mode = vendorsim.Reset
	case timeline.Truncate:
		f.Mode = vendorsim.Truncate
	case timeline.Fail:
		f.Mode, f.Status = vendorsim.Status, p.Status
	case timeline.Quota:
		f.Mode, f.RetryAfter = vendorsim.TooMany, strconv.Itoa(int((p.RetryAfter+time.Second-1)/time.Second))
	case timeline.HTML:
		f.Mode = vendorsim.HTML
	case timeline.Maintenance:
		f.Mode, f.Code = vendorsim.Vendor, maintenance
	default:
		return f, fmt.Errorf("sim: mode %q cannot be played", p.Mode)
	}
	return f, nil
}

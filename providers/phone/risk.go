package phone

import (
	"context"
	"errors"

	"github.com/detour-go/detour/providers"
)

// Risk is what is known about a number: a SIM that was swapped or a number that
// was ported lately delivers codes to whoever did that (NIST SP 800-63B).
type Risk uint8

// The risks. The zero value is the careful one.
const (
	RiskUnknown Risk = iota // counts as a risk
	RiskNone                // go on
	RiskFound               // no code to this number
)

// String returns unknown, none or found.
func (r Risk) String() string {
	switch r {
	case RiskNone:
		return "none"
	case RiskFound:
		return "found"
	}
	return "unknown"
}

var errPanicked = errors.New("it panicked")

// cleared asks the site's hooks whether a code may go to the number.
func (c *Codes) cleared(ctx context.Context, number string) error {
	if c.cfg.Policy != nil {
		err := hook(ctx, func(ctx context.Context) error { return c.cfg.Policy(ctx, number) })
		if err != nil {
			is := &providers.Error{Provider: name, Op: "policy", Kind: providers.Refused, Unsent: true, Err: &silent{ErrPolicy, err}}
			return &verdict{is: is, hearsay: true}
		}
	}
	if c.cfg.Risk == nil {
		return nil
	}
	is := RiskUnknown
	err := hook(ctx, func(ctx context.Context) (err error) {
		is, err = c.cfg.Risk(ctx, number)
		return err
	})
	if err != nil || is != RiskNone {
		return denied("risk", ErrRisk)
	}
	return nil
}

// hook runs a function of the site within its time. One that panics has failed.
func hook(ctx context.Context, call func(context.Context) error) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanicked
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, hookTime)
	defer cancel()
	if err := call(ctx); err != nil {
		return err
	}
	return ctx.Err() // an answer after its time is none
}

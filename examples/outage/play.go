package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/detour-go/detour/examples/outage/identify"
	"github.com/detour-go/detour/examples/outage/lookup"
	"github.com/detour-go/detour/examples/outage/mapview"
	"github.com/detour-go/detour/examples/outage/notify"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/report"
	"github.com/detour-go/detour/examples/outage/signin"
	"github.com/detour-go/detour/examples/outage/timeline"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/providers/vendorsim"
)

// stage is everything that takes part: two sites, and what citizens want of them.
type stage struct {
	direct, detour *web.Site
	capabilities   []replay.Capability
	closers        []io.Closer
}

// part is one capability, with its vendors and its pages.
type part interface {
	io.Closer
	Capability() replay.Capability
}

// build makes the sites and all that is on them. A new capability is one more entry of parts.
func build(o options) (*stage, error) {
	s := &stage{}
	var err error
	if s.direct, err = web.Listen("direct"); err == nil {
		s.closers = append(s.closers, s.direct)
		s.detour, err = web.Listen("detour")
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.closers = append(s.closers, s.detour)
	phone := vendorsim.NewPhone()
	var messages *notify.Notify
	parts := []func() (part, error){
		func() (part, error) { // first: codes of the login go by it
			messages, err = notify.New(notify.Config{Phone: phone, Direct: s.direct, Detour: s.detour})
			return messages, err
		},
		func() (part, error) {
			return signin.New(signin.Config{Citizens: citizens, Linked: o.linked, Patience: o.patience, Direct: s.direct, Detour: s.detour,
				Phone: phone, SendCode: messages.SendCode, CodeSources: messages.CodeSources(), Codes: messages.Codes()})
		},
		func() (part, error) { return mapview.New(mapview.Config{Direct: s.direct, Detour: s.detour}) },
		func() (part, error) { return lookup.New(lookup.Config{Direct: s.direct, Detour: s.detour}) },
		func() (part, error) {
			return identify.New(identify.Config{Citizens: citizens, Phone: phone, Direct: s.direct, Detour: s.detour})
		},
	}
	for _, start := range parts {
		p, err := start()
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.closers = append(s.closers, p)
		s.capabilities = append(s.capabilities, p.Capability())
	}
	// As they are told, not as they were started.
	order := []string{"login", "tiles", "address", "message", "cert"}
	slices.SortStableFunc(s.capabilities, func(a, b replay.Capability) int {
		return cmp.Compare(slices.Index(order, a.Name), slices.Index(order, b.Name))
	})
	s.direct.Serve()
	s.detour.Serve()
	return s, nil
}

// Close ends the parts first, so that nobody of the vendors holds up a site.
func (s *stage) Close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i].Close())
	}
	return errors.Join(errs...)
}

// roles are those that timelines may name.
func roles() []string {
	return []string{"login.primary", "login.secondary", "tiles.primary", "tiles.secondary", "address.primary", "address.secondary",
		"message.primary", "message.secondary", "cert.primary", "cert.secondary"}
}

// play builds the stage, plays the timeline on it, and takes it down.
func play(ctx context.Context, o options, t timeline.Timeline, stderr io.Writer) (r report.Report, err error) {
	s, err := build(o)
	if err != nil {
		return report.Report{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	c := replay.Config{Timeline: t, Capabilities: s.capabilities, Over: o.duration, Journeys: o.journeys, Citizens: citizens, Limit: o.limit, Seed: o.seed}
	if !o.quiet {
		fmt.Fprintf(stderr, "%s: %s\n%s to %s in %v; %d journeys per capability and site; %.0f %% of the accounts have a second linked way\n",
			t.Name, t.Title, report.Clock(t.From), report.Clock(t.To), o.duration, o.journeys, 100*o.linked)
		c.Progress = progress(stderr)
	}
	found, err := replay.Run(ctx, c)
	return report.Report{Result: found, Seed: o.seed, Linked: o.linked}, err
}

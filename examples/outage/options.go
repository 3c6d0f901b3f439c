package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/timeline"
)

const (
	// The whole run, start and report included, stays below a minute; the last journeys may need ten seconds after the last arrival.
	defaultDuration = 44 * time.Second
	// A short run lasts its duration and the longest journey that begins in its last moment.
	shortDuration   = 6 * time.Second
	shortLimit      = 5 * time.Second
	defaultJourneys = 2000
	// maxRate of journeys per second, capability and site keeps the load within two cores.
	maxRate = 200
	// defaultPatience is how long people look at a page that does not come.
	defaultPatience = 3 * time.Second
	citizens        = 400
)

// options are the flags.
type options struct {
	timeline string
	duration time.Duration
	journeys int
	short    bool
	limit    time.Duration // of one journey
	linked   float64
	patience time.Duration
	seed     uint64
	jsonFile string
	check    bool
	lint     bool
	quiet    bool
}

var errUsage = errors.New("usage")

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("outage", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.timeline, "timeline", timeline.Default, "built-in timeline, or a file; \"list\" lists the built-in ones")
	f.DurationVar(&o.duration, "duration", 0, "real time in which the timeline is played (default 44s; with -short 6s)")
	f.IntVar(&o.journeys, "journeys", 0, "journeys per capability and site (default 2000, in proportion with -short or -duration)")
	f.BoolVar(&o.short, "short", false, "about ten seconds: proportionally fewer journeys, and citizens give up after 5s, not 10s")
	f.Float64Var(&o.linked, "linked", 1, "share of accounts with a second linked way to sign in, 0 to 1")
	f.DurationVar(&o.patience, "patience", defaultPatience, "how long a citizen looks at a page that does not come")
	f.Uint64Var(&o.seed, "seed", 1, "of the schedule: the same seed brings the same people at the same times")
	f.StringVar(&o.jsonFile, "json", "", "file to write the report to as JSON; \"-\" is stdout, in place of the table")
	f.BoolVar(&o.check, "check", false, "exit with 1 when a promise did not hold")
	f.BoolVar(&o.lint, "lint", false, "play nothing: look at how the Detour site is wired, and tell what dies with whom; exit with 1 when that is not good")
	f.BoolVar(&o.quiet, "quiet", false, "no progress on stderr")
	f.Usage = func() {
		fmt.Fprintf(stderr, "usage: outage [flags]\n\nPlays an outage of record against two small sites at once, one that calls its vendors directly and one that uses Detour.\n\n")
		f.PrintDefaults()
		fmt.Fprintf(stderr, "\nexit: 0 played to the end, 1 it could not be played or (-check) a promise did not hold, 2 wrong flags or timeline, 130 interrupted\n")
	}
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, err
		}
		return o, errUsage // f has said it
	}
	if err := o.complete(f.Args()); err != nil {
		fmt.Fprintf(stderr, "outage: %v\n", err)
		return o, errUsage
	}
	return o, nil
}

// complete fills in what was not given and reports all mistakes at once.
func (o *options) complete(rest []string) error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(rest) > 0 {
		wrong("unexpected argument %q", rest[0])
	}
	if o.duration == 0 {
		o.duration = defaultDuration
		if o.short {
			o.duration = shortDuration
		}
	}
	o.limit = replay.JourneyLimit
	if o.short {
		o.limit = shortLimit
	}
	if o.duration < time.Second || o.duration > 24*time.Hour {
		wrong("-duration %v must be 1s to 24h", o.duration)
	}
	if o.journeys == 0 {
		o.journeys = int(math.Ceil(defaultJourneys * min(1, o.duration.Seconds()/defaultDuration.Seconds())))
	}
	if o.journeys < 1 || float64(o.journeys) > maxRate*o.duration.Seconds() {
		wrong("-journeys %d must be 1 to %d per second of -duration", o.journeys, maxRate)
	}
	if !(o.linked >= 0 && o.linked <= 1) { // NaN too
		wrong("-linked %v must be 0 to 1", o.linked)
	}
	if o.patience < 100*time.Millisecond || o.patience > 10*time.Second {
		wrong("-patience %v must be 100ms to 10s", o.patience)
	}
	return errors.Join(errs...)
}

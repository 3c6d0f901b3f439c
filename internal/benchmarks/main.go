// Benchmarks compares Detour with other libraries, side by side in one run, and
// prints one table. See BENCHMARKS.md at the top of the repository.
//
//	go run .                  what a call costs: breakers, chains, memory
//	go run . -hang            a vendor hangs, in real time (-full: at full length)
//	go run . -check           the same, and what must hold; exit code 1 when it does not
//	go run . -markdown        the same as Markdown; -into FILE puts it where it belongs in BENCHMARKS.md
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"time"
)

type options struct {
	rounds                      int
	time, outage                time.Duration
	only                        *regexp.Regexp
	hang, full, check, markdown bool
	into                        string
}

func parse(args []string, help io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	f.SetOutput(help)
	f.IntVar(&o.rounds, "rounds", 6, "rounds; every figure is the median of them")
	f.DurationVar(&o.time, "time", 120*time.Millisecond, "`time` for one figure of one round, 10ms to 1m")
	only := f.String("only", "", "only rows whose \"part / name\" matches this `expression`")
	f.BoolVar(&o.hang, "hang", false, "play the outage: a vendor that hangs, in real time")
	f.DurationVar(&o.outage, "outage", 10*time.Second, "`length` of the outage, with -hang, 3s to 10m")
	f.BoolVar(&o.full, "full", false, "with -hang: ten phases of 30 s, about two minutes")
	f.BoolVar(&o.check, "check", false, "list what must hold and does not; exit code 1 then")
	f.BoolVar(&o.markdown, "markdown", false, "print tables as Markdown")
	f.StringVar(&o.into, "into", "", "put the tables into this Markdown `file`, between its marks, instead of printing them")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.markdown = o.markdown || o.into != ""
	var err error
	o.only, err = regexp.Compile(*only)
	switch {
	case err != nil:
		return o, fmt.Errorf("-only: %w", err)
	case f.NArg() > 0:
		return o, fmt.Errorf("unknown argument %q", f.Arg(0))
	case o.rounds < 1 || o.rounds > 1000:
		return o, fmt.Errorf("-rounds must be 1 to 1000: %d", o.rounds)
	case o.time < 10*time.Millisecond || o.time > time.Minute:
		return o, fmt.Errorf("-time must be 10ms to 1m: %v", o.time)
	case o.outage < 3*time.Second || o.outage > 10*time.Minute:
		return o, fmt.Errorf("-outage must be 3s to 10m: %v", o.outage)
	}
	return o, nil
}

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	if err == flag.ErrHelp {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var out bytes.Buffer
	missed, err := run(ctx, o, &out, os.Stderr)
	if err == nil {
		err = deliver(o, out.Bytes(), os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
	}
	if err != nil || o.check && missed > 0 {
		stop()
		os.Exit(1)
	}
}

// run prints the table, the machine, and how what must hold was met. missed is how much of it was not.
func run(ctx context.Context, o options, out, progress io.Writer) (missed int, err error) {
	before := load()
	play := costs
	if o.hang {
		play = outages
	}
	t, goals, notes, err := play(ctx, o, progress)
	if err != nil {
		return 0, err
	}
	t.write(out, o.markdown)
	fmt.Fprintln(out)
	for _, n := range append(notes, machine(before, load())...) {
		if o.markdown {
			n = "- " + n
		}
		fmt.Fprintln(out, n)
	}
	fmt.Fprintln(out)
	verdicts, missed := judge(goals)
	verdicts.write(out, o.markdown)
	if o.check {
		for _, g := range goals {
			if !g.holds() {
				fmt.Fprintf(progress, "does not hold: %s: %s, at most %s\n", g.what, g.number(g.got), g.number(g.most))
			}
		}
	}
	return missed, nil
}

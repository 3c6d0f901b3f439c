// Outage plays an outage of record, with its hours compressed into seconds, against two small sites at once: one calls its vendors
// directly, as most sites do, the other uses Detour. The same simulated citizens come to both. Everything runs on loopback.
//
//	go run ./examples/outage                              the fire of 15 October 2022, under a minute
//	go run ./examples/outage -short                       the same in about ten seconds
//	go run ./examples/outage -lint                        what dies with whom in its wiring; nothing is played
//	go run ./examples/outage -timeline list               the built-in timelines
//	go run ./examples/outage -timeline FILE -json OUT     your own
//
// It ends with 0 when it played to the end, 1 when it could not be played or, with -check, when a promise did not hold, 2 when flags or
// timeline are wrong, and 130 when it was interrupted; then the table tells the part until then. ("go run" itself turns each of the last
// three into 1 and prints the number.)
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/detour-go/detour/examples/outage/report"
	"github.com/detour-go/detour/examples/outage/timeline"
)

const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130 // 128 + SIGINT, as shells tell it
)

func main() {
	// Sites, vendors and citizens live in one small heap: collecting it rarely leaves the two cores to them.
	debug.SetGCPercent(400)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		return exitUsage
	case o.timeline == "list":
		return list(stdout, stderr)
	}
	t, err := timeline.Load(o.timeline, roles())
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitUsage
	}
	if err := writable(o.jsonFile); err != nil {
		fmt.Fprintf(stderr, "outage: -json: %v\n", err)
		return exitUsage
	}
	if o.lint {
		return lint(o, stdout, stderr)
	}
	r, err := play(ctx, o, t, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "outage: %v\n", err)
		return exitFailed
	}
	if err := tell(r, o.jsonFile, stdout); err != nil {
		fmt.Fprintf(stderr, "outage: %v\n", err)
		return exitFailed
	}
	if r.Interrupted {
		return exitInterrupted
	}
	if o.check {
		return judge(r, stderr)
	}
	return exitDone
}

// judge tells which promises did not hold, and which could not be judged.
func judge(r report.Report, stderr io.Writer) int {
	v := report.Judge(r)
	for _, b := range v.Broken {
		fmt.Fprintf(stderr, "promise broken: %s\n", b)
	}
	switch {
	case len(v.Broken) > 0:
		return exitFailed
	case v.NotJudged != "":
		fmt.Fprintf(stderr, "nobody was harmed; NOT JUDGED how many were served and how fast, because %s\n", v.NotJudged)
	default:
		fmt.Fprintln(stderr, "all promises held")
	}
	return exitDone
}

// writable finds out before a minute has passed, not after it.
func writable(file string) error {
	if file == "" || file == "-" {
		return nil
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

// tell writes the table to stdout and the JSON to its file; "-" puts the JSON in place of the table.
func tell(r report.Report, jsonFile string, stdout io.Writer) error {
	if jsonFile != "-" {
		if err := report.WriteTable(stdout, r); err != nil {
			return fmt.Errorf("table: %w", err)
		}
	}
	if jsonFile == "" {
		return nil
	}
	var b bytes.Buffer
	if err := report.WriteJSON(&b, r); err != nil {
		return fmt.Errorf("json: %w", err)
	}
	if jsonFile == "-" {
		_, err := stdout.Write(b.Bytes())
		return err
	}
	return os.WriteFile(jsonFile, b.Bytes(), 0o644)
}

func list(stdout, stderr io.Writer) int {
	for _, name := range timeline.Names() {
		t, err := timeline.Load(name, roles())
		if err != nil {
			fmt.Fprintln(stderr, err)
			return exitUsage
		}
		fmt.Fprintf(stdout, "%-18s %s to %s: %s\n", name, report.Clock(t.From), report.Clock(t.To), t.Title)
	}
	return exitDone
}

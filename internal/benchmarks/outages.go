package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"sync"
	"time"
)

// Phases differ in how long the outage lasts, so that it ends at another moment of everybody's waiting.
const (
	fewPhases  = 3
	fullPhases = 10
	phaseStep  = 530 * time.Millisecond
	fullOutage = 30 * time.Second
	shortTail  = 10 * time.Second
	fullTail   = 68 * time.Second // longer than the longest default pause
)

// outages plays all phases with all guards at once: each has users and a vendor of its own.
func outages(ctx context.Context, o options, progress io.Writer) (*table, []goal, []string, error) {
	phases, outage, tail := fewPhases, o.outage, shortTail
	if o.full {
		phases, outage, tail = fullPhases, fullOutage, fullTail
	}
	longest := outagePlan(outage+time.Duration(phases-1)*phaseStep, tail)
	var names []string
	var runs [][]outcome
	var errs []error
	var mu sync.Mutex
	var playing sync.WaitGroup
	for _, g := range guards() {
		if !o.only.MatchString(g.name) {
			continue
		}
		i := len(names)
		names, runs = append(names, g.name), append(runs, nil)
		for phase := range phases {
			// A moment apart, so that users of different runs do not come in step.
			after := time.Duration(i*phases+phase) * 7 * time.Millisecond
			playing.Go(func() {
				_ = pause(ctx, after)
				out, err := playOne(ctx, outagePlan(outage+time.Duration(phase)*phaseStep, tail), g)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					errs = append(errs, fmt.Errorf("%s: %w", g.name, err))
					return
				}
				runs[i] = append(runs[i], out)
			})
		}
	}
	tellTime(ctx, progress, &playing, longest)
	if len(errs) > 0 {
		return nil, nil, nil, errs[0]
	}
	var late time.Duration
	for _, all := range runs {
		for _, r := range all {
			late = max(late, r.late)
		}
	}
	return outageTable(names, runs), outageGoals(names, runs), []string{
		fmt.Sprintf("%d calls/s, a vendor of %v hangs for %v to %v (%d phases), users wait %v at most. Median of the phases and, in brackets, from least to most.",
			longest.rate, longest.latency, outage, longest.outage, phases, longest.deadline),
		"opens after: from the hang to the first refusal. Lost: failed, or over 1 s, before that. Sacrificed: calls sent into the outage after that. Back: from recovery until 95 % of calls go well, for 2 s on end.",
		fmt.Sprintf("All guards and phases played at once; a call began at worst %v later than planned.", late.Round(time.Millisecond)),
	}, nil
}

func playOne(ctx context.Context, p plan, g namedGuard) (outcome, error) {
	calls, made, err := play(ctx, p, g.build)
	if err != nil {
		return outcome{}, err
	}
	out := read(p, calls)
	if made.closing != nil {
		if took, ok := made.closing(); ok {
			out.closing = took
		}
	}
	return out, nil
}

// tellTime waits for all and says how long it will be.
func tellTime(ctx context.Context, progress io.Writer, playing *sync.WaitGroup, p plan) {
	done := make(chan struct{})
	go func() {
		playing.Wait()
		close(done)
	}()
	bar := newBar(progress, int(p.all()/time.Second)+int(p.deadline/time.Second)+1)
	defer bar.end()
	for {
		select {
		case <-done:
			return
		case <-time.After(time.Second):
			if bar.now < bar.all && ctx.Err() == nil {
				bar.step("outages, in real time")
			}
		}
	}
}

func outageTable(names []string, runs [][]outcome) *table {
	t := &table{head: []string{"guard", "opens after, s", "lost before", "users over 1 s", "sacrificed", "back after, s", "refused or failed after recovery"}}
	for i, all := range runs {
		row := []string{names[i]}
		for _, f := range []func(outcome) float64{opens, lost, slow, sacrificed, back, after} {
			row = append(row, spread(pick(all, f)))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// What never happened is infinitely late.
func seconds(d time.Duration) float64 {
	if d < 0 {
		return math.Inf(1)
	}
	return d.Seconds()
}

func opens(o outcome) float64      { return seconds(o.opened) }
func lost(o outcome) float64       { return float64(o.lost) }
func slow(o outcome) float64       { return float64(o.slow) }
func back(o outcome) float64       { return seconds(o.back) }
func sacrificed(o outcome) float64 { return float64(o.sacrificed) }
func after(o outcome) float64      { return float64(o.after) }
func closing(o outcome) float64    { return seconds(o.closing) }

// spread prints the median and, when there is any difference, the extremes.
func spread(all []float64) string {
	low, high := math.Inf(1), math.Inf(-1)
	for _, n := range all {
		low, high = min(low, n), max(high, n)
	}
	m := figure(median(all, meanFloat))
	if low == high || len(all) == 0 {
		return m
	}
	return fmt.Sprintf("%s (%s to %s)", m, figure(low), figure(high))
}

// outageGoals are those about the outage, for the worst phase of Detour.
func outageGoals(names []string, runs [][]outcome) []goal {
	best := math.Inf(1) // what the best other loses
	for i := range names[min(1, len(names)):] {
		best = min(best, median(pick(runs[i+1], lost), meanFloat))
	}
	if len(names) == 0 || names[0] != guards()[0].name || len(runs[0]) == 0 {
		return nil
	}
	worst := func(f func(outcome) float64) float64 {
		w := math.Inf(-1)
		for _, n := range pick(runs[0], f) {
			w = max(w, n)
		}
		return w
	}
	goals := []goal{
		{"outage: opens after", worst(opens), 1, " s"},
		{"outage: traffic back after", worst(back), 2.5, " s"},
		{"outage: first good probe to closed", worst(closing), 1.5, " s"},
		{"outage: users sacrificed", worst(sacrificed), 0, " users"},
	}
	if !math.IsInf(best, 1) {
		goals = append(goals, goal{"outage: lost before it opens / best other", worst(lost) / best, 0.5, "x"})
	}
	return goals
}

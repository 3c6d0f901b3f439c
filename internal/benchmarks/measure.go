package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"
	"time"
)

// column is how many call at once.
type column struct{ cores, perCore int }

func columns() []column { return []column{{1, 1}, {2, 1}, {1, 64}, {2, 64}} }

// The columns that what must hold is about.
const (
	alone   = 0
	crowded = 3
)

func (c column) String() string {
	cores := "1 core"
	if c.cores > 1 {
		cores = fmt.Sprintf("%d cores", c.cores)
	}
	return fmt.Sprintf("%d a core, %s", c.perCore, cores)
}

// sample is what one round found.
type sample struct {
	ns            float64
	bytes, allocs int64
}

// measureAll measures all rows in all columns. Within a part it goes round after round, so that a noisy moment does not fall on one row. The
// last part comes first: hystrix-go leaves goroutines behind that nobody can stop, and every later collection looks through what they
// hold, at the expense of those who allocate, which the chains do and the breakers do not. The samples are by row and column.
func measureAll(ctx context.Context, all []row, o options, progress io.Writer) ([][][]sample, error) {
	testing.Init()
	if err := flag.Set("test.benchtime", o.time.String()); err != nil {
		return nil, err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	found := make([][][]sample, len(all))
	for i := range found {
		found[i] = make([][]sample, len(columns()))
	}
	bar := newBar(progress, o.rounds*len(columns())*len(all))
	defer bar.end()
	for to := len(all); to > 0; {
		from := to - 1
		for from > 0 && all[from-1].part == all[from].part {
			from--
		}
		for n := range o.rounds * len(columns()) {
			round, c := n/len(columns()), n%len(columns())
			for i := from; i < to; i++ {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				bar.step("%s, round %d of %d, %v: %s", all[i].part, round+1, o.rounds, columns()[c], all[i].name)
				s, err := measure(all[i], columns()[c])
				if err != nil {
					return nil, fmt.Errorf("%s: %s: %w", all[i].part, all[i].name, err)
				}
				found[i][c] = append(found[i][c], s)
			}
		}
		to = from
	}
	return found, nil
}

func measure(r row, c column) (sample, error) {
	s, err := r.build(r.vendor)
	if err != nil {
		return sample{}, err
	}
	if s.stop != nil {
		defer s.stop()
	}
	runtime.GOMAXPROCS(c.cores)
	result := testing.Benchmark(func(b *testing.B) {
		b.SetParallelism(c.perCore)
		b.RunParallel(func(pb *testing.PB) {
			f := s.worker()
			for pb.Next() {
				_ = f()
			}
		})
	})
	if result.N == 0 {
		return sample{}, errors.New("not measured")
	}
	return sample{
		ns:    float64(result.T.Nanoseconds()) / float64(result.N),
		bytes: result.AllocedBytesPerOp(), allocs: result.AllocsPerOp(),
	}, nil
}

// bar tells on one line of a terminal how far things are; elsewhere, a line each twentieth.
type bar struct {
	to       io.Writer
	all, now int
	terminal bool
	start    time.Time
}

func newBar(to io.Writer, all int) *bar {
	b := &bar{to: to, all: all, start: time.Now()}
	if f, ok := to.(*os.File); ok {
		info, err := f.Stat()
		b.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return b
}

// step says what begins now.
func (b *bar) step(format string, args ...any) {
	left := ""
	if b.now > 0 {
		left = fmt.Sprintf(", %v left", (time.Since(b.start) * time.Duration(b.all-b.now) / time.Duration(b.now)).Round(time.Second))
	}
	line := fmt.Sprintf("%3d %%%s: %s", 100*b.now/b.all, left, fmt.Sprintf(format, args...))
	switch {
	case b.terminal:
		fmt.Fprintf(b.to, "\r%s\x1b[K", line)
	case b.now%max(b.all/20, 1) == 0:
		fmt.Fprintln(b.to, line)
	}
	b.now++
}

func (b *bar) end() {
	if b.terminal {
		fmt.Fprint(b.to, "\r\x1b[K")
	}
}

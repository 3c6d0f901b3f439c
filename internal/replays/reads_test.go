package replays

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	readWithin = 2 * time.Second // one source
	callWithin = 5 * time.Second // all of them
)

// answered is a search result or a tile.
type answered struct{ About string }

func (answered) Cacheable() bool { return true }

func (a answered) answers(q string) error {
	if a.About != q {
		return errors.New("not what was asked for")
	}
	return nil
}

// read asks the vendor one question.
func (v *vendor) read(ctx context.Context, q string) (answered, error) {
	text, err := v.answer(ctx, &v.calls, nil)
	if err != nil {
		return answered{}, err
	}
	if text != "" {
		return answered{text}, nil // it is for Answers to see
	}
	return answered{q}, nil
}

// reads is a site that asks (map search, tiles, a web API).
type reads struct {
	caps   map[string]int // what a vendor carries in a second; none: all
	known  int            // of ten questions so many are among twenty that were asked before, and what was said is remembered; zero: no memory
	trials bool           // nobody probes: calls are used as trials
}

// site is a chain over the row's providers.
func (o reads) site(s *stage) site {
	cfg := fallback.Config[string, answered]{
		Name: s.row.capability, Deadline: callWithin, Answers: func(a answered, q string) error { return a.answers(q) },
	}
	if o.known > 0 {
		cfg.Memory = &fallback.Memory[string, answered]{Key: func(q string) string { return q }, Stale: 7 * 24 * time.Hour}
	}
	for _, name := range s.row.providers {
		v, c, up := s.vendors[name], breaker.Config{}, &fallback.Upstream{Name: name}
		if len(v.phases) > 0 && !o.trials {
			c.Probe = v.probe
		}
		up.Breaker = s.guard(name, c)
		if most := o.caps[name]; most > 0 {
			up.Capacity = &fallback.Capacity{PerSecond: most}
			v.came = []time.Duration{}
		}
		source := fallback.From(name, v.read, up)
		source.Timeout, source.Retention = readWithin, fallback.Forever
		cfg.Sources = append(cfg.Sources, source)
	}
	chain, err := fallback.New(cfg)
	require.NoError(s.t, err)
	question := func(n int) string {
		if n*o.known%10 < o.known { // evenly among those who come one after another
			return fmt.Sprint("known ", n%20)
		}
		return fmt.Sprint("new ", n)
	}
	return site{
		part: chain,
		direct: func(n int) bool {
			ctx, cancel := context.WithTimeout(context.Background(), callWithin)
			defer cancel()
			a, err := s.direct.read(ctx, question(n))
			return err == nil && a.answers(question(n)) == nil
		},
		detour: func(n int) served {
			began := time.Now()
			r, err := chain.Do(context.Background(), question(n))
			assert.LessOrEqual(s.t, time.Since(began), callWithin)
			s.labelled(r, err, question(n))
			return served{err == nil, err == nil}
		},
		check: func() {
			for name, most := range o.caps {
				assert.LessOrEqual(s.t, inOneSecond(s.vendors[name].came), most, "%s carries more than it can", name)
			}
		},
	}
}

// labelled: a result says who gave it and why others did not; so does an error.
func (s *stage) labelled(r fallback.Result[answered], err error, q string) {
	t := s.t
	failed := r.Failed
	if err != nil {
		var e *fallback.Error
		if !assert.ErrorAs(t, err, &e) {
			return
		}
		failed = e.Failed
	} else {
		assert.Equal(t, q, r.Value.About)
		if r.Source != s.row.providers[0] || r.Freshness != fallback.Live {
			assert.NotEmpty(t, failed, "why it is not of the first source")
			assert.True(t, r.Degraded())
		}
		if r.Freshness == fallback.Stale {
			assert.Positive(t, r.Age)
		}
	}
	next, told := 0, map[string]bool{}
	for _, f := range failed {
		assert.True(t, f.Skip != fallback.SkipNot || f.Attempts > 0 && f.Err != nil, "%v", f)
		told[f.Source] = true
		if f.Turn == 0 { // a trial in panic is told beside its place
			at := slices.Index(s.row.providers, f.Source)
			assert.GreaterOrEqual(t, at, next, "in the order of the chain: %v", failed)
			next = at + 1
		}
	}
	if err != nil {
		assert.Len(t, told, len(s.row.providers), "why each of them gave no answer: %v", failed)
	}
}

// inOneSecond returns the most calls within any second.
func inOneSecond(came []time.Duration) (most int) {
	slices.Sort(came)
	from := 0
	for i, at := range came {
		for at-came[from] >= time.Second {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

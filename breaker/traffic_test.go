package breaker_test

import (
	"container/heap"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
)

// vendor says of the n-th call, which comes at that time since the start, how long it takes and how it ends.
type vendor func(at time.Duration, n int) (time.Duration, error)

// traffic is an open-loop arrival of calls.
type traffic struct {
	rate     float64 // per second
	deadline time.Duration
	cancel   func(n int) time.Duration // when the n-th caller leaves; 0: never
	seed     uint64                    // 0: evenly spaced; else as independent callers come (Poisson)
}

type tally struct {
	sync.Mutex
	ok, failed, refused int
	openedAt            []time.Duration
}

// visit is one call that is out.
type visit struct {
	ends time.Duration
	pass breaker.Pass
	ctx  *leaving
	err  error
	left error // of the context
}

// leaving is a caller's context that costs no goroutine and no timer.
type leaving struct {
	context.Context
	err error
}

func (l *leaving) Err() error { return l.err }

// visits is a heap by the end of the visit.
type visits []*visit

func (v visits) Len() int           { return len(v) }
func (v visits) Less(i, j int) bool { return v[i].ends < v[j].ends }
func (v visits) Swap(i, j int)      { v[i], v[j] = v[j], v[i] }
func (v *visits) Push(x any)        { *v = append(*v, x.(*visit)) }
func (v *visits) Pop() any {
	old := *v
	last := old[len(old)-1]
	*v = old[:len(old)-1]
	return last
}

// play drives b with traffic for d, one thing after the other. It returns when the last call has ended.
func (tr traffic) play(b *breaker.Breaker, d time.Duration, how vendor) *tally {
	var got tally
	start := time.Now()
	stop := b.Events(func(e breaker.Event) {
		if e.Kind == breaker.EventOpened && e.From == breaker.Closed {
			got.Lock()
			defer got.Unlock()
			got.openedAt = append(got.openedAt, e.At.Sub(start))
		}
	})
	dice := rand.New(rand.NewPCG(tr.seed, 1))
	until := func(at time.Duration) { time.Sleep(at - time.Since(start)) }
	var out visits
	leave := func(at time.Duration) {
		for len(out) > 0 && out[0].ends <= at {
			v := heap.Pop(&out).(*visit)
			until(v.ends)
			v.ctx.err = v.left
			v.pass.Exit(v.err)
			if v.err != nil {
				got.failed++
			} else {
				got.ok++
			}
		}
	}
	for n, at := 0, time.Duration(0); at < d; n++ {
		leave(at)
		until(at)
		if v := tr.visit(b, at, n, how); v != nil {
			heap.Push(&out, v)
		} else {
			got.refused++
		}
		gap := 1.0
		if tr.seed != 0 {
			gap = dice.ExpFloat64()
		}
		at += time.Duration(gap * float64(time.Second) / tr.rate)
	}
	until(d)
	leave(1<<63 - 1)
	synctest.Wait()
	stop()
	return &got
}

// visit is the n-th call, or nil when it was refused.
func (tr traffic) visit(b *breaker.Breaker, at time.Duration, n int, how vendor) *visit {
	v := &visit{ctx: &leaving{Context: bg}}
	pass, err := b.Enter(v.ctx)
	if errors.Is(err, breaker.ErrOpen) {
		return nil
	}
	v.pass = pass
	v.ends, v.err = how(at, n)
	if tr.deadline > 0 && tr.deadline < v.ends {
		v.ends, v.err, v.left = tr.deadline, context.DeadlineExceeded, context.DeadlineExceeded
	}
	if tr.cancel != nil {
		if leave := tr.cancel(n); leave > 0 && leave < v.ends {
			v.ends, v.err, v.left = leave, context.Canceled, context.Canceled
		}
	}
	v.ends += at
	return v
}

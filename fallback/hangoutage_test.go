package fallback_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// user is one call of an open loop: when it came, and what became of it.
type user struct {
	at, took time.Duration
	r        fallback.Result[reply]
	err      error
}

// arrivals lets users come at an even rate, whether or not those before them are
// served, and returns them in order of arrival.
func arrivals(rate int, lasts time.Duration, do func(n int) (fallback.Result[reply], error)) []user {
	users := make([]user, int(lasts.Seconds()*float64(rate)))
	began := time.Now()
	var all sync.WaitGroup
	for n := range users {
		time.Sleep(time.Until(began.Add(time.Duration(n) * time.Second / time.Duration(rate))))
		all.Go(func() {
			at := time.Now()
			r, err := do(n)
			users[n] = user{at.Sub(began), time.Since(at), r, err}
		})
	}
	all.Wait()
	return users
}

// vendor is an upstream that answers in a time, and hangs between two times.
type vendor struct {
	script
	mu    sync.Mutex
	began time.Time
	came  []time.Duration
}

func newVendor(takes, hangs, until time.Duration) *vendor {
	v := &vendor{began: time.Now()}
	v.does(func(ctx context.Context, q string) (reply, error) {
		v.mu.Lock()
		now := time.Since(v.began)
		v.came = append(v.came, now)
		v.mu.Unlock()
		return reply{Text: q}, v.answers(ctx, now, takes, hangs, until)
	})
	return v
}

func (v *vendor) answers(ctx context.Context, now, takes, hangs, until time.Duration) error {
	if now >= hangs && now < until {
		<-ctx.Done()
		return ctx.Err()
	}
	select {
	case <-time.After(takes):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// most returns how many calls came within any one second.
func (v *vendor) most() (most int) {
	slices.Sort(v.came)
	from := 0
	for i, at := range v.came {
		for at-v.came[from] >= time.Second {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

const (
	hangRate  = 200
	hangFrom  = 12 * time.Second
	hangTo    = hangFrom + 30*time.Second
	hangLasts = 60 * time.Second
)

// hangPhases are where within a second, and so within a slot of the breaker's
// window and between two asks of its probe, the outage begins.
var hangPhases = []time.Duration{0, 23 * time.Millisecond, 137 * time.Millisecond, 505 * time.Millisecond, 995 * time.Millisecond}

// TestHangNobodyWaitsNobodyFails: a vendor hangs for 30s at 200 calls a second.
// With a hedge and an alternate that can carry all, nobody waits a second and
// nobody gets an error, outage and recovery included; the breaker with its
// default numbers and a probe opens, and comes back by itself.
func TestHangNobodyWaitsNobodyFails(t *testing.T) {
	for _, phase := range hangPhases {
		for name, patience := range map[string]time.Duration{"no deadline": 0, "3s": 3 * time.Second, "1s": time.Second} {
			t.Run(fmt.Sprint(phase, " ", name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a, b := newVendor(ms(30), hangFrom+phase, hangTo+phase), newVendor(ms(40), time.Hour, time.Hour)
					br := newBreaker(t, breaker.Config{Name: "a", Probe: func(ctx context.Context) error {
						return a.answers(ctx, time.Since(a.began), ms(30), hangFrom+phase, hangTo+phase)
					}})
					c := newChain(t, config{Hedge: fallback.Hedge{After: ms(200)}, Sources: []source{
						{Name: "a", Do: a.ask, Upstream: &fallback.Upstream{Breaker: br}}, {Name: "b", Do: b.ask},
					}})
					users := arrivals(hangRate, hangLasts, func(int) (fallback.Result[reply], error) {
						ctx, cancel := t.Context(), func() {}
						if patience > 0 {
							ctx, cancel = context.WithTimeout(ctx, patience)
						}
						defer cancel()
						return c.Do(ctx, "q")
					})
					for _, u := range users {
						require.NoError(t, u.err, "at %v", u.at)
						require.LessOrEqual(t, u.took, time.Second, "at %v", u.at)
						if u.at > hangTo+phase+5*time.Second {
							require.Zero(t, u.r.Rank, "back at the primary, all of them")
						}
					}
					require.Len(t, users, 12_000)
					snap := br.Snapshot()
					require.Equal(t, breaker.Closed, snap.State)
					require.EqualValues(t, 1, snap.Openings)
					require.Contains(t, []breaker.Reason{breaker.ReasonHang, breaker.ReasonFaults}, snap.Why)
					require.Less(t, len(a.came), (12+1+18)*hangRate, "while it hung it was asked for less than a second")
				})
			})
		}
	}
}

// TestHangAlternateIsNotOverrun: the alternate carries 100 calls a second and
// never sees the 101st. Once the breaker is open the rest are told in less than
// 50ms: from memory, or by an explicit error. Those who came before it opened, in
// the first second, cannot know that the first source hangs: what is known is
// served after the hedge and 50ms (Memory.Patience), and who asks for something
// new is told when the breaker has opened and his call is slow, not at his deadline.
func TestHangAlternateIsNotOverrun(t *testing.T) {
	const most, patience = 100, 3 * time.Second
	for _, phase := range hangPhases {
		t.Run(fmt.Sprint(phase), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := newVendor(ms(30), hangFrom+phase, hangTo+phase), newVendor(ms(40), time.Hour, time.Hour)
				br := newBreaker(t, breaker.Config{Name: "a", Probe: func(ctx context.Context) error {
					return a.answers(ctx, time.Since(a.began), ms(30), hangFrom+phase, hangTo+phase)
				}})
				keeps := fallback.Forever
				c := newChain(t, config{
					Hedge: fallback.Hedge{After: ms(200)},
					Sources: []source{
						{Name: "a", Do: a.ask, Upstream: &fallback.Upstream{Breaker: br}, Retention: keeps},
						{Name: "b", Do: b.ask, Upstream: &fallback.Upstream{Capacity: &fallback.Capacity{PerSecond: most}}, Retention: keeps},
					},
					// Half the questions were asked before and are known, the others are new.
					Memory: &memory{Key: identity, Stale: time.Hour, Fresh: time.Nanosecond, Patience: ms(200 + 50)},
				})
				var opened time.Duration
				var once sync.Once
				stop := br.Events(func(e breaker.Event) {
					if e.To == breaker.Open {
						once.Do(func() { opened = e.At.Sub(a.began) })
					}
				})
				defer stop()
				users := arrivals(hangRate, hangLasts, func(n int) (fallback.Result[reply], error) {
					q := fmt.Sprint("known ", n%1000)
					if n%2 == 1 {
						q = fmt.Sprint("new ", n)
					}
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					return c.Do(ctx, q)
				})
				synctest.Wait()
				require.NotZero(t, opened)
				require.LessOrEqual(t, opened-hangFrom-phase, time.Second)
				require.Equal(t, most, b.most(), "all it can carry, and not one more")
				var byB, stale, errs, early int
				for n, u := range users {
					require.LessOrEqual(t, u.took, ms(700), "at %v", u.at)
					if n%2 == 0 && n >= 1000 {
						require.NoError(t, u.err, "what is known is served")
						require.LessOrEqual(t, u.took, ms(200+50), "at %v", u.at)
						if u.at >= hangFrom+phase && u.at <= opened && u.r.Freshness == fallback.Stale {
							early++
						}
					}
					waited := u.took
					if u.err == nil && u.r.Rank == 1 && u.r.Freshness == fallback.Live {
						byB++
						waited -= ms(40)
					}
					if u.at < hangFrom+phase-time.Second || u.at > hangTo+phase+5*time.Second {
						require.NoError(t, u.err)
						require.Zero(t, u.r.Rank)
						continue
					}
					if u.at <= opened || u.at > hangTo+phase { // then the ramp begins
						continue
					}
					require.Less(t, waited, ms(50), "at %v", u.at)
					switch {
					case u.r.Freshness == fallback.Stale:
						require.Equal(t, fmt.Sprint("known ", n%1000), u.r.Value.Text)
						stale++
					case u.err != nil:
						errs++
						require.Equal(t, 1, n%2, "what is known is served")
						requireVerdict(t, fallback.ErrUnavailable, u.err)
						require.Equal(t, fallback.SkipCapacity, u.r.Failed[1].Skip)
					default:
						require.Equal(t, 1, u.r.Rank)
					}
				}
				require.GreaterOrEqual(t, byB, 29*most, "it carries what it can for the whole outage")
				require.LessOrEqual(t, byB, 36*most, "and nothing but the outage, from the first hedges to the end of the ramp")
				require.Positive(t, early)
				require.Positive(t, stale)
				require.Positive(t, errs)
				require.Equal(t, breaker.Closed, br.Snapshot().State)
			})
		})
	}
}

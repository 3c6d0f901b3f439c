package replays

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	takes    = 30 * time.Millisecond // an answer in good times
	slowness = 6 * time.Second       // an answer of slow
)

// vendor is one provider of one capability, behaving as its phases say.
type vendor struct {
	name   string
	zero   time.Time
	phases []phase

	mu      sync.Mutex
	calls   dice            // for those of users
	asks    dice            // for those of Probe and Watch, so that they do not share their luck
	asked   int             // calls of users while nobody was answered
	probed  int             // asks of Probe and Watch meanwhile
	effects map[string]int  // of messages, by their key
	came    []time.Duration // when calls of users came; nil: nobody counts
}

func newVendor(l timeline, capability, provider string, version int, zero time.Time) *vendor {
	seed := uint64(len(capability)*31 + len(provider))
	return &vendor{
		name: provider, zero: zero, phases: l.of(capability, provider, version), effects: map[string]int{},
		calls: dice{rnd: rand.New(rand.NewPCG(seed, 1))}, asks: dice{rnd: rand.New(rand.NewPCG(seed, 2))},
	}
}

// now returns the mode of this moment, with the share of a ramp moved to it.
func (v *vendor) now() mode { return modeAt(v.phases, time.Since(v.zero)) }

func modeAt(phases []phase, at time.Duration) mode {
	m := mode{name: "ok"}
	for _, p := range phases {
		since := at - time.Duration(p.T)
		if since < 0 {
			break
		}
		m = p.Mode
		if p.Every > 0 && since%time.Duration(p.Every) >= time.Duration(p.For) {
			m = mode{name: "ok"}
		}
		if m.name == "ramp" {
			gone := min(1, float64(since)/float64(m.over))
			m.share += (m.to - m.share) * gone
			m.name = "fail"
		}
	}
	return m
}

// edges are the moments between from and to at which the phases change.
func edges(phases []phase, from, to time.Duration) (at []time.Duration) {
	for i, p := range phases {
		end := to
		if i+1 < len(phases) {
			end = time.Duration(phases[i+1].T)
		}
		at = append(at, time.Duration(p.T))
		for s := time.Duration(p.T); p.Every > 0 && s < end; s += time.Duration(p.Every) {
			at = append(at, s, s+time.Duration(p.For))
		}
		if p.Mode.name == "ramp" {
			at = append(at, time.Duration(p.T)+p.Mode.over)
		}
	}
	return at
}

// dice decide which calls of a share fail: so many of each ten, in random order
// that is the same in every run.
type dice struct {
	rnd   *rand.Rand
	block []bool
	owed  float64 // failures that the shares so far would have, above those that there were
}

func (d *dice) fails(share float64) bool {
	switch {
	case share >= 1:
		return true
	case share <= 0:
		return false
	}
	if len(d.block) == 0 {
		n := int(10*share + d.owed + 0.5)
		d.block = make([]bool, 10)
		for i := range d.block {
			d.block[i] = i < n
		}
		d.rnd.Shuffle(10, func(i, j int) { d.block[i], d.block[j] = d.block[j], d.block[i] })
	}
	fails := d.block[0]
	d.block = d.block[1:]
	d.owed += share
	if fails {
		d.owed--
	}
	return fails
}

// fault is an error as an adapter makes it.
type fault struct {
	class  string
	unsent bool
	wait   time.Duration
	err    error
}

func (f *fault) Error() string       { return f.class + ": " + f.err.Error() }
func (f *fault) Class() string       { return f.class }
func (f *fault) NotSent() bool       { return f.unsent }
func (f *fault) Wait() time.Duration { return f.wait }
func (f *fault) Unwrap() error       { return f.err }

// What an answer may be that is none, beside an error.
const (
	page  = "<html>we are being repaired</html>"
	other = "of another"
)

// answer is what the vendor gives: text is empty, page or other. taken runs when
// it takes the question on, before the answer; nil: nobody wants to know.
func (v *vendor) answer(ctx context.Context, d *dice, taken func()) (text string, err error) {
	v.mu.Lock()
	m := v.now()
	hit := m.name != "ok" && d.fails(m.share)
	if m.total() {
		if d == &v.calls {
			v.asked++
		} else {
			v.probed++
		}
	}
	if v.came != nil && d == &v.calls {
		v.came = append(v.came, time.Since(v.zero))
	}
	if taken != nil && (!hit || m.name == "slow") {
		taken()
	}
	v.mu.Unlock()
	if !hit {
		return "", v.work(ctx, takes)
	}
	if m.name == "slow" {
		return "", v.work(ctx, slowness)
	}
	return v.fail(ctx, m)
}

// work takes its time. Who dies in the middle gives no answer.
func (v *vendor) work(ctx context.Context, lasts time.Duration) error {
	select {
	case <-time.After(lasts):
	case <-ctx.Done():
		return ctx.Err()
	}
	if v.now().total() {
		return &fault{class: "unavailable", err: syscall.ECONNRESET}
	}
	return nil
}

func (v *vendor) fail(ctx context.Context, m mode) (string, error) {
	what := m.kind
	if what == "" {
		what = m.name
	}
	unavailable := func(unsent bool, err error) (string, error) {
		return "", &fault{class: "unavailable", unsent: unsent, err: err}
	}
	switch what {
	case "blackhole": // nobody takes the connection
		<-ctx.Done()
		return unavailable(true, os.ErrDeadlineExceeded)
	case "hang": // it is taken, and then nothing
		<-ctx.Done()
		return "", ctx.Err()
	case "refuse":
		return unavailable(true, syscall.ECONNREFUSED)
	case "reset":
		return unavailable(false, syscall.ECONNRESET)
	case "dns", "notfound", "servfail", "empty":
		e := &net.DNSError{Err: "no such host", Name: v.name + ".example", IsNotFound: true}
		if what != "notfound" {
			e = &net.DNSError{Err: "server misbehaving", Name: v.name + ".example", IsTemporary: true}
		}
		return unavailable(true, e)
	case "reject": // it says that it did not take it
		return unavailable(true, errors.New("closed for maintenance"))
	case "quota":
		return "", &fault{class: "limited", unsent: true, wait: 30 * time.Second, err: errors.New("429")}
	case "policy":
		return "", &fault{class: "refused", unsent: true, err: errors.New("taken out of service by decision")}
	case "html":
		return page, v.work(ctx, takes)
	case "other":
		return other, v.work(ctx, takes)
	}
	return unavailable(false, fmt.Errorf("status %s", what))
}

// probe is for Probe and Watch.
func (v *vendor) probe(ctx context.Context) error {
	text, err := v.answer(ctx, &v.asks, nil)
	if err == nil && text == page {
		err = errors.New("not what was asked for")
	}
	return err
}

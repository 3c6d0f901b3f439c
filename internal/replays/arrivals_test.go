package replays

import (
	"slices"
	"time"
)

const (
	dense  = 200 * time.Millisecond // from call to call near an edge
	before = 25 * time.Second       // an edge, so that those are among them who are half-way when a vendor dies
	after  = 20 * time.Second
	ahead  = 10 * time.Millisecond // so long before an edge a call goes out: it is under way when the vendor dies
)

// arrival is one call: when it comes, and for how long a time it stands.
type arrival struct{ at, weight time.Duration }

// surge is a time in which everybody comes at once.
type surge struct{ from, to, every time.Duration }

// arrivals come every so often, five a second near the edges, and more in a surge.
func (r row) arrivals(edges []time.Duration) (calls []arrival) {
	from, to, every := r.from, r.to, r.every
	slices.Sort(edges)
	edges = slices.Compact(edges)
	next := 0
	for at := from; at < to; {
		for next < len(edges) && at >= edges[next]+after-ahead {
			next++
		}
		step := every
		if next < len(edges) {
			if begins := edges[next] - before - ahead; at >= begins {
				step = dense
			} else {
				step = min(every, begins-at)
			}
		}
		if at >= r.surge.from && at < r.surge.to {
			step = r.surge.every
		}
		step = min(step, to-at)
		calls = append(calls, arrival{at, step})
		at += step
	}
	return calls
}

// times are moments from the first to the last of an outage.
type times struct{ from, to time.Duration }

// outages are the times in which nobody at all is answered.
func outages(phases []phase, from, to time.Duration) (out []times) {
	at := append(edges(phases, from, to), from, to)
	slices.Sort(at)
	at = slices.Compact(at)
	for i, e := range at[:len(at)-1] {
		if e < from || e >= at[i+1] || !modeAt(phases, e).total() {
			continue
		}
		if n := len(out); n > 0 && out[n-1].to == e {
			out[n-1].to = at[i+1]
			continue
		}
		out = append(out, times{e, at[i+1]})
	}
	return out
}

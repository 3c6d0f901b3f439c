package breaker

import "sync/atomic"

const rampFirst = 0.1 // the share admitted at the moment of closing

// ramping admits a growing share after closing, so that an upstream that has just come back is not met by everybody at once.
type ramping struct {
	from, end int64
	asked     atomic.Uint64
	refusal   *OpenError
}

func (b *Breaker) newRamp(now int64) *ramping {
	end := now + int64(b.set.Load().Ramp)
	return &ramping{from: now, end: end, refusal: b.newRefusal(Closed, end)}
}

func (r *ramping) share(now int64) float64 {
	return min(1, rampFirst+(1-rampFirst)*float64(now-r.from)/float64(max(r.end-r.from, 1)))
}

// lets spreads the admitted calls evenly: the multiples of the golden ratio fill [0,1) evenly from the first on.
func (r *ramping) lets(now int64) bool {
	const golden = 0x9E3779B97F4A7C15
	u := (r.asked.Add(1) - 1) * golden
	return float64(u>>11)/(1<<53) < r.share(now)
}

// endRamp returns to the plain closed gate.
func (b *Breaker) endRamp(g uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.gate.Load() == g {
		b.gate.Store(g &^ rampBit)
		b.ramp.Store(nil)
	}
}

// rampShare is the share admitted now by a closed breaker.
func (b *Breaker) rampShare(g uint64, now int64) float64 {
	if r := b.ramp.Load(); g&rampBit != 0 && r != nil {
		return r.share(now)
	}
	return 1
}

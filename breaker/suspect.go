package breaker

// suspectShare is the part of WatchEvery that lies between two asks at least, however many suspicions come.
const suspectShare = 5

// Suspect says that something may be wrong, without proof: a citizen who was sent to the upstream has not come back, say. It is never a
// vote. It brings the next ask of Watch forward, to now or to a fifth of WatchEvery after the last ask began; all suspicions
// until then share that one ask, and what it finds is judged as always. Without Watch, while not closed, after Close and on
// nil it does nothing. It never waits for the ask.
func (b *Breaker) Suspect() {
	if b == nil || State(b.gate.Load()&stateMask) != Closed {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.keeper
	if k == nil || b.closed || b.set.Load().Watch == nil || b.state() != Closed {
		return
	}
	if at := max(b.now(), k.asked+int64(b.set.Load().WatchEvery/suspectShare)); at < k.next {
		k.next = at
		k.rouse()
	}
}

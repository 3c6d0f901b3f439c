package breaker

const mostLooks = 64 // members that are looked at to find one that can go

// join makes the member of key, if there is room or can be.
func (g *Group) join(key string) *Breaker {
	if len(key) > maxKeyLength {
		g.overflowed.Add(1)
		return g.over
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if v, ok := g.members.Load(key); ok {
		return v.(*member).b
	}
	place := len(g.clock)
	if place >= g.conf.Max {
		if place = g.victim(); place < 0 {
			g.overflowed.Add(1)
			return g.over
		}
		g.evict(g.clock[place])
	} else {
		g.clock = append(g.clock, nil)
	}
	m := &member{key: key, b: build(g.conf.of(key), g.base)}
	m.b.group = g
	if g.closed {
		m.b.halt()
	} else {
		m.b.start()
	}
	g.clock[place] = m
	g.members.Store(key, m)
	return m.b
}

// victim is the place of a member that can go, or -1.
func (g *Group) victim() int {
	second, now := -1, g.parent.now()
	for range min(mostLooks, len(g.clock)) {
		i := g.hand
		g.hand = (i + 1) % len(g.clock)
		m := g.clock[i]
		if !m.b.idle(now) {
			continue
		}
		if !m.touched.Swap(false) {
			return i
		}
		if second < 0 {
			second = i
		}
	}
	return second
}

func (g *Group) evict(m *member) {
	g.members.Delete(m.key)
	g.evicted.Add(1)
	if m.b.halt() {
		g.leaving.Go(func() { _ = m.b.Close() })
	}
}

// idle reports whether nothing would be lost with b: it is closed, not forced, and in its window nothing failed, was slow or is out.
func (b *Breaker) idle(now int64) bool {
	g := b.gate.Load()
	if g&(stateMask|forcedBit) != 0 {
		return false
	}
	if r := b.ramp.Load(); g&rampBit != 0 && r != nil && now < r.end {
		return false
	}
	if !b.active(now) {
		return true
	}
	w := b.win.Load()
	for e, ago := w.epoch(now), int64(0); ago <= windowSlots; ago++ {
		if s := w.slotAt(e-ago, g>>genShift); s.good != s.started {
			return false
		}
	}
	return true
}

// active reports whether there were calls in the window.
func (b *Breaker) active(now int64) bool {
	w := b.win.Load()
	return w.epoch(now)-w.newest() <= windowSlots
}

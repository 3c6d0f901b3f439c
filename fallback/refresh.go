package fallback

// update serves k although it is not fresh any more, and lets the sources be
// asked behind the caller's back, or reports that it may not.
func (c *wiring[Q, A]) update(q Q, key string, k *memo, seen uint64) (r Result[A], ok bool) {
	m := c.memory
	if m.Revalidate <= 0 || k.soft <= 0 {
		return r, false
	}
	if _, late := k.age(min(k.soft+m.Revalidate, k.hard)); !late {
		return r, false
	}
	if r, ok = m.open(key, k, Updating); !ok {
		return r, false
	}
	m.updates.Add(1)
	if m.flights.of(key) == nil {
		// Nobody waits for it: a shared call ends by itself, and Close waits for it.
		m.flights.group.DoChan(key, func() (any, error) {
			return c.fly(q, key, glance{seen: seen, known: true, wait: m.StoreWait}, endless, true), nil
		})
	}
	return r, true
}

package fallback

import "github.com/detour-go/detour/breaker"

// Upstream is what the sources of one vendor share, by pointer, across
// capabilities and chains: if the vendor's token endpoint is down, every
// source that needs it should know. Fill it in before the first use and leave
// it alone afterwards; its parts are safe for concurrent use. The zero value
// guards nothing.
type Upstream struct {
	// Name names the vendor in views and events.
	Name string
	// Breaker decides whether the upstream is worth asking. Nil: always.
	Breaker *breaker.Breaker
	// Budget bounds the extra attempts at this upstream. Nil: each source that
	// retries, or is in a chain with a Hedge, has one of its own with the default
	// numbers.
	Budget *Budget
	// Capacity bounds what this upstream is asked: at once, in a second, in a
	// day. Nil: no bound.
	Capacity *Capacity
	// Fate names what the upstream dies together with: a company, a data
	// centre, a network, an app.
	Fate []string
	// Recipient is who receives the data.
	Recipient Recipient
}

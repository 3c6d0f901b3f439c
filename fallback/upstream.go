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
	// centre, a network, an app. Recipient.Company counts as one of them. Check
	// compares the names without regard to case and to space around them.
	Fate []string
	// Recipient is who receives the data.
	Recipient Recipient

	// The rest says what only the wiring knows, for Check.

	// Local: it asks nobody beyond this machine (an archive, a list), so it
	// answers when no network does.
	Local bool
	// Courtesy: a public server that its owner lends to everybody and may close
	// to anybody. It is never a site's only substitute.
	Courtesy bool
	// Through is the chain or flow by which this upstream is asked, when it is one
	// of ours (codes that go out through a chain of messages): it dies when nobody
	// of that one is left. Nil: it is asked directly.
	Through Inspectable
}

package message

import (
	"context"
	"errors"

	"github.com/detour-go/detour/providers"
)

// Sender hands one message to a vendor. It is safe for concurrent use.
type Sender interface {
	// Send asks once. A receipt means accepted, not delivered. An error that does
	// not say NotSent leaves open whether the message is under way.
	Send(ctx context.Context, m Message) (Receipt, error)
}

// Tracker can say what became of a message.
type Tracker interface {
	// Status asks for the receipt of a sender of the same vendor. A receipt of
	// another vendor is invalid, and nobody is asked; one that the vendor does not
	// know, or not yet, is notfound.
	Status(ctx context.Context, r Receipt) (Delivery, error)
}

// Finder can say whether a vendor has a message, by our own key.
type Finder interface {
	// Find is true with the receipt when the vendor has the message; false
	// without an error when the vendor answered that it has none with this key
	// within the last day; an error when that cannot be said. A request that is
	// still under way at the vendor is not in its list yet: ask again after a
	// while before a false is believed, as [Deliver] does.
	Find(ctx context.Context, m Message) (Receipt, bool, error)
}

// Resender tells that the vendor was told to replace what fails by itself.
// Nothing may stand behind such a sender in a chain.
type Resender interface {
	Resends() bool
}

// Watcher asks the vendor something that costs nothing and sends nothing, for
// the Watch or Probe of a breaker. It proves the way there, our key and our
// clock, not that messages arrive.
type Watcher interface {
	Watch(ctx context.Context) error
}

// Next is the Next of a chain of messages: what one channel cannot do another
// may. It is true for an error of class notfound that had no effect.
func Next(err error) bool {
	var class interface{ Class() string }
	return errors.As(err, &class) && class.Class() == providers.NotFound.String() && notSent(err)
}

func notSent(err error) bool {
	var says interface{ NotSent() bool }
	return errors.As(err, &says) && says.NotSent()
}

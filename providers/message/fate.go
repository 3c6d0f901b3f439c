package message

import (
	"context"
	"errors"
)

var errNoWord = errors.New("the vendor has it, and nobody knows yet whether it arrived")

// Asker can be asked for a message by our own key, and for what became of it.
type Asker interface {
	Finder
	Tracker
}

// Fate is the Find of a chain's source behind [Deliver], where an answer means
// arrived: a Finder alone would call done what the vendor took and never
// delivered. Delivered is done; failed, and never taken, is surely absent;
// everything else is an error, for nobody knows. What a [Resender] says to have
// failed may still come another way, so it is not absent either.
func Fate(v Asker) func(context.Context, Message) (Receipt, bool, error) {
	own, _ := v.(Resender)
	return func(ctx context.Context, m Message) (Receipt, bool, error) {
		r, found, err := v.Find(ctx, m)
		if err != nil || !found {
			return Receipt{}, false, err
		}
		is, err := v.Status(ctx, r)
		switch {
		case err != nil:
			return Receipt{}, false, err
		case is.State == Delivered:
			r.State = Delivered
			return r, true, nil
		case is.State == Failed && (own == nil || !own.Resends()):
			return Receipt{}, false, nil
		}
		return Receipt{}, false, errNoWord
	}
}

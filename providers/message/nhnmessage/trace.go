package nhnmessage

import (
	"time"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

// trace is a message in a list, as far as finding it goes.
type trace struct {
	id, key string
	at      time.Time // zero: not said
	state   message.State
}

// over reports whether a says more about its key than b, of equal ones the newer.
func (a trace) over(b trace) bool {
	switch {
	case message.Decides(a.state, b.state):
		return true
	case message.Decides(b.state, a.state):
		return false
	}
	return a.at.After(b.at)
}

// found is the receipt of the one that says most; none is no error. A list that
// holds what was not asked for is another answer.
func (c *caller) found(m message.Message, all []trace, receipt func(id string) message.Receipt) (message.Receipt, bool, error) {
	if len(all) == 0 {
		return message.Receipt{}, false, nil
	}
	best := all[0]
	for _, one := range all {
		if one.key != m.Key || !spelled(one.id, idLetters, 64) {
			return message.Receipt{}, false, c.client.Fail(opFind, providers.Unavailable, "", errOther)
		}
		if one.over(best) {
			best = one
		}
	}
	r := receipt(best.id)
	if !best.at.IsZero() {
		r.At = best.at
	}
	if best.state == message.Pending || best.state == message.Delivered {
		r.State = best.state
	}
	return r, true, nil
}

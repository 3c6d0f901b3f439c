package message_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/detour-go/detour/providers/message"
)

// told answers as it was told to.
type told struct {
	found         bool
	find, status  error
	state         message.State
	resends       bool
	asked, looked int
}

func (v *told) Find(context.Context, message.Message) (message.Receipt, bool, error) {
	v.looked++
	return message.Receipt{ID: "1", State: message.Accepted}, v.found, v.find
}

func (v *told) Status(context.Context, message.Receipt) (message.Delivery, error) {
	v.asked++
	return message.Delivery{State: v.state}, v.status
}

func (v *told) Resends() bool { return v.resends }

func TestFate(t *testing.T) {
	dead := errors.New("dead")
	for name, c := range map[string]struct {
		v    told
		done bool
		err  bool
		asks int
	}{
		"never taken":                      {told{}, false, false, 0},
		"cannot be looked for":             {told{find: dead}, false, true, 0},
		"taken and nobody can say":         {told{found: true, status: dead}, false, true, 1},
		"delivered":                        {told{found: true, state: message.Delivered}, true, false, 1},
		"failed":                           {told{found: true, state: message.Failed}, false, false, 1},
		"failed, and the vendor resends":   {told{found: true, state: message.Failed, resends: true}, false, true, 1},
		"taken and on its way":             {told{found: true, state: message.Pending}, false, true, 1},
		"taken and never heard of again":   {told{found: true, state: message.Lost}, false, true, 1},
		"a state that nobody has heard of": {told{found: true}, false, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			r, done, err := message.Fate(&c.v)(t.Context(), message.Message{})
			assert.Equal(t, c.done, done)
			assert.Equal(t, c.err, err != nil, "%v", err)
			assert.Equal(t, []int{1, c.asks}, []int{c.v.looked, c.v.asked}, "each is asked once at most")
			if done {
				assert.Equal(t, message.Delivered, r.State)
			}
		})
	}
}

package message_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

// F78: one carrier is switched off for one channel; its numbers go elsewhere, the others notice nothing.
func TestF78Except(t *testing.T) {
	off := errors.New("SKT is off, and this is 01012345678")
	sent := 0
	send := func(context.Context, message.Message) (message.Receipt, error) {
		sent++
		return message.Receipt{ID: "1"}, nil
	}
	for name, row := range map[string]struct {
		why  func(context.Context, message.Message) error
		sent int
		is   error
	}{
		"let through": {func(context.Context, message.Message) error { return nil }, 1, nil},
		"switched off": {func(_ context.Context, m message.Message) error {
			if m.To == good().To {
				return off
			}
			return nil
		}, 0, off},
		"panics": {func(context.Context, message.Message) error { panic("01012345678") }, 0, providers.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			sent = 0
			r, err := message.Except(send, row.why)(t.Context(), good())
			assert.Equal(t, row.sent, sent)
			if row.is == nil {
				require.NoError(t, err)
				assert.Equal(t, "1", r.ID)
				return
			}
			assert.Zero(t, r)
			require.ErrorIs(t, err, row.is)
			assert.ErrorIs(t, err, providers.NotFound)
			assert.True(t, message.Next(err), "another channel may")
			assert.Equal(t, "message: except: notfound: switched off for this message", err.Error())
		})
	}
}

func TestDecides(t *testing.T) {
	order := []message.State{message.Failed, message.Lost, message.Pending, message.Delivered}
	for i, a := range order {
		for j, b := range order {
			assert.Equal(t, i > j, message.Decides(a, b), "%v over %v", a, b)
		}
	}
	assert.False(t, message.Decides(message.Accepted, message.Pending) || message.Decides(message.Pending, message.Accepted))
	assert.True(t, message.Decides(0, message.Failed), "what is not understood may have arrived")
	assert.False(t, message.Decides(0, message.Accepted))
}

package journeys

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/vendorsim"
)

// F78: SIMs of one carrier were stolen, so its numbers get no code by SMS, whoever would send it. KakaoTalk is another matter, and so is
// everybody else.
func TestF78NoSMSToOneCarrier(t *testing.T) {
	const theirs = "01022223333"
	stolen := errors.New("SKT, 28 April 2025")
	s := openTexts(t, wiring{look: patient()})
	cfg := s.config
	cfg.Sources = slices.Clone(cfg.Sources)
	for i := range cfg.Sources {
		if cfg.Sources[i].Name != talk {
			cfg.Sources[i].Do = message.Except(cfg.Sources[i].Do, func(_ context.Context, m message.Message) error {
				if m.OTP && strings.HasPrefix(m.To, "0102") {
					return stolen
				}
				return nil
			})
		}
	}
	chain, err := fallback.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, chain.Close()) })
	send := func(key, to string) (fallback.Result[message.Receipt], error) {
		m := code(key)
		m.To = to
		return chain.Do(t.Context(), m)
	}

	r, err := send("op-1", theirs)
	require.NoError(t, err)
	assert.Equal(t, talk, r.Source)
	s.phone.Behave("", vendorsim.Behaviour{Trouble: vendorsim.NoKakaoTalk})
	_, err = send("op-2", theirs)
	require.ErrorIs(t, err, fallback.ErrNotFound, "no channel is left, which is no outage")
	require.ErrorIs(t, err, stolen)
	assert.NotContains(t, err.Error(), "SKT")
	r, err = send("op-3", citizen)
	require.NoError(t, err)
	assert.Equal(t, text, r.Source, "another carrier")
	notice := code("op-4")
	notice.To, notice.OTP = theirs, false
	r, err = chain.Do(t.Context(), notice)
	require.NoError(t, err)
	assert.Equal(t, text, r.Source, "a notice is no code")

	assert.Equal(t, []int{2, 1}, []int{s.phone.Count(theirs), s.phone.Count(citizen)})
	for _, up := range s.up {
		well(t, up)
	}
}

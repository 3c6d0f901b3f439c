package fallback_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestMemoryServesNoRaisedCall: what was good enough for others is not taken
// for a call that asks for more (T10, F7).
func TestMemoryServesNoRaisedCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := answering("one")
		c, _ := remembering(t, s, func(cfg *config) { cfg.Sources[0].Traits = fallback.Signature })
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		for name, ctx := range map[string]context.Context{
			"min": fallback.WithMin(t.Context(), fallback.Low), "traits": fallback.WithTraits(t.Context(), fallback.Signature),
		} {
			r, err := c.Do(ctx, "q")
			require.NoError(t, err, name)
			require.Equal(t, fallback.Live, r.Freshness, name)
		}
		r, err := c.Do(fallback.WithMin(t.Context(), fallback.None), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Cached, r.Freshness)
		s.fails(&says{class: "unavailable"})
		_, err = c.Do(fallback.WithMin(t.Context(), fallback.Low), "q")
		requireVerdict(t, fallback.ErrUnavailable, err)
	})
}

// TestMemoryAfterASecurityFailure: stale is flagged, and a remembered answer
// has to be worth as much as the source that could not be trusted.
func TestMemoryAfterASecurityFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		strong, weak := failing(&says{class: "unavailable"}), answering("weak")
		c, _ := remembering(t, weak, func(cfg *config) {
			cfg.Sources = append([]source{{Name: "s", Do: strong.ask, Assurance: fallback.High, Retention: fallback.Forever}}, cfg.Sources...)
		})
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		time.Sleep(2 * time.Minute)
		strong.fails(&says{class: "security"})
		r, err := c.Do(t.Context(), "q")
		failed(t, r, err)
		requireVerdict(t, fallback.ErrSecurity, err)
		require.EqualValues(t, 1, weak.asked.Load())
		strong.answers("strong")
		_, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
		time.Sleep(2 * time.Minute)
		strong.fails(&says{class: "security"})
		r, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "strong", r.Value.Text)
		require.Equal(t, fallback.Stale, r.Freshness)
		require.True(t, r.Flags.Has(fallback.FlagSecurity))
	})
}

// TestMemoryKeepsTheFlag: an answer found behind a security failure says so
// from memory too.
func TestMemoryKeepsTheFlag(t *testing.T) {
	s := answering("ok")
	c, _ := remembering(t, s, func(cfg *config) {
		cfg.Sources = append([]source{{Name: "s", Do: failing(&says{class: "security"}).ask}}, cfg.Sources...)
	})
	for range 2 {
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.FlagSecurity, r.Flags)
		require.Equal(t, 1, r.Rank)
	}
	require.EqualValues(t, 1, s.asked.Load())
}

// TestMemoryFollowsTheWiringOfNow: terms that became stricter and sources that
// were taken out count for what was remembered before.
func TestMemoryFollowsTheWiringOfNow(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*config)
		want   fallback.Freshness
		left   int
	}{
		"the same":              {func(*config) {}, fallback.Cached, 1},
		"retention is shorter":  {func(c *config) { c.Sources[0].Retention = fallback.Retention(10 * time.Second) }, 0, 1},
		"retention was shorter": {func(c *config) { c.Sources[0].Retention = fallback.Forever }, 0, 1},
		"the source is gone":    {func(c *config) { c.Sources[0].Name = "z" }, 0, 0},
		"another version":       {func(c *config) { c.Memory.Version = 2 }, 0, 1},
		"another chain":         {func(c *config) { c.Name = "address2" }, 0, 1},
		"worth less now":        {func(c *config) { c.Sources[0].Assurance = fallback.None }, fallback.Cached, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := answering("one")
				c, store := remembering(t, s, func(cfg *config) {
					if name == "retention was shorter" {
						cfg.Sources[0].Retention = fallback.Retention(10 * time.Second)
					}
				})
				_, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				time.Sleep(30 * time.Second)
				s.fails(&says{class: "unavailable"})
				c, _ = remembering(t, s, func(cfg *config) { cfg.Memory.Store = store; row.change(cfg) })
				r, err := c.Do(t.Context(), "q")
				require.Equal(t, row.want, r.Freshness)
				require.Equal(t, row.want == 0, err != nil)
				require.Len(t, store.data, row.left)
				if name == "worth less now" {
					require.Equal(t, fallback.None, r.Assurance)
				}
			})
		})
	}
}

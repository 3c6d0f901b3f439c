package replays

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// message is one message, with our own key.
type message struct{ ID string }

// receipt is what a vendor says that took one.
type receipt struct{ ID string }

// send sends one. What the vendor took is delivered, also when it never says so.
func (v *vendor) send(ctx context.Context, m message) (receipt, error) {
	text, err := v.answer(ctx, &v.calls, func() { v.effects[m.ID]++ })
	if err == nil && text != "" {
		err = errors.New("not what was asked for")
	}
	if err != nil {
		return receipt{}, err
	}
	return receipt(m), nil
}

// status asks by our key whether one was taken.
func (v *vendor) status(ctx context.Context, m message) (receipt, bool, error) {
	if v.now().name != "slow" {
		if err := v.probe(ctx); err != nil {
			return receipt{}, false, err
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return receipt(m), v.effects[m.ID] > 0, nil
}

// effects is a site that sends messages: the dead channel first, then another.
type effects struct {
	perDay int64 // what the site pays for of the other channel; zero: all
}

// site is a chain with Once over the row's providers.
func (o effects) site(s *stage) site {
	cfg := fallback.Config[message, receipt]{
		Name: s.row.capability, Once: true,
		Answers: func(a receipt, q message) error {
			if a.ID != q.ID {
				return errors.New("of another message")
			}
			return nil
		},
	}
	for i, name := range s.row.providers {
		v, c, up := s.vendors[name], breaker.Config{}, &fallback.Upstream{Name: name}
		if len(v.phases) > 0 {
			c.Probe = v.probe
		}
		up.Breaker = s.guard(name, c)
		if i > 0 && o.perDay > 0 {
			up.Capacity = &fallback.Capacity{PerDay: o.perDay}
			v.came = []time.Duration{}
		}
		source := fallback.From(name, v.send, up)
		source.Find = v.status
		cfg.Sources = append(cfg.Sources, source)
	}
	chain, err := fallback.New(cfg)
	require.NoError(s.t, err)
	var mu sync.Mutex
	verdicts := map[string]error{}
	return site{
		part: chain,
		direct: func(n int) bool {
			ctx, cancel := context.WithTimeout(context.Background(), fallback.DefaultTimeout)
			defer cancel()
			_, err := s.direct.send(ctx, message{fmt.Sprint(n)})
			return err == nil
		},
		detour: func(n int) served {
			m := message{fmt.Sprint(n)}
			r, err := chain.Do(context.Background(), m)
			if err == nil && r.Rank > 0 {
				assert.NotEmpty(s.t, r.Failed, "why it is not of the first channel")
			}
			mu.Lock()
			defer mu.Unlock()
			verdicts[m.ID] = err
			return served{err == nil, err == nil}
		},
		check: func() {
			for id, err := range verdicts {
				s.once(id, err)
			}
			for _, name := range s.row.providers[1:] {
				days := map[time.Duration]int64{}
				for _, at := range s.vendors[name].came {
					days[(at-s.row.from)/(24*time.Hour)]++
				}
				for day, n := range days {
					assert.LessOrEqual(s.t, n, o.perDay, "%s on day %d", name, day)
				}
			}
		},
	}
}

// once: a message that was sent was delivered once by one channel; of one that
// was not, nobody delivered it; of one nobody knows of, at most one did.
func (s *stage) once(id string, err error) {
	delivered := 0
	for _, v := range s.vendors {
		delivered += v.effects[id]
	}
	switch {
	case err == nil:
		assert.Equal(s.t, 1, delivered, "message %s was sent", id)
	case errors.Is(err, fallback.ErrUnknown):
		assert.LessOrEqual(s.t, delivered, 1, "message %s: %v", id, err)
	default:
		assert.Zero(s.t, delivered, "message %s: %v", id, err)
	}
}

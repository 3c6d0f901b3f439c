package breaker

import (
	"math/rand/v2"
	"time"
)

// NewSeeded is New with the random parts of its intervals a function of seed.
func NewSeeded(c Config, seed uint64) (*Breaker, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	b := build(c, time.Now())
	b.dice = rand.New(rand.NewPCG(seed, seed))
	b.start()
	return b, nil
}

// Own is the state of the machine, whatever is forced.
func (b *Breaker) Own() State { return b.state() }

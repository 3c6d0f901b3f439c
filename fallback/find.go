package fallback

import (
	"context"
	"time"
)

// finds is how often Find is asked after one fault: once in each equal part of
// FindTimeout. Only the last ask is believed when it finds nothing.
const finds = 3

// settle finds out what became of a call with an effect that went out and
// failed with err, and writes it on got. With EffectDone got holds the answer.
func (c *wiring[Q, A]) settle(ctx context.Context, m *member[Q, A], q Q, floor Assurance, got *said[A], err error) {
	switch {
	case notSent(err):
		got.effect = EffectAbsent
	case m.Find == nil:
		got.effect = EffectUnknown
	default:
		got.effect, got.find = c.search(ctx, m, q, floor, got)
		if got.left && got.effect == EffectAbsent { // it may still do it
			got.effect, got.find = EffectUnknown, ErrLeftBehind
		}
	}
}

// search asks Find. The error is that of EffectUnknown.
func (c *wiring[Q, A]) search(ctx context.Context, m *member[Q, A], q Q, floor Assurance, got *said[A]) (_ Effect, err error) {
	began := time.Now()
	part := m.FindTimeout / finds
	var notBefore time.Time
	for ask := range finds {
		at := began.Add(time.Duration(ask) * part)
		if at.Before(notBefore) {
			continue
		}
		if !sleepUntil(ctx, at) {
			return EffectUnknown, endOf(ctx)
		}
		done, failed := c.find(ctx, m, q, floor, got, at.Add(part))
		switch {
		case failed != nil:
			if err = failed; ClassOf(err).rule().retry == no {
				return EffectUnknown, err
			}
			notBefore = time.Now().Add(waitOf(err))
		case done:
			return EffectDone, nil
		case ask == finds-1:
			return EffectAbsent, nil
		}
	}
	return EffectUnknown, err
}

// find asks Find once, until the given time, and judges what it found.
func (c *wiring[Q, A]) find(ctx context.Context, m *member[Q, A], q Q, floor Assurance, got *said[A], until time.Time) (done bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked("find of "+m.Name, v)
		}
	}()
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	value, done, err := m.Find(ctx, q)
	if err != nil {
		return false, err
	}
	if !done {
		return false, ctx.Err() // nothing found in no time is nothing known
	}
	level, err := c.judge(value, q, m.Assurance, floor)
	if err != nil {
		return false, err
	}
	got.value, got.level = value, level
	return true, nil
}

// sleepUntil reports whether ctx lived until at.
func sleepUntil(ctx context.Context, at time.Time) bool {
	if ctx.Err() != nil {
		return false
	}
	wait := time.Until(at)
	if wait <= 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// repeats asks Config.Again. One that panics has not agreed.
func (c *wiring[Q, A]) repeats(q Q, err error) (agreed bool) {
	if c.cfg.Again == nil {
		return false
	}
	defer func() {
		if recover() != nil {
			agreed = false
		}
	}()
	return c.cfg.Again(q, err)
}

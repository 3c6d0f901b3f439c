package fallback

import "errors"

// BudgetSettings are the numbers of a Budget that may change while it is in
// use, each above zero. Nil means: as it was wired.
type BudgetSettings struct {
	Tokens  *int `json:"tokens,omitempty"`
	Retry   *int `json:"retry,omitempty"`
	Timeout *int `json:"timeout,omitempty"`
	Success *int `json:"success,omitempty"`
	Hedge   *int `json:"hedge,omitempty"`
}

// Settings returns the numbers in force, written out.
func (b *Budget) Settings() BudgetSettings {
	n := b.numbers()
	return BudgetSettings{&n.tokens, &n.retry, &n.timeout, &n.success, &n.hedge}
}

// Prepare says all that is wrong with s at once, or returns how to put it in
// force. What was spent stays spent.
func (b *Budget) Prepare(s BudgetSettings) (apply func(), err error) {
	var wrong mistakesFound
	n := b.wired()
	for _, one := range []struct {
		name string
		to   *int
		s    *int
	}{
		{"tokens", &n.tokens, s.Tokens}, {"retry", &n.retry, s.Retry}, {"timeout", &n.timeout, s.Timeout},
		{"success", &n.success, s.Success}, {"hedge", &n.hedge, s.Hedge},
	} {
		set(one.to, one.s)
		if *one.to <= 0 {
			wrong.add("budget: %s must be above zero", one.name)
		}
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return func() { b.set.Store(&n) }, nil
}

// CapacitySettings are the bounds of a Capacity that may change while it is in
// use; zero: no bound. Nil means: as it was wired.
type CapacitySettings struct {
	InFlight  *int   `json:"in_flight,omitempty"`
	PerSecond *int   `json:"per_second,omitempty"`
	PerDay    *int64 `json:"per_day,omitempty"`
}

// Settings returns the bounds in force, written out.
func (c *Capacity) Settings() CapacitySettings {
	n := c.numbers()
	return CapacitySettings{&n.inFlight, &n.perSecond, &n.perDay}
}

// Prepare says all that is wrong with s at once, or returns how to put it in
// force. What is in flight and what was counted stays.
func (c *Capacity) Prepare(s CapacitySettings) (apply func(), err error) {
	n := capacityNumbers{c.InFlight, c.PerSecond, c.PerDay}
	set(&n.inFlight, s.InFlight)
	set(&n.perSecond, s.PerSecond)
	set(&n.perDay, s.PerDay)
	errs := n.mistakes()
	if c.Counter != nil && n.perDay == 0 {
		errs = append(errs, errors.New("capacity: it has a counter, so per day must be above zero"))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return func() { c.set.Store(&n) }, nil
}

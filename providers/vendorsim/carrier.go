package vendorsim

import "time"

// carrier takes accepted messages to the telephones, step by step on real time: what is behind the intake of every vendor
// of messages.
type carrier struct {
	vendor string
	phone  *Phone
	op     *operation // "deliver": a fault of it is one of delivery
	step   time.Duration
	later  timers
}

// fate is how a delivery ended. The vendor learns it only when it is known.
type fate struct {
	trouble Trouble // of the line
	code    string  // of a fault; decides before trouble
}

func newCarrier(vendor string, phone *Phone, step time.Duration, codes []string) *carrier {
	if phone == nil {
		phone = NewPhone()
	}
	c := &carrier{vendor: vendor, phone: phone, step: orDefault(step, 20*time.Millisecond)}
	c.op = &operation{name: "deliver", inner: true, codes: codes}
	return c
}

// bring hands a text over after one step, which onRoad is told, and delivers it after another, which ended is told unless
// nobody ever hears of it.
func (c *carrier) bring(to string, t Text, onRoad func(), ended func(fate)) {
	t.Vendor = c.vendor
	c.later.after(c.step, func() {
		onRoad()
		c.later.after(c.step, func() { c.arrive(to, t, ended) })
	})
}

func (c *carrier) arrive(to string, t Text, ended func(fate)) {
	c.op.hits.Add(1)
	sc := c.op.script.Load()
	if sc == nil || !sc.strikes() {
		c.end(to, t, ended)
		return
	}
	f := sc.fault
	if f.Effect {
		c.phone.deliver(to, t)
	}
	switch {
	case f.Mode == Vendor:
		ended(fate{code: f.Code})
	case f.Mode == Slow && !f.Effect:
		c.later.after(f.Delay, func() { c.end(to, t, ended) })
	}
}

func (c *carrier) end(to string, t Text, ended func(fate)) {
	b := c.phone.behaviour(to)
	kakao := t.Channel == ChannelAlimTalk
	trouble := NoTrouble
	switch b.Trouble {
	case Swallowed:
		return
	case NoSuchLine:
		trouble = b.Trouble
	case PhoneOff, SpamFilter:
		if !kakao {
			trouble = b.Trouble
		}
	case NoKakaoTalk, BlocksKakao:
		if kakao {
			trouble = b.Trouble
		}
	}
	if trouble == NoTrouble {
		c.phone.deliver(to, t)
	}
	if b.Trouble != Unreported {
		ended(fate{trouble: trouble})
	}
}

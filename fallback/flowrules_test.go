package fallback_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// do does one step, and looks whether it ended as it must.
func (d *desk) do(s *deskStep) {
	switch s.what {
	case "begin", "begin together", "begin elsewhere":
		d.begin(s)
	case "force open", "force closed":
		what := breaker.ForcedOpen
		if s.what == "force closed" {
			what = breaker.ForcedClosed
		}
		require.NoError(d.rt, d.ups[s.up].Breaker.Force(what, "op", "drawn", s.wait))
	case "release":
		_ = d.ups[s.up].Breaker.Release("op", "drawn") // there may be nothing to release
	case "trip":
		for range d.p.ups[s.up].Consecutive {
			_ = d.ups[s.up].Breaker.Do(bgCtx, func(context.Context) error { return dead })
		}
	case "new key": // known everywhere before it seals
		if len(d.keys) < 8 {
			d.newest++
			d.keys = append([]byte{d.keys[0], d.newest}, d.keys[1:]...)
		}
		d.restart()
	case "next key":
		if len(d.keys) > 1 {
			d.keys[0], d.keys[1] = d.keys[1], d.keys[0]
		}
		d.restart()
	case "drop key":
		d.keys = d.keys[:max(1, len(d.keys)-1)]
		d.restart()
	case "restart":
		d.cfg.Legs = nil
		for i := range d.p.legs {
			d.cfg.Legs = append(d.cfg.Legs, d.leg(i))
		}
		d.restart()
	case "drop leg":
		if i := s.leg % len(d.cfg.Legs); len(d.cfg.Legs) > 1 {
			d.cfg.Legs = append(d.cfg.Legs[:i:i], d.cfg.Legs[i+1:]...)
		}
		d.restart()
	case "lower leg":
		d.cfg.Legs[s.leg%len(d.cfg.Legs)].Assurance = d.p.min
		d.restart()
	case "raise leg":
		d.cfg.Legs[s.leg%len(d.cfg.Legs)].Assurance = fallback.High
		d.restart()
	case "wait":
		time.Sleep(s.wait)
	default:
		if len(d.tickets) > 0 {
			d.finish(s, max(0, len(d.tickets)-1-s.ticket))
		}
	}
}

func (d *desk) begin(s *deskStep) {
	name := d.cfg.Legs[s.leg%len(d.cfg.Legs)].Name
	if s.what == "begin elsewhere" {
		name = []string{"", "leg", "LEG0", "leg0 ", "leg9"}[s.n%5]
	}
	var b fallback.Begun[deskChallenge]
	begin := func() (err error) {
		b, err = d.flow.Begin(d.context(s, s.session), name, s.person)
		return err
	}
	floor, need := max(d.p.min, s.min), d.p.require|s.traits
	enough := func(l *fallback.Leg[string, deskChallenge, deskReply, deskProof]) bool {
		return l.Assurance >= floor && l.Traits.Has(need)
	}
	anybody := false
	for i := range d.cfg.Legs {
		anybody = anybody || enough(&d.cfg.Legs[i])
	}
	l := d.wired(name)
	switch {
	case !anybody:
		d.untouched("T5: nobody is enough", fallback.ErrRefused, fallback.ErrNoSource, begin)
		return
	case l == nil || !enough(l):
		d.untouched("T5: no such leg", fallback.ErrInvalid, nil, begin)
		return
	}
	if d.spent(l.Upstream) {
		e := d.untouched("no calls are left today", fallback.ErrLimited, nil, begin)
		require.Equal(d.rt, fallback.SkipCapacity, e.Failed[0].Skip)
		return
	}
	if s.what == "begin together" {
		d.crowd(s, l)
		return
	}
	before, begun, err := d.state(), d.begun, errExit
	d.begins = s.begins
	together(1, func(int) { err = begin() })
	if d.forcedOpen(l.Upstream) {
		require.ErrorIs(d.rt, err, breaker.ErrOpen, "T16")
		require.Equal(d.rt, fallback.SkipForced, err.(*fallback.Error).Failed[0].Skip)
		require.Equal(d.rt, begun, d.begun, "T16: asked although forced open")
		return
	}
	if errors.Is(err, breaker.ErrOpen) {
		require.Equal(d.rt, begun, d.begun)
		return
	}
	require.Equal(d.rt, begun+1, d.begun, "asked once")
	if s.begins != "ok" {
		want := map[string]error{"exit": errExit, "denied": fallback.ErrDenied}[s.begins]
		if want == nil {
			want = fallback.ErrUnavailable
		}
		require.ErrorIs(d.rt, err, want, s.begins)
		require.NotContains(d.rt, err.Error(), canary)
		require.Zero(d.rt, b)
		require.Equal(d.rt, before.store, d.state().store, "F56 F57: a ticket of a leg that failed")
	}
	for n, up := range d.ups {
		was, is := before.breakers[n], up.Breaker.Snapshot()
		switch fault := s.begins != "ok" && s.begins != "denied"; {
		case was.State != breaker.Closed || was.Forced != breaker.NotForced:
		case fault && up == l.Upstream:
			require.True(d.rt, is.Faults > 0 || is.State != breaker.Closed, "F56 F57: nobody heard of the fault")
		case !fault:
			require.LessOrEqual(d.rt, is.Calls, was.Calls, "T5: a Begin that was no fault says nothing")
		}
	}
	if s.begins != "ok" {
		return
	}
	require.NoError(d.rt, err)
	require.Equal(d.rt, deskChallenge{name, d.serial}, b.Challenge, "T3")
	d.keep(s, l, b)
}

// keep keeps the ticket of a Begin that went well.
func (d *desk) keep(s *deskStep, l *fallback.Leg[string, deskChallenge, deskReply, deskProof], b fallback.Begun[deskChallenge]) {
	require.Equal(d.rt, l.Assurance, b.Assurance)
	d.tickets = append(d.tickets, &deskTicket{
		text: b.Ticket, leg: l.Name, session: s.session, person: s.person, level: l.Assurance, floor: max(d.p.min, s.min), need: d.p.require | s.traits,
		key: d.keys[0], ends: b.Expires, serial: b.Challenge.Serial, tries: l.Tries,
	})
}

// crowd begins three times at once: who finds no room is told so.
func (d *desk) crowd(s *deskStep, l *fallback.Leg[string, deskChallenge, deskReply, deskProof]) {
	d.begins = "ok"
	begun, errs := make([]fallback.Begun[deskChallenge], 3), make([]error, 3)
	together(3, func(n int) { begun[n], errs[n] = d.flow.Begin(d.context(s, s.session), l.Name, s.person) })
	for n, err := range errs {
		if err == nil {
			d.keep(s, l, begun[n])
			continue
		}
		require.True(d.rt, errors.Is(err, fallback.ErrLimited) || errors.Is(err, breaker.ErrOpen), err)
		require.Zero(d.rt, begun[n])
	}
}

// finish brings a ticket back, or what somebody made of it.
func (d *desk) finish(s *deskStep, i int) {
	k := d.tickets[i]
	flow, text, session, refused := d.flow, k.text, k.session, fallback.ErrTicketForged
	cfg := d.cfg
	switch s.what {
	case "finish again": // at once, for whoever presses twice
		d.honest(s, i)
		d.honest(s, i)
		return
	case "finish", "finish together":
		d.honest(s, i)
		return
	case "forge":
		text = forged(k.text, s.n)
	case "steal":
		if session += "'"; time.Now().Before(k.ends) && d.opens(k) {
			refused = fallback.ErrTicketSession
		} else if d.opens(k) {
			refused = fallback.ErrTicketExpired
		}
	case "other flow":
		cfg.Name += "2"
	case "other key":
		cfg.Keys = [][]byte{idKey(200)}
	case "cancel":
		require.True(d.rt, !d.opens(k) || d.flow.Cancel(d.context(s, k.session), k.text) == nil)
		k.over = k.over || d.opens(k)
		return
	}
	if s.what == "other flow" || s.what == "other key" {
		var err error
		flow, err = fallback.NewFlow(cfg)
		require.NoError(d.rt, err)
	}
	ctx := d.context(s, session)
	e := d.untouched("T4: "+s.what, fallback.ErrDenied, refused, func() error {
		_, err := flow.Finish(ctx, text, deskReply{Ticket: i, Mood: s.moods[0]})
		return err
	})
	require.ErrorIs(d.rt, e, fallback.ErrRestart)
	if !errors.Is(refused, fallback.ErrTicketExpired) { // which Cancel takes for over
		d.untouched("T4: cancel, "+s.what, fallback.ErrDenied, refused, func() error { return flow.Cancel(ctx, text) })
	}
}

// opens reports whether the key that sealed the ticket is still known.
func (d *desk) opens(k *deskTicket) bool {
	for _, key := range d.keys {
		if key == k.key {
			return true
		}
	}
	return false
}

// forged makes a text of a ticket that is none.
func forged(good string, n int) string {
	raw, _ := base64.RawURLEncoding.DecodeString(good)
	switch kind, at := n%5, n/5; kind {
	case 0: // one bit
		raw[at%len(raw)] ^= 1 << (at / len(raw) % 8)
		return base64.RawURLEncoding.EncodeToString(raw)
	case 1: // the end is missing
		return good[:at%len(good)]
	case 2: // more than a ticket
		return good + strings.Repeat("A", 1+at%2048)
	case 3: // two halves that do not belong together
		at %= len(raw) - 2
		return base64.RawURLEncoding.EncodeToString(append(append([]byte{}, raw[at+1:]...), raw[:at+1]...))
	default: // nothing of it
		return base64.RawURLEncoding.EncodeToString(make([]byte, at%512))
	}
}

package fallback_test

import (
	"errors"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// honest brings a ticket back in its own session, once or several times at once, and looks whether it ended as it must.
func (d *desk) honest(s *deskStep, i int) {
	k := d.tickets[i]
	ctx := d.context(s, k.session)
	call := func(mood string) (fallback.Result[deskProof], error) {
		return d.flow.Finish(ctx, k.text, deskReply{Ticket: i, Mood: mood})
	}
	again := func() error { _, err := call(s.moods[0]); return err }
	l := d.wired(k.leg)
	floor, need := max(d.p.min, s.min, k.floor), d.p.require|s.traits|k.need
	switch {
	case !d.opens(k):
		d.untouched("T4: its key is gone", fallback.ErrDenied, fallback.ErrTicketForged, again)
		return
	case !time.Now().Before(k.ends):
		d.untouched("T4: expired", fallback.ErrDenied, fallback.ErrTicketExpired, again)
		return
	case l == nil:
		d.untouched("T3: its leg is gone", fallback.ErrUnavailable, fallback.ErrRestart, again)
		return
	case min(l.Assurance, k.level) < floor || !l.Traits.Has(need):
		d.untouched("T5: its leg is too weak", fallback.ErrDenied, fallback.ErrWeak, again)
		return
	case d.forcedOpen(l.Upstream):
		d.untouched("T16: its leg was taken out", fallback.ErrUnavailable, breaker.ErrOpen, again)
		return
	case d.spent(l.Upstream):
		d.untouched("no calls are left today", fallback.ErrLimited, fallback.ErrPending, again)
		return
	case k.over:
		d.untouched("T4: used", fallback.ErrDenied, fallback.ErrTicketUsed, again)
		return
	}
	moods := s.moods[:1]
	if s.what == "finish together" {
		moods = s.moods
	}
	before := d.state()
	results, errs := make([]fallback.Result[deskProof], len(moods)), make([]error, len(moods))
	together(len(moods), func(n int) {
		errs[n] = errExit
		results[n], errs[n] = call(moods[n])
	})

	asked := d.asks[before.asks:]
	require.NotEmpty(d.rt, asked, "a ticket that is good is taken")
	k.asked += len(asked)
	require.LessOrEqual(d.rt, k.asked, k.tries, "F85")
	for _, a := range asked {
		require.Equal(d.rt, k.leg, a.leg, "T3: a reply at another leg")
		require.Equal(d.rt, deskChallenge{k.leg, k.serial}, a.reply.Challenge, "T3: another challenge")
	}
	matches, faults, ended := 0, false, 0
	for n, err := range errs {
		if errors.Is(err, fallback.ErrTicketUsed) {
			require.Greater(d.rt, len(moods), 1)
			require.ErrorIs(d.rt, err, fallback.ErrDenied)
			continue
		}
		if errors.Is(err, fallback.ErrLimited) { // others have the places
			require.Greater(d.rt, len(moods), 1)
			require.ErrorIs(d.rt, err, fallback.ErrPending)
			continue
		}
		ended++
		if err == errExit { // nobody is left to give the ticket back
			require.Equal(d.rt, "exit", moods[n])
			k.over, faults = true, true
			continue
		}
		pending := errors.Is(err, fallback.ErrPending)
		require.Equal(d.rt, err != nil && !pending, errors.Is(err, fallback.ErrRestart))
		k.over = k.over || !pending
		matched, fault := d.judged(moods[n], &results[n], err, k, min(l.Assurance, k.level), floor, l.Traits, need, pending)
		if matched {
			matches++
		}
		faults = faults || fault
		if err == nil {
			k.ok++
		}
	}
	require.Equal(d.rt, len(asked), ended, "F85: who was not asked was told that the ticket is used")
	require.LessOrEqual(d.rt, k.ok, 1, "F85")
	require.Equal(d.rt, before.matched+matches, d.matched, "T2: Match runs for every proof")
	for n, up := range d.ups { // T5: a browser brings about no fault, and opens nothing
		was, is := before.breakers[n], up.Breaker.Snapshot()
		if was.State == breaker.Closed && (up != l.Upstream || !faults) {
			require.Equal(d.rt, breaker.Closed, is.State, "T5")
			require.LessOrEqual(d.rt, is.Faults, was.Faults, "T5")
		}
		if hearsay := moods[0] == "hearsay" || moods[0] == "hearsay fault" || moods[0] == "not sent"; len(moods) == 1 && hearsay {
			require.Equal(d.rt, was.Late, is.Late, "T5")
			if was.State == breaker.Closed {
				require.LessOrEqual(d.rt, is.Calls, was.Calls, "T5")
			}
		}
	}
}

// judged looks at how one ask ended, and says whether Match was asked and whether the vendor failed.
func (d *desk) judged(
	mood string, r *fallback.Result[deskProof], err error, k *deskTicket, ceiling, floor fallback.Assurance, traits, need fallback.Trait, pending bool,
) (matched, fault bool) {
	fails := func(verdict, cause error, again bool) {
		require.ErrorIs(d.rt, err, verdict, mood)
		if cause != nil {
			require.ErrorIs(d.rt, err, cause, mood)
		}
		require.Zero(d.rt, *r)
		require.Equal(d.rt, again && k.asked < k.tries || again && pending, pending, mood)
	}
	switch mood {
	case "unavailable", "panic":
		fails(fallback.ErrUnavailable, nil, true)
		return false, true
	case "hearsay fault":
		fails(fallback.ErrUnavailable, nil, true)
		return false, false
	case "pending":
		fails(fallback.ErrDenied, nil, true)
		return false, false
	case "denied", "hearsay":
		fails(fallback.ErrDenied, nil, false)
		return false, false
	case "not sent":
		fails(fallback.ErrInvalid, nil, false)
		return false, false
	}
	level := map[string]fallback.Assurance{"gold": fallback.None, "weak": fallback.Low}[mood]
	if level == fallback.Unset {
		level = fallback.High
	}
	if mood == "stripped" {
		traits = 0
	}
	if level = min(level, ceiling); level < floor || !traits.Has(need) {
		fails(fallback.ErrDenied, fallback.ErrWeak, false)
		return false, false
	}
	if mood == "another" {
		fails(fallback.ErrDenied, fallback.ErrMismatch, false)
		return true, false
	}
	require.NoError(d.rt, err, mood)
	require.Equal(d.rt, k.person, r.Value.Person, "T1")
	require.Equal(d.rt, k.leg, r.Source, "T3")
	require.Equal(d.rt, level, r.Assurance, "T5")
	require.GreaterOrEqual(d.rt, r.Assurance, floor, "T5")
	require.Equal(d.rt, fallback.Live, r.Freshness)
	return true, false
}

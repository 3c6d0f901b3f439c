package journeys

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/vendorsim"
)

func TestF75ARequestThatIsNotConfirmed(t *testing.T) {
	for _, leg := range bothCerts() {
		t.Run("refused/"+leg, func(t *testing.T) {
			t.Parallel()
			s, ctx := openCerts(t), visitor(t, "one")
			for range 5 { // more often than the breaker would bear of faults
				b := s.begin(ctx, leg, claims(hong(), true))
				s.answer(b, vendorsim.Decline)
				r, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
				restarts(t, err, fallback.ErrDenied, cert.ErrRejected)
				nobody(t, r)
			}
			well(t, s.up[leg])
			s.signsInWith(ctx, leg, hong())
		})
		t.Run("never answered/"+leg, func(t *testing.T) {
			t.Parallel()
			s, ctx := openCerts(t), visitor(t, "one")
			b := s.begin(ctx, leg, claims(hong(), true))
			for range polls - 1 {
				_, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
				pends(t, err, fallback.ErrDenied, cert.ErrPending)
			}
			for range 3 {
				r, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
				restarts(t, err, fallback.ErrDenied)
				nobody(t, r)
			}
			assert.Equal(t, []int{1, polls, 0}, []int{s.vendor.Hits(leg + "_request"), s.vendor.Hits(leg + "_status"), s.vendor.Hits(leg + "_verify")}, "no poll beyond the budget, no second request")
			well(t, s.up[leg])
			// What is confirmed after the site has given up signs nobody in.
			s.answer(b, vendorsim.Confirm)
			r, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
			restarts(t, err, fallback.ErrDenied, fallback.ErrTicketUsed)
			nobody(t, r)
		})
		t.Run("expired/"+leg, func(t *testing.T) {
			t.Parallel()
			s, ctx := openCerts(t), visitor(t, "one")
			b := s.begin(ctx, leg, claims(hong(), true))
			s.vendor.Advance(6 * time.Minute)
			r, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
			restarts(t, err, fallback.ErrDenied, cert.ErrExpired)
			nobody(t, r)
			well(t, s.up[leg])
		})
	}
}

// A source that dies between the steps: the citizen is told to begin anew, the other leg works, and nothing of the first ticket reaches it.
func TestF73ASourceThatDiesBetweenTheSteps(t *testing.T) {
	rows := []struct {
		op    string
		fault vendorsim.Fault
	}{
		{"status", vendorsim.Fault{Mode: vendorsim.Status}},
		{"status", vendorsim.Fault{Mode: vendorsim.Reset}},
		{"status", vendorsim.Fault{Mode: vendorsim.HTML}},
		{"status", vendorsim.Fault{Mode: vendorsim.Truncate}},
		{"status", vendorsim.Fault{Mode: vendorsim.Vendor, Code: "-99999002", Status: 503}},
		{"verify", vendorsim.Fault{Mode: vendorsim.Status}},
		{"verify", vendorsim.Fault{Mode: vendorsim.Garbage}},
	}
	for _, leg := range bothCerts() {
		other := pass
		if leg == pass {
			other = kakao
		}
		for _, row := range rows {
			t.Run(leg+"/"+row.op+"/"+string(row.fault.Mode), func(t *testing.T) {
				t.Parallel()
				s, ctx := openCerts(t), visitor(t, "one")
				b := s.begin(ctx, leg, claims(hong(), true))
				s.answer(b, vendorsim.Confirm)
				require.NoError(t, s.vendor.Break(leg+"_"+row.op, row.fault))
				for range polls - 1 { // a fault is no answer: until the tries are used up the same ticket may be good yet
					r, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
					pends(t, err, fallback.ErrUnavailable)
					nobody(t, r)
				}
				r, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
				restarts(t, err, fallback.ErrUnavailable)
				nobody(t, r)
				assert.Zero(t, s.hits(other), "the ticket never goes elsewhere")

				assert.Equal(t, breaker.Open, s.up[leg].Breaker.Snapshot().State)
				offers := s.flow.Offers(ctx)
				require.Len(t, offers, 2)
				for _, o := range offers {
					assert.Equal(t, o.Source == other, o.Available, o.Source)
				}
				requests := s.vendor.Hits(leg + "_request")
				_, err = s.flow.Begin(ctx, leg, claims(hong(), true))
				require.ErrorIs(t, err, fallback.ErrUnavailable)
				assert.ErrorIs(t, err, breaker.ErrOpen)
				assert.Equal(t, requests, s.vendor.Hits(leg+"_request"), "no telephone rings in vain")
				s.signsInWith(ctx, other, hong())
			})
		}
	}
}

// A citizen who was half-way when the circuit opened may finish; new ones are offered the other leg.
func TestF74WhoIsHalfWayMayFinish(t *testing.T) {
	for _, leg := range bothCerts() {
		t.Run(leg, func(t *testing.T) {
			s := openCerts(t)
			half := s.begin(visitor(t, "half-way"), leg, claims(kim(), true))
			s.answer(half, vendorsim.Confirm)
			require.NoError(t, s.vendor.Break(leg+"_request", vendorsim.Fault{Mode: vendorsim.Status}))
			for range 3 {
				_, err := s.flow.Begin(visitor(t, "new"), leg, claims(hong(), true))
				require.ErrorIs(t, err, fallback.ErrUnavailable)
			}
			require.Equal(t, breaker.Open, s.up[leg].Breaker.Snapshot().State)
			r, err := s.flow.Finish(visitor(t, "half-way"), half.Ticket, cert.Reply{})
			require.NoError(t, err)
			assert.Equal(t, kim().CI, r.Value.CI.Reveal())
		})
	}
}

// The answer of verify got lost on its way: the vendor counts it as verified. It is a proof for nobody, or for the one citizen it was of.
func TestT19AVerdictThatGotLost(t *testing.T) {
	for _, mode := range []vendorsim.Mode{vendorsim.Truncate, vendorsim.Cut, vendorsim.Reset} {
		fault := vendorsim.Fault{Mode: mode, Effect: mode == vendorsim.Reset}
		for _, leg := range bothCerts() {
			t.Run(leg+"/"+string(mode), func(t *testing.T) {
				t.Parallel()
				s, ctx := openCerts(t), visitor(t, "one")
				b := s.begin(ctx, leg, claims(hong(), true))
				s.answer(b, vendorsim.Confirm)
				require.NoError(t, s.vendor.Break(leg+"_verify", fault))
				r, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
				pends(t, err, fallback.ErrUnavailable)
				nobody(t, r)
				s.vendor.HealAll()
				r, err = s.flow.Finish(ctx, b.Ticket, cert.Reply{})
				if leg == kakao { // verifies once, and says so
					restarts(t, err, fallback.ErrDenied, cert.ErrSpent)
					nobody(t, r)
					s.signsInWith(ctx, leg, hong())
					return
				}
				require.NoError(t, err)
				assert.Equal(t, hong().CI, r.Value.CI.Reveal())
			})
		}
	}
}

func TestF69AForcedLegRefuses(t *testing.T) {
	for _, leg := range bothCerts() {
		t.Run(leg, func(t *testing.T) {
			s, ctx := openCerts(t), visitor(t, "one")
			b := s.begin(ctx, leg, claims(hong(), true))
			s.answer(b, vendorsim.Confirm)
			require.NoError(t, s.up[leg].Breaker.Force(breaker.ForcedOpen, "operator", "drill", time.Hour))

			for _, o := range s.flow.Offers(ctx) {
				assert.Equal(t, o.Source != leg, o.Available)
				assert.Equal(t, o.Source == leg, o.Why == "forced")
			}
			_, err := s.flow.Begin(ctx, leg, claims(hong(), true))
			require.ErrorIs(t, err, fallback.ErrUnavailable)
			r, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
			restarts(t, err, fallback.ErrUnavailable, breaker.ErrOpen)
			nobody(t, r)
			assert.Equal(t, []int{1, 0}, []int{s.vendor.Hits(leg + "_request"), s.hits(leg)}, "nobody is asked")

			require.NoError(t, s.up[leg].Breaker.Release("operator", "drill over"))
			_, err = s.flow.Finish(ctx, b.Ticket, cert.Reply{})
			require.NoError(t, err, "the ticket was left as it was")
		})
	}
}

// Both certificates are of one company: when its tokens are gone, both say so, and neither lets anybody in.
func TestOneCompanyBehindBothLegs(t *testing.T) {
	s, ctx := openCerts(t), visitor(t, "one")
	require.NoError(t, s.vendor.Break("token", vendorsim.Fault{Mode: vendorsim.Status}))
	for _, leg := range bothCerts() {
		_, err := s.flow.Begin(ctx, leg, claims(hong(), true))
		require.ErrorIs(t, err, fallback.ErrUnavailable)
	}
	assert.Zero(t, s.vendor.Phone().Count(""))
	s.vendor.HealAll()
	for _, leg := range bothCerts() {
		s.signsInWith(ctx, leg, hong())
	}
}

package journeys

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/certtest"
	"github.com/detour-go/detour/providers/phone"
	"github.com/detour-go/detour/providers/vendorsim"
)

// F75: the citizen looked at the push, thought better of it and went back; somebody confirms it later. Nobody is signed in, nobody is asked
// a second time, and the other certificate is open to him.
func TestF75WhoWentBackIsNotSignedIn(t *testing.T) {
	for _, leg := range bothCerts() {
		t.Run(leg, func(t *testing.T) {
			s, ctx := openCerts(t), visitor(t, "one")
			other := pass
			if leg == pass {
				other = kakao
			}
			b := s.begin(ctx, leg, claims(hong(), true))
			_, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
			pends(t, err, fallback.ErrDenied, cert.ErrPending)

			require.ErrorIs(t, s.flow.Cancel(visitor(t, "two"), b.Ticket), fallback.ErrTicketSession, "nobody cancels for him")
			require.NoError(t, s.flow.Cancel(ctx, b.Ticket))
			s.answer(b, vendorsim.Confirm)
			r, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
			restarts(t, err, fallback.ErrDenied, fallback.ErrTicketUsed)
			nobody(t, r)
			assert.Equal(t, []int{1, 1, 0}, []int{s.vendor.Hits(leg + "_request"), s.vendor.Hits(leg + "_status"), s.vendor.Hits(leg + "_verify")})

			s.signsInWith(ctx, other, hong())
			assert.Equal(t, 1, s.vendor.Hits(leg+"_request"), "E2004: no second request of the first")
			well(t, s.up[leg])
			well(t, s.up[other])
		})
	}
}

// The same of a code: it comes, and opens nothing any more.
func TestACancelledCodeOpensNothing(t *testing.T) {
	s, ctx := openCodes(t, wiring{}, nil), visitor(t, "one")
	b := s.begin(ctx, citizen)
	require.NoError(t, s.flows[1].Cancel(ctx, b.Ticket), "in another process")
	_, err := s.flows[0].Finish(ctx, b.Ticket, phone.Reply{Code: providers.NewSecret(s.read(citizen))})
	restarts(t, err, fallback.ErrDenied, fallback.ErrTicketUsed)
}

// A vendor that can take a request back is told to: the telephone has nothing to confirm any more.
func TestF75ARequestIsTakenBackWhereTheVendorCan(t *testing.T) {
	me := cert.Proof{Name: hong().Name, Birthday: hong().Birthday, Gender: hong().Gender, Phone: hong().Phone, CI: providers.NewSecret(hong().CI)}
	vendor := certtest.NewReference(me)
	leg := fallback.NewLeg("reference", vendor.Request, vendor.Collect, guard(t, "reference", 3))
	leg.Cancel, leg.Assurance, leg.Tries = vendor.Cancel, fallback.High, polls
	flow, err := fallback.NewFlow(fallback.FlowConfig[cert.Subject, cert.Ticket, cert.Reply, cert.Proof]{
		Name: "cert", Legs: []fallback.Leg[cert.Subject, cert.Ticket, cert.Reply, cert.Proof]{leg}, Valid: cert.Subject.Validate,
		Join: cert.Reply.Resume, Match: cert.Match, Min: fallback.High, Keys: [][]byte{key('c')}, Tickets: tickets(t),
	})
	require.NoError(t, err)
	ctx := visitor(t, "one")
	b, err := flow.Begin(ctx, "reference", claims(hong(), true))
	require.NoError(t, err)
	require.NoError(t, flow.Cancel(ctx, b.Ticket))
	require.Error(t, vendor.Confirm(b.Challenge, 0), "it waits no more")
	_, err = flow.Finish(ctx, b.Ticket, cert.Reply{})
	restarts(t, err, fallback.ErrDenied, fallback.ErrTicketUsed)
	assert.Equal(t, 1, vendor.Created())
}

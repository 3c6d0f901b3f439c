package journeys

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/kakaocert"
	"github.com/detour-go/detour/providers/cert/passcert"
	"github.com/detour-go/detour/providers/vendorsim"
)

type certFlow = fallback.Flow[cert.Subject, cert.Ticket, cert.Reply, cert.Proof]

// The legs, which are also what the simulated vendor begins its operations with.
const (
	kakao = "kakao"
	pass  = "pass"
)

func bothCerts() []string { return []string{kakao, pass} }

// polls is how often one ticket may be asked for.
const polls = 4

func hong() vendorsim.Person {
	return vendorsim.Person{Name: "홍길동", Phone: "01012345678", Birthday: "19900131", Gender: "M", CI: "CI-of-hong=="}
}

func kim() vendorsim.Person {
	return vendorsim.Person{Name: "김영희", Phone: "01087654321", Birthday: "19851224", Gender: "F", CI: "CI-of-kim=="}
}

// claims is the claim of a person; with a CI it is that of an account that is known.
func claims(p vendorsim.Person, known bool) cert.Subject {
	s := cert.Subject{Name: p.Name, Birthday: p.Birthday, Gender: p.Gender, Phone: p.Phone, Title: "민원 신청"}
	if known {
		s.CI = providers.NewSecret(p.CI)
	}
	return s
}

// certs is a site with two certificates. Nobody answers a request but by answer.
type certs struct {
	t      *testing.T
	vendor *vendorsim.Barocert
	flow   *certFlow
	config fallback.FlowConfig[cert.Subject, cert.Ticket, cert.Reply, cert.Proof]
	up     map[string]*fallback.Upstream
}

func openCerts(t *testing.T) *certs {
	t.Helper()
	vendor, err := vendorsim.StartBarocert(vendorsim.BarocertConfig{People: []vendorsim.Person{hong(), kim()}})
	require.NoError(t, err)
	t.Cleanup(vendor.Close)
	vendor.Phone().Behave("", vendorsim.Behaviour{Choice: vendorsim.Ignore})
	const link, secret, client = "DEMO", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "000000000001"
	k, err := kakaocert.New(kakaocert.Config{
		LinkID: link, SecretKey: providers.NewSecret(secret), ClientCode: client, Base: vendor.URL(), AuthBase: vendor.URL(), AllowLoopbackHTTP: true, HTTP: web(t),
	})
	require.NoError(t, err)
	p, err := passcert.New(passcert.Config{
		LinkID: link, SecretKey: providers.NewSecret(secret), ClientCode: client, CallCenter: "1600-0000", Base: vendor.URL(), AuthBase: vendor.URL(), AllowLoopbackHTTP: true, HTTP: web(t),
	})
	require.NoError(t, err)
	s := &certs{t: t, vendor: vendor, up: map[string]*fallback.Upstream{kakao: guard(t, kakao, 3), pass: guard(t, pass, 3)}}
	leg := func(name string, p cert.Provider) fallback.Leg[cert.Subject, cert.Ticket, cert.Reply, cert.Proof] {
		l := fallback.NewLeg(name, p.Request, p.Collect, s.up[name])
		l.Assurance, l.Traits, l.Tries, l.Timeout = fallback.High, fallback.Signature|fallback.PersonVerified, polls, 5*time.Second
		return l
	}
	s.config = fallback.FlowConfig[cert.Subject, cert.Ticket, cert.Reply, cert.Proof]{
		Name: "cert", Legs: []fallback.Leg[cert.Subject, cert.Ticket, cert.Reply, cert.Proof]{leg(kakao, k), leg(pass, p)},
		Valid: cert.Subject.Validate, Join: cert.Reply.Resume, Match: cert.Match, Min: fallback.High, Require: fallback.PersonVerified,
		Keys: [][]byte{key('c')}, Tickets: tickets(t),
	}
	s.flow, err = fallback.NewFlow(s.config)
	require.NoError(t, err)
	return s
}

// hits counts what a leg asked of its vendor after the request.
func (s *certs) hits(leg string) int {
	return s.vendor.Hits(leg+"_status") + s.vendor.Hits(leg+"_verify")
}

func (s *certs) begin(ctx context.Context, leg string, q cert.Subject) fallback.Begun[cert.Ticket] {
	s.t.Helper()
	b, err := s.flow.Begin(ctx, leg, q)
	require.NoError(s.t, err)
	require.Equal(s.t, fallback.High, b.Assurance)
	return b
}

// answer is what the citizen does with the request on the telephone.
func (s *certs) answer(b fallback.Begun[cert.Ticket], c vendorsim.Choice) {
	s.t.Helper()
	require.NoError(s.t, s.vendor.Decide(b.Challenge.ID, c))
}

// signsInWith is the whole journey when all is well.
func (s *certs) signsInWith(ctx context.Context, leg string, who vendorsim.Person) {
	s.t.Helper()
	b := s.begin(ctx, leg, claims(who, true))
	s.answer(b, vendorsim.Confirm)
	r, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
	require.NoError(s.t, err)
	assert.Equal(s.t, []string{who.Name, who.Birthday, who.CI, leg}, []string{r.Value.Name, r.Value.Birthday, r.Value.CI.Reveal(), r.Source})
	assert.Equal(s.t, fallback.High, r.Assurance)
}

// nobody checks that a Finish signed nobody in.
func nobody(t *testing.T, r fallback.Result[cert.Proof]) {
	t.Helper()
	assert.Equal(t, cert.Proof{}, r.Value, "nobody is signed in")
	assert.Equal(t, fallback.Unset, r.Assurance)
	assert.Empty(t, r.Source)
}

func TestACertificateProvesWhoWasClaimed(t *testing.T) {
	for _, leg := range bothCerts() {
		t.Run(leg, func(t *testing.T) {
			t.Parallel()
			s, ctx := openCerts(t), visitor(t, "one")
			b := s.begin(ctx, leg, claims(hong(), false))
			for range polls - 1 {
				r, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
				pends(t, err, fallback.ErrDenied, cert.ErrPending)
				nobody(t, r)
			}
			s.answer(b, vendorsim.Confirm)
			r, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
			require.NoError(t, err)
			assert.Equal(t, hong().CI, r.Value.CI.Reveal())
			assert.Equal(t, []any{leg, fallback.High, fallback.Live}, []any{r.Source, r.Assurance, r.Freshness})
			assert.NotEmpty(t, r.Value.Signed)

			assert.Equal(t, 1, s.vendor.Phone().Count(hong().Phone), "one request on the telephone")
			assert.Equal(t, []int{1, polls, 1}, []int{s.vendor.Hits(leg + "_request"), s.vendor.Hits(leg + "_status"), s.vendor.Hits(leg + "_verify")})
			well(t, s.up[leg])
		})
	}
}

// Hometax, January 2022 (T2): A's name was typed in and B's certificate shown, and that let B in as A.
func TestT2AnotherPersonsProofSignsNobodyIn(t *testing.T) {
	rows := map[string]struct {
		known bool // the claim has a CI
		prove func(*vendorsim.Person)
	}{
		"name":              {false, func(p *vendorsim.Person) { p.Name = kim().Name }},
		"birthday":          {false, func(p *vendorsim.Person) { p.Birthday = kim().Birthday }},
		"gender":            {false, func(p *vendorsim.Person) { p.Gender = kim().Gender }},
		"ci":                {true, func(p *vendorsim.Person) { p.CI = kim().CI }},
		"everything":        {false, func(p *vendorsim.Person) { *p = kim() }},
		"everything but ci": {true, func(p *vendorsim.Person) { *p = kim(); p.CI = "CI-of-nobody==" }},
		"no name":           {false, func(p *vendorsim.Person) { p.Name = "" }},
		"no birthday":       {false, func(p *vendorsim.Person) { p.Birthday = "" }},
		"no gender":         {false, func(p *vendorsim.Person) { p.Gender = "" }},
		"no ci":             {true, func(p *vendorsim.Person) { p.CI = "" }},
		"no name, with ci":  {true, func(p *vendorsim.Person) { p.Name = "" }},
		"nothing":           {true, func(p *vendorsim.Person) { *p = vendorsim.Person{Phone: p.Phone} }},
	}
	for _, leg := range bothCerts() {
		for field, row := range rows {
			t.Run(leg+"/"+field, func(t *testing.T) {
				t.Parallel()
				s, ctx := openCerts(t), visitor(t, "one")
				other := hong()
				row.prove(&other)
				s.vendor.ProofOf(hong().Phone, other)
				b := s.begin(ctx, leg, claims(hong(), row.known))
				s.answer(b, vendorsim.Confirm)
				r, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
				restarts(t, err, fallback.ErrDenied, fallback.ErrMismatch)
				nobody(t, r)
				for _, word := range []string{hong().Name, kim().Name, hong().Birthday, kim().Birthday, hong().CI, kim().CI, hong().Phone} {
					assert.NotContains(t, fmt.Sprintf("%+v", err), word, "the error says neither who was claimed nor who came")
				}

				s.vendor.ProofOf(hong().Phone, vendorsim.Person{})
				r, err = s.flow.Finish(ctx, b.Ticket, cert.Reply{})
				restarts(t, err, fallback.ErrDenied, fallback.ErrTicketUsed)
				nobody(t, r)
				assert.Equal(t, 1, s.vendor.Hits(leg+"_verify"), "a mismatch is not asked about again")
				well(t, s.up[leg])
				s.signsInWith(ctx, leg, hong()) // and the real one still gets in
			})
		}
	}
}

// A telephone in the hands of another is not what the claim says, whoever's number it is: the request goes to B's telephone in A's name.
func TestT2ARequestInAnothersNameIsNotEvenSent(t *testing.T) {
	for _, leg := range bothCerts() {
		s, ctx := openCerts(t), visitor(t, "one")
		q := claims(hong(), true)
		q.Phone = kim().Phone
		_, err := s.flow.Begin(ctx, leg, q)
		require.ErrorIs(t, err, fallback.ErrDenied)
		assert.Zero(t, s.vendor.Phone().Count(""))
		well(t, s.up[leg])
	}
}

func TestT3ATicketIsFinishedByItsOwnLegAlone(t *testing.T) {
	for _, leg := range bothCerts() {
		t.Run(leg, func(t *testing.T) {
			s, ctx := openCerts(t), visitor(t, "one")
			other := pass
			if leg == pass {
				other = kakao
			}
			mine, theirs := s.begin(ctx, leg, claims(hong(), true)), s.begin(ctx, other, claims(hong(), true))
			s.answer(theirs, vendorsim.Confirm)

			// The state of the other leg, brought along: it is not looked at.
			r, err := s.flow.Finish(ctx, mine.Ticket, cert.Reply{Ticket: theirs.Challenge})
			pends(t, err, fallback.ErrDenied, cert.ErrPending)
			nobody(t, r)
			assert.Equal(t, []int{1, 0}, []int{s.hits(leg), s.hits(other)}, "the other vendor hears nothing")

			// A site that forgot Join, so that the reply comes as the browser made it.
			careless := s.config
			careless.Join = nil
			flow, err := fallback.NewFlow(careless)
			require.NoError(t, err)
			r, err = flow.Finish(ctx, mine.Ticket, cert.Reply{Ticket: theirs.Challenge})
			restarts(t, err, fallback.ErrDenied, cert.ErrTicket)
			nobody(t, r)
			assert.Equal(t, []int{1, 0}, []int{s.hits(leg), s.hits(other)}, "a ticket of another vendor is refused unasked")

			// The ticket of another flow with the same keys and the same counter.
			elsewhere := s.config
			elsewhere.Name = "tax"
			flow, err = fallback.NewFlow(elsewhere)
			require.NoError(t, err)
			r, err = flow.Finish(ctx, theirs.Ticket, cert.Reply{})
			restarts(t, err, fallback.ErrDenied, fallback.ErrTicketForged)
			nobody(t, r)
			assert.Zero(t, s.hits(other))

			r, err = s.flow.Finish(ctx, theirs.Ticket, cert.Reply{})
			require.NoError(t, err)
			assert.Equal(t, other, r.Source)
			well(t, s.up[leg])
			well(t, s.up[other])
		})
	}
}

func TestF85ATicketIsGoodForOneProof(t *testing.T) {
	for _, leg := range bothCerts() {
		t.Run("replayed/"+leg, func(t *testing.T) {
			s, ctx := openCerts(t), visitor(t, "one")
			b := s.begin(ctx, leg, claims(hong(), true))
			s.answer(b, vendorsim.Confirm)
			_, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
			require.NoError(t, err)
			asked := s.hits(leg)
			for range 3 {
				r, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{})
				restarts(t, err, fallback.ErrDenied, fallback.ErrTicketUsed)
				nobody(t, r)
			}
			assert.Equal(t, asked, s.hits(leg), "nobody is asked about a used ticket")
		})
		t.Run("at once/"+leg, func(t *testing.T) {
			s, ctx := openCerts(t), visitor(t, "one")
			b := s.begin(ctx, leg, claims(hong(), true))
			s.answer(b, vendorsim.Confirm)
			var in atomic.Int32
			var all sync.WaitGroup
			for range 40 {
				all.Go(func() {
					if _, err := s.flow.Finish(ctx, b.Ticket, cert.Reply{}); err == nil {
						in.Add(1)
					}
				})
			}
			all.Wait()
			assert.Equal(t, []int{1, 1}, []int{int(in.Load()), s.vendor.Hits(leg + "_verify")})
		})
		t.Run("shared with another session/"+leg, func(t *testing.T) {
			s := openCerts(t)
			b := s.begin(visitor(t, "citizen"), leg, claims(hong(), true))
			s.answer(b, vendorsim.Confirm)
			for _, session := range []string{"thief", ""} {
				r, err := s.flow.Finish(visitor(t, session), b.Ticket, cert.Reply{})
				restarts(t, err, fallback.ErrDenied, fallback.ErrTicketSession)
				nobody(t, r)
			}
			assert.Zero(t, s.hits(leg), "nobody is asked for a thief")
			_, err := s.flow.Finish(visitor(t, "citizen"), b.Ticket, cert.Reply{})
			require.NoError(t, err, "and the citizen loses nothing by it")
		})
	}
}

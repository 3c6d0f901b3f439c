package canary

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/kakaocert"
	"github.com/detour-go/detour/providers/cert/passcert"
	"github.com/detour-go/detour/providers/vendorsim"
)

const (
	linkSecret = "Q0FOQVJZbGlua3NlY3JldC0zMi1ieXRlcy1sb25nLTA=" // 32 bytes
	birthday   = "19610307"
	ci         = "CANARYci8hCANARYci8hCANARYci8hCANARYci8hCANARYci8hCANARYci8hCANARYci8hCANARYci8hCANARY=="
	purpose    = "카나리아용도"
	title      = "카나리아제목"
)

func kakaoCert(s *stage) {
	v := barocert(s)
	defer v.Close()
	cfg := kakaocert.Config{LinkID: "DEMO", SecretKey: providers.NewSecret(linkSecret), ClientCode: "000000000001", Base: v.URL(), AuthBase: v.URL(), AllowLoopbackHTTP: true, HTTP: s.client}
	p, err := kakaocert.New(cfg)
	require.NoError(s, err)
	certs(s, v, p, cfg, map[string]string{"token": "-99010004", "kakao_request": "-99020004", "kakao_status": "-99020005", "kakao_verify": "-99020007"})
}

func passCert(s *stage) {
	v := barocert(s)
	defer v.Close()
	cfg := passcert.Config{
		LinkID: "DEMO", SecretKey: providers.NewSecret(linkSecret), ClientCode: "000000000001", CallCenter: "1600-0000", Base: v.URL(), AuthBase: v.URL(), AllowLoopbackHTTP: true, HTTP: s.client,
	}
	p, err := passcert.New(cfg)
	require.NoError(s, err)
	certs(s, v, p, cfg, map[string]string{"token": "-99010004", "pass_request": "-99020004", "pass_status": "-99020005", "pass_verify": "-99020009"})
}

func barocert(s *stage) *vendorsim.Barocert {
	s.out.seed(linkSecret, birthday, ci, purpose, title)
	v, err := vendorsim.StartBarocert(vendorsim.BarocertConfig{
		SecretKey: linkSecret, People: []vendorsim.Person{{Name: name, Phone: number, Birthday: birthday, Gender: "F", CI: ci}},
	})
	require.NoError(s, err)
	return v
}

// prover is a certificate of any vendor.
type prover interface {
	cert.Provider
	cert.Watcher
}

// certs plays the certificate of one vendor, also for who is not the one claimed.
func certs(s *stage, v *vendorsim.Barocert, p prover, config any, codes map[string]string) {
	up := s.guard("vendor")
	leg := fallback.NewLeg("vendor", p.Request, p.Collect, up)
	leg.Assurance, leg.Tries = fallback.High, 2
	cfg := fallback.FlowConfig[cert.Subject, cert.Ticket, cert.Reply, cert.Proof]{
		Name: "cert", Legs: []fallback.Leg[cert.Subject, cert.Ticket, cert.Reply, cert.Proof]{leg},
		Valid: cert.Subject.Validate, Join: cert.Reply.Resume, Match: cert.Match, Min: fallback.High, Keys: [][]byte{[]byte(flowKey)}, Tickets: s.tickets, Observe: s.heard,
	}
	flow, err := fallback.NewFlow(cfg)
	require.NoError(s, err)
	in := 0
	claim := cert.Subject{Name: name, Birthday: birthday, Gender: "F", Phone: number, CI: providers.NewSecret(ci), Title: title, Purpose: purpose}
	prove := func(ctx context.Context, q cert.Subject) {
		s.out.print(q)
		b, err := flow.Begin(ctx, "vendor", q)
		s.out.text(b)
		s.out.print(b.Challenge)
		if err != nil {
			s.out.print(err)
			return
		}
		s.out.seed(b.Challenge.Token.Reveal())
		for range 2 {
			r, err := flow.Finish(ctx, b.Ticket, cert.Reply{})
			s.tell(r, err)
			if err == nil {
				in++
			}
		}
		proof, err := p.Collect(ctx, cert.Reply{}.Resume(b.Challenge))
		s.tell(proof, err)
	}
	prove(s.ctx, claim)
	require.Equal(s, 1, in, "when all is well it works, or the rest proves nothing")
	s.outages(v, codes, func() {
		s.try(func(ctx context.Context) { prove(ctx, claim) })
		if v.Hits("token")%8 == 0 {
			v.ForgetTokens()
		}
	})
	for _, change := range []func(*cert.Subject){
		func(q *cert.Subject) { q.CI = providers.NewSecret(ci[1:]) }, func(q *cert.Subject) { q.CI, q.Gender = providers.Secret{}, "M" }, func(q *cert.Subject) { q.Phone = dashed },
		func(q *cert.Subject) { q.Name += "님" }, func(q *cert.Subject) { q.Birthday += "1" }, func(q *cert.Subject) { q.Title += title + title + title + title + title + title + title },
	} {
		q := claim
		change(&q)
		s.try(func(ctx context.Context) { prove(ctx, q) })
	}
	for _, choice := range []vendorsim.Choice{vendorsim.Decline, vendorsim.Ignore} {
		v.Phone().Behave("", vendorsim.Behaviour{Choice: choice})
		s.try(func(ctx context.Context) { prove(ctx, claim) })
	}
	s.try(func(ctx context.Context) { s.out.print(p.Watch(ctx)) })
	require.NoError(s, up.Breaker.Force(breaker.ForcedOpen, "operator", "drill", time.Minute))
	s.try(func(ctx context.Context) { prove(ctx, claim) })
	for _, v := range []any{cfg, flow, flow.Inspect(), flow.Offers(s.ctx), config, p} {
		s.out.print(v)
	}
	s.out.reached(config, p)
	require.NoError(s, flow.Close())
}

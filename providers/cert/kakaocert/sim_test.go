package kakaocert_test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/certtest"
	"github.com/detour-go/detour/providers/cert/kakaocert"
	"github.com/detour-go/detour/providers/vendorsim"
)

func TestSuiteAgainstTheSimulatedVendor(t *testing.T) {
	certtest.Run(t, certtest.Harness{Open: func() (*certtest.Site, error) {
		who := people()
		var owners []vendorsim.Person
		for _, p := range who {
			owners = append(owners, vendorsim.Person{Name: p.Name, Phone: p.Phone, Birthday: p.Birthday, Gender: p.Gender, CI: p.CI.Reveal()})
		}
		sim, err := vendorsim.StartBarocert(vendorsim.BarocertConfig{People: owners, StrictReplay: true})
		if err != nil {
			return nil, err
		}
		p, err := kakaocert.New(kakaocert.Config{
			LinkID: "DEMO", SecretKey: providers.NewSecret("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="), ClientCode: "000000000001",
			Base: sim.URL(), AuthBase: sim.URL(), AllowLoopbackHTTP: true, HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		})
		if err != nil {
			sim.Close()
			return nil, err
		}
		for _, o := range owners {
			sim.Phone().Behave(o.Phone, vendorsim.Behaviour{Choice: vendorsim.Ignore})
		}
		var hand sync.Mutex // who proves to be whom is set for all telephones
		steps := []string{"kakao_request", "kakao_status", "kakao_verify"}
		return &certtest.Site{
			Provider: p, People: who, Close: sim.Close,
			Asked: func() int {
				n := sim.Hits("token")
				for _, op := range steps {
					n += sim.Hits(op)
				}
				return n
			},
			Created: func() int { return sim.Hits("kakao_request") },
			Confirm: func(_ context.Context, t cert.Ticket, i int) error {
				hand.Lock()
				defer hand.Unlock()
				for _, o := range owners {
					sim.ProofOf(o.Phone, owners[i])
				}
				return sim.Decide(t.ID, vendorsim.Confirm)
			},
			Refuse: func(_ context.Context, t cert.Ticket) error { return sim.Decide(t.ID, vendorsim.Decline) },
			Break: func(part certtest.Part) error {
				return sim.Break("kakao_"+string(part), vendorsim.Fault{Mode: vendorsim.Status, Status: http.StatusServiceUnavailable})
			},
			Heal: sim.HealAll,
		}, nil
	}})
}

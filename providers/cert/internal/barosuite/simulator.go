package barosuite

import (
	"context"
	"crypto/rsa"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/certtest"
	"github.com/detour-go/detour/providers/vendorsim"
)

// What the simulated vendor is started with when nothing is said.
const (
	simLink   = "DEMO"
	simSecret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	simClient = "000000000001"
)

func (v Vendor) simulator(t *testing.T) {
	for name, key := range map[string]*rsa.PrivateKey{"plain": nil, "personal data for our key": v.Personal} {
		if name != "plain" && key == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certtest.Run(t, certtest.Harness{Open: func() (*certtest.Site, error) { return v.simulated(key) }})
		})
	}
}

func (v Vendor) simulated(key *rsa.PrivateKey) (*certtest.Site, error) {
	who := People()
	cfg := vendorsim.BarocertConfig{}
	for _, p := range who {
		cfg.People = append(cfg.People, owner(p))
	}
	if key != nil {
		cfg.PersonalKey = &key.PublicKey
	}
	sim, err := vendorsim.StartBarocert(cfg)
	if err != nil {
		return nil, err
	}
	p, err := v.New(Wiring{Link: simLink, Secret: simSecret, Client: simClient, Base: sim.URL(), HTTP: alone(), Personal: key})
	if err != nil {
		sim.Close()
		return nil, err
	}
	sim.Phone().Behave("", vendorsim.Behaviour{Choice: vendorsim.Ignore})
	op := func(step string) string { return v.Name + "_" + step }
	var hand sync.Mutex // who proves to be whom is set for all telephones
	withheld := map[certtest.Field]bool{}
	return &certtest.Site{
		Provider: p, People: who, Close: sim.Close,
		Asked: func() int {
			n := sim.Hits("token")
			for _, s := range steps() {
				n += sim.Hits(op(s))
			}
			return n
		},
		Created: func() int { return sim.Hits(op("request")) },
		Confirm: func(_ context.Context, t cert.Ticket, i int) error {
			hand.Lock()
			defer hand.Unlock()
			for _, o := range cfg.People {
				sim.ProofOf(o.Phone, less(cfg.People[i], withheld))
			}
			return sim.Decide(t.ID, vendorsim.Confirm)
		},
		Refuse: func(_ context.Context, t cert.Ticket) error { return sim.Decide(t.ID, vendorsim.Decline) },
		Expire: func(_ context.Context, t cert.Ticket) error {
			sim.Advance(time.Until(t.Expires) + time.Second)
			return nil
		},
		Withhold: func(f certtest.Field) error { withheld[f] = true; return nil },
		Break: func(part certtest.Part) error {
			return sim.Break(op(string(part)), vendorsim.Fault{Mode: vendorsim.Status, Status: http.StatusServiceUnavailable})
		},
		Heal: sim.HealAll,
	}, nil
}

func owner(p cert.Proof) vendorsim.Person {
	return vendorsim.Person{Name: p.Name, Phone: p.Phone, Birthday: p.Birthday, Gender: p.Gender, CI: p.CI.Reveal()}
}

// less is a person of whom the vendor does not tell everything.
func less(p vendorsim.Person, withheld map[certtest.Field]bool) vendorsim.Person {
	for f, into := range map[certtest.Field]*string{certtest.CI: &p.CI, certtest.Name: &p.Name, certtest.Birthday: &p.Birthday, certtest.Gender: &p.Gender} {
		if withheld[f] {
			*into = ""
		}
	}
	return p
}

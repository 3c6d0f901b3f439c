// Package barosuite is what the adapter of every vendor behind Barocert has to
// pass, written once: the suite of the capability against the fake and against the
// simulated vendor, and the contract of an adapter step by step. Only tests import it.
package barosuite

import (
	"crypto/rsa"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/internal/barofake"
)

// Vendor is one of them.
type Vendor struct {
	Name    string // of its tickets, and of its operations at the simulator
	Service string // first part of its paths
	// New builds the adapter.
	New func(Wiring) (cert.Provider, error)
	// Who says that its tickets carry name and number, which verify repeats.
	Who bool
	// Personal is the site's key pair, for vendors that encrypt who it was. Nil: they do not.
	Personal *rsa.PrivateKey
}

// Wiring is what differs between the sites of the suites.
type Wiring struct {
	Link, Secret, Client string
	Base                 string
	HTTP                 *http.Client
	OldVerify            bool
	Forwarded            string
	Codes                map[int]providers.Kind
	Personal             *rsa.PrivateKey
}

func wiring(base string, client *http.Client) Wiring {
	return Wiring{Link: barofake.LinkID, Secret: barofake.SecretKey, Client: barofake.ClientCode, Base: base, HTTP: client}
}

// Run runs all of it.
func (v Vendor) Run(t *testing.T) {
	t.Run("fake", v.fakes)
	t.Run("simulator", v.simulator)
	t.Run("contract", v.contract)
}

// Start serves a fake and builds the adapter against it.
func (v Vendor) Start(fake *barofake.Server, edit func(*Wiring)) (p cert.Provider, stop func(), err error) {
	fake.Service = v.Service
	s := httptest.NewServer(fake)
	w := wiring(s.URL, alone())
	if edit != nil {
		edit(&w)
	}
	if p, err = v.New(w); err != nil {
		s.Close()
		return nil, nil, err
	}
	return p, s.Close, nil
}

// alone is a client that keeps no connection.
func alone() *http.Client { return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} }

// People are two who differ in everything.
func People() []cert.Proof {
	return []cert.Proof{
		{Name: "홍길동", Birthday: "19900101", Gender: "M", Phone: "01012345678", CI: providers.NewSecret(strings.Repeat("A", 86) + "==")},
		{Name: "김서울", Birthday: "19851231", Gender: "F", Phone: "01087654321", CI: providers.NewSecret(strings.Repeat("B", 86) + "==")},
	}
}

// Person is one of them at the fake.
func Person(p cert.Proof) barofake.Person {
	return barofake.Person{Name: p.Name, Birthday: p.Birthday, Gender: p.Gender, Phone: p.Phone, CI: p.CI.Reveal()}
}

// Subject is the claim of the first of them, with canaries in what the telephone shows.
func Subject() cert.Subject {
	return cert.Subject{Name: "홍길동", Birthday: "19900101", Gender: "M", Phone: "01012345678", Title: "CANARY-title", Purpose: "CANARY-purpose"}
}

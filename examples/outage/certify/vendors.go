package certify

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/detour-go/detour/examples/outage/people"
	"github.com/detour-go/detour/examples/outage/sim"
	"github.com/detour-go/detour/examples/outage/timeline"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/kakaocert"
	"github.com/detour-go/detour/providers/cert/passcert"
	"github.com/detour-go/detour/providers/vendorsim"
)

const (
	linkID     = "DEMO"
	secretKey  = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	clientCode = "000000000001"
	callCenter = "1600-0000"
	// confirmAfter is how long a citizen takes to confirm. Real people take longer, but the outage around them is compressed.
	confirmAfter = 200 * time.Millisecond
)

// The simulator's own codes: those of the vendor are published nowhere, and come with the status of a no. A site has to learn which of
// them mean "not now", or an outage that still answers looks like citizens who are refused.
const (
	codeSystem = -99999001
	codeClosed = -99999002
	codePoints = -99020010
)

func codes() map[int]providers.Kind {
	return map[int]providers.Kind{codeSystem: providers.Unavailable, codeClosed: providers.Unavailable, codePoints: providers.Refused}
}

// robbedEvery: of so many telephones one is in the hands of somebody else, who knows the owner's name, number and birthday and confirms
// with a certificate of his own. It is what was let in at Hometax in January 2022.
const robbedEvery = 50

func robbed(citizen int) bool { return citizen%robbedEvery == robbedEvery-1 }

func person(citizen int) vendorsim.Person {
	return vendorsim.Person{Name: people.Name(citizen), Phone: people.Number(citizen), Birthday: people.Birthday(citizen),
		Gender: people.Gender(citizen), CI: people.CI(citizen)}
}

// startVendor starts Linkhub with both certificates behind it.
func startVendor(phone *vendorsim.Phone, citizens int) (*vendorsim.Barocert, error) {
	all := make([]vendorsim.Person, citizens)
	for i := range all {
		all[i] = person(i)
	}
	v, err := vendorsim.StartBarocert(vendorsim.BarocertConfig{
		LinkID: linkID, SecretKey: secretKey, ClientCodes: []string{clientCode}, People: all, Phone: phone, StrictReplay: true})
	if err != nil {
		return nil, err
	}
	phone.Behave("", vendorsim.Behaviour{Choice: vendorsim.Confirm, After: confirmAfter})
	for i := range all {
		if robbed(i) {
			v.ProofOf(all[i].Phone, person((i+1)%citizens))
		}
	}
	return v, nil
}

// playApp plays the outage of one certificate. Linkhub stands in front of it and stays: that nobody listens behind it is told as a system
// error, in Linkhub's words.
func playApp(v *vendorsim.Barocert, name string) func(timeline.Phase) error {
	ops := []string{name + "_request", name + "_status", name + "_verify"}
	closed := sim.Play(v, strconv.Itoa(codeClosed), ops...)
	broken := sim.Play(v, strconv.Itoa(codeSystem), ops...)
	return func(p timeline.Phase) error {
		if p.Mode == timeline.Refuse {
			p.Mode = timeline.Maintenance
			return broken(p)
		}
		return closed(p)
	}
}

// adapter is what a certificate must be able to do.
type adapter interface {
	cert.Provider
	cert.Watcher
}

// adapters are one site's clients.
type adapters struct{ kakao, pass adapter }

func newAdapters(v *vendorsim.Barocert, client *http.Client) (adapters, error) {
	k, errKakao := kakaocert.New(kakaocert.Config{LinkID: linkID, SecretKey: secretKey, ClientCode: clientCode, Codes: codes(),
		Base: v.URL(), AuthBase: v.URL(), AllowLoopbackHTTP: true, HTTP: client})
	p, errPass := passcert.New(passcert.Config{LinkID: linkID, SecretKey: secretKey, ClientCode: clientCode, CallCenter: callCenter, Codes: codes(),
		Base: v.URL(), AuthBase: v.URL(), AllowLoopbackHTTP: true, HTTP: client})
	return adapters{kakao: k, pass: p}, errors.Join(errKakao, errPass)
}

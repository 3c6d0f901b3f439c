package identify

import (
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"github.com/detour-go/detour/examples/outage/people"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/sim"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/kakaocert"
	"github.com/detour-go/detour/providers/cert/passcert"
	"github.com/detour-go/detour/providers/vendorsim"
)

const (
	linkID     = "OUTAGE"
	clientCode = "000000000001"
	callCenter = "02-120"
	// maintenance is the simulator's word; the vendor's own is not documented.
	maintenance = "-99999002"
	// confirmAfter is how long a citizen needs to take the telephone and agree. Real people take longer; see pause of signin.
	confirmAfter = 150 * time.Millisecond
	// victims have a telephone on which somebody else confirms.
	victims = 10
)

func secretKey() string {
	return base64.StdEncoding.EncodeToString([]byte("no secret: 32 bytes on loopback!"))
}

// startVendor starts Barocert, which carries the certificates of Kakao and of the mobile carriers. Behind the citizens stand the victims,
// and behind those the impostor, who confirms in their place.
func startVendor(phone *vendorsim.Phone, citizens int) (*vendorsim.Barocert, error) {
	persons := make([]vendorsim.Person, citizens+victims+1)
	for i := range persons {
		persons[i] = vendorsim.Person{Name: people.Name(i), Phone: people.Number(i), Birthday: people.Birthday(i), Gender: people.Gender(i), CI: people.CI(i)}
	}
	b, err := vendorsim.StartBarocert(vendorsim.BarocertConfig{LinkID: linkID, SecretKey: secretKey(), ClientCodes: []string{clientCode}, People: persons, Phone: phone})
	if err != nil {
		return nil, err
	}
	phone.Behave("", vendorsim.Behaviour{After: confirmAfter})
	for v := range victims {
		b.ProofOf(people.Number(citizens+v), persons[citizens+victims])
	}
	return b, nil
}

func rolesOf(b *vendorsim.Barocert) []replay.Role {
	return []replay.Role{
		{Name: "cert.primary", Play: sim.PlayPart(b, maintenance, "kakao_request", "kakao_status", "kakao_verify")},
		{Name: "cert.secondary", Play: sim.PlayPart(b, maintenance, "pass_request", "pass_status", "pass_verify")},
	}
}

// adapters are one site's clients.
type adapters struct {
	kakao *kakaocert.Provider
	pass  *passcert.Provider
}

func newAdapters(b *vendorsim.Barocert, client *http.Client) (adapters, error) {
	// The codes of Barocert are not published; these are the simulator's words for its own trouble. Unknown, they would be a no to the citizen.
	codes := map[int]providers.Kind{-99999001: providers.Unavailable, -99999002: providers.Unavailable}
	k, errKakao := kakaocert.New(kakaocert.Config{LinkID: linkID, SecretKey: providers.NewSecret(secretKey()), ClientCode: clientCode,
		Base: b.URL(), AuthBase: b.URL(), AllowLoopbackHTTP: true, HTTP: client, Codes: codes})
	p, errPass := passcert.New(passcert.Config{LinkID: linkID, SecretKey: providers.NewSecret(secretKey()), ClientCode: clientCode, CallCenter: callCenter,
		Base: b.URL(), AuthBase: b.URL(), AllowLoopbackHTTP: true, HTTP: client, Codes: codes})
	return adapters{kakao: k, pass: p}, errors.Join(errKakao, errPass)
}

// claim is whom the site knows the citizen to be, from when he signed in: nothing of it comes from the browser.
func claim(citizen int) cert.Subject {
	return cert.Subject{
		Name: people.Name(citizen), Birthday: people.Birthday(citizen), Gender: people.Gender(citizen), Phone: people.Number(citizen),
		CI: providers.NewSecret(people.CI(citizen)), Title: "예시구청 본인확인",
	}
}

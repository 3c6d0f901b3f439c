package certify

import (
	"crypto/rand"
	"fmt"

	"github.com/detour-go/detour/examples/outage/people"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
)

// accounts is the site's table of citizens. Who has proved himself is found by his CI and by nothing that he typed.
type accounts struct {
	key      []byte
	byNumber map[string]int
	byCI     map[string]int // cert.CIHash
}

func newAccounts(citizens int) (*accounts, error) {
	if citizens < 1 || citizens > people.Most {
		return nil, fmt.Errorf("%d citizens: must be 1 to %d", citizens, people.Most)
	}
	a := &accounts{key: make([]byte, 32), byNumber: make(map[string]int, citizens), byCI: make(map[string]int, citizens)}
	if _, err := rand.Read(a.key); err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	for i := range citizens {
		h, err := cert.CIHash(a.key, providers.Secret(people.CI(i)))
		if err != nil {
			return nil, err
		}
		a.byNumber[people.Number(i)], a.byCI[h] = i, i
	}
	return a, nil
}

// claim is what a citizen typed, with what the site knows of that account: its CI decides.
func (a *accounts) claim(number, name, birthday string) (q cert.Subject, known bool) {
	i, known := a.byNumber[number]
	if !known {
		return cert.Subject{}, false
	}
	return cert.Subject{Name: name, Birthday: birthday, Gender: people.Gender(i), Phone: number, CI: providers.Secret(people.CI(i)), Title: "민원 신청"}, true
}

// proved is whose proof it is.
func (a *accounts) proved(p cert.Proof) (citizen int, known bool) {
	h, err := cert.CIHash(a.key, p.CI)
	if err != nil {
		return 0, false
	}
	citizen, known = a.byCI[h]
	return citizen, known
}

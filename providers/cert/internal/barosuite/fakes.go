package barosuite

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/certtest"
	"github.com/detour-go/detour/providers/cert/internal/barofake"
)

// shape is one of the ways in which Barocert was seen to answer.
type shape struct {
	fake func() *barofake.Server
	edit func(*Wiring)
}

func (v Vendor) shapes() map[string]shape {
	jws := func(token string) string {
		return "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(`{"token":"`+token+`"}`)) + ".c2ln"
	}
	all := map[string]shape{
		"as the SDKs of 2025-09":      {func() *barofake.Server { return &barofake.Server{} }, nil},
		"as older SDKs":               {func() *barofake.Server { return &barofake.Server{OldVerify: true} }, func(w *Wiring) { w.OldVerify = true }},
		"a structure around the text": {func() *barofake.Server { return &barofake.Server{Wrap: jws} }, nil},
		"a vendor that verifies again, behind a forwarded address": {
			func() *barofake.Server { return &barofake.Server{VerifyMay: true} }, func(w *Wiring) { w.Forwarded = "*" },
		},
	}
	if v.Personal != nil {
		all["personal data for our key"] = shape{
			func() *barofake.Server { return &barofake.Server{Seal: Sealed(&v.Personal.PublicKey)} },
			func(w *Wiring) { w.Personal = v.Personal },
		}
	}
	return all
}

// Sealed encrypts a field for a key pair as the vendor does: RSA, PKCS #1 v1.5, base64.
func Sealed(key *rsa.PublicKey) func(string) string {
	return func(field string) string {
		sealed, err := rsa.EncryptPKCS1v15(rand.Reader, key, []byte(field))
		if err != nil {
			return ""
		}
		return base64.StdEncoding.EncodeToString(sealed)
	}
}

func (v Vendor) fakes(t *testing.T) {
	for name, s := range v.shapes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certtest.Run(t, certtest.Harness{Open: func() (*certtest.Site, error) {
				fake := s.fake()
				p, stop, err := v.Start(fake, s.edit)
				if err != nil {
					return nil, err
				}
				return site(fake, p, stop), nil
			}})
		})
	}
}

func steps() []string { return []string{"request", "status", "verify"} }

func site(fake *barofake.Server, p cert.Provider, stop func()) *certtest.Site {
	who := People()
	hidden := map[certtest.Field]string{certtest.CI: "ci", certtest.Name: "receiverName", certtest.Birthday: "receiverDay", certtest.Gender: "receiverGender"}
	touch := func(change func(*barofake.Request)) func(context.Context, cert.Ticket) error {
		return func(_ context.Context, t cert.Ticket) error { return fake.Touch(t.ID, change) }
	}
	return &certtest.Site{
		Provider: p, People: who, Close: stop,
		Asked: func() int {
			n := fake.Hits("token")
			for _, op := range steps() {
				n += fake.Hits(op)
			}
			return n
		},
		Created:  func() int { return fake.Hits("request") },
		Confirm:  func(_ context.Context, t cert.Ticket, i int) error { return fake.Confirm(t.ID, Person(who[i])) },
		Refuse:   touch(func(q *barofake.Request) { q.State = 3 }),
		Expire:   touch(func(q *barofake.Request) { q.State = 2 }),
		Forge:    touch(func(q *barofake.Request) { q.Token = "another text" }),
		Withhold: func(f certtest.Field) error { fake.Hide(hidden[f]); return nil },
		Break: func(part certtest.Part) error {
			fake.Break(string(part), func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
			return nil
		},
		Heal: func() {
			for _, op := range steps() {
				fake.Break(op, nil)
			}
		},
	}
}

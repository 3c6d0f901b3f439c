package passcert

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/internal/barocert"
)

// name is the provider of tickets and errors of this package.
const name = "pass"

// Config of a Provider. LinkID, SecretKey, ClientCode and CallCenter are required.
type Config struct {
	// LinkID and SecretKey are given by Linkhub; the key is the base64 of 32 bytes.
	LinkID    string
	SecretKey providers.Secret
	// ClientCode is the service at Barocert, 12 digits.
	ClientCode string
	// CallCenter is the telephone number that the app shows, digits and "-", at most 12 characters.
	CallCenter string
	// PrivateKey opens the personal data of a proof, RSA with at least 2048 bits;
	// its public half is registered with the vendor. Nil: encrypted fields are missing.
	PrivateKey *rsa.PrivateKey
	// ExpireIn is how long a citizen has, in whole seconds, 10s to 1000s; zero: 5
	// minutes. A request ends at 23:59:59 in Korea all the same.
	ExpireIn time.Duration
	// OldVerifyPath verifies as SDKs before 2025-09 do, without /Verify in the path.
	OldVerifyPath bool
	// Codes says what error codes mean that the site has learned about. Nil: by
	// status alone, and a no with a code is Denied.
	Codes map[int]providers.Kind

	// Forwarded is the caller's address for x-lh-forwarded, or "*" where the
	// restriction of addresses was lifted; empty: not sent.
	Forwarded string
	// Base and AuthBase are https://barocert.linkhub.co.kr and
	// https://auth.linkhub.co.kr when empty; hosts with fixed addresses are
	// static-barocert and static-auth.
	Base, AuthBase string
	// AllowLoopbackHTTP permits http to a loopback address, for tests and rehearsals.
	AllowLoopbackHTTP bool
	// HTTP is the client to ask through; nil: one that dials public addresses only, or loopback only where that is permitted.
	HTTP *http.Client
	// UserAgent is sent; empty: "detour/pass".
	UserAgent string
	// Timeout bounds each single request; zero: 10s. The vendor's SDKs wait 70s.
	Timeout time.Duration
}

// Provider is the PASS certificate. It is safe for concurrent use.
type Provider struct{ client *barocert.Client }

// New reports all mistakes of the configuration at once. It asks nobody.
func New(cfg Config) (*Provider, error) {
	var missing error
	if cfg.CallCenter == "" {
		missing = errors.New("call center is missing")
	}
	c, err := barocert.New(barocert.Config{
		Provider: name, Service: "PASS", Scopes: []string{"partner", "441", "442", "443", "444"},
		LinkID: cfg.LinkID, SecretKey: cfg.SecretKey, ClientCode: cfg.ClientCode, CallCenter: cfg.CallCenter,
		VerifyWho: true, SameDay: true, PersonalRSA: true, PrivateKey: cfg.PrivateKey, ExpireIn: cfg.ExpireIn,
		OldVerify: cfg.OldVerifyPath, Codes: cfg.Codes, Forwarded: cfg.Forwarded,
		Base: cfg.Base, AuthBase: cfg.AuthBase, AllowLoopbackHTTP: cfg.AllowLoopbackHTTP,
		HTTP: cfg.HTTP, UserAgent: cfg.UserAgent, Timeout: cfg.Timeout,
	})
	if err = errors.Join(missing, err); err != nil {
		return nil, fmt.Errorf("passcert: %w", err)
	}
	return &Provider{c}, nil
}

// Request implements cert.Provider: one push to the PASS app. It has no key by
// which it could be repeated: an error that is not NotSent may have arrived.
func (p *Provider) Request(ctx context.Context, s cert.Subject) (cert.Ticket, error) {
	return p.client.Request(ctx, s)
}

// Collect implements cert.Provider.
func (p *Provider) Collect(ctx context.Context, r cert.Reply) (cert.Proof, error) {
	return p.client.Collect(ctx, r)
}

// Watch implements cert.Watcher: the state of a request that cannot exist,
// which Barocert denies in its own words, with a session token of Linkhub.
func (p *Provider) Watch(ctx context.Context) error { return p.client.Watch(ctx) }

// Format prints the package alone: a provider holds secrets.
func (p *Provider) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "passcert.Provider") }

var (
	_ cert.Provider = (*Provider)(nil)
	_ cert.Watcher  = (*Provider)(nil)
)

package phonelogin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/phone"
)

// Provider is the login by phone code. It is safe for concurrent use and keeps nothing.
type Provider struct{ cfg Config }

var (
	errStray   = errors.New("the reply does not answer its challenge")
	errSaidNo  = errors.New("the citizen gave up")
	errAnother = errors.New("the number is not that of the expected account")
	errNothing = errors.New("the challenge cannot be packed")
)

// Begin sends a code to the number in q.Hint. Errors are those of phone.Codes.Begin,
// and Denied, with nothing sent, when q.Expect is not the account of the number.
// Scopes and Prompt mean nothing here.
func (p *Provider) Begin(ctx context.Context, q login.Request) (login.Challenge, error) {
	if err := q.Validate(); err != nil {
		return login.Challenge{}, err
	}
	who, err := p.Subject(q.Hint)
	if err != nil {
		return login.Challenge{}, err
	}
	if q.Expect != (login.Subject{}) && q.Expect != who {
		return login.Challenge{}, denied("begin", errAnother)
	}
	ask := phone.Request{Number: q.Hint, Purpose: p.cfg.Purpose}
	if p.cfg.Session != nil {
		ask.Session = p.cfg.Session(ctx)
	}
	if p.cfg.Locale != nil {
		ask.Locale = p.cfg.Locale(ctx)
	}
	c, err := p.cfg.Codes.Begin(ctx, ask)
	if err != nil {
		return login.Challenge{}, err
	}
	return p.pack(c)
}

// Resend sends the code of a challenge again, see phone.Codes.Resend. The
// challenge and its ticket stay good; what it says of the next time is in the result.
func (p *Provider) Resend(ctx context.Context, c login.Challenge) (phone.Challenge, error) {
	sent, ok := p.unpack(c)
	if !ok {
		return phone.Challenge{}, denied("resend", errStray)
	}
	return p.cfg.Codes.Resend(ctx, sent)
}

// Sent is what the page for the code may tell: when the code ends, when it may be
// sent again, and by phone.Mask where it went. false: no challenge of this provider.
func (p *Provider) Sent(c login.Challenge) (phone.Challenge, bool) { return p.unpack(c) }

// Finish checks the digits in r.Code. A reply that does not answer its challenge
// is Denied and counts as no check. Other errors are those of phone.Codes.Finish.
func (p *Provider) Finish(ctx context.Context, r login.Reply) (login.Identity, error) {
	c := r.Challenge
	sent, ok := p.unpack(c)
	switch {
	case !ok,
		subtle.ConstantTimeCompare([]byte(c.State.Reveal()), []byte(r.State)) != 1,
		r.Issuer != "" && r.Issuer != p.cfg.Issuer:
		return login.Identity{}, denied("reply", errStray)
	case r.Error != "":
		return login.Identity{}, denied("reply", errSaidNo)
	}
	proof, err := p.cfg.Codes.Finish(ctx, phone.Reply{Code: r.Code, Challenge: sent})
	if err != nil {
		return login.Identity{}, err
	}
	if err := phone.Match(phone.Request{Number: sent.Number, Purpose: p.cfg.Purpose}, proof); err != nil {
		return login.Identity{}, err
	}
	who, err := p.Subject(proof.Number)
	if err != nil {
		return login.Identity{}, err
	}
	return login.Identity{Issuer: who.Issuer, Subject: who.ID, Phone: proof.Number, AuthTime: proof.At}, nil
}

// Subject names the account of a number, for linking in good times: the issuer of
// the site and HMAC-SHA256 of the eleven digits, so that a list of accounts is no
// list of numbers. Its error is the Invalid one of phone.Normalize.
func (p *Provider) Subject(number string) (login.Subject, error) {
	n, err := phone.Normalize(number)
	if err != nil {
		return login.Subject{}, err
	}
	h := hmac.New(sha256.New, p.cfg.Key)
	_, _ = io.WriteString(h, "phonelogin subject "+n)
	return login.Subject{Issuer: p.cfg.Issuer, ID: base64.RawURLEncoding.EncodeToString(h.Sum(nil))}, nil
}

// bare is a phone.Challenge without its mask.
type bare phone.Challenge

// pack puts a challenge into the words of a login: its id is the state, so the
// two cannot be of different challenges, and all of it the verifier, which stays
// with the site.
func (p *Provider) pack(c phone.Challenge) (login.Challenge, error) {
	all, err := json.Marshal(bare(c))
	if err != nil {
		return login.Challenge{}, &providers.Error{Provider: "phone", Op: "begin", Err: errNothing}
	}
	return login.Challenge{
		URL:         p.cfg.CodePage + "?" + url.Values{"state": {c.ID}}.Encode(),
		RedirectURI: p.cfg.CodePage, State: providers.NewSecret(c.ID), Verifier: providers.NewSecret(string(all)),
	}, nil
}

func (p *Provider) unpack(c login.Challenge) (phone.Challenge, bool) {
	var sent bare
	if c.State.IsZero() || c.RedirectURI != p.cfg.CodePage || json.Unmarshal([]byte(c.Verifier.Reveal()), &sent) != nil {
		return phone.Challenge{}, false
	}
	ok := subtle.ConstantTimeCompare([]byte(sent.ID), []byte(c.State.Reveal())) == 1 && sent.Purpose == p.cfg.Purpose
	return phone.Challenge(sent), ok
}

// hearsay is Denied by what a browser brought: no word about anybody's health.
type hearsay struct{ is *providers.Error }

func (h *hearsay) Error() string { return h.is.Error() }
func (h *hearsay) Unwrap() error { return h.is }

// Hearsay implements the optional method that a flow reads.
func (h *hearsay) Hearsay() bool { return true }

func denied(op string, why error) error {
	return &hearsay{&providers.Error{Provider: "phone", Op: op, Kind: providers.Denied, Unsent: true, Err: why}}
}

// Format prints nothing of it: it holds a key.
func (p *Provider) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "phonelogin.Provider{***}") }

// LogValue implements slog.LogValuer.
func (p *Provider) LogValue() slog.Value { return slog.StringValue("phonelogin.Provider{***}") }

var _ login.Provider = (*Provider)(nil)

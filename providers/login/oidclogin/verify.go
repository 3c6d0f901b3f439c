package oidclogin

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	jose "github.com/go-jose/go-jose/v4"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/internal/code"
)

const (
	opIDToken  = "idtoken"
	opUserinfo = "userinfo"
	maxIDToken = 64 << 10 // bytes
	maxSubject = 255      // OpenID Connect Core section 2
)

var (
	errNoIDToken = errors.New("the answer has no id token")
	errIDToken   = errors.New("the id token did not pass")
	errClaims    = errors.New("the claims are malformed")
	errNonce     = errors.New("the id token answers another challenge")
	errParty     = errors.New("the id token is for another party")
	errHash      = errors.New("the id token is for another access token")
	errSubject   = errors.New("the answers name different accounts")
	errToken     = errors.New("the fresh access token was refused")
)

// labels are what a citizen may be called by; none of them ever fails a login.
type labels struct {
	Name     code.Label `json:"name"`
	Nickname code.Label `json:"nickname"`
	Email    code.Label `json:"email"`
	Verified flag       `json:"email_verified"`
	Phone    code.Label `json:"phone_number"`
}

type claims struct {
	Subject  string `json:"sub"`
	Nonce    string `json:"nonce"`
	Party    string `json:"azp"`
	AuthTime int64  `json:"auth_time"`
	labels
}

// flag is a boolean claim, or the string that some issuers write for one.
type flag struct{ yes, text bool }

func (f *flag) UnmarshalJSON(b []byte) error {
	*f = flag{yes: string(b) == "true", text: string(b) == `"true"`}
	return nil
}

// verify checks everything about an id token but the nonce.
func (p *Provider) verify(ctx context.Context, t login.Token) (claims, error) {
	raw := t.ID.Reveal()
	if raw == "" {
		return claims{}, p.fail(opIDToken, providers.Unavailable, errNoIDToken)
	}
	if len(raw) > maxIDToken {
		return claims{}, p.fail(opIDToken, providers.Security, errIDToken)
	}
	keys := &witness{keys: p.keys}
	token, err := oidc.NewVerifier(p.cfg.Issuer, keys, p.checks).Verify(ctx, raw)
	switch {
	case keys.err != nil:
		return claims{}, keys.err
	case err != nil: // its text holds claims, so it does not leave
		return claims{}, p.fail(opIDToken, providers.Security, errIDToken)
	}
	c, err := decode(raw)
	switch {
	case err != nil || c.Subject == "" || c.Subject != token.Subject || len(c.Subject) > maxSubject:
		return claims{}, p.fail(opIDToken, providers.Security, errClaims)
	case c.Party != "" && c.Party != p.cfg.ClientID, len(token.Audience) > 1 && c.Party == "":
		return claims{}, p.fail(opIDToken, providers.Security, errParty)
	case token.AccessTokenHash != "" && token.VerifyAccessToken(t.Access.Reveal()) != nil:
		return claims{}, p.fail(opIDToken, providers.Security, errHash)
	}
	return c, nil
}

// decode reads the payload strictly, so that no claim stands there twice. It
// says nothing about the signature.
func decode(raw string) (claims, error) {
	var c claims
	_, tail, _ := strings.Cut(raw, ".")
	payload, _, _ := strings.Cut(tail, ".")
	data, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return c, errClaims
	}
	return c, rest.Decode(data, &c)
}

func subjectOf(raw string) string {
	c, _ := decode(raw)
	return c.Subject
}

// ask gets the labels of the account, which must be the one that signed in
// (OpenID Connect Core section 5.3.2). A 401 to the token that the issuer gave a
// moment ago is the issuer's fault: our keys are not in this request.
func (p *Provider) ask(ctx context.Context, t login.Token, subject string) (labels, error) {
	var c claims
	status, err := p.userinfo.read(ctx, opUserinfo, http.Header{"Authorization": {"Bearer " + t.Access.Reveal()}, "Accept": {"application/json"}}, &c)
	switch {
	case status == http.StatusUnauthorized:
		return labels{}, p.fail(opUserinfo, providers.Unavailable, errToken)
	case err != nil:
		return labels{}, err
	case c.Subject == "":
		return labels{}, p.fail(opUserinfo, providers.Unavailable, errClaims)
	case c.Subject != subject:
		return labels{}, p.fail(opUserinfo, providers.Security, errSubject)
	}
	return c.labels, nil
}

func (p *Provider) identity(c claims, l labels, t login.Token) login.Identity {
	id := login.Identity{
		Issuer: p.cfg.Issuer, Subject: c.Subject, Token: t,
		Name: string(l.Name), Nickname: string(l.Nickname), Email: string(l.Email), Phone: string(l.Phone),
	}
	id.EmailVerified = id.Email != "" && (l.Verified.yes || l.Verified.text && p.cfg.StringBooleans)
	if c.AuthTime > 0 {
		id.AuthTime = time.Unix(c.AuthTime, 0)
	}
	return id
}

// weak: RFC 7518 section 3.3 wants 2048 bits of RSA. Other kinds have fixed sizes.
func weak(key jose.JSONWebKey) bool {
	pub, ok := key.Key.(*rsa.PublicKey)
	return ok && pub.N.BitLen() < 2048
}

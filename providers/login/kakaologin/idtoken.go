package kakaologin

import (
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/internal/code"
)

const maxIDToken = 16 << 10 // bytes

var (
	errIDToken  = errors.New("the id token is not one")
	errNonce    = errors.New("the id token answers another challenge")
	errMismatch = errors.New("the id token and the profile disagree")
)

// consistent compares the id token, when there is one, with what else is known,
// and gives the time of authentication. A wrong nonce is an injected code and
// so Denied; a wrong member or app cannot be caused from outside: Security.
func (p *Provider) consistent(token, member string, c login.Challenge) (time.Time, error) {
	if token == "" {
		return time.Time{}, nil
	}
	var claims struct {
		Issuer   string `json:"iss"`
		Audience string `json:"aud"`
		Subject  string `json:"sub"`
		Nonce    string `json:"nonce"`
		AuthTime int64  `json:"auth_time"`
	}
	parts := strings.Split(token, ".")
	if len(token) > maxIDToken || len(parts) != 3 {
		return time.Time{}, p.api.Fail(code.OpToken, providers.Unavailable, "", errIDToken)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || rest.Decode(payload, &claims) != nil {
		return time.Time{}, p.api.Fail(code.OpToken, providers.Unavailable, "", errIDToken)
	}
	switch {
	case claims.Subject != member, claims.Audience != p.clientID,
		claims.Issuer != p.issuers[0] && claims.Issuer != p.issuers[1]:
		return time.Time{}, p.api.Fail(code.OpToken, providers.Security, "", errMismatch)
	case !code.Same(claims.Nonce, c.Nonce.Reveal()):
		return time.Time{}, p.grant.Denied(code.OpToken, errNonce)
	case claims.AuthTime <= 0:
		return time.Time{}, nil
	}
	return time.Unix(claims.AuthTime, 0), nil
}

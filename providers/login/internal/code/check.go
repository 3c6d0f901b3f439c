package code

import (
	"crypto/subtle"
	"errors"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
)

var (
	errChallenge = errors.New("the challenge is not of this provider")
	errState     = errors.New("the reply does not answer this challenge")
	errIssuer    = errors.New("the reply comes from another issuer")
	errNoIssuer  = errors.New("the reply does not name its issuer")
	errSaidNo    = errors.New("the callback carries an error")
	errCode      = errors.New("the code is missing or malformed")
)

// OpReply names errors about the reply itself: nobody was asked.
const OpReply = "reply"

// Check says whether a reply answers its challenge. All its errors are Denied:
// anybody can call a callback.
func (g *Grant) Check(r login.Reply) error {
	c := r.Challenge
	switch {
	case c.State.IsZero() || c.RedirectURI != g.cfg.RedirectURI,
		g.cfg.Nonce && c.Nonce.IsZero(), g.cfg.PKCE && c.Verifier.IsZero():
		return g.denied("", errChallenge)
	case !same(r.State, c.State.Reveal()):
		return g.denied("", errState)
	case r.Issuer != "" && r.Issuer != g.cfg.Issuer: // RFC 9207 section 2.4: simple string comparison
		return g.denied("", errIssuer)
	case r.Issuer == "" && g.cfg.RequireIssuer:
		return g.denied("", errNoIssuer)
	case r.Error != "":
		return g.denied(knownWord(r.Error), errSaidNo)
	case r.Code.IsZero() || len(r.Code.Reveal()) > maxCode || !plain(r.Code.Reveal()):
		return g.denied("", errCode)
	}
	return nil
}

const maxCode = 4096 // bytes

// denied says that nobody was asked, or a storm of forged callbacks would count
// as answers of a healthy vendor.
func (g *Grant) denied(code string, cause error) error {
	e := g.token.Fail(OpReply, providers.Denied, code, cause)
	e.Unsent = true
	return e
}

// Denied builds the error of a reply that turned out not to answer its
// challenge after the vendor was asked, such as a wrong nonce.
func (g *Grant) Denied(op string, cause error) error {
	return g.token.Fail(op, providers.Denied, "", cause)
}

// Same compares in constant time.
func Same(a, b string) bool { return same(a, b) }

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// knownWord keeps an error word of a callback only if it is one of a
// specification (RFC 6749 section 4.1.2.1, OpenID Connect Core section
// 3.1.2.6) or a vendor's documentation: the rest anybody can write.
func knownWord(word string) string {
	switch word {
	case "access_denied", "consent_required", "login_required", "interaction_required", "account_selection_required",
		"invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "server_error",
		"temporarily_unavailable", "invalid_request_uri", "invalid_request_object", "request_not_supported",
		"request_uri_not_supported", "registration_not_supported", "user_cancelled_authorize":
		return word
	}
	return ""
}

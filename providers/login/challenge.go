package login

import (
	"fmt"
	"log/slog"

	"github.com/detour-go/detour/providers"
)

// Challenge is what step one hands to step two. The browser is sent to URL; the
// rest stays with the site, sealed (fallback.Flow does so) and used once.
type Challenge struct {
	// URL is the vendor's authorise page with all parameters. It holds the state,
	// so it belongs into a Location header and nowhere else.
	URL string
	// RedirectURI is the callback that the URL names; it names the provider too.
	RedirectURI string
	// State, Nonce and Verifier tie a reply to this challenge: RFC 6749 section
	// 10.12, OpenID Connect Core section 3.1.2.1, RFC 7636. Nonce and Verifier
	// are empty where the vendor has none.
	State, Nonce, Verifier providers.Secret
}

// Format masks everything.
func (c Challenge) Format(f fmt.State, _ rune) { mask(f, "login.Challenge{***}") }

// LogValue implements slog.LogValuer.
func (c Challenge) LogValue() slog.Value { return slog.StringValue("login.Challenge{***}") }

// MarshalJSON masks, as Format does.
func (c Challenge) MarshalJSON() ([]byte, error) { return maskedJSON, nil }

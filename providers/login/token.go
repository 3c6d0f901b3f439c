package login

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/detour-go/detour/providers"
)

// Token is what the vendor gave for the code.
type Token struct {
	Access, Refresh providers.Secret
	// ID is the raw id token of OpenID Connect; empty: none.
	ID providers.Secret
	// Expiry and RefreshExpiry end Access and Refresh; zero: the vendor did not say.
	Expiry, RefreshExpiry time.Time
	// Scopes are those granted; empty: the vendor did not say.
	Scopes []string
}

// Format masks everything.
func (t Token) Format(f fmt.State, _ rune) { mask(f, "login.Token{***}") }

// LogValue implements slog.LogValuer.
func (t Token) LogValue() slog.Value { return slog.StringValue("login.Token{***}") }

// MarshalJSON masks, as Format does.
func (t Token) MarshalJSON() ([]byte, error) { return maskedJSON, nil }

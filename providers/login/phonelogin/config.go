package phonelogin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"regexp"
	"strings"

	"github.com/detour-go/detour/providers/phone"
)

// Config describes a Provider. Codes, Issuer, Key and CodePage are required. It
// prints as a mask.
type Config struct {
	// Codes sends and checks.
	Codes *phone.Codes
	// Issuer is the site's own origin, as in https://example.go.kr: https, no path.
	Issuer string
	// Key is 32 random bytes, for subjects and nothing else. It must never change:
	// the accounts linked under it would not be found again. Keep it as such.
	Key []byte
	// CodePage is the path of the page on which the code is entered, as in
	// /login/phone: no query, and no other provider's callback.
	CodePage string
	// Purpose is that of the codes; default "login". See phone.Request.
	Purpose string
	// Session tells what a visitor is counted by, see phone.Request; called once
	// per Begin. Nil: visitors are not counted.
	Session func(context.Context) string
	// Locale tells the language of the text, see phone.Request. Nil: Korean.
	Locale func(context.Context) string
}

const keySize = 32

var (
	page    = regexp.MustCompile(`^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$`)
	purpose = regexp.MustCompile(`^[a-z0-9._-]{1,32}$`)
)

// New returns a Provider, or all mistakes of the configuration at once. It touches no network.
func New(cfg Config) (*Provider, error) {
	if cfg.Purpose == "" {
		cfg.Purpose = "login"
	}
	var wrong []error
	say := func(bad bool, what string) {
		if bad {
			wrong = append(wrong, fmt.Errorf("phonelogin: config: %s", what))
		}
	}
	u, err := url.Parse(cfg.Issuer)
	say(err != nil || u.Scheme != "https" || u.Host == "" || cfg.Issuer != "https://"+strings.ToLower(u.Host) || len(cfg.Issuer) > 255,
		"Issuer is no https origin in lower case, as in https://example.go.kr")
	say(cfg.Codes == nil, "Codes is missing")
	say(len(cfg.Key) != keySize, "Key has not 32 bytes")
	say(len(cfg.Key) == keySize && bytes.Count(cfg.Key, cfg.Key[:1]) == keySize, "Key is one byte, repeated")
	say(!page.MatchString(cfg.CodePage) || len(cfg.CodePage) > 255, "CodePage is no plain path, as in /login/phone")
	say(!purpose.MatchString(cfg.Purpose), "Purpose is not 1 to 32 of a-z, 0-9, dots, underscores and dashes")
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	cfg.Key = bytes.Clone(cfg.Key)
	return &Provider{cfg: cfg}, nil
}

// Format prints nothing of it: it holds a key.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "phonelogin.Config{***}") }

// LogValue implements slog.LogValuer.
func (c Config) LogValue() slog.Value { return slog.StringValue("phonelogin.Config{***}") }

package login

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"github.com/detour-go/detour/providers"
)

// Bounds of a callback, in bytes but for the first.
const (
	maxParameters  = 32
	maxCode        = 4096
	maxState       = 512
	maxErrorWord   = 128
	maxDescription = 2048
	maxOther       = 8192
)

// Reply is what the browser brought back from the vendor, and the challenge it
// must answer. Everything but Challenge can be forged.
type Reply struct {
	// Code is the authorization code; empty when Error is set.
	Code providers.Secret
	// State is the state parameter as it came.
	State string
	// Issuer is the iss parameter of RFC 9207; most vendors send none.
	Issuer string
	// Error and Description are those of RFC 6749 section 4.1.2.1. Anybody can
	// write them: do not show or log Description.
	Error, Description string
	// Challenge is what Begin gave; see [Reply.Resume].
	Challenge Challenge
}

var (
	errParameters = errors.New("too many parameters")
	errRepeated   = errors.New("a parameter is repeated")
	errParameter  = errors.New("a parameter is too long or has a forbidden character")
	errBoth       = errors.New("both a code and an error")
	errNeither    = errors.New("neither a code nor an error")
)

// ParseReply reads the parameters of a callback: the query, or the form of a
// vendor that posts. Each problem is an Invalid *providers.Error: a repeated
// parameter (RFC 6749 section 3.1), a code together with an error, neither, or
// a value that no vendor sends. A parameter without a value counts as absent.
func ParseReply(v url.Values) (Reply, error) {
	if len(v) > maxParameters {
		return Reply{}, invalid("reply", errParameters)
	}
	for key, all := range v {
		if len(all) > 1 {
			return Reply{}, invalid("reply", errRepeated)
		}
		if len(key) > maxErrorWord || len(all) == 1 && len(all[0]) > maxOther {
			return Reply{}, invalid("reply", errParameter)
		}
	}
	for _, p := range [...]struct {
		name  string
		max   int
		ascii bool
	}{
		{"code", maxCode, true}, {"state", maxState, true}, {"iss", maxName, true},
		{"error", maxErrorWord, true}, {"error_description", maxDescription, false},
	} {
		s := v.Get(p.name)
		if len(s) > p.max || p.ascii && !visible(s) || !printable(s) {
			return Reply{}, invalid("reply", errParameter)
		}
	}
	r := Reply{
		Code: providers.NewSecret(v.Get("code")), State: v.Get("state"), Issuer: v.Get("iss"),
		Error: v.Get("error"), Description: v.Get("error_description"),
	}
	switch {
	case !r.Code.IsZero() && r.Error != "":
		return Reply{}, invalid("reply", errBoth)
	case r.Code.IsZero() && r.Error == "":
		return Reply{}, invalid("reply", errNeither)
	}
	return r, nil
}

// visible reports VSCHAR of RFC 6749 appendix A: space to tilde.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// Resume gives the reply the challenge that step one kept.
func (r Reply) Resume(c Challenge) Reply {
	r.Challenge = c
	return r
}

// Format masks everything.
func (r Reply) Format(f fmt.State, _ rune) { mask(f, "login.Reply{***}") }

// LogValue implements slog.LogValuer.
func (r Reply) LogValue() slog.Value { return slog.StringValue("login.Reply{***}") }

// MarshalJSON masks, as Format does.
func (r Reply) MarshalJSON() ([]byte, error) { return maskedJSON, nil }

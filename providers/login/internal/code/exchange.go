package code

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
)

// OpToken names the request to the token endpoint in errors.
const OpToken = "token"

var (
	errTokenAnswer = errors.New("the answer is not a token")
	errTokenError  = errors.New("the token endpoint said no")
	errUnknown     = errors.New("the token endpoint said something unknown")
	errNoRefresh   = errors.New("there is no refresh token")
)

// Exchange redeems the code of a reply that [Grant.Check] passed: one request,
// to the token endpoint of this issuer.
func (g *Grant) Exchange(ctx context.Context, r login.Reply) (login.Token, error) {
	return g.redeem(ctx, r.Code.Reveal(), r.Challenge, func(m Meaning) providers.Kind { return m.Finish })
}

func (g *Grant) redeem(ctx context.Context, code string, c login.Challenge, kind func(Meaning) providers.Kind) (login.Token, error) {
	var opts []oauth2.AuthCodeOption
	if g.cfg.PKCE {
		opts = append(opts, oauth2.VerifierOption(c.Verifier.Reveal()))
	}
	if g.cfg.SendState {
		opts = append(opts, oauth2.SetAuthURLParam("state", c.State.Reveal()))
	}
	ear := g.listen()
	tok, err := g.oauth().Exchange(ear.into(ctx), code, opts...)
	return g.judge(ear.heard, tok, err, kind)
}

// Refresh renews a token. What the vendor leaves out is carried over: Kakao
// sends a refresh token only when it rotates, Naver never.
func (g *Grant) Refresh(ctx context.Context, old login.Token) (login.Token, error) {
	if old.Refresh.IsZero() || !plain(old.Refresh.Reveal()) {
		return login.Token{}, g.token.Fail("refresh", providers.Invalid, "", errNoRefresh)
	}
	ear := g.listen()
	tok, err := g.oauth().TokenSource(ear.into(ctx), &oauth2.Token{RefreshToken: old.Refresh.Reveal()}).Token()
	t, err := g.judge(ear.heard, tok, err, func(m Meaning) providers.Kind { return m.Own })
	if err != nil {
		return login.Token{}, err
	}
	if t.RefreshExpiry.IsZero() && t.Refresh.Equal(old.Refresh) {
		t.RefreshExpiry = old.RefreshExpiry
	}
	if t.ID.IsZero() {
		t.ID = old.ID
	}
	if t.Scopes == nil {
		t.Scopes = old.Scopes
	}
	return t, nil
}

// tokenBody is the answer of a token endpoint, good or bad.
type tokenBody struct {
	Access        string `json:"access_token"`
	ID            string `json:"id_token"`
	Type          Label  `json:"token_type"`
	Scope         scope  `json:"scope"`
	RefreshExpiry Word   `json:"refresh_token_expires_in"` // Kakao
	Error         Word   `json:"error"`
	Code          Word   `json:"error_code"` // Kakao
}

// judge decides what an answer is, whatever x/oauth2 made of it. err and tok
// are believed only after the answer itself has passed: *oauth2.RetrieveError
// holds the body, so none leaves here.
func (g *Grant) judge(a *rest.Answer, tok *oauth2.Token, err error, kind func(Meaning) providers.Kind) (login.Token, error) {
	if a == nil {
		var ours *providers.Error
		if errors.As(err, &ours) {
			return login.Token{}, ours
		}
		return login.Token{}, g.token.Fail(OpToken, providers.Unavailable, "", providers.Cause(err))
	}
	good := a.Status >= 200 && a.Status <= 299
	var b tokenBody
	if err := g.token.Object(OpToken, a, &b); err != nil {
		if good {
			return login.Token{}, err
		}
		return login.Token{}, g.token.Status(OpToken, a)
	}
	if !good || b.Error.Set || b.Code.Set {
		return login.Token{}, g.refusal(a, b, kind)
	}
	if err != nil || tok == nil || b.Access == "" || len(b.Access) > maxToken || !plain(b.Access) ||
		b.Type != "" && !strings.EqualFold(string(b.Type), "bearer") {
		return login.Token{}, g.token.Fail(OpToken, providers.Unavailable, "", errTokenAnswer)
	}
	return login.Token{
		Access: providers.NewSecret(b.Access), Refresh: providers.NewSecret(tok.RefreshToken), ID: providers.NewSecret(b.ID),
		Expiry: tok.Expiry, RefreshExpiry: b.refreshExpiry(), Scopes: b.Scope,
	}, nil
}

const maxToken = 16 << 10 // bytes

// refusal classifies an error by its codes; a server that says 5xx is not
// believed about anything else, and what nobody knows goes by its status.
func (g *Grant) refusal(a *rest.Answer, b tokenBody, kind func(Meaning) providers.Kind) error {
	m, code, known := g.meaning(b.Code.Text, b.Error.Text)
	e := g.token.Status(OpToken, a)
	e.Code = code
	switch {
	case a.Status >= 500:
		e.Kind = providers.Unavailable
	case known:
		e.Kind, e.Err = kind(m), errTokenError
	case a.Status <= 299:
		e.Kind, e.Err = providers.Unavailable, errUnknown
	}
	return e
}

// refreshExpiry: seconds from now; zero when not said or beyond ten years.
func (b tokenBody) refreshExpiry() time.Time {
	d, err := time.ParseDuration(b.RefreshExpiry.Text + "s")
	if err != nil || d <= 0 || d > 10*365*24*time.Hour {
		return time.Time{}
	}
	return time.Now().Add(d)
}

// scope is space-separated (RFC 6749 section 3.3), commas taken too; never an error.
type scope []string

func (s *scope) UnmarshalJSON(b []byte) error {
	*s = strings.FieldsFunc(readText(b, 4096), func(r rune) bool { return r == ' ' || r == ',' })
	return nil
}

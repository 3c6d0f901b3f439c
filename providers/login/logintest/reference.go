package logintest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/url"
	"sync"
	"time"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
)

// Reference is a provider and its issuer in one, in memory: it keeps every rule
// of the suite, asks no network, and fails on command. For tests and examples.
// It is safe for concurrent use.
type Reference struct {
	issuer, redirect string
	users            []login.Identity

	mu     sync.Mutex
	codes  map[string]grant
	tokens map[string]bool // refresh tokens
	broken map[Part]error
	asked  int
}

// grant is what a code stands for.
type grant struct {
	user             int
	nonce, challenge string
}

// maxGrants bounds codes and refresh tokens; when it is reached all are forgotten.
const maxGrants = 1 << 16

var (
	errBroken  = errors.New("broken by the test")
	errStray   = errors.New("the reply does not answer this challenge")
	errSaidNo  = errors.New("the callback carries an error")
	errSpent   = errors.New("the code is spent or unknown")
	errUser    = errors.New("logintest: no such user")
	errNoPage  = errors.New("logintest: the authorise page is dead")
	errForeign = errors.New("logintest: not a URL of this issuer")
)

// NewReference makes an issuer with these users, whose Issuer is set to issuer.
// redirectURI is the callback of this provider alone.
func NewReference(issuer, redirectURI string, users ...login.Identity) *Reference {
	r := &Reference{issuer: issuer, redirect: redirectURI, codes: map[string]grant{}, tokens: map[string]bool{}, broken: map[Part]error{}}
	for _, u := range users {
		u.Issuer = issuer
		r.users = append(r.users, u)
	}
	return r
}

// Users lists who can sign in.
func (r *Reference) Users() []login.Identity { return append([]login.Identity(nil), r.users...) }

// Break makes a part fail with err, which is best a *providers.Error; nil: one
// that is unavailable. A dead page fails Agree, Cancel and Watch, never Begin.
func (r *Reference) Break(part Part, err error) {
	if err == nil {
		op := "token"
		if part == AuthorisePage {
			op = "authorize"
		}
		err = r.fail(op, providers.Unavailable, errBroken)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken[part] = err
}

// Heal ends every fault.
func (r *Reference) Heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.broken)
}

// Asked counts what a vendor would have been asked: pages and tokens.
func (r *Reference) Asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

// ask counts a request and gives the fault of the part.
func (r *Reference) ask(ctx context.Context, part Part, op string) error {
	if err := ctx.Err(); err != nil {
		return r.fail(op, providers.Unavailable, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	return r.broken[part]
}

// Begin implements login.Provider.
func (r *Reference) Begin(_ context.Context, q login.Request) (login.Challenge, error) {
	if err := q.Validate(); err != nil {
		return login.Challenge{}, err
	}
	c := login.Challenge{
		RedirectURI: r.redirect,
		State:       providers.NewSecret(rand.Text()), Nonce: providers.NewSecret(rand.Text()), Verifier: providers.NewSecret(rand.Text() + rand.Text()),
	}
	c.URL = r.issuer + "/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {"reference"}, "redirect_uri": {r.redirect},
		"state": {c.State.Reveal()}, "nonce": {c.Nonce.Reveal()}, "code_challenge": {s256(c.Verifier.Reveal())}, "code_challenge_method": {"S256"},
	}.Encode()
	return c, nil
}

// Agree is the browser of a user who agrees: it reads the challenge's URL and
// gives the query of the callback.
func (r *Reference) Agree(ctx context.Context, c login.Challenge, user int) (url.Values, error) {
	v, err := r.open(ctx, c)
	if err != nil {
		return nil, err
	}
	if user < 0 || user >= len(r.users) {
		return nil, errUser
	}
	code := rand.Text()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.codes) >= maxGrants {
		clear(r.codes)
	}
	r.codes[code] = grant{user, v.Get("nonce"), v.Get("code_challenge")}
	return url.Values{"code": {code}, "state": {v.Get("state")}}, nil
}

// Cancel is the browser of a user who cancels.
func (r *Reference) Cancel(ctx context.Context, c login.Challenge) (url.Values, error) {
	v, err := r.open(ctx, c)
	if err != nil {
		return nil, err
	}
	return url.Values{"error": {"access_denied"}, "state": {v.Get("state")}}, nil
}

func (r *Reference) open(ctx context.Context, c login.Challenge) (url.Values, error) {
	if r.ask(ctx, AuthorisePage, "authorize") != nil {
		return nil, errNoPage
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme+"://"+u.Host+u.Path != r.issuer+"/authorize" {
		return nil, errForeign
	}
	return u.Query(), nil
}

// Finish implements login.Provider.
func (r *Reference) Finish(ctx context.Context, reply login.Reply) (login.Identity, error) {
	c := reply.Challenge
	switch {
	case c.State.IsZero() || c.Nonce.IsZero() || c.Verifier.IsZero() || c.RedirectURI != r.redirect,
		subtle.ConstantTimeCompare([]byte(c.State.Reveal()), []byte(reply.State)) != 1,
		reply.Issuer != "" && reply.Issuer != r.issuer:
		return login.Identity{}, r.unasked(errStray)
	case reply.Error != "":
		return login.Identity{}, r.unasked(errSaidNo)
	case reply.Code.IsZero() || len(reply.Code.Reveal()) > 4096 || !visible(reply.Code.Reveal()):
		return login.Identity{}, r.unasked(errSpent)
	}
	if err := r.ask(ctx, TokenEndpoint, "token"); err != nil {
		return login.Identity{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	g, known := r.codes[reply.Code.Reveal()]
	delete(r.codes, reply.Code.Reveal())
	if !known || g.challenge != s256(c.Verifier.Reveal()) || g.nonce != c.Nonce.Reveal() {
		return login.Identity{}, r.fail("token", providers.Denied, errSpent)
	}
	id := r.users[g.user]
	id.AuthTime = time.Now()
	id.Token = r.token()
	return id, nil
}

// Refresh implements login.Refresher. It rotates: the old refresh token is dead.
func (r *Reference) Refresh(ctx context.Context, t login.Token) (login.Token, error) {
	if err := r.ask(ctx, TokenEndpoint, "token"); err != nil {
		return login.Token{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.tokens[t.Refresh.Reveal()] {
		return login.Token{}, r.fail("token", providers.Denied, errSpent)
	}
	delete(r.tokens, t.Refresh.Reveal())
	return r.token(), nil
}

// token is called under mu.
func (r *Reference) token() login.Token {
	t := login.Token{Access: providers.NewSecret(rand.Text()), Refresh: providers.NewSecret(rand.Text()), Expiry: time.Now().Add(time.Hour)}
	if len(r.tokens) >= maxGrants {
		clear(r.tokens)
	}
	r.tokens[t.Refresh.Reveal()] = true
	return t
}

// Watch implements login.Watcher.
func (r *Reference) Watch(ctx context.Context) error {
	if err := r.ask(ctx, AuthorisePage, "authorize"); err != nil {
		return err
	}
	return r.ask(ctx, TokenEndpoint, "token")
}

func (r *Reference) fail(op string, kind providers.Kind, cause error) error {
	return &providers.Error{Provider: "reference", Op: op, Kind: kind, Err: cause}
}

// unasked is a denial of which the vendor never heard.
func (r *Reference) unasked(cause error) error {
	return &providers.Error{Provider: "reference", Op: "reply", Kind: providers.Denied, Unsent: true, Err: cause}
}

func s256(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func visible(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

var (
	_ login.Provider  = (*Reference)(nil)
	_ login.Refresher = (*Reference)(nil)
	_ login.Watcher   = (*Reference)(nil)
)

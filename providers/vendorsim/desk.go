package vendorsim

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Bounds of what a login vendor remembers.
const (
	maxPending = 16 << 10
	maxTokens  = 64 << 10
)

// desk is what the login vendors have in common: people, applications, the authorise page, codes and tokens.
type desk struct {
	server                         *Server
	users                          *directory
	clients                        *registry
	page                           *page
	pending                        *table[request] // shown to a citizen, not yet decided
	codes                          *table[grant]
	access                         *table[token]
	refresh                        *table[token]
	codeTTL, accessTTL, refreshTTL time.Duration
}

// request is what an application asked of a citizen.
type request struct {
	client    Client
	redirect  string
	state     string
	nonce     string
	challenge string // PKCE S256; empty: none
	scopes    []string
	session   string // cookie of the browser that saw the page
	csrf      string
	expires   time.Time
}

// grant is what a code stands for.
type grant struct {
	request
	user    User
	at      time.Time
	expires time.Time
}

// token is an access or a refresh token.
type token struct {
	client  string
	user    User
	scopes  []string
	nonce   string
	at      time.Time // of the authentication
	expires time.Time
}

type lifetimes struct{ code, access, refresh time.Duration }

func newDesk(s *Server, clients []Client, needsSecret bool, users []User, validID func(string) error, l lifetimes, p *page) (*desk, error) {
	g, errClients := newRegistry(clients, needsSecret)
	d, errUsers := newDirectory(users, validID)
	var errTTL error
	if l.code < 0 || l.access < 0 || l.refresh < 0 {
		errTTL = errors.New("a lifetime is negative")
	}
	p.choice = choiceOf(d.list)
	return &desk{
		server: s, users: d, clients: g, page: p,
		pending: newTable[request](maxPending), codes: newTable[grant](maxPending),
		access: newTable[token](maxTokens), refresh: newTable[token](maxTokens),
		codeTTL: l.code, accessTTL: l.access, refreshTTL: l.refresh,
	}, errors.Join(errClients, errUsers, errTTL)
}

func (d *desk) register(c Client) error {
	if err := d.clients.put(c); err != nil {
		return fmt.Errorf("vendorsim: %s: register: %w", d.server.vendor, err)
	}
	return nil
}

const cookieName = "vendor_session"

// show answers with the authorise page. The form is tied to the browser by a cookie and to this showing of it by a token.
func (d *desk) show(r *http.Request, q request) answer {
	q.csrf, q.expires = rand.Text(), d.server.now().Add(10*time.Minute)
	id := rand.Text()
	var a answer
	if c, err := r.Cookie(cookieName); err == nil && c.Value != "" && len(c.Value) <= 64 {
		q.session = c.Value
	} else {
		q.session = rand.Text()
	}
	a = noStore(answer{status: http.StatusOK, kind: kindHTML, body: d.page.form(q.client.label(), q.scopes, id, q.csrf)})
	a = a.with("Set-Cookie", cookieName+"="+q.session+"; Path=/; HttpOnly; SameSite=Lax").with("X-Frame-Options", "DENY")
	d.pending.put(id, q)
	return a
}

// decide takes the form that a citizen sent. A form that was not sent from the page shown is answered with another page.
func (d *desk) decide(r *http.Request, agreed func(code string, q request) answer, cancelled func(request) answer) answer {
	if r.Method != http.MethodPost {
		return methodNotAllowed("POST")
	}
	if r.ParseForm() != nil {
		return d.page.problem(http.StatusBadRequest, "잘못된 요청입니다.", "")
	}
	id := r.PostForm.Get("request")
	q, ok := d.pending.get(id)
	if !ok || q.expires.Before(d.server.now()) {
		return d.page.problem(http.StatusBadRequest, "유효 시간이 지났거나 이미 처리된 요청입니다.", "")
	}
	cookie, err := r.Cookie(cookieName)
	if err != nil || !same(cookie.Value, q.session) || !same(r.PostForm.Get("csrf"), q.csrf) {
		return d.page.problem(http.StatusForbidden, "다른 페이지에서 보낸 요청입니다.", "")
	}
	switch r.PostForm.Get("decision") {
	case "cancel":
		if _, first := d.pending.take(id); first {
			return cancelled(q)
		}
	case "agree":
		u, known := d.users.find(r.PostForm.Get("user"))
		if !known {
			return d.page.problem(http.StatusBadRequest, "없는 사용자입니다.", "")
		}
		if _, first := d.pending.take(id); first {
			now := d.server.now()
			code := rand.Text() + rand.Text()
			d.codes.put(code, grant{request: q, user: u, at: now, expires: now.Add(d.codeTTL)})
			return agreed(code, q)
		}
	}
	return d.page.problem(http.StatusBadRequest, "잘못된 요청입니다.", "")
}

// redeem takes a code for good, whatever comes of it: it is spent also when the caller then turns out to be the wrong one.
func (d *desk) redeem(code string) (grant, bool) {
	g, ok := d.codes.take(code)
	return g, ok && !g.expires.Before(d.server.now())
}

// bearer finds the token of "Authorization: Bearer ...": given reports whether such a header was there at all.
func (d *desk) bearer(r *http.Request) (value string, t token, given, ok bool) {
	scheme, value, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "Bearer") || len(r.Header.Values("Authorization")) != 1 {
		return "", token{}, false, false
	}
	t, ok = d.access.get(value)
	return value, t, true, ok && !t.expires.Before(d.server.now())
}

// callback is the redirect URI with parameters, in the order given; empty values are left out.
func callback(redirect string, pairs ...string) string {
	var b strings.Builder
	b.WriteString(redirect)
	sep := byte('?')
	if strings.Contains(redirect, "?") {
		sep = '&'
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		b.WriteByte(sep)
		b.WriteString(pairs[i])
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(pairs[i+1]))
		sep = '&'
	}
	return b.String()
}

// repeated names a parameter that is there twice: RFC 6749 section 3.1 forbids it.
func repeated(v url.Values) bool {
	for _, all := range v {
		if len(all) > 1 {
			return true
		}
	}
	return false
}

// verifies is the check of RFC 7636 section 4.6 for S256.
func verifies(challenge, verifier string) bool {
	if len(verifier) < 43 || len(verifier) > 128 {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return same(base64.RawURLEncoding.EncodeToString(sum[:]), challenge)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// form reports whether the request is a POST of a form, as OAuth token endpoints want it.
func isForm(r *http.Request) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded")
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

package vendorsim

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// authorize is the page and, under its second path, the form of it. What is wrong with the request is told to the citizen
// on a page and never reaches the application.
func (k *Kakao) authorize(r *http.Request) answer {
	if r.URL.Path != "/oauth/authorize" {
		return k.desk.decide(r,
			func(code string, q request) answer {
				return redirectTo(callback(q.redirect, "code", code, "state", q.state))
			},
			func(q request) answer {
				return redirectTo(callback(q.redirect, "error", "access_denied", "error_description", "User denied access", "state", q.state))
			})
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return methodNotAllowed("GET")
	}
	v, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || repeated(v) || v.Get("client_id") == "" || v.Get("redirect_uri") == "" || v.Get("response_type") == "" {
		return k.kauthPage("KOE001")
	}
	c, known := k.desk.clients.find(v.Get("client_id"))
	switch {
	case !known:
		return k.kauthPage("KOE101")
	case !c.allows(v.Get("redirect_uri")):
		return k.kauthPage("KOE006")
	case v.Get("response_type") != "code":
		return k.kauthPage("KOE201")
	}
	scopes, code := k.scopes(v.Get("scope"))
	if code != "" {
		return k.kauthPage(code)
	}
	q := request{client: c, redirect: v.Get("redirect_uri"), state: v.Get("state"), nonce: v.Get("nonce"), challenge: v.Get("code_challenge"), scopes: scopes}
	if (q.challenge != "" || v.Has("code_challenge_method")) && (v.Get("code_challenge_method") != "S256" || len(q.challenge) != 43) {
		return k.kauthPage("KOE001")
	}
	if p := v.Get("prompt"); p != "" {
		for _, word := range strings.Split(p, ",") {
			if !slices.Contains([]string{"login", "none", "create", "select_account"}, word) {
				return k.kauthPage("KOE001")
			}
		}
		if p == "none" { // this browser is nobody's: there is no session and no earlier consent
			return redirectTo(callback(q.redirect, "error", "consent_required", "error_description", "user consent required.", "state", q.state))
		}
	}
	return k.desk.show(r, q)
}

// scopes reads the comma-separated consent items; code is the error page's when one is not of this app.
func (k *Kakao) scopes(raw string) (scopes []string, code string) {
	if raw == "" {
		scopes = slices.Clone(k.cfg.Consents)
		if !k.cfg.NoOIDC {
			scopes = append(scopes, "openid")
		}
		return scopes, ""
	}
	for _, s := range strings.Split(raw, ",") {
		if s != "openid" && !slices.Contains(k.cfg.Consents, s) {
			return nil, "KOE205"
		}
		if s == "openid" && k.cfg.NoOIDC {
			return nil, "KOE205"
		}
		if !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	return scopes, ""
}

// kakaoTokens is the answer of the token endpoint; the order of fields is that of the documents.
type kakaoTokens struct {
	TokenType           string `json:"token_type"`
	AccessToken         string `json:"access_token"`
	IDToken             string `json:"id_token,omitempty"`
	ExpiresIn           int64  `json:"expires_in"`
	RefreshToken        string `json:"refresh_token,omitempty"`
	RefreshTokenExpires int64  `json:"refresh_token_expires_in,omitempty"`
	Scope               string `json:"scope,omitempty"`
}

// token reads the form only: nothing counts that stands in the address or in an Authorization header.
func (k *Kakao) token(r *http.Request) answer {
	if r.Method != http.MethodPost {
		return methodNotAllowed("POST")
	}
	if r.Header.Get("Authorization") != "" { // only client_secret_post is advertised
		return k.kauthError("KOE010", "")
	}
	if !isForm(r) || r.ParseForm() != nil || repeated(r.PostForm) {
		return k.kauthError("KOE001", "")
	}
	v := r.PostForm
	grantType := v.Get("grant_type")
	if grantType != "authorization_code" && grantType != "refresh_token" || v.Get("client_id") == "" {
		return k.kauthError("KOE310", "")
	}
	c, known := k.desk.clients.find(v.Get("client_id"))
	switch {
	case !known:
		return k.kauthError("KOE101", "")
	case c.Secret != "" && !c.proves(v.Get("client_secret")):
		return k.kauthError("KOE010", "")
	case grantType == "refresh_token":
		return k.refreshGrant(c, v)
	case v.Get("code") == "" || v.Get("redirect_uri") == "":
		return k.kauthError("KOE310", "")
	}
	g, ok := k.desk.redeem(v.Get("code"))
	switch {
	case !ok || g.client.ID != c.ID:
		return k.kauthError("KOE320", v.Get("code"))
	case g.redirect != v.Get("redirect_uri"):
		return k.kauthError("KOE303", "")
	case g.challenge != "" && !k.cfg.IgnorePKCE && !verifies(g.challenge, v.Get("code_verifier")):
		return k.kauthError("KOE320", v.Get("code"))
	}
	if !k.mayAsk(k.exchanges, 20, 10*time.Minute, c, g.user) {
		return k.kauthError("KOE237", "")
	}
	scopes := k.granted(g)
	t := token{client: c.ID, user: g.user, scopes: scopes, nonce: g.nonce, at: g.at}
	out := k.issue(t, true)
	out.Scope = strings.Join(slices.Sorted(slices.Values(scopes)), " ")
	return noStore(jsonAnswer(http.StatusOK, out))
}

// granted are the scopes asked for without those the citizen withholds.
func (k *Kakao) granted(g grant) []string {
	scopes := slices.Clone(g.scopes)
	for _, c := range kakaoConsents() {
		if !g.user.shares(c.reveals) {
			scopes = slices.DeleteFunc(scopes, func(s string) bool { return s == c.id })
		}
	}
	return scopes
}

func (k *Kakao) issue(t token, withRefresh bool) kakaoTokens {
	now := k.now()
	access := t
	access.expires = now.Add(k.desk.accessTTL)
	out := kakaoTokens{TokenType: "bearer", AccessToken: rand.Text() + rand.Text(), ExpiresIn: seconds(k.desk.accessTTL)}
	k.desk.access.put(out.AccessToken, access)
	if withRefresh {
		t.expires = now.Add(k.desk.refreshTTL)
		out.RefreshToken, out.RefreshTokenExpires = rand.Text()+rand.Text(), seconds(k.desk.refreshTTL)
		k.desk.refresh.put(out.RefreshToken, t)
	}
	if slices.Contains(t.scopes, "openid") {
		out.IDToken = k.idToken(k.claims(t, now), now, "")
	}
	return out
}

func (k *Kakao) claims(t token, now time.Time) map[string]any {
	claims := map[string]any{
		"iss": k.Issuer(), "aud": t.client, "sub": t.user.ID, "auth_time": t.at.Unix(),
		"iat": now.Unix(), "exp": now.Add(k.desk.accessTTL).Unix(),
	}
	if t.nonce != "" {
		claims["nonce"] = t.nonce
	}
	if slices.Contains(t.scopes, "profile_nickname") && t.user.Nickname != "" {
		claims["nickname"] = t.user.Nickname
	}
	if slices.Contains(t.scopes, "account_email") && t.user.Email != "" && t.user.EmailVerified && !t.user.EmailTaken {
		claims["email"] = t.user.Email
	}
	return claims
}

// refreshGrant hands out a new refresh token only in the last 30 days of the old one, which is dead then.
func (k *Kakao) refreshGrant(c Client, v url.Values) answer {
	value := v.Get("refresh_token")
	if value == "" {
		return k.kauthError("KOE319", "")
	}
	now := k.now()
	t, ok := k.desk.refresh.get(value)
	if !ok || t.client != c.ID || t.expires.Before(now) {
		return k.kauthError("KOE322", "")
	}
	if !k.mayAsk(k.refreshes, 30, time.Hour, c, t.user) {
		return k.kauthError("KOE237", "")
	}
	rotate := t.expires.Sub(now) < 30*24*time.Hour
	if rotate {
		if _, first := k.desk.refresh.take(value); !first {
			return k.kauthError("KOE322", "")
		}
	}
	return noStore(jsonAnswer(http.StatusOK, k.issue(t, rotate)))
}

// mayAsk counts one more token of a citizen at an app.
func (k *Kakao) mayAsk(of map[string]*limiter, limit int, per time.Duration, c Client, u User) bool {
	if !k.cfg.TokenLimits {
		return true
	}
	key := c.ID + "\x00" + u.ID
	k.limits.Lock()
	l := of[key]
	if l == nil {
		l = &limiter{limit: limit, per: per}
		of[key] = l
	}
	k.limits.Unlock()
	return l.allow(k.now())
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

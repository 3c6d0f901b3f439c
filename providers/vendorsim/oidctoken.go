package vendorsim

import (
	"crypto/rand"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

type oidcTokens struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    int64  `json:"expires_in"`
	Scope        string `json:"scope,omitempty"`
	TokenType    string `json:"token_type"`
	IDToken      string `json:"id_token,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
}

// authenticate finds the client by exactly one of the ways of RFC 6749 section 2.3.1.
func (o *OIDC) authenticate(r *http.Request, v url.Values) (Client, bool) {
	id, secret, basic := r.BasicAuth()
	if r.Header.Get("Authorization") != "" && (!basic || v.Has("client_secret")) {
		return Client{}, false
	}
	method := "client_secret_post"
	if basic { // both are form-encoded inside the header
		method = "client_secret_basic"
		var errID, errSecret error
		id, errID = url.QueryUnescape(id)
		secret, errSecret = url.QueryUnescape(secret)
		if errID != nil || errSecret != nil || v.Has("client_id") && v.Get("client_id") != id {
			return Client{}, false
		}
	} else {
		id, secret = v.Get("client_id"), v.Get("client_secret")
	}
	c, known := o.desk.clients.find(id)
	if !known || !c.proves(secret) || c.Secret != "" && !slices.Contains(o.cfg.AuthMethods, method) {
		return Client{}, false
	}
	return c, true
}

func (o *OIDC) token(r *http.Request) answer {
	if r.Method != http.MethodPost {
		return methodNotAllowed("POST")
	}
	if !isForm(r) || r.ParseForm() != nil || repeated(r.PostForm) || r.PostForm.Get("grant_type") == "" {
		return oidcError("invalid_request")
	}
	v := r.PostForm
	c, ok := o.authenticate(r, v)
	if !ok {
		return oidcError("invalid_client")
	}
	switch v.Get("grant_type") {
	case "authorization_code":
		if v.Get("code") == "" || v.Get("redirect_uri") == "" {
			return oidcError("invalid_request")
		}
		g, ok := o.desk.redeem(v.Get("code"))
		if !ok || g.client.ID != c.ID || g.redirect != v.Get("redirect_uri") {
			return oidcError("invalid_grant")
		}
		// RFC 9700 section 2.1.1: a verifier without a challenge is a downgrade, as is a challenge without a verifier.
		if g.challenge == "" && v.Has("code_verifier") || g.challenge != "" && !verifies(g.challenge, v.Get("code_verifier")) {
			return oidcError("invalid_grant")
		}
		t := token{client: c.ID, user: g.user, scopes: g.scopes, nonce: g.nonce, at: g.at}
		out := o.issue(c, t)
		if slices.Contains(t.scopes, "offline_access") {
			out.RefreshToken = rand.Text() + rand.Text()
			t.expires = o.now().Add(o.desk.refreshTTL)
			o.desk.refresh.put(out.RefreshToken, t)
		}
		return noStore(jsonAnswer(http.StatusOK, out))
	case "refresh_token":
		t, ok := o.desk.refresh.get(v.Get("refresh_token"))
		if !ok || t.client != c.ID || t.expires.Before(o.now()) {
			return oidcError("invalid_grant")
		}
		t.nonce = "" // OpenID Connect Core section 12.2: none in a refreshed token
		return noStore(jsonAnswer(http.StatusOK, o.issue(c, t)))
	default:
		return oidcError("unsupported_grant_type")
	}
}

func (o *OIDC) issue(c Client, t token) oidcTokens {
	now := o.now()
	scopes := slices.DeleteFunc(slices.Clone(t.scopes), func(s string) bool { return s == "offline_access" })
	out := oidcTokens{AccessToken: rand.Text() + rand.Text(), ExpiresIn: seconds(o.desk.accessTTL), TokenType: "Bearer", Scope: strings.Join(scopes, " ")}
	t.expires = now.Add(o.desk.accessTTL)
	o.desk.access.put(out.AccessToken, t)
	if slices.Contains(t.scopes, "openid") {
		out.IDToken = o.idToken(o.claims(t, now), now, c.Secret)
	}
	return out
}

func (o *OIDC) claims(t token, now time.Time) map[string]any {
	claims := person(t)
	maps.Copy(claims, map[string]any{
		"iss": o.Issuer(), "aud": t.client, "iat": now.Unix(), "exp": now.Add(o.desk.accessTTL).Unix(), "auth_time": t.at.Unix(),
	})
	if t.nonce != "" {
		claims["nonce"] = t.nonce
	}
	return claims
}

// oidcError is an error of RFC 6749 section 5.2.
func oidcError(code string) answer {
	status := http.StatusBadRequest
	switch code {
	case "invalid_client":
		status = http.StatusUnauthorized
	case "server_error":
		status = http.StatusInternalServerError
	case "temporarily_unavailable":
		status = http.StatusServiceUnavailable
	}
	text := strings.ReplaceAll(code, "_", " ")
	if code == "invalid_grant" {
		text = "Bad Request"
	}
	a := noStore(jsonAnswer(status, oauthError{code, text}))
	if code == "invalid_client" {
		a = a.with("WWW-Authenticate", "Basic")
	}
	return a
}

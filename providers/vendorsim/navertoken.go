package vendorsim

import (
	"crypto/rand"
	"net/http"
	"strings"
)

// token takes GET and POST; redirect_uri is ignored, as the parameter table does not have it.
func (n *Naver) token(r *http.Request) answer {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return methodNotAllowed("GET, POST")
	}
	v, ok := parameters(r)
	if !ok || r.Header.Get("Authorization") != "" || v.Get("client_id") == "" || v.Get("client_secret") == "" {
		return n.tokenError("invalid_request")
	}
	c, known := n.desk.clients.find(v.Get("client_id"))
	if !known || !c.proves(v.Get("client_secret")) {
		return n.tokenError(n.cfg.ClientError)
	}
	switch v.Get("grant_type") {
	case "authorization_code":
		if v.Get("code") == "" || v.Get("state") == "" {
			return n.tokenError("invalid_request")
		}
		g, ok := n.desk.redeem(v.Get("code"))
		if !ok || g.client.ID != c.ID {
			return n.tokenError(n.cfg.CodeError)
		}
		if !n.cfg.LooseState && g.state != v.Get("state") {
			return n.tokenError("invalid_request")
		}
		t := token{client: c.ID, user: g.user, at: g.at}
		out := n.issue(t)
		out.RefreshToken = rand.Text() + rand.Text()
		t.expires = n.now().Add(n.desk.refreshTTL)
		n.desk.refresh.put(out.RefreshToken, t)
		return noStore(jsonAnswer(http.StatusOK, out))
	case "refresh_token": // the refresh token stays as it is
		t, ok := n.desk.refresh.get(v.Get("refresh_token"))
		if !ok || t.client != c.ID || t.expires.Before(n.now()) {
			return n.tokenError("invalid_request")
		}
		return noStore(jsonAnswer(http.StatusOK, n.issue(t)))
	default:
		return n.tokenError("invalid_request")
	}
}

type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

func (n *Naver) tokenError(code string) answer {
	text := strings.ReplaceAll(code, "_", " ")
	return noStore(jsonAnswer(n.cfg.TokenErrorStatus, oauthError{code, text}))
}

// revoke ends a pair of tokens; what is unknown is as good as revoked.
func (n *Naver) revoke(r *http.Request) answer {
	if r.Method != http.MethodPost {
		return methodNotAllowed("POST")
	}
	if !isForm(r) || r.ParseForm() != nil || repeated(r.PostForm) {
		return revokeError("invalid_request")
	}
	v := r.PostForm
	c, known := n.desk.clients.find(v.Get("client_id"))
	switch hint := v.Get("token_type_hint"); {
	case v.Get("token") == "" || hint != "" && hint != "access_token" && hint != "refresh_token":
		return revokeError("invalid_request")
	case !known || !c.proves(v.Get("client_secret")):
		return revokeError("unauthorized_client")
	}
	t, ok := n.desk.access.get(v.Get("token"))
	if v.Get("token_type_hint") == "refresh_token" {
		t, ok = n.desk.refresh.get(v.Get("token"))
	}
	if ok && t.client == c.ID {
		pair := func(o token) bool { return o.client == t.client && o.user.ID == t.user.ID && o.at.Equal(t.at) }
		n.desk.access.remove(pair)
		n.desk.refresh.remove(pair)
	}
	return answer{status: http.StatusOK}
}

func revokeError(code string) answer {
	status := http.StatusBadRequest
	switch code {
	case "unauthorized_client":
		status = http.StatusUnauthorized
	case "temporarily_unavailable":
		status = http.StatusServiceUnavailable
	}
	return jsonAnswer(status, oauthError{code, strings.ReplaceAll(code, "_", " ")})
}

func (n *Naver) me(r *http.Request) answer {
	if r.Method != http.MethodGet {
		return methodNotAllowed("GET")
	}
	if r.Header.Get("Authorization") == "" {
		return n.apiError("028")
	}
	_, t, _, ok := n.desk.bearer(r)
	if !ok {
		return n.apiError("024")
	}
	u := t.user
	year, day, _ := strings.Cut(u.Birthdate, "-")
	profile := map[string]string{"id": u.ID}
	put := func(item, key, value string) {
		if value != "" && u.shares(item) {
			profile[key] = value
		}
	}
	put("nickname", "nickname", u.Nickname)
	put("name", "name", u.Name)
	put("email", "email", u.Email)
	put("phone", "mobile", u.Phone)
	put("birthdate", "birthyear", year)
	put("birthdate", "birthday", day)
	put("gender", "gender", map[string]string{"female": "F", "male": "M", "": "U"}[u.Gender])
	return jsonAnswer(http.StatusOK, struct {
		Code     string            `json:"resultcode"`
		Message  string            `json:"message"`
		Response map[string]string `json:"response"`
	}{"00", "success", profile})
}

// apiError is an error of the open API in one of its two shapes.
func (n *Naver) apiError(code string) answer {
	status, text := http.StatusInternalServerError, "System error"
	switch code {
	case "024":
		status, text = http.StatusUnauthorized, "Authentication failed"
	case "028":
		status, text = http.StatusUnauthorized, "Authentication header not exists"
	case "403":
		status, text = http.StatusForbidden, "Forbidden"
	case "404":
		status, text = http.StatusNotFound, "Not Found"
	case "429":
		status, text = http.StatusTooManyRequests, "Quota exceeded"
	}
	if n.cfg.OpenAPIErrors {
		return jsonAnswer(status, struct {
			Message string `json:"errorMessage"`
			Code    string `json:"errorCode"`
		}{text, code})
	}
	return jsonAnswer(status, struct {
		Code    string `json:"resultcode"`
		Message string `json:"message"`
	}{code, text})
}

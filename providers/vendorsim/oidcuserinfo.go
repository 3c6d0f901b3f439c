package vendorsim

import (
	"net/http"
	"slices"
	"strings"
)

// person are the claims about the citizen that the scopes open (OpenID Connect Core section 5.4).
func person(t token) map[string]any {
	u := t.user
	claims := map[string]any{"sub": u.ID}
	put := func(scope, item, key, value string) bool {
		open := value != "" && slices.Contains(t.scopes, scope) && u.shares(item)
		if open {
			claims[key] = value
		}
		return open
	}
	put("profile", "name", "name", u.Name)
	put("profile", "nickname", "nickname", u.Nickname)
	put("profile", "gender", "gender", u.Gender)
	put("profile", "birthdate", "birthdate", u.Birthdate)
	if put("email", "email", "email", u.Email) {
		claims["email_verified"] = u.EmailVerified && !u.EmailTaken
	}
	if put("phone", "phone", "phone_number", strings.ReplaceAll(u.international(""), "-", "")) {
		claims["phone_number_verified"] = true
	}
	return claims
}

func (o *OIDC) userinfo(r *http.Request) answer {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return methodNotAllowed("GET, POST")
	}
	_, t, given, ok := o.desk.bearer(r)
	switch {
	case !given: // RFC 6750 section 3.1: no error code for a request without authentication
		return answer{status: http.StatusUnauthorized}.with("WWW-Authenticate", "Bearer")
	case !ok:
		return bearerError("invalid_token")
	case !slices.Contains(t.scopes, "openid"):
		return bearerError("insufficient_scope")
	}
	return noStore(jsonAnswer(http.StatusOK, person(t)))
}

// bearerError is an error of RFC 6750 section 3.1.
func bearerError(code string) answer {
	a := oidcError(code)
	switch code {
	case "invalid_token":
		a.status = http.StatusUnauthorized
	case "insufficient_scope":
		a.status = http.StatusForbidden
	case "server_error", "temporarily_unavailable":
		return a
	}
	return a.with("WWW-Authenticate", `Bearer error="`+code+`"`)
}

package vendorsim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// authorize tells the citizen, on a page, when client or redirect URI are wrong; everything else the application learns.
func (o *OIDC) authorize(r *http.Request) answer {
	if r.URL.Path != "/authorize" {
		return o.desk.decide(r,
			func(code string, q request) answer {
				return redirectTo(callback(q.redirect, append([]string{"code", code, "state", q.state}, o.iss()...)...))
			},
			func(q request) answer { return o.goBack(q, "access_denied") })
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return methodNotAllowed("GET")
	}
	v, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || repeated(v) {
		return o.problem("invalid_request")
	}
	c, known := o.desk.clients.find(v.Get("client_id"))
	if !known {
		return o.problem("invalid_client")
	}
	if !c.allows(v.Get("redirect_uri")) {
		return o.problem("redirect_uri_mismatch")
	}
	q := request{client: c, redirect: v.Get("redirect_uri"), state: v.Get("state"), nonce: v.Get("nonce"),
		challenge: v.Get("code_challenge"), scopes: strings.Fields(v.Get("scope"))}
	pkce := q.challenge != "" || v.Has("code_challenge_method")
	switch {
	case v.Get("response_type") != "code":
		return o.goBack(q, "unsupported_response_type")
	case len(q.scopes) == 0:
		return o.goBack(q, "invalid_scope")
	case pkce && (v.Get("code_challenge_method") != "S256" || len(q.challenge) != 43):
		return o.goBack(q, "invalid_request")
	case !pkce && (o.cfg.RequirePKCE || c.Secret == ""):
		return o.goBack(q, "invalid_request")
	case v.Get("prompt") == "none":
		return o.goBack(q, "login_required")
	}
	if v.Get("access_type") == "offline" && !slices.Contains(q.scopes, "offline_access") { // Google's way to ask for a refresh token
		q.scopes = append(q.scopes, "offline_access")
	}
	return o.desk.show(r, q)
}

// iss is the parameter of RFC 9207.
func (o *OIDC) iss() []string {
	switch t := o.tamper(); {
	case t == TamperIssParam:
		return []string{"iss", strangerIssuer}
	case !o.cfg.IssParam || t == TamperNoIssParam:
		return nil
	}
	return []string{"iss", o.Issuer()}
}

func (o *OIDC) goBack(q request, code string) answer {
	return redirectTo(callback(q.redirect, append([]string{"error", code, "error_description", strings.ReplaceAll(code, "_", " "), "state", q.state}, o.iss()...)...))
}

func (o *OIDC) problem(code string) answer {
	return o.desk.page.problem(http.StatusBadRequest, "요청이 올바르지 않습니다.", code)
}

// authorizeError sends the browser back with the error when the request names a client, else shows a page.
func (o *OIDC) authorizeError(r *http.Request, code string) answer {
	if r.ParseForm() != nil {
		return o.problem(code)
	}
	v := r.Form
	if q, there := o.desk.pending.get(v.Get("request")); there {
		return o.goBack(q, code)
	}
	if c, known := o.desk.clients.find(v.Get("client_id")); known && c.allows(v.Get("redirect_uri")) {
		return o.goBack(request{redirect: v.Get("redirect_uri"), state: v.Get("state")}, code)
	}
	return o.problem(code)
}

package vendorsim

import (
	"net/http"
	"strconv"
)

type kauthFault struct {
	code   string
	status int // at the token endpoint; 0: the code is shown on a page only
	error  string
	text   string
}

// kauthErrors are the documented codes of kauth.kakao.com. Where the documents give no HTTP status it is UNCONFIRMED and
// can be set with Fault.Status.
func kauthErrors() []kauthFault {
	return []kauthFault{
		{"KOE001", 400, "invalid_request", "Request parameters are not valid."},
		{"KOE002", 404, "invalid_request", "No such address."},                                                     // status UNCONFIRMED
		{"KOE003", 503, "server_error", "Temporary error of the authorization server. Try again in some seconds."}, // status UNCONFIRMED
		{"KOE004", 0, "misconfigured", "Kakao Login is not activated."},
		{"KOE005", 0, "misconfigured", "The user is no member of the test app's team."},
		{"KOE006", 0, "misconfigured", "Redirect URI is not registered."},
		{"KOE007", 0, "misconfigured", "Logout redirect URI is not registered."},
		{"KOE008", 0, "misconfigured", "Wrong kind of app key."},
		{"KOE009", 0, "misconfigured", "Platform is not registered."},
		{"KOE010", 401, "invalid_client", "Bad client credentials"},
		{"KOE101", 401, "invalid_client", "Not exist client_id"}, // status UNCONFIRMED
		{"KOE102", 0, "invalid_request", "No channel is connected."},
		{"KOE201", 0, "unsupported_response_type", "Response type is not supported."},
		{"KOE202", 0, "unsupported_response_type", "Implicit grant is refused."},
		{"KOE205", 0, "invalid_scope", "Consent item is not one of the app's."},  // not in the fact sheet: UNCONFIRMED
		{"KOE237", 400, "invalid_request", "Token request rate limit exceeded."}, // 400 or 429: UNCONFIRMED
		{"KOE303", 400, "invalid_grant", "Redirect URI mismatch."},
		{"KOE310", 400, "invalid_request", "Grant parameters are missing or not supported."}, // error word UNCONFIRMED
		{"KOE319", 400, "invalid_grant", "Refresh token is missing."},
		{"KOE320", 400, "invalid_grant", "authorization code not found for code="},
		{"KOE322", 400, "invalid_grant", "expired_or_invalid_refresh_token"},
		{"KOE400", 400, "invalid_token", "ID token is not valid."},
	}
}

// kauthCodes lists the codes that a page, or the token endpoint, can give.
func kauthCodes(page bool) []string {
	var codes []string
	for _, e := range kauthErrors() {
		if page || e.status != 0 {
			codes = append(codes, e.code)
		}
	}
	return codes
}

// kauthError is the JSON error of the token endpoint. Kakao repeats the code it was given in the text of KOE320.
func (k *Kakao) kauthError(code, given string) answer {
	for _, e := range kauthErrors() {
		if e.code != code {
			continue
		}
		status, text := e.status, e.text
		switch {
		case code == "KOE101":
			status = k.cfg.UnknownKeyStatus
		case code == "KOE320":
			text += given[:min(len(given), 512)]
		}
		return noStore(jsonAnswer(status, struct {
			Error       string `json:"error"`
			Description string `json:"error_description"`
			Code        string `json:"error_code"`
		}{e.error, text, code}))
	}
	return answer{status: http.StatusInternalServerError}
}

// kauthPage is what the citizen sees instead of the login page.
func (k *Kakao) kauthPage(code string) answer {
	text := "잘못된 요청입니다. 서비스 관리자에게 문의해 주세요."
	status := k.cfg.PageStatus
	if code == "KOE003" {
		text, status = "일시적인 오류입니다. 잠시 후 다시 시도해 주세요.", http.StatusServiceUnavailable
	}
	return k.desk.page.problem(status, text, code)
}

type kapiFault struct {
	code, status int
	msg          string
}

// kapiErrors are the documented codes of kapi.kakao.com.
func kapiErrors() []kapiFault {
	return []kapiFault{
		{-1, 400, "internal error. try again later."},
		{-2, 400, "parameter is missing or of the wrong type."},
		{-3, 403, "feature is not enabled for the app."},
		{-4, 403, "account is blocked or act is forbidden."},
		{-5, 403, "insufficient permission."},
		{-6, 403, "refused by policy."},
		{-7, 400, "service is under maintenance."},
		{-8, 400, "header is not valid."},
		{-9, 400, "API is no longer supported."},
		{-10, 400, "API limit has been exceeded."},
		{-11, 400, "limit of the paid API has been exceeded."},
		{-12, 403, "refused by terms."},
		{-101, 400, "user is not linked to the app."},
		{-102, 400, "user is linked already."},
		{-103, 400, "account is dormant or does not exist."},
		{-201, 400, "unknown user property."},
		{-401, 401, "this access token does not exist"},
		{-402, 403, "insufficient scopes."},
		{-406, 401, "user is under 14."},
		{-501, 400, "user does not use KakaoTalk."},
		{-603, 400, "internal timeout."},
		{-903, 400, "unknown app key."},
		{-9798, 503, "service check."},
	}
}

func kapiCodes() []string {
	var codes []string
	for _, e := range kapiErrors() {
		codes = append(codes, strconv.Itoa(e.code))
	}
	return codes
}

func kapiError(code int) answer {
	for _, e := range kapiErrors() {
		if e.code != code {
			continue
		}
		body := struct {
			Msg    string   `json:"msg"`
			Code   int      `json:"code"`
			Scopes []string `json:"required_scopes,omitempty"`
		}{Msg: e.msg, Code: e.code}
		if code == -402 {
			body.Scopes = []string{"account_email"}
		}
		a := jsonAnswer(e.status, body)
		if code == -401 {
			a = a.with("WWW-Authenticate", "Bearer error=invalid_token")
		}
		return a
	}
	return answer{status: http.StatusInternalServerError}
}

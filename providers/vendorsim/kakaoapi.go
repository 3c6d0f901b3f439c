package vendorsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// caller finds out whose call this is: a citizen's token, or the admin key with a target. fault is the answer when it is
// neither; value is the token.
func (k *Kakao) caller(r *http.Request) (value string, t token, fault *answer) {
	refuse := func(code int) *answer { a := kapiError(code); return &a }
	if r.Method == http.MethodPost && r.ContentLength != 0 && !isForm(r) {
		return "", token{}, refuse(-8)
	}
	if r.ParseForm() != nil {
		return "", token{}, refuse(-2)
	}
	if scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " "); scheme == "KakaoAK" {
		if k.cfg.AdminKey == "" || !same(key, k.cfg.AdminKey) {
			return "", token{}, refuse(-401)
		}
		if r.Form.Get("target_id_type") != "user_id" || r.Form.Get("target_id") == "" {
			return "", token{}, refuse(-2)
		}
		u, known := k.desk.users.find(r.Form.Get("target_id"))
		if !known {
			return "", token{}, refuse(-101)
		}
		return "", token{user: u, scopes: k.cfg.Consents}, nil
	}
	value, t, _, ok := k.desk.bearer(r)
	if !ok {
		return "", token{}, refuse(-401)
	}
	return value, t, nil
}

func (k *Kakao) me(r *http.Request) answer {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return methodNotAllowed("GET, POST")
	}
	_, t, fault := k.caller(r)
	if fault != nil {
		return *fault
	}
	if keys := r.Form.Get("property_keys"); keys != "" {
		var list []string
		if json.Unmarshal([]byte(keys), &list) != nil {
			return kapiError(-2)
		}
	}
	u := t.user
	connected := t.at
	if connected.IsZero() {
		connected = k.now()
	}
	at := connected.UTC().Format(time.RFC3339)
	account := map[string]any{}
	for _, c := range kakaoConsents() {
		if slices.Contains(k.cfg.Consents, c.id) {
			account[c.needs] = !slices.Contains(t.scopes, c.id)
		}
	}
	out := map[string]any{"id": json.Number(u.ID), "connected_at": at, "synched_at": at, "kakao_account": account}
	item := func(consent, value string, fill func()) { // agreed, and the citizen has one
		if value != "" && slices.Contains(t.scopes, consent) {
			fill()
		}
	}
	item("profile_nickname", u.Nickname, func() {
		out["properties"] = map[string]string{"nickname": u.Nickname}
		account["profile"] = map[string]any{"nickname": u.Nickname, "is_default_image": true}
	})
	item("name", u.Name, func() { account["name"] = u.Name })
	item("account_email", u.Email, func() {
		account["is_email_valid"], account["is_email_verified"], account["email"] = !u.EmailTaken, u.EmailVerified, u.Email
	})
	item("phone_number", u.Phone, func() { account["phone_number"] = u.international(" ") })
	item("gender", u.Gender, func() { account["gender"] = u.Gender })
	year, day, _ := strings.Cut(u.Birthdate, "-")
	item("birthyear", year, func() { account["birthyear"] = year })
	item("birthday", day, func() { account["birthday"], account["birthday_type"] = strings.ReplaceAll(day, "-", ""), "SOLAR" })
	return jsonAnswer(http.StatusOK, out)
}

func (k *Kakao) tokenInfo(r *http.Request) answer {
	if r.Method != http.MethodGet {
		return methodNotAllowed("GET")
	}
	value, t, fault := k.caller(r)
	switch {
	case fault != nil:
		return *fault
	case value == "":
		return kapiError(-401)
	}
	return jsonAnswer(http.StatusOK, struct {
		ID        json.Number `json:"id"`
		ExpiresIn int64       `json:"expires_in"`
		AppID     int64       `json:"app_id"`
	}{json.Number(t.user.ID), seconds(t.expires.Sub(k.now())), k.cfg.AppID})
}

// userinfo is the flat form of OpenID Connect.
func (k *Kakao) userinfo(r *http.Request) answer {
	if r.Method != http.MethodGet {
		return methodNotAllowed("GET")
	}
	value, t, fault := k.caller(r)
	switch {
	case fault != nil:
		return *fault
	case value == "":
		return kapiError(-401)
	}
	u := t.user
	out := map[string]any{"sub": u.ID}
	put := func(consent, key, value string) bool {
		agreed := slices.Contains(t.scopes, consent) && value != ""
		if agreed {
			out[key] = value
		}
		return agreed
	}
	put("profile_nickname", "nickname", u.Nickname)
	put("name", "name", u.Name)
	put("gender", "gender", u.Gender)
	put("birthday", "birthdate", u.Birthdate)
	if put("account_email", "email", u.Email) {
		out["email_verified"] = u.EmailVerified && !u.EmailTaken
	}
	if put("phone_number", "phone_number", u.international(" ")) {
		out["phone_number_verified"] = true
	}
	return jsonAnswer(http.StatusOK, out)
}

// logout ends this token, or with the admin key all of the citizen's.
func (k *Kakao) logout(r *http.Request) answer {
	return k.end(r, func(value string, t token) bool {
		if value != "" {
			_, had := k.desk.access.take(value)
			return had
		}
		k.forget(t.user.ID)
		return true
	})
}

// unlink ends the connection; who is not connected gets -101.
func (k *Kakao) unlink(r *http.Request) answer {
	return k.end(r, func(_ string, t token) bool { return k.forget(t.user.ID) > 0 })
}

func (k *Kakao) end(r *http.Request, do func(string, token) bool) answer {
	if r.Method != http.MethodPost {
		return methodNotAllowed("POST")
	}
	value, t, fault := k.caller(r)
	if fault != nil {
		return *fault
	}
	if !do(value, t) {
		return kapiError(-101)
	}
	return jsonAnswer(http.StatusOK, map[string]json.Number{"id": json.Number(t.user.ID)})
}

func (k *Kakao) forget(user string) int {
	of := func(t token) bool { return t.user.ID == user }
	return k.desk.access.remove(of) + k.desk.refresh.remove(of)
}

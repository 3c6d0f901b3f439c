package kakaologin_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
)

func idToken(claims string) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"RS256","kid":"demo"}`)) + "." + part([]byte(claims)) + "." + part([]byte("signature"))
}

func TestIDTokenMustAgree(t *testing.T) {
	v := serve(t, "", `{"id":3912345678}`)
	p := provider(t, v.URL, nil)
	good := `{"iss":"https://kauth.kakao.com","aud":"rest-key","sub":"3912345678","nonce":"NONCE","auth_time":1767323045,"exp":1}`
	rows := map[string]struct {
		token string
		want  providers.Kind
		ok    bool
	}{
		"agrees":                           {token: idToken(good), ok: true},
		"of a rehearsal's issuer":          {token: idToken(strings.Replace(good, "https://kauth.kakao.com", v.URL, 1)), ok: true},
		"another member":                   {token: idToken(strings.Replace(good, "3912345678", "3912345679", 1)), want: providers.Security},
		"no member":                        {token: idToken(strings.Replace(good, `"sub"`, `"bus"`, 1)), want: providers.Security},
		"another app":                      {token: idToken(strings.Replace(good, "rest-key", "other-key", 1)), want: providers.Security},
		"another issuer":                   {token: idToken(strings.Replace(good, "kauth.kakao.com", "evil.example", 1)), want: providers.Security},
		"T4 another nonce (injected code)": {token: idToken(strings.Replace(good, "NONCE", "other", 1)), want: providers.Denied},
		"T4 no nonce":                      {token: idToken(strings.Replace(good, `"nonce"`, `"n"`, 1)), want: providers.Denied},
		"T1 a claim twice":                 {token: idToken(strings.Replace(good, `{`, `{"SUB":"1",`, 1)), want: providers.Unavailable},
		"two parts":                        {token: "e30.e30", want: providers.Unavailable},
		"not base64":                       {token: "a.!.c", want: providers.Unavailable},
		"not json":                         {token: idToken("<html>"), want: providers.Unavailable},
		"1 MB":                             {token: strings.Repeat("a", 1<<19) + ".e30.c", want: providers.Unavailable},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			c, _ := begin(t, p, login.Request{})
			token := r.token
			if parts := strings.Split(token, "."); len(parts) == 3 {
				if payload, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
					token = idToken(strings.Replace(string(payload), "NONCE", c.Nonce.Reveal(), 1))
				}
			}
			if name == "1 MB" {
				token = r.token
			}
			v.token = `{"access_token":"x","token_type":"bearer","id_token":"` + token + `"}`
			id, err := p.Finish(t.Context(), login.Reply{Code: providers.NewSecret("c"), State: c.State.Reveal(), Challenge: c})
			if !r.ok {
				assert.ErrorIs(t, err, r.want)
				assert.Zero(t, id.Subject)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, int64(1767323045), id.AuthTime.Unix())
			assert.Equal(t, token, id.Token.ID.Reveal())
		})
	}
}

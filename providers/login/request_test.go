package login_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
)

// T9: the way back is a path of the site itself, whoever reads it.
func TestT9ReturnTo(t *testing.T) {
	good := []string{
		"", "/", "/apply", "/apply/", "/apply?step=2", "/a/b/c.html", "/a-b_c~d!$&'()*+,:@=e", "/@evil", "/%EB%AF%BC%EC%9B%90/%EC%8B%A0%EC%B2%AD",
		"/search?q=%EC%84%9C%EC%9A%B8+%EC%A4%91%EA%B5%AC&page=2", "/done?next=%2Fhome", "/q?rate=100%25", "/.well-known/x", "/a..b", "/?",
		"/" + strings.Repeat("a", 2047),
	}
	for _, s := range good {
		assert.NoError(t, login.Request{ReturnTo: s}.Validate(), "%q", s)
	}
	bad := []string{
		"//evil.example", "///evil.example", `/\evil.example`, `\/evil.example`, `\\evil.example`, "https:evil.example", "https://evil.example", "HTTPS://evil.example",
		"http:/evil.example", "/%2f%2fevil.example", "/%2F%2Fevil.example", "/%2fevil.example", "/%5cevil.example", "/%5C%5Cevil.example", "/%252f%252fevil.example",
		"/..//evil.example", "/../evil", "/a/../../evil", "/./a", "/a/.", "/a/..", "/%2e%2e/evil", "/%2E./evil", "/.%2e/evil", "/a//b",
		"javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "mailto:a@evil.example", "ftp://evil.example",
		"/\r\nLocation: https://evil.example", "/a\nb", "/a\rb", "/%0d%0aLocation:%20x", "/?x=%0d%0aSet-Cookie:a=b", "/?%0ax=1", "/a\x00b", "/%00", "/?x=%00",
		"@evil.example", "evil.example", ".evil.example", "/@evil.example\\", "?next=//evil.example", "#x", "/a#b",
		"\t//evil.example", "/\t/evil.example", " //evil.example", "/ /evil.example", "/a b", "\u00a0//evil.example", "\ufeff//evil.example", "\u2028//evil",
		"/．．//evil", "/．．/evil", "/\u2024\u2024/evil", "/\uff0f\uff0fevil.example", "\uff0f\uff0fevil.example", "/\u3002evil", "/민원",
		"/%EF%BC%8E%EF%BC%8E/evil", "/%EF%BC%8F%EF%BC%8Fevil", "/%E2%80%A4%E2%80%A4/evil", "/%E2%81%84evil", "/%E3%80%82", "/%E2%80%AEevil", "/%E2%80%8B/evil",
		"/%ff", "/%c0%af%c0%afevil", "/%", "/%zz", "/%u002f", "/a;b=c", "/?a=1;b=2", "/?next=a&next=b", "/?next=%zz", "/?x=%ff", "/<script>", `/"onload=`, "/a`b", "/{a}", "/a|b", "/a^b",
		"/" + strings.Repeat("a", 2048), "/" + strings.Repeat("a", 8<<10),
	}
	for _, s := range bad {
		err := login.Request{ReturnTo: s}.Validate()
		require.Error(t, err, "%q", s)
		assert.ErrorIs(t, err, providers.Invalid)
		assert.NotContains(t, err.Error(), "evil", "an error prints nothing of a request")
	}
}

func FuzzReturnTo(f *testing.F) {
	for _, s := range []string{"/a?b=c", "//evil", `/\evil`, "/%2f", "/%2e%2e/", "/a\nb", "javascript:x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" || (login.Request{ReturnTo: s}).Validate() != nil {
			return
		}
		if s[0] != '/' || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\\r\n\t\x00#") || strings.Contains(strings.ToLower(s), "/%2f") {
			t.Fatalf("%q was taken", s)
		}
	})
}

func TestRequestValidate(t *testing.T) {
	many := make([]string, 33)
	for i := range many {
		many[i] = "s"
	}
	rows := map[string]struct {
		q  login.Request
		ok bool
	}{
		"zero":                         {login.Request{}, true},
		"all":                          {login.Request{ReturnTo: "/x", Scopes: []string{"openid", "https://www.googleapis.com/auth/userinfo.email", "account_email"}, Prompt: "login consent", Hint: "a@example.test", Expect: login.Subject{Issuer: "https://x.example", ID: "1"}}, true},
		"empty scope":                  {login.Request{Scopes: []string{""}}, false},
		"scope with a space":           {login.Request{Scopes: []string{"a b"}}, false},
		"scope with a comma":           {login.Request{Scopes: []string{"a,b"}}, false},
		"scope with a quote":           {login.Request{Scopes: []string{`a"b`}}, false},
		"scope with a backslash":       {login.Request{Scopes: []string{`a\b`}}, false},
		"scope with a line break":      {login.Request{Scopes: []string{"a\n"}}, false},
		"scope beyond ascii":           {login.Request{Scopes: []string{"이메일"}}, false},
		"scope too long":               {login.Request{Scopes: []string{strings.Repeat("s", 129)}}, false},
		"33 scopes":                    {login.Request{Scopes: many}, false},
		"prompt with a parameter":      {login.Request{Prompt: "login&x=y"}, false},
		"prompt in upper case":         {login.Request{Prompt: "LOGIN"}, false},
		"hint with a line break":       {login.Request{Hint: "a\r\nb"}, false},
		"hint not utf-8":               {login.Request{Hint: "\xff"}, false},
		"hint too long":                {login.Request{Hint: strings.Repeat("h", 256)}, false},
		"expected without issuer":      {login.Request{Expect: login.Subject{ID: "1"}}, false},
		"expected without id":          {login.Request{Expect: login.Subject{Issuer: "x"}}, false},
		"expected with NUL":            {login.Request{Expect: login.Subject{Issuer: "x", ID: "1\x00"}}, false},
		"expected with reversed order": {login.Request{Expect: login.Subject{Issuer: "x", ID: "1\u202e"}}, false},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			err := r.q.Validate()
			if r.ok {
				assert.NoError(t, err)
				return
			}
			assert.ErrorIs(t, err, providers.Invalid)
		})
	}
}

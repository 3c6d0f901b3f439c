package login_test

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
)

func TestParseReply(t *testing.T) {
	many := url.Values{"code": {"c"}}
	for i := range 32 {
		many.Set(fmt.Sprint("p", i), "x")
	}
	rows := map[string]struct {
		in   string
		raw  url.Values
		want login.Reply
		ok   bool
	}{
		"code":                    {in: "code=abc&state=s", want: login.Reply{Code: providers.NewSecret("abc"), State: "s"}, ok: true},
		"naver's code":            {in: "code=a%2B%2F%3D&state=s", want: login.Reply{Code: providers.NewSecret("a+/="), State: "s"}, ok: true},
		"with iss":                {in: "code=abc&state=s&iss=https%3A%2F%2Fissuer.example", want: login.Reply{Code: providers.NewSecret("abc"), State: "s", Issuer: "https://issuer.example"}, ok: true},
		"cancel at kakao":         {in: "error=access_denied&error_description=User+denied+access&state=s", want: login.Reply{Error: "access_denied", Description: "User denied access", State: "s"}, ok: true},
		"a korean description":    {in: "error=access_denied&error_description=%EC%B7%A8%EC%86%8C&state=s", want: login.Reply{Error: "access_denied", Description: "취소", State: "s"}, ok: true},
		"unknown parameters":      {in: "code=abc&state=s&session_state=x&user=%7B%7D", want: login.Reply{Code: providers.NewSecret("abc"), State: "s"}, ok: true},
		"no value counts as none": {in: "code=abc&state=s&error=&iss=", want: login.Reply{Code: providers.NewSecret("abc"), State: "s"}, ok: true},
		"no state":                {in: "code=abc", want: login.Reply{Code: providers.NewSecret("abc")}, ok: true}, // Finish denies it

		"nothing":                  {in: ""},
		"neither":                  {in: "state=s"},
		"T3 code and error":        {in: "code=abc&error=access_denied&state=s"},
		"T3 code twice":            {in: "code=abc&code=def&state=s"},
		"T3 code twice, the same":  {in: "code=abc&code=abc&state=s"},
		"T3 state twice":           {in: "code=abc&state=s&state=t"},
		"T3 iss twice":             {in: "code=abc&state=s&iss=a&iss=a"},
		"error twice":              {in: "error=a&error=a"},
		"an unknown one twice":     {in: "code=abc&state=s&x=1&x=2"},
		"code with NUL":            {in: "code=a%00b&state=s"},
		"code with a line break":   {in: "code=a%0d%0ab&state=s"},
		"code beyond ascii":        {in: "code=%EC%B7%A8&state=s"},
		"state with a control":     {in: "code=a&state=s%1b"},
		"iss with a line break":    {in: "code=a&state=s&iss=https%3A%2F%2Fx%0a"},
		"error with a control":     {in: "error=a%07&state=s"},
		"description with control": {in: "error=a&state=s&error_description=%1b%5B2J"},
		"description not utf-8":    {in: "error=a&state=s&error_description=%ff"},
		"code of 5 KB":             {in: "state=s&code=" + strings.Repeat("c", 5<<10)},
		"state of 1 KB":            {in: "code=c&state=" + strings.Repeat("s", 1<<10)},
		"iss of 300 bytes":         {in: "code=c&state=s&iss=" + strings.Repeat("i", 300)},
		"error of 200 bytes":       {in: "state=s&error=" + strings.Repeat("e", 200)},
		"description of 3 KB":      {in: "state=s&error=e&error_description=" + strings.Repeat("d", 3<<10)},
		"an unknown one of 10 KB":  {in: "code=c&state=s&x=" + strings.Repeat("x", 10<<10)},
		"a name of 1 KB":           {in: "code=c&state=s&" + strings.Repeat("n", 1<<10) + "=x"},
		"33 parameters":            {raw: many},
		"a parameter without list": {raw: url.Values{"code": nil}},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			v := r.raw
			if v == nil {
				var err error
				v, err = url.ParseQuery(r.in)
				require.NoError(t, err)
			}
			got, err := login.ParseReply(v)
			if !r.ok {
				require.Error(t, err)
				assert.ErrorIs(t, err, providers.Invalid)
				assert.Zero(t, got)
				assert.Less(t, len(err.Error()), 100, "nothing of the callback")
				return
			}
			require.NoError(t, err)
			assert.True(t, r.want.Code.Equal(got.Code))
			r.want.Code, got.Code = providers.Secret{}, providers.Secret{}
			assert.True(t, reflect.DeepEqual(r.want, got))
		})
	}
}

func FuzzParseReply(f *testing.F) {
	for _, s := range []string{"code=a&state=b", "error=access_denied", "code=a&code=b", "code=%00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := url.ParseQuery(s)
		if err != nil {
			return
		}
		r, err := login.ParseReply(v)
		if err == nil && r.Code.IsZero() == (r.Error == "") {
			t.Fatal("both or neither")
		}
	})
}

func TestResumeGivesTheChallengeBack(t *testing.T) {
	c := login.Challenge{URL: "u", State: providers.NewSecret("s"), Verifier: providers.NewSecret("v")}
	r := login.Reply{Code: providers.NewSecret("c"), State: "s", Challenge: login.Challenge{State: providers.NewSecret("forged")}}.Resume(c)
	assert.Equal(t, []string{"u", "s", "v"}, []string{r.Challenge.URL, r.Challenge.State.Reveal(), r.Challenge.Verifier.Reveal()})
	assert.Equal(t, "c", r.Code.Reveal())
}

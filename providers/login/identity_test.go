package login_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/providertest"
)

func TestMatch(t *testing.T) {
	const issuer = "https://kauth.kakao.com"
	me := login.Subject{Issuer: issuer, ID: "9007199254740993"}
	rows := map[string]struct {
		expect login.Subject
		id     login.Identity
		ok     bool
		want   providers.Kind
	}{
		"anyone":                       {login.Subject{}, login.Identity{Issuer: issuer, Subject: "1"}, true, 0},
		"the expected one":             {me, login.Identity{Issuer: issuer, Subject: "9007199254740993"}, true, 0},
		"255 bytes":                    {login.Subject{}, login.Identity{Issuer: issuer, Subject: strings.Repeat("s", 255)}, true, 0},
		"| and :":                      {login.Subject{}, login.Identity{Issuer: issuer, Subject: "a|b:c"}, true, 0},
		"T1 the number below":          {me, login.Identity{Issuer: issuer, Subject: "9007199254740992"}, false, providers.Denied},
		"T1 the same id elsewhere":     {me, login.Identity{Issuer: "https://nid.naver.com", Subject: "9007199254740993"}, false, providers.Denied},
		"T1 issuer in another case":    {me, login.Identity{Issuer: "https://KAUTH.kakao.com", Subject: "9007199254740993"}, false, providers.Denied},
		"T1 issuer with a slash":       {me, login.Identity{Issuer: issuer + "/", Subject: "9007199254740993"}, false, providers.Denied},
		"T1 the same mail, another id": {me, login.Identity{Issuer: issuer, Subject: "2", Email: "a@example.test", EmailVerified: true}, false, providers.Denied},
		"T1 id with a space":           {me, login.Identity{Issuer: issuer, Subject: "9007199254740993 "}, false, providers.Denied},
		"T2 nobody":                    {login.Subject{}, login.Identity{}, false, providers.Unavailable},
		"T2 nobody, expected":          {me, login.Identity{}, false, providers.Unavailable},
		"T2 no subject":                {login.Subject{}, login.Identity{Issuer: issuer, Email: "a@example.test"}, false, providers.Unavailable},
		"T2 no issuer":                 {login.Subject{}, login.Identity{Subject: "1"}, false, providers.Unavailable},
		"T1 NUL":                       {login.Subject{}, login.Identity{Issuer: issuer, Subject: "1\x00"}, false, providers.Unavailable},
		"T1 line break":                {login.Subject{}, login.Identity{Issuer: issuer, Subject: "1\n"}, false, providers.Unavailable},
		"T1 zero-width":                {login.Subject{}, login.Identity{Issuer: issuer, Subject: "1\u200b"}, false, providers.Unavailable},
		"T1 not utf-8":                 {login.Subject{}, login.Identity{Issuer: issuer, Subject: "\xff"}, false, providers.Unavailable},
		"T1 lost on the way":           {login.Subject{}, login.Identity{Issuer: issuer, Subject: "a\ufffd"}, false, providers.Unavailable},
		"T1 256 bytes":                 {login.Subject{}, login.Identity{Issuer: issuer, Subject: strings.Repeat("s", 256)}, false, providers.Unavailable},
		"T1 4 KB":                      {login.Subject{}, login.Identity{Issuer: issuer, Subject: strings.Repeat("s", 4096)}, false, providers.Unavailable},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			err := login.Match(login.Request{Expect: r.expect}, r.id)
			if r.ok {
				assert.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.ErrorIs(t, err, r.want)
			assert.NotContains(t, err.Error(), "9007")
		})
	}
	assert.Equal(t, me, login.Identity{Issuer: issuer, Subject: me.ID, Email: "x"}.Key())
}

// The shapes that a flow needs.
var (
	_ func(login.Request) error                      = login.Request.Validate
	_ func(login.Reply, login.Challenge) login.Reply = login.Reply.Resume
	_ func(login.Request, login.Identity) error      = login.Match
)

const mark = "CANARY-person"

func everything() []any {
	secret := providers.NewSecret(mark)
	c := login.Challenge{URL: "https://x.example/?state=" + mark, RedirectURI: mark, State: secret, Nonce: secret, Verifier: secret}
	id := login.Identity{
		Issuer: "https://issuer.example", Subject: mark, Name: mark, Nickname: mark, Email: mark, EmailVerified: true, Phone: mark,
		AuthTime: time.Unix(1767323045, 0).UTC(),
		Token:    login.Token{Access: secret, Refresh: secret, ID: secret, Expiry: time.Unix(1767323046, 0).UTC(), Scopes: []string{"openid"}},
	}
	return []any{
		login.Request{ReturnTo: "/" + mark, Scopes: []string{"email"}, Prompt: "login", Hint: mark, Expect: login.Subject{Issuer: "i", ID: mark}},
		login.Subject{Issuer: "i", ID: mark}, c, id, id.Token,
		login.Reply{Code: secret, State: mark, Issuer: "i", Error: mark, Description: mark, Challenge: c},
	}
}

func TestT17NothingPersonalIsPrinted(t *testing.T) {
	var out bytes.Buffer
	for _, v := range everything() {
		p := reflect.New(reflect.TypeOf(v))
		p.Elem().Set(reflect.ValueOf(v))
		holder := struct {
			In   any
			List []any
			Map  map[string]any
		}{v, []any{p.Interface()}, map[string]any{"k": v}}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
			fmt.Fprintf(&out, verb+verb+verb+"\n", v, p.Interface(), holder)
		}
		for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))} {
			log.Info("x", "v", v, "p", p.Interface(), "holder", holder)
		}
		js, err := json.Marshal(holder)
		require.NoError(t, err)
		out.Write(js)
		fmt.Fprintf(&out, "%v", fmt.Errorf("wrapped: %v", v))
	}
	for _, form := range []string{mark, url.QueryEscape(mark), fmt.Sprintf("%x", mark), strings.ToUpper(fmt.Sprintf("%x", mark))} {
		if at := strings.Index(out.String(), form); at >= 0 {
			t.Errorf("printed: %s", out.String()[max(0, at-80):at+len(form)])
		}
	}
	assert.True(t, strings.Contains(out.String(), "https://issuer.example"), "an issuer may be told")
}

func TestEverythingSurvivesSealing(t *testing.T) {
	for _, v := range everything() {
		assert.NoError(t, providertest.Sealing(v))
	}
}

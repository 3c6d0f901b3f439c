package cert_test

import (
	"bytes"
	"encoding/json"
	"errors"
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
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/providertest"
)

// The shapes that a flow needs.
var (
	_ func(cert.Subject) error                 = cert.Subject.Validate
	_ func(cert.Reply, cert.Ticket) cert.Reply = cert.Reply.Resume
	_ func(cert.Subject, cert.Proof) error     = cert.Match
)

func TestValidate(t *testing.T) {
	rows := map[string]struct {
		edit func(*cert.Subject)
		want string // empty: valid
	}{
		"whole":                  {func(*cert.Subject) {}, ""},
		"no gender":              {func(s *cert.Subject) { s.Gender = "" }, "gender is missing"},
		"any gender":             {func(s *cert.Subject) { s.Gender, s.AnyGender = "", true }, ""},
		"no gender, with a CI":   {func(s *cert.Subject) { s.Gender, s.CI = "", ciA }, ""},
		"a woman":                {func(s *cert.Subject) { s.Gender = "F" }, ""},
		"with a CI":              {func(s *cert.Subject) { s.CI = ciA }, ""},
		"an old number":          {func(s *cert.Subject) { s.Phone = "0111234567" }, ""},
		"a leap day":             {func(s *cert.Subject) { s.Birthday = "20000229" }, ""},
		"80 characters":          {func(s *cert.Subject) { s.Name = strings.Repeat("가", 80) }, ""},
		"a name of two words":    {func(s *cert.Subject) { s.Name = "KIM A" }, ""},
		"a purpose of two lines": {func(s *cert.Subject) { s.Purpose = "하나\n둘" }, ""},
		"no name":                {func(s *cert.Subject) { s.Name = "" }, "name"},
		"81 characters":          {func(s *cert.Subject) { s.Name = strings.Repeat("가", 81) }, "name"},
		"spaces around the name": {func(s *cert.Subject) { s.Name = " 홍길동" }, "name"},
		"a line break":           {func(s *cert.Subject) { s.Name = "홍\n길동" }, "name"},
		"a zero-width space":     {func(s *cert.Subject) { s.Name = "홍\u200b길동" }, "name"},
		"not UTF-8":              {func(s *cert.Subject) { s.Name = "\xc8\xab\xb1" }, "name"},
		"no birthday":            {func(s *cert.Subject) { s.Birthday = "" }, "birthday"},
		"a short birthday":       {func(s *cert.Subject) { s.Birthday = "900101" }, "birthday"},
		"no leap day":            {func(s *cert.Subject) { s.Birthday = "19000229" }, "birthday"},
		"another century":        {func(s *cert.Subject) { s.Birthday = "17900101" }, "birthday"},
		"a birthday with dashes": {func(s *cert.Subject) { s.Birthday = "1990-1-1" }, "birthday"},
		"a small m":              {func(s *cert.Subject) { s.Gender = "m" }, "gender"},
		"no phone":               {func(s *cert.Subject) { s.Phone = "" }, "phone"},
		"a land line":            {func(s *cert.Subject) { s.Phone = "0212345678" }, "phone"},
		"dashes":                 {func(s *cert.Subject) { s.Phone = "010-1234-5678" }, "phone"},
		"other digits":           {func(s *cert.Subject) { s.Phone = "０１０12345678" }, "phone"},
		"a CI with a space":      {func(s *cert.Subject) { s.CI = providers.NewSecret("A B") }, "ci"},
		"a long CI":              {func(s *cert.Subject) { s.CI = providers.NewSecret(strings.Repeat("A", 257)) }, "ci"},
		"no title":               {func(s *cert.Subject) { s.Title = "" }, "title"},
		"41 characters":          {func(s *cert.Subject) { s.Title = strings.Repeat("가", 41) }, "title"},
		"501 characters":         {func(s *cert.Subject) { s.Purpose = strings.Repeat("가", 501) }, "purpose"},
		"a bell":                 {func(s *cert.Subject) { s.Purpose = "\a" }, "purpose"},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			s, _ := hong()
			r.edit(&s)
			err := s.Validate()
			if r.want == "" {
				assert.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, providers.Invalid)
			assert.Contains(t, err.Error(), "cert: subject: invalid: "+r.want)
			assert.NotContains(t, err.Error(), "홍")
			assert.NotContains(t, err.Error(), "\n")
		})
	}
	err := cert.Subject{}.Validate()
	for _, each := range []string{"name", "birthday", "phone", "title"} {
		assert.Contains(t, err.Error(), each, "all mistakes at once")
	}
}

func TestPendingIsFoundInsideAnError(t *testing.T) {
	err := fmt.Errorf("site: %w", &providers.Error{Provider: "x", Op: "status", Kind: providers.Denied, Err: cert.ErrPending})
	var p interface{ Pending() bool }
	require.ErrorAs(t, err, &p)
	assert.True(t, p.Pending())
	var c interface{ Class() string }
	require.ErrorAs(t, err, &c)
	assert.Equal(t, "denied", c.Class(), "waiting for a citizen never speaks against a vendor")
	for _, end := range []error{cert.ErrExpired, cert.ErrRejected, cert.ErrFailed, cert.ErrToken, cert.ErrSpent, cert.ErrTicket} {
		assert.False(t, errors.As(error(&providers.Error{Kind: providers.Denied, Err: end}), &p), "%v is the end", end)
	}
}

const mark = "CANARY-person"

func everything() []any {
	secret := providers.NewSecret(mark)
	ticket := cert.Ticket{Provider: "kakao", ID: mark, Scheme: "app://" + mark, Expires: time.Unix(1767323045, 0).UTC(), Token: secret, Phone: mark, Name: mark}
	return []any{
		cert.Subject{Name: mark, Birthday: mark, Gender: "M", Phone: mark, CI: secret, Title: mark, Purpose: mark},
		ticket, cert.Reply{Ticket: ticket},
		cert.Proof{Name: mark, Birthday: mark, Gender: "M", Phone: mark, CI: secret, Signed: mark, At: time.Unix(1767323046, 0).UTC()},
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
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&out, verb+verb+verb+"\n", v, p.Interface(), holder)
		}
		for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))} {
			log.Info("x", "v", v, "p", p.Interface(), "holder", holder)
		}
		js, err := json.Marshal(holder)
		require.NoError(t, err)
		out.Write(js)
	}
	for _, form := range []string{mark, url.QueryEscape(mark), fmt.Sprintf("%x", mark), strings.ToUpper(fmt.Sprintf("%x", mark))} {
		assert.NotContains(t, out.String(), form)
	}
	assert.Contains(t, out.String(), `cert.Ticket{"kakao" ***}`, "a provider may be told")
}

func TestEverythingSurvivesSealing(t *testing.T) {
	for _, v := range everything() {
		assert.NoError(t, providertest.Sealing(v))
	}
}

package phone_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/phone"
)

func TestNormalize(t *testing.T) {
	for _, in := range []string{
		"01012345678", "010-1234-5678", "010 1234 5678", "010-12345678", "0101234-5678", "+821012345678", "+82 10-1234-5678", "+82-10-1234-5678",
		"+82 1012345678", "  010-1234-5678 ",
	} {
		got, err := phone.Normalize(in)
		assert.NoError(t, err, "%q", in)
		assert.Equal(t, "01012345678", got)
	}
}

func TestT7Normalize(t *testing.T) {
	for _, in := range []string{
		"", " ", "010-0000-0000", "01000001234", "+82 10-0000-0000", "+1 900 555 0100", "+8190 1234 5678", "+86 138 0013 8000", "821012345678", "00821012345678",
		"+82 010-1234-5678", "+82 2-123-4567", "02-123-4567", "011-123-4567", "016-1234-5678", "070-1234-5678", "060-700-1234", "1588-1234", "112", "*123#",
		"+8210ABCD5678", "010-1234-567a", "010-1234-567", "010-1234-56789", "0l0-1234-5678",
		"tel:01012345678", "sms:010-1234-5678", "tel:+821012345678", "010-1234-5678;ext=1", "010-1234-5678,1", "010-1234-5678#", "010-1234-5678 x1",
		"010-1234-5678,010-8765-4321", "010-1234-5678 010-8765-4321", "010-1234-5678\n010-8765-4321", "01012345678&to=01087654321",
		"010-1234-5678\r\nTo: 01087654321", "010-1234-5678\r\n", "010-1234-5678\n", "\n01012345678", "010\r\n12345678", "01012345678\x00", "010\t1234\t5678", "\t01012345678",
		"０１０-1234-5678", "٠١٠١٢٣٤٥٦٧٨", "010–1234–5678", "010\u00a01234\u00a05678", "010\u200b12345678", "\u202e01012345678", "010--1234-5678", "010.1234.5678", "(010) 1234-5678",
		"010-1234-5678'--", "\xff01012345678", strings.Repeat(" ", 10<<10) + "01012345678", strings.Repeat("0", 10<<10),
	} {
		got, err := phone.Normalize(in)
		assert.ErrorIs(t, err, providers.Invalid, "%q", in)
		assert.Empty(t, got)
		assert.Equal(t, "phone: number: invalid: no korean mobile number (010)", err.Error(), "nothing of what was typed")
		assert.Error(t, phone.Request{Number: in, Purpose: "login"}.Validate())
		assert.Equal(t, "***", phone.Mask(in))
	}
	assert.Equal(t, "010-****-5678", phone.Mask("+82 10-1234-5678"))
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"010-1234-5678", "+82 10 1234 5678", "010-0000-0000", "tel:010"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := phone.Normalize(s)
		if err != nil {
			return
		}
		if again, err := phone.Normalize(n); err != nil || again != n {
			t.Fatalf("%q became %q, which is not normal", s, n)
		}
		if len(n) != 11 || !strings.HasPrefix(n, "010") || strings.Trim(n, "0123456789") != "" {
			t.Fatalf("%q became %q", s, n)
		}
	})
}

func TestRequestValidate(t *testing.T) {
	good := phone.Request{Number: number, Purpose: "login"}
	rows := map[string]struct {
		change func(*phone.Request)
		ok     bool
	}{
		"plain":             {func(*phone.Request) {}, true},
		"everything":        {func(q *phone.Request) { q.Locale, q.Session = "en-US", strings.Repeat("s", 255) }, true},
		"no purpose":        {func(q *phone.Request) { q.Purpose = "" }, false},
		"purpose in Korean": {func(q *phone.Request) { q.Purpose = "로그인" }, false},
		"long purpose":      {func(q *phone.Request) { q.Purpose = strings.Repeat("p", 33) }, false},
		"purpose and break": {func(q *phone.Request) { q.Purpose = "login\n" }, false},
		"long session":      {func(q *phone.Request) { q.Session = strings.Repeat("s", 256) }, false},
		"long locale":       {func(q *phone.Request) { q.Locale = strings.Repeat("l", 36) }, false},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			q := good
			r.change(&q)
			s := open(t, nil)
			_, err := s.codes.Begin(t.Context(), q)
			if r.ok {
				assert.NoError(t, err)
				return
			}
			assert.ErrorIs(t, q.Validate(), providers.Invalid)
			assert.ErrorIs(t, err, providers.Invalid)
			assert.Empty(t, s.counter.keys, "nobody was asked")
		})
	}
}

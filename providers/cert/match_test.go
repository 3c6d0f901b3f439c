package cert_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
)

var (
	ciA = providers.NewSecret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")
	ciB = providers.NewSecret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB==")
)

func hong() (cert.Subject, cert.Proof) {
	return cert.Subject{Name: "홍길동", Birthday: "19900101", Gender: "M", Phone: "01012345678", Title: "본인확인"},
		cert.Proof{Name: "홍길동", Birthday: "19900101", Gender: "M", Phone: "01012345678", CI: ciA}
}

func TestMatch(t *testing.T) {
	rows := map[string]struct {
		edit func(*cert.Subject, *cert.Proof)
		ok   bool
		why  string
	}{
		"the same person":                  {func(*cert.Subject, *cert.Proof) {}, true, ""},
		"gender not known, not proven":     {func(s *cert.Subject, p *cert.Proof) { s.Gender, s.AnyGender, p.Gender = "", true, "" }, true, ""},
		"gender not known":                 {func(s *cert.Subject, _ *cert.Proof) { s.Gender, s.AnyGender = "", true }, true, ""},
		"gender not claimed, with a CI":    {func(s *cert.Subject, _ *cert.Proof) { s.Gender, s.CI = "", ciA }, true, ""},
		"CI not claimed, not proven":       {func(_ *cert.Subject, p *cert.Proof) { p.CI = providers.Secret{} }, true, ""},
		"white space around the name":      {func(_ *cert.Subject, p *cert.Proof) { p.Name = "\u3000홍길동 \n" }, true, ""},
		"another telephone":                {func(_ *cert.Subject, p *cert.Proof) { p.Phone = "01099998888" }, true, ""},
		"the claimed CI":                   {func(s *cert.Subject, _ *cert.Proof) { s.CI = ciA }, true, ""},
		"the claimed CI under a new name":  {func(s *cert.Subject, p *cert.Proof) { s.CI, p.Name = ciA, "홍새이름" }, true, ""},
		"the claimed CI and nothing else":  {func(s *cert.Subject, p *cert.Proof) { *s = cert.Subject{CI: ciA}; *p = cert.Proof{CI: ciA} }, true, ""},
		"T2 another name":                  {func(_ *cert.Subject, p *cert.Proof) { p.Name = "김서울" }, false, "another person"},
		"T2 a name that begins alike":      {func(_ *cert.Subject, p *cert.Proof) { p.Name = "홍길동이" }, false, "another person"},
		"T2 a name with a space inside":    {func(_ *cert.Subject, p *cert.Proof) { p.Name = "홍 길동" }, false, "another person"},
		"T2 a name in another case":        {func(s *cert.Subject, p *cert.Proof) { s.Name, p.Name = "Kim A", "kim a" }, false, "another person"},
		"T2 a name in decomposed Hangul":   {func(_ *cert.Subject, p *cert.Proof) { p.Name = "홍길동" }, false, "another person"},
		"T2 another birthday":              {func(_ *cert.Subject, p *cert.Proof) { p.Birthday = "19900102" }, false, "another person"},
		"T2 a birthday in another form":    {func(_ *cert.Subject, p *cert.Proof) { p.Birthday = "1990-01-01" }, false, "another person"},
		"T2 another gender":                {func(_ *cert.Subject, p *cert.Proof) { p.Gender = "F" }, false, "another person"},
		"T2 another CI, all else the same": {func(s *cert.Subject, p *cert.Proof) { s.CI, p.CI = ciA, ciB }, false, "another person"},
		"T2 the beginning of the CI":       {func(s *cert.Subject, p *cert.Proof) { s.CI, p.CI = ciA, providers.NewSecret(ciA.Reveal()[:87]) }, false, "another person"},
		"T2 no name":                       {func(_ *cert.Subject, p *cert.Proof) { p.Name = "" }, false, "lacks"},
		"T2 a name of spaces":              {func(_ *cert.Subject, p *cert.Proof) { p.Name = "  " }, false, "lacks"},
		"T2 no birthday":                   {func(_ *cert.Subject, p *cert.Proof) { p.Birthday = "" }, false, "lacks"},
		"T2 no gender":                     {func(_ *cert.Subject, p *cert.Proof) { p.Gender = "" }, false, "lacks"},
		"T2 no CI where one is claimed":    {func(s *cert.Subject, p *cert.Proof) { s.CI, p.CI = ciA, providers.Secret{} }, false, "lacks"},
		"T2 the CI alone, name claimed":    {func(s *cert.Subject, p *cert.Proof) { s.CI, p.Name = ciA, "" }, false, "lacks"},
		"T2 the CI alone, gender claimed":  {func(s *cert.Subject, p *cert.Proof) { s.CI, p.Gender = ciA, "" }, false, "lacks"},
		"T2 an empty proof":                {func(_ *cert.Subject, p *cert.Proof) { *p = cert.Proof{} }, false, "lacks"},
		"T2 nothing and nobody":            {func(s *cert.Subject, p *cert.Proof) { *s, *p = cert.Subject{}, cert.Proof{} }, false, "names nobody"},
		"T2 no gender claimed":             {func(s *cert.Subject, _ *cert.Proof) { s.Gender = "" }, false, "names nobody"},
		"T2 no gender on either side":      {func(s *cert.Subject, p *cert.Proof) { s.Gender, p.Gender = "", "" }, false, "names nobody"},
		"T2 any gender, and another comes": {func(s *cert.Subject, p *cert.Proof) { s.AnyGender, p.Gender = true, "F" }, false, "another person"},
		"T2 any gender, and another name":  {func(s *cert.Subject, p *cert.Proof) { s.Gender, s.AnyGender, p.Name = "", true, "김서울" }, false, "another person"},
		"T2 no name claimed":               {func(s *cert.Subject, p *cert.Proof) { s.Name, p.Name = "", "" }, false, "names nobody"},
		"T2 a claimed name of spaces":      {func(s *cert.Subject, p *cert.Proof) { s.Name, p.Name = " ", " " }, false, "names nobody"},
		"T2 no birthday claimed":           {func(s *cert.Subject, p *cert.Proof) { s.Birthday, p.Birthday = "", "" }, false, "names nobody"},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			s, p := hong()
			r.edit(&s, &p)
			err := cert.Match(s, p)
			if r.ok {
				assert.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, providers.Denied)
			assert.Contains(t, err.Error(), r.why)
			for _, personal := range []string{"홍", "김", "1990", "AAAA"} {
				assert.NotContains(t, err.Error(), personal)
			}
		})
	}
}

func TestCIHash(t *testing.T) {
	key, other := []byte(strings.Repeat("k", 32)), []byte(strings.Repeat("o", 32))
	a, err := cert.CIHash(key, ciA)
	require.NoError(t, err)
	again, err := cert.CIHash(key, ciA)
	require.NoError(t, err)
	b, err := cert.CIHash(key, ciB)
	require.NoError(t, err)
	elsewhere, err := cert.CIHash(other, ciA)
	require.NoError(t, err)
	assert.Equal(t, a, again)
	assert.Regexp(t, `^[0-9a-f]{64}$`, a)
	assert.NotEqual(t, a, b)
	assert.NotEqual(t, a, elsewhere)
	// Computed with another tool: HMAC-SHA256 of "detour/cert/ci/1", NUL and the CI.
	assert.Equal(t, "8e53b64ca2dbdb9740bec801b716699f3ac0b0e617dcbc5b9bf07ecda5ba7d38", a)

	for name, r := range map[string]struct {
		key []byte
		ci  providers.Secret
	}{
		"no key": {nil, ciA}, "a short key": {key[:31], ciA},
		"no CI, which many lack": {key, providers.Secret{}}, "a CI with a line break": {key, providers.NewSecret(ciA.Reveal() + "\n")}, "a CI of 1 MB": {key, providers.NewSecret(strings.Repeat("A", 1<<20))},
	} {
		h, err := cert.CIHash(r.key, r.ci)
		require.ErrorIs(t, err, providers.Invalid, name)
		assert.Empty(t, h, name)
		assert.NotContains(t, err.Error(), "AAAA", name)
	}
}

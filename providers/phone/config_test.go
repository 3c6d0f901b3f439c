package phone_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/phone"
)

func whole() phone.Config {
	return phone.Config{
		Send:    func(context.Context, message.Message) error { return nil },
		Counter: newCounter(), Key: key('k'), Origin: "example.go.kr",
	}
}

func TestNewTellsWhatIsWrong(t *testing.T) {
	say := func(text string) func(*phone.Config) {
		return func(c *phone.Config) { c.Text = func(string, string) string { return text } }
	}
	rows := map[string]struct {
		change func(*phone.Config)
		wants  string // empty: nothing is wrong
	}{
		"whole":            {func(*phone.Config) {}, ""},
		"longest host":     {func(c *phone.Config) { c.Origin = strings.Repeat("a", 33) + ".go.kr" }, ""},
		"punycode":         {func(c *phone.Config) { c.Origin = "xn--3e0b707e.kr" }, ""},
		"localhost":        {func(c *phone.Config) { c.Origin = "localhost" }, ""},
		"no send":          {func(c *phone.Config) { c.Send = nil }, "Send"},
		"no counter":       {func(c *phone.Config) { c.Counter = nil }, "Counter"},
		"no key":           {func(c *phone.Config) { c.Key = nil }, "Key has 0 bytes"},
		"short key":        {func(c *phone.Config) { c.Key = c.Key[:31] }, "Key has 31 bytes"},
		"key of zeros":     {func(c *phone.Config) { c.Key = make([]byte, 32) }, "one byte, repeated"},
		"no origin":        {func(c *phone.Config) { c.Origin = "" }, "Origin"},
		"scheme":           {func(c *phone.Config) { c.Origin = "https://example.go.kr" }, "Origin"},
		"port":             {func(c *phone.Config) { c.Origin = "example.go.kr:443" }, "Origin"},
		"path":             {func(c *phone.Config) { c.Origin = "example.go.kr/login" }, "Origin"},
		"upper case":       {func(c *phone.Config) { c.Origin = "Example.go.kr" }, "Origin"},
		"address":          {func(c *phone.Config) { c.Origin = "192.0.2.1" }, "Origin"},
		"line in origin":   {func(c *phone.Config) { c.Origin = "example.go.kr\nx" }, "Origin"},
		"host too long":    {func(c *phone.Config) { c.Origin = strings.Repeat("a", 34) + ".go.kr" }, "single sms"},
		"text too long":    {say("인증 7777777" + strings.Repeat("가", 40)), "single sms"},
		"text with emoji":  {say("인증 777777 🙂"), "characters"},
		"no word":          {say("777777"), "does not say"},
		"no code in text":  {say("인증번호는 아래"), "does not show"},
		"control":          {say("인증 777777\a"), "control"},
		"text panics":      {func(c *phone.Config) { c.Text = func(string, string) string { panic("x") } }, "panicked"},
		"english too long": {func(c *phone.Config) { c.Text = englishTooLong }, `"en"`},
		"template": {func(c *phone.Config) {
			c.Template = func(string, string) (string, map[string]string) { return "템플릿", nil }
		}, "template"},
		"ttl too short":   {func(c *phone.Config) { c.TTL = time.Second }, "TTL"},
		"ttl too long":    {func(c *phone.Config) { c.TTL = 11 * time.Minute }, "TTL"},
		"ttl negative":    {func(c *phone.Config) { c.TTL = -1 }, "TTL"},
		"many checks":     {func(c *phone.Config) { c.Checks = 11 }, "Checks"},
		"no checks":       {func(c *phone.Config) { c.Checks = -1 }, "Checks"},
		"four digits":     {func(c *phone.Config) { c.Digits = 4 }, "Digits"},
		"ten digits":      {func(c *phone.Config) { c.Digits = 10 }, "Digits"},
		"no pause":        {func(c *phone.Config) { c.ResendAfter = time.Millisecond }, "ResendAfter"},
		"negative number": {func(c *phone.Config) { c.PerNumberDay = -1 }, "PerNumberDay"},
		"negative prefix": {func(c *phone.Config) { c.PerPrefixHour = -1 }, "PerPrefixHour"},
		"negative visit":  {func(c *phone.Config) { c.PerSessionHour = -1 }, "PerSessionHour"},
		"negative site":   {func(c *phone.Config) { c.PerHour = -1 }, "PerHour"},
		"negative wrong":  {func(c *phone.Config) { c.MaxWrongPerHour = -1 }, "MaxWrongPerHour"},
		"negative silent": {func(c *phone.Config) { c.MaxUnanswered = -1 }, "MaxUnanswered"},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			c := whole()
			r.change(&c)
			codes, err := phone.New(c)
			if r.wants == "" {
				assert.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.Nil(t, codes)
			assert.Contains(t, err.Error(), r.wants)
		})
	}
	_, err := phone.New(phone.Config{TTL: -1})
	for _, all := range []string{"Send", "Counter", "Key", "Origin", "TTL"} {
		assert.ErrorContains(t, err, all)
	}
}

func englishTooLong(code, locale string) string {
	if locale == "ko" {
		return "인증 " + code
	}
	return longer(code)
}

func TestTheKeyIsCopied(t *testing.T) {
	c := whole()
	s := &site{t: t}
	c.Send = s.send
	k := bytes.Clone(c.Key)
	c.Key = k
	codes, err := phone.New(c)
	require.NoError(t, err)
	s.codes = codes
	ch := s.begin()
	clear(k)
	_, err = s.finish(ch, s.code())
	assert.NoError(t, err)
}

func TestTwoProcessesAreOne(t *testing.T) {
	s := open(t, nil)
	elsewhere := open(t, func(c *phone.Config) { c.Counter = s.counter })
	c := s.begin()
	_, err := elsewhere.finish(c, s.code())
	require.NoError(t, err)
	_, err = s.finish(c, s.code())
	denies(t, err, phone.ErrUsed, false)

	stranger := open(t, func(c *phone.Config) { c.Key, c.Counter = key('x'), s.counter })
	c = s.beginAt("01034567890")
	_, err = stranger.finish(c, s.code())
	denies(t, err, phone.ErrWrong, true)
}

func TestEightDigits(t *testing.T) {
	s := open(t, func(c *phone.Config) { c.Digits = 8 })
	c := s.begin()
	assert.Len(t, s.code(), 8)
	_, err := s.finish(c, s.code())
	assert.NoError(t, err)
}

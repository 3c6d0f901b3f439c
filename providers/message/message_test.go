package message_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

func good() message.Message {
	return message.Message{Key: "op-20260201.0001_a", To: "01012345678", Text: "[관청] 인증번호 123456\n@site.example #123456"}
}

func TestBytes(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "a": 1, "a\nb": 3, "가": 2, "한글 abc": 8, "뷁": 2, "똠방각하": 8, "힣": 2, "漢字": 4, "あア": 4, "①㎡℃": 6, "€": 2, "￦": 2, "…·": 4,
		strings.Repeat("가", 45): 90, strings.Repeat("뷁", 45): 90, strings.Repeat("가", 45) + ".": 91, "にんしょう": 10,
	} {
		n, ok := message.Bytes(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, n, text)
	}
	for name, text := range map[string]string{
		"emoji": "축하 😀", "heart with selector": "❤️", "won sign": "₩100", "decomposed Hangul": "\u1112\u1161\u11ab", "no UTF-8": "\xc0\xa0", "cut rune": "가"[:2],
		"zero width": "a\u200bb", "bidirectional override": "a\u202eb", "replacement character": "\ufffd", "byte order mark": "\ufeffa", "simplified Chinese": "们", "half-width kana": "ｱ",
	} {
		n, ok := message.Bytes(text)
		assert.False(t, ok, name)
		assert.Zero(t, n, name)
	}
}

// TestEverySyllableIsTwoBytes: CP949 has all of modern Hangul, KS X 1001 not.
func TestEverySyllableIsTwoBytes(t *testing.T) {
	for r := '가'; r <= '힣'; r++ {
		n, ok := message.Bytes(string(r))
		require.True(t, ok, "%c", r)
		require.Equal(t, 2, n, "%c", r)
	}
	for r := rune(0); r < 0x80; r++ {
		n, ok := message.Bytes(string(r))
		require.True(t, ok, "%#x", r)
		require.Equal(t, 1, n, "%#x", r)
	}
}

func TestTextChannel(t *testing.T) {
	assert.Equal(t, message.SMS, message.Text(strings.Repeat("똠", 45)))
	assert.Equal(t, message.LMS, message.Text(strings.Repeat("똠", 45)+"."))
	assert.Equal(t, message.SMS, message.Text(strings.Repeat("a", 90)))
	assert.Equal(t, message.LMS, message.Text(strings.Repeat("a", 91)))
	assert.Equal(t, "sms lms alimtalk channel(0) channel(4)", fmt.Sprint(message.SMS, " ", message.LMS, " ", message.AlimTalk, " ", message.Channel(0), " ", message.Channel(4)))
}

func TestValidateTakesWhatEveryChannelCarries(t *testing.T) {
	long := strings.Repeat("가", 1000)
	for name, change := range map[string]func(*message.Message){
		"as it is":   func(*message.Message) {},
		"90 bytes":   func(m *message.Message) { m.Text = strings.Repeat("뷁", 45) },
		"2000 bytes": func(m *message.Message) { m.Text = long },
		"a title":    func(m *message.Message) { m.Title = strings.Repeat("가", 20) },
		"a template": func(m *message.Message) { m.Template = "KA01TP2302_x-1.a" },
		"variables": func(m *message.Message) {
			m.Template, m.Variables = "t", map[string]string{"이름": "길동", "code": "", "줄": "a\nb"}
		},
		"1000 characters": func(m *message.Message) { m.Template, m.Text = "t", long },
		"a short key":     func(m *message.Message) { m.Key = "1" },
		"a long key":      func(m *message.Message) { m.Key = strings.Repeat("k", 64) },
		"OTP 인증":          func(m *message.Message) { m.OTP = true },
		"OTP auth":        func(m *message.Message) { m.OTP, m.Text = true, "Authentication code 123456" },
		"OTP verify":      func(m *message.Message) { m.OTP, m.Text = true, "123456: VERIFY your number" },
		"OTP password":    func(m *message.Message) { m.OTP, m.Text = true, "one-time Password 123456" },
	} {
		m := good()
		change(&m)
		assert.NoError(t, m.Validate(), name)
	}
}

func TestValidateRefuses(t *testing.T) {
	rows := map[string]struct {
		change func(*message.Message)
		why    string
	}{
		"T7 +82":                  {func(m *message.Message) { m.To = "+821012345678" }, "no 010"},
		"T7 dashes":               {func(m *message.Message) { m.To = "010-1234-5678" }, "no 010"},
		"T7 old prefix":           {func(m *message.Message) { m.To = "01112345678" }, "no 010"},
		"T7 header injection":     {func(m *message.Message) { m.To = "0101234567\n" }, "no 010"},
		"T7 two numbers":          {func(m *message.Message) { m.To = "01012345678,01012345679" }, "no 010"},
		"T7 full width":           {func(m *message.Message) { m.To = "０1012345678" }, "no 010"},
		"no key":                  {func(m *message.Message) { m.Key = "" }, "key"},
		"a key of 65":             {func(m *message.Message) { m.Key = strings.Repeat("k", 65) }, "key"},
		"a key with a slash":      {func(m *message.Message) { m.Key = "a/b" }, "key"},
		"no text":                 {func(m *message.Message) { m.Text = "\n " }, "empty"},
		"emoji":                   {func(m *message.Message) { m.Text = "인증 😀" }, "characters"},
		"tab":                     {func(m *message.Message) { m.Text = "a\tb" }, "control"},
		"carriage return":         {func(m *message.Message) { m.Text = "a\r\nb" }, "control"},
		"delete":                  {func(m *message.Message) { m.Text = "a\x7fb" }, "control"},
		"2001 bytes":              {func(m *message.Message) { m.Text = strings.Repeat("가", 1000) + "." }, "too long"},
		"1001 characters":         {func(m *message.Message) { m.Template, m.Text = "t", strings.Repeat("a", 1001) }, "too long"},
		"a title of 41 bytes":     {func(m *message.Message) { m.Title = strings.Repeat("가", 20) + "." }, "title"},
		"a title of two lines":    {func(m *message.Message) { m.Title = "a\nb" }, "title"},
		"an emoji title":          {func(m *message.Message) { m.Title = "😀" }, "title"},
		"a template with a space": {func(m *message.Message) { m.Template = "a b" }, "template is not"},
		"a long template":         {func(m *message.Message) { m.Template = strings.Repeat("t", 65) }, "template is not"},
		"variables alone":         {func(m *message.Message) { m.Variables = map[string]string{"a": "b"} }, "variable"},
		"a name with a hash":      {variable("#{a}", "b"), "variable"},
		"a name with a dot":       {variable("a.b", "b"), "variable"},
		"no name":                 {variable("", "b"), "variable"},
		"a long name":             {variable(strings.Repeat("가", 51), "b"), "variable"},
		"a long value":            {variable("a", strings.Repeat("b", 1001)), "variable"},
		"a value with a NUL":      {variable("a", "\x00"), "variable"},
		"a value that is no text": {variable("a", "\xff"), "variable"},
		"too many variables": {func(m *message.Message) {
			m.Template, m.Variables = "t", map[string]string{}
			for i := range 51 {
				m.Variables[fmt.Sprint(i)] = ""
			}
		}, "variable"},
		"a code that does not say so": {func(m *message.Message) { m.OTP, m.Text = true, "123456" }, "does not say"},
		"verification is not verify":  {func(m *message.Message) { m.OTP, m.Text = true, "Your verification code 123456" }, "does not say"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			m := good()
			row.change(&m)
			err := m.Validate()
			var e *providers.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, providers.Invalid, e.Kind)
			assert.True(t, e.NotSent())
			assert.Contains(t, err.Error(), row.why)
		})
	}
}

func variable(name, value string) func(*message.Message) {
	return func(m *message.Message) { m.Template, m.Variables = "t", map[string]string{name: value} }
}

func TestT17MessageMasksItself(t *testing.T) {
	m := good()
	m.Title, m.Template, m.Variables = "CANARY-title", "CANARY-template", map[string]string{"CANARY-name": "CANARY-value"}
	holder := struct {
		M  message.Message
		P  *message.Message
		In []message.Message
	}{m, &m, []message.Message{m}}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "m", m, "h", holder)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "m", m, "h", holder)
	js, err := json.Marshal(holder)
	require.NoError(t, err)
	all := log.String() + string(js)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		all += fmt.Sprintf(verb, m) + fmt.Sprintf(verb, &m) + fmt.Sprintf(verb, holder) + fmt.Sprintf(verb, holder.In)
	}
	for _, hidden := range []string{"01012345678", "123456", "CANARY", "관청", fmt.Sprintf("%x", "123456")} {
		assert.NotContains(t, all, hidden)
	}
	assert.Contains(t, all, m.Key, "the key helps to find it")

	var sealed bytes.Buffer
	require.NoError(t, gob.NewEncoder(&sealed).Encode(m))
	var back message.Message
	require.NoError(t, gob.NewDecoder(&sealed).Decode(&back))
	assert.Equal(t, m.Text, back.Text, "sealed tickets keep it")
}

func TestReceiptAnswers(t *testing.T) {
	m := good()
	r := message.Receipt{Provider: "v", ID: "1", Key: m.Key, Channel: message.SMS, At: time.Now(), State: message.Accepted}
	assert.NoError(t, r.Answers(m))
	talk := m
	talk.Template = "t"
	for name, row := range map[string]struct {
		change func(*message.Receipt)
		m      message.Message
		ok     bool
	}{
		"pending":                 {func(r *message.Receipt) { r.State = message.Pending }, m, true},
		"delivered":               {func(r *message.Receipt) { r.State = message.Delivered }, m, true},
		"alimtalk":                {func(r *message.Receipt) { r.Channel = message.AlimTalk }, talk, true},
		"a substitute":            {func(*message.Receipt) {}, talk, true},
		"alimtalk of no template": {func(r *message.Receipt) { r.Channel = message.AlimTalk }, m, false},
		"zero":                    {func(r *message.Receipt) { *r = message.Receipt{} }, m, false},
		"no vendor":               {func(r *message.Receipt) { r.Provider = "" }, m, false},
		"no id":                   {func(r *message.Receipt) { r.ID = "" }, m, false},
		"an id with a line break": {func(r *message.Receipt) { r.ID = "a\nb" }, m, false},
		"an endless id":           {func(r *message.Receipt) { r.ID = strings.Repeat("1", 129) }, m, false},
		"an odd group":            {func(r *message.Receipt) { r.Group = "a\x00" }, m, false},
		"F84 another key":         {func(r *message.Receipt) { r.Key += "x" }, m, false},
		"no channel":              {func(r *message.Receipt) { r.Channel = 0 }, m, false},
		"a channel of tomorrow":   {func(r *message.Receipt) { r.Channel = 9 }, m, false},
		"no state":                {func(r *message.Receipt) { r.State = 0 }, m, false},
		"failed":                  {func(r *message.Receipt) { r.State = message.Failed }, m, false},
		"lost":                    {func(r *message.Receipt) { r.State = message.Lost }, m, false},
	} {
		got := r
		row.change(&got)
		err := got.Answers(row.m)
		if row.ok {
			assert.NoError(t, err, name)
			continue
		}
		var e *providers.Error
		require.ErrorAs(t, err, &e, name)
		assert.Equal(t, providers.Unavailable, e.Kind, name)
		assert.False(t, e.NotSent(), "%s: it may have been sent", name)
	}
}

func TestStates(t *testing.T) {
	words := map[message.State]string{
		0: "state(0)", message.Accepted: "accepted", message.Pending: "pending", message.Delivered: "delivered", message.Failed: "failed", message.Lost: "lost", 6: "state(6)",
	}
	for s, w := range words {
		assert.Equal(t, w, s.String())
		assert.Equal(t, s == message.Delivered || s == message.Failed || s == message.Lost, s.Final(), w)
	}
}

func TestNext(t *testing.T) {
	wrap := func(kind providers.Kind, unsent bool) error {
		return fmt.Errorf("site: %w", &providers.Error{Kind: kind, Unsent: unsent})
	}
	assert.True(t, message.Next(wrap(providers.NotFound, true)))
	assert.False(t, message.Next(wrap(providers.NotFound, false)), "it may have arrived")
	assert.False(t, message.Next(wrap(providers.Denied, true)))
	assert.False(t, message.Next(wrap(providers.Invalid, true)))
	assert.False(t, message.Next(errors.New("x")))
	assert.False(t, message.Next(nil))
}

func FuzzBytes(f *testing.F) {
	for _, s := range []string{"", "가a", "😀", "\xff", "뷁\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := message.Bytes(s)
		if !ok && n != 0 || ok && (n < len([]rune(s)) || n > 2*len([]rune(s))) {
			t.Fatalf("%d, %v", n, ok)
		}
	})
}

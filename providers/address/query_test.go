package address_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
)

func TestTidyMakesOneQuestionOfItsSpellings(t *testing.T) {
	for name, text := range map[string]string{
		"plain":               "세종대로 110-2",
		"white space":         " \t세종대로 \r\n　 110-2\u00a0",
		"full width":          "세종대로 １１０－２",
		"decomposed":          "\u1109\u1166\u110c\u1169\u11bc\u1103\u1162\u1105\u1169 110-2",
		"half decomposed":     "세조\u11bc대로 110-2",
		"invisible marks":     "\ufeff세\u200b종대\u2060로 110-2\u200e",
		"other dashes":        "세종대로 110\u20132",
		"minus":               "세종대로 110\u22122",
		"filler of Hangul":    "세종대로\u3164110-2",
		"soft hyphen in word": "세종\u00ad대로 110-2",
	} {
		assert.Equal(t, "세종대로 110-2", address.Query{Text: text}.Tidy().Text, name)
	}
	for in, want := range map[string]string{
		"":                            "",
		"\u1109":                      "\u1109",       // a lead alone
		"\u1166\u11bc":                "\u1166\u11bc", // no lead
		"가\u11a7":                     "가\u11a7",      // the filler before the first tail is none
		"각\u11a8":                     "각\u11a8",      // has its tail already
		"가\u11c3":                     "가\u11c3",      // an old tail does not compose
		"\u1100\u1161\u11a8\u11a8":    "각\u11a8",
		"\u1112\u1175\u11c2":          "힣",
		"\u1100 \u1161":               "\u1100 \u1161",
		"\u1113\u1161":                "\u1113\u1161", // old letters do not compose
		"３．１만세로":                      "3.1만세로",
		"S&T 빌딩":                      "S&T 빌딩",
		"caf\u00e9 \u0065\u0301 stay": "caf\u00e9 \u0065\u0301 stay", // Hangul only
	} {
		assert.Equal(t, want, address.Query{Text: in}.Tidy().Text, "%q", in)
	}
	assert.Equal(t, address.Query{Text: "가", Page: 1, Size: 10}, address.Query{Text: "가"}.Tidy())
	assert.Equal(t, address.Query{Page: 3, Size: 4, Require: address.FieldPoint}, address.Query{Page: 3, Size: 4, Require: address.FieldPoint}.Tidy())
}

func TestValidate(t *testing.T) {
	long := strings.Repeat("가", 40)
	for _, good := range []address.Query{
		{Text: "세종"}, {Text: "서울특별시 중구 세종대로 110"}, {Text: "세종대로110"}, {Text: "3가"}, {Text: "Sejong-daero 110"}, {Text: long},
		{Text: strings.Repeat("a", 80)}, {Text: "세종대로 1234567890"}, {Text: "가1234567890-1234567890"}, {Text: "  가\t나 "}, {Text: "세종", Page: 45, Size: 30},
		{Text: "세종", Require: address.AllFields}, {Text: "세종\n대로"}, {Text: strings.Repeat(" ", 900) + "세종대로"},
	} {
		assert.NoError(t, good.Validate(), "%s", good.Text)
	}
	for text, why := range map[string]string{
		"": "shorter", " 가 ": "shorter", "\u200b가": "shorter", "04524": "no letter", "110-2": "no letter", "'; --": "no letter", "１１０": "no letter",
		long + "가": "longer", strings.Repeat("a", 81): "longer", long + "\n1": "longer", strings.Repeat(" ", 2000) + "세종": "longer",
		"세종대로 12345678901": "10 digits", "세종 1234567890\u200b1": "10 digits", "가１２３４５６７８９０１": "10 digits",
		"세종\x00대로": "control", "세종\x1b[2J": "control", "세종\x7f대로": "control", "세종 \xb1\xb2": "utf-8", "세종\ufffd": "utf-8",
	} {
		err := address.Query{Text: text}.Validate()
		require.ErrorIs(t, err, providers.Invalid, "%q", text)
		assert.Contains(t, err.Error(), why, "%q", text)
		assert.True(t, strings.HasPrefix(err.Error(), "address: query: invalid: "), err)
		var e *providers.Error
		require.ErrorAs(t, err, &e)
		assert.True(t, e.NotSent())
	}
	for _, bad := range []address.Query{{Page: -1}, {Page: 46}, {Size: -1}, {Size: 31}, {Require: 1 << 12}, {Require: 1 << 15}} {
		bad.Text = "세종대로"
		assert.ErrorIs(t, bad.Validate(), providers.Invalid, "%v", bad)
	}
}

func TestT17NothingPrintsWhatACitizenTyped(t *testing.T) {
	a := hall()
	p := address.Page{Items: []address.Address{a}, Total: 1, Page: 1, Last: true}
	q := address.Query{Text: "서울특별시 중구 세종대로 110", Require: address.FieldPoint | address.FieldPostcode}
	var log bytes.Buffer
	noClock := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr { // its digits may be those of a house number
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, noClock), slog.NewJSONHandler(&log, noClock)} {
		slog.New(h).Info("x", "q", q, "a", a, "p", p, "pt", a.Point)
	}
	js, err := json.Marshal(struct{ Q any }{q})
	require.NoError(t, err)
	all := log.String() + string(js)
	for _, v := range []any{q, a, p, a.Point, &q, &a, &p, []any{q, a, p}, struct{ In any }{a}} {
		all += fmt.Sprintf("%v %+v %#v %s %x %d", v, v, v, v, v, v)
	}
	for _, secret := range []string{"세종대로", "중구", "04524", "110", "태평로", "37.56", "126.97"} {
		assert.NotContains(t, all, secret)
	}
	assert.Contains(t, fmt.Sprint(q), "require postcode+point")
	assert.Contains(t, fmt.Sprint(p), "1 of 1, page 1")
	assert.Contains(t, fmt.Sprint(a), "postcode")
	out, err := json.Marshal(a)
	require.NoError(t, err)
	assert.Contains(t, string(out), `"Postcode":"04524"`, "a site sends addresses to its citizens")
}

func FuzzTidy(f *testing.F) {
	for _, s := range []string{"세종대로 110", "\u1109\u1166\u110c\u1169\u11bc", " １１０－２\u3000", "\ufeff\u200b", "각\u11a8"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q := address.Query{Text: text}.Tidy()
		if again := q.Tidy(); utf8.ValidString(text) && again != q {
			t.Fatalf("%q, tidied again, is %q", q.Text, again.Text)
		}
		if strings.HasPrefix(q.Text, " ") || strings.HasSuffix(q.Text, " ") || strings.Contains(q.Text, "  ") {
			t.Fatalf("%q has loose spaces", q.Text)
		}
		if err := q.Validate(); err == nil && strings.ContainsFunc(q.Text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Fatalf("%q is valid", q.Text)
		}
		if (q.Validate() == nil) != (address.Query{Text: text}.Validate() == nil) && len(text) <= 1024 && utf8.ValidString(text) {
			t.Fatalf("%q is judged by its spelling", text)
		}
	})
}

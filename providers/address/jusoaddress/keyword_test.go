package jusoaddress

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/detour-go/detour/providers/address"
)

func TestKeyword(t *testing.T) {
	for text, want := range map[string]string{
		"서울특별시 중구 세종대로 110":             "서울특별시 중구 세종대로 110",
		"서울특별시 중구 세종대로 110 (태평로1가, 시청)": "서울특별시 중구 세종대로 110 태평로1가 시청",
		"태평로1가 31-2":                              "태평로1가 31-2",
		"4.19로 8-1":                               "4.19로 8-1",
		"3·1대로 333":                               "3·1대로 333",
		"110 Sejong-daero, Jung-gu":               "110 Sejong-daero Jung-gu",
		"Seorae-ro 5":                             "Seorae-ro 5",     // the "or" in it is no word
		"Orchard dropbox":                         "Orchard dropbox", // nor the words in these
		"世宗大路 110":                                "世宗大路 110",        // Hanja
		"S&T 빌딩":                                  "S T 빌딩",
		"세종 or 1=1":                               "세종 1 1",
		"세종OR대로":                                  "세종 대로",
		"세종1OR1":                                  "세종1 1",
		"세종-or-대로":                                "세종 대로",
		"세종_select_대로":                            "세종 대로",
		"세종대로 UnIoN SeLeCt":                       "세종대로",
		"SELSELECTECT 세종":                         "SELSELECTECT 세종", // taking the inside out would make the word
		"OR세종 DROP exec fetch declare 가":          "세종 가",
		"insert delete update create truncate 나무": "나무",
		"%=><[],세%종=대>로<[1],":                     "세 종 대 로 1",
		"'; DROP TABLE 주소; --":                    "TABLE 주소",
		"../../세종":                                "세종",
		"세종--대로 -- 1":                             "세종 대로 1",
		"세종/*대로*/ 1":                              "세종 대로 1",
		"-세종- .대로. ·1·":                           "세종 대로 1",
		"ſelect 세종":                               "elect 세종", // U+017F is an S to whoever folds case
		"세종\u0131nsert":                           "세종 nsert",
		"㈜세종":                                     "세종",
		"카카오☎110":                                 "카카오 110",
		"or":                                      "", "OR or": "", "110": "", "- . ·": "", "%%%": "", "éà": "", "가": "", "가%": "", "a.": "", "union 가": "", "": "",
	} {
		assert.Equal(t, want, keyword(text), "%q", text)
	}
}

// What a filter on the other side might look for, however it finds words.
var forbidden = regexp.MustCompile(`(?i)\b(OR|SELECT|INSERT|DELETE|UPDATE|CREATE|DROP|EXEC|UNION|FETCH|DECLARE|TRUNCATE)\b`)

func FuzzKeyword(f *testing.F) {
	for _, s := range []string{"세종대로 110", "' or 1=1 --", "UNION SELECT * FROM 주소", "세종OR대로", "ＳＥＬＥＣＴ 세종", "DROP;TABLE", "%3Cscript%3E가", "or-or.or·or", "sel\u200bect 가", "ſelect"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q := address.Query{Text: text}
		if q.Validate() != nil {
			return
		}
		k := keyword(q.Tidy().Text)
		if !utf8.ValidString(k) {
			t.Fatalf("%q is not utf-8", k)
		}
		for _, r := range k {
			if !(r == ' ' || r == '-' || r == '.' || r == '·' || r >= '0' && r <= '9' || isASCIILetter(r) || unicode.In(r, unicode.Hangul, unicode.Han)) {
				t.Fatalf("%q keeps %q", k, r)
			}
		}
		if forbidden.MatchString(k) || forbidden.MatchString(strings.ToUpper(k)) {
			t.Fatalf("%q keeps a word", k)
		}
		if strings.Contains(k, "--") || strings.Contains(k, "..") || strings.Contains(k, "  ") || strings.TrimSpace(k) != k {
			t.Fatalf("%q has loose signs or spaces", k)
		}
		if k != "" && !strings.ContainsFunc(k, unicode.IsLetter) {
			t.Fatalf("%q has no letter", k)
		}
		if keyword(k) != k {
			t.Fatalf("%q, filtered again, is %q", k, keyword(k))
		}
	})
}

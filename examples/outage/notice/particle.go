package notice

import (
	"strings"
	"unicode"
)

// pair is a Korean particle in its two forms, and how sentences write it before the word is known.
type pair struct{ written, closed, open string }

// pairs: the closed form stands after a syllable that ends with a consonant.
func pairs() []pair {
	return []pair{
		{"은(는)", "은", "는"}, {"이(가)", "이", "가"}, {"을(를)", "을", "를"}, {"과(와)", "과", "와"}, {"(이)나", "이나", "나"}, {"(으)로", "으로", "로"},
	}
}

// particles writes the right form of each: "알림톡을(를)" is "알림톡을", "메시지을(를)" is "메시지를".
func particles(text string) string {
	for _, p := range pairs() {
		for {
			before, after, found := strings.Cut(text, p.written)
			if !found {
				break
			}
			form := p.open
			if c := coda(before); c != none && !(c == rieul && p.open == "로") { // 서울로, not 서울으로
				form = p.closed
			}
			text = before + form + after
		}
	}
	return text
}

// How a word ends when it is read aloud.
type ending uint8

const (
	none ending = iota // with a vowel
	rieul
	other
)

// coda looks at the last letter or digit. Letters of the Latin alphabet are taken by their names: that of L ends with ㄹ.
func coda(word string) ending {
	last := strings.TrimRightFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	runes := []rune(last)
	if len(runes) == 0 {
		return none
	}
	switch r := unicode.ToLower(runes[len(runes)-1]); {
	case r >= '가' && r <= '힣':
		switch (r - '가') % 28 {
		case 0:
			return none
		case 8:
			return rieul
		}
		return other
	case strings.ContainsRune("lr178", r):
		return rieul
	case strings.ContainsRune("mn036", r):
		return other
	}
	return none
}

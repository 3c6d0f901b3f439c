package address

import (
	"strings"
	"unicode"
)

// tidy is the text of a question in its plain form.
func tidy(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	held := rune(-1) // the last character: what follows may complete its syllable
	put := func(r rune) {
		if held >= 0 {
			b.WriteRune(held)
		}
		held = r
	}
	gap := false
	for _, r := range text {
		switch r = plain(r); {
		case r < 0:
			continue
		case r == ' ':
			gap = true
			continue
		}
		if gap {
			gap = false
			if held >= 0 {
				put(' ')
			}
		}
		if whole, ok := compose(held, r); ok {
			held = whole
			continue
		}
		put(r)
	}
	put(-1)
	return b.String()
}

// plain is the plain form of one character; negative: it is to be dropped.
func plain(r rune) rune {
	switch {
	case r < 0x7f && r > ' ':
		return r
	case unicode.IsSpace(r), isFiller(r):
		return ' '
	case r >= 0xff01 && r <= 0xff5e: // full-width forms of ASCII
		return r - 0xfee0
	case r >= 0x2010 && r <= 0x2015, r == 0x2212: // hyphens, dashes, minus
		return '-'
	case unicode.Is(unicode.Cf, r): // zero width space, joiners, byte order mark, direction marks
		return -1
	}
	return r
}

// isFiller reports letters of Hangul that show nothing.
func isFiller(r rune) bool { return r == 0x115f || r == 0x1160 || r == 0x3164 || r == 0xffa0 }

// The arithmetic of Hangul syllables, Unicode section 3.12.
const (
	syllable, lead, vowel, tail     = 0xac00, 0x1100, 0x1161, 0x11a7
	leads, vowels, tails            = 19, 21, 28
	syllables                       = leads * vowels * tails
	firstTail, lastVowel, lastTails = tail + 1, vowel + vowels - 1, tail + tails - 1
)

// compose joins a lead and a vowel, or a syllable without tail and a tail.
func compose(first, second rune) (rune, bool) {
	switch {
	case first >= lead && first < lead+leads && second >= vowel && second <= lastVowel:
		return syllable + ((first-lead)*vowels+second-vowel)*tails, true
	case first >= syllable && first < syllable+syllables && (first-syllable)%tails == 0 && second >= firstTail && second <= lastTails:
		return first + second - tail, true
	}
	return 0, false
}

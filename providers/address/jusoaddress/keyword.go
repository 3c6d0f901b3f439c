package jusoaddress

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// keyword is what may be sent of a text that was tidied: an allow-list, because
// a firewall sees attacks in more than the documented characters. What is not
// on it becomes a space, so that nothing grows together into something new.
func keyword(text string) string {
	var b strings.Builder
	last := ' '
	for _, r := range text {
		if !allowed(r) || isSign(r) && (isSign(last) || last == ' ') {
			r = ' ' // of signs in a row, and before a word, nothing is left
		}
		b.WriteRune(r)
		last = r
	}
	var kept []string
	for _, w := range strings.Fields(withoutSQL(b.String())) {
		if w = strings.Trim(w, signs); w != "" {
			kept = append(kept, w)
		}
	}
	k := strings.Join(kept, " ")
	if utf8.RuneCountInString(k) < 2 || !strings.ContainsFunc(k, unicode.IsLetter) {
		return "" // as Query.Validate would have it
	}
	return k
}

// signs occur in addresses: 31-2, 4.19로, 3·1대로.
const signs = "-.·"

func isSign(r rune) bool { return strings.ContainsRune(signs, r) }

func allowed(r rune) bool {
	return isASCIILetter(r) || r >= '0' && r <= '9' || r == ' ' || isSign(r) ||
		unicode.IsLetter(r) && unicode.In(r, unicode.Hangul, unicode.Han)
}

func isASCIILetter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }

// isSQL reports the words that the guide of juso wants filtered.
func isSQL(word string) bool {
	switch strings.ToUpper(word) {
	case "OR", "SELECT", "INSERT", "DELETE", "UPDATE", "CREATE", "DROP", "EXEC", "UNION", "FETCH", "DECLARE", "TRUNCATE":
		return true
	}
	return false
}

// withoutSQL blanks those words where they stand alone among other than ASCII
// letters: "OR", "1OR1" and "세종OR", but not the "or" of "Seorae-ro".
func withoutSQL(text string) string {
	var b strings.Builder
	for rest := text; rest != ""; {
		n := strings.IndexFunc(rest, func(r rune) bool { return !isASCIILetter(r) })
		switch {
		case n < 0:
			n = len(rest)
		case n == 0:
			n = strings.IndexFunc(rest, isASCIILetter)
			if n < 0 {
				n = len(rest)
			}
		}
		if word := rest[:n]; isSQL(word) {
			b.WriteByte(' ')
		} else {
			b.WriteString(word)
		}
		rest = rest[n:]
	}
	return b.String()
}

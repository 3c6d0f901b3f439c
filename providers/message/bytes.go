package message

import "golang.org/x/text/encoding/korean"

// Limits of a text in bytes of EUC-KR, see [Bytes].
const (
	MaxSMS   = 90   // 45 syllables
	MaxLMS   = 2000 // 1000 syllables
	MaxTitle = 40   // of an LMS
)

// Bytes is the length of a text as Korean carriers count it: in EUC-KR with the
// syllables of CP949, one byte for ASCII and two for everything else. ok is false,
// and n zero, when a character cannot be sent: emoji, the won sign U+20A9, Hangul
// in separate letters (NFD) as some file names have it, or what is no UTF-8.
//
// CP949 has all 11,172 syllables, KS X 1001 but 2,350 of them. Vendors document
// "EUC-KR" and mean either; one that means the latter refuses the rest (뷁, 똠) at intake.
func Bytes(text string) (n int, ok bool) {
	b, err := korean.EUCKR.NewEncoder().String(text)
	if err != nil {
		return 0, false
	}
	return len(b), true
}

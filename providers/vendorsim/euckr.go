package vendorsim

// euckrSymbols are the symbols of KS X 1001 (rows 1 to 12: punctuation, Greek, Cyrillic, kana, letters of Hangul, full
// width forms ...) as ranges: first, last, first, last ...
const euckrSymbols = "" +
	"¡¡¤¤§¨ªª\u00ad®°´¶º¼¿ÆÆÐÐ×ØÞßææðð÷øþþđđĦħıĳĸĸĿłŉŋŒœŦŧˇˇːː˘˛˝˝ΑΡΣΩαρσωЁЁАя" +
	"ёё――‘’“”†‡‥…‰‰′″※※⁴⁴ⁿⁿ₁₄€€℃℃℉℉ℓℓ№№℡™ΩΩÅÅ⅓⅔⅛⅞ⅠⅩⅰⅹ←↙⇒⇒⇔⇔∀∀∂∃∇∈∋∋∏∏∑∑√√∝∞∠∠" +
	"∥∥∧∬∮∮∴∵∼∽≒≒≠≡≤≥≪≫⊂⊃⊆⊇⊙⊙⊥⊥⌒⌒①⑮⑴⒂⒜⒵ⓐⓩ─┃┌╋▒▒■□▣▩▲△▶▷▼▽◀◁◆◈○○◎◑★☆☎☏☜☜☞☞♀♀♂♂" +
	"♠♡♣♥♧♪♬♭\u3000〃〈】〓〕ぁんァヶㄱㆎ㈀㈜㉠㉻㉿㉿㎀㎄㎈㏊㏏㏐㏓㏓㏖㏖㏘㏘㏛㏝！～￠￣￥￦"

// euckrLen is the length of a text in bytes of EUC-KR as carriers count it: one for ASCII, two for everything else. ok is
// false when a character is not in it: emoji, decomposed Hangul, control characters other than a line end.
//
// The rule is exact for ASCII and symbols. Syllables are all 11,172 of CP949; of Hanja every character of Unicode's unified
// block counts, although KS X 1001 has 4,888 of them. UNCONFIRMED whether a vendor that writes "EUC-KR" takes the
// syllables beyond the 2,350 of KS X 1001.
func euckrLen(text string) (n int, ok bool) {
	for _, r := range text {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r >= ' ' && r <= '~':
			n++
		case r >= '가' && r <= '힣', r >= 0x4e00 && r <= 0x9fff, r >= 0xf900 && r <= 0xfa0b, isSymbol(r):
			n += 2
		default:
			return 0, false
		}
	}
	return n, true
}

func isSymbol(r rune) bool {
	first, even := rune(0), true
	for _, s := range euckrSymbols {
		if even {
			first = s
		} else if r >= first && r <= s {
			return true
		}
		even = !even
	}
	return false
}

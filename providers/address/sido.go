package address

import "strings"

// sidos are the provinces and metropolitan cities: long form, short form, and
// what it was called before, where addresses still say so.
var sidos = [...]struct{ long, short, former string }{
	{"서울특별시", "서울", ""}, {"부산광역시", "부산", ""}, {"대구광역시", "대구", ""}, {"인천광역시", "인천", ""},
	{"광주광역시", "광주", ""}, {"대전광역시", "대전", ""}, {"울산광역시", "울산", ""}, {"세종특별자치시", "세종", ""},
	{"경기도", "경기", ""}, {"강원특별자치도", "강원", "강원도"}, {"충청북도", "충북", ""}, {"충청남도", "충남", ""},
	{"전북특별자치도", "전북", "전라북도"}, {"전라남도", "전남", ""}, {"경상북도", "경북", ""}, {"경상남도", "경남", ""},
	{"제주특별자치도", "제주", "제주도"},
}

// LongSido is the long form of the name of a province or metropolitan city, by
// which juso and VWorld call it: "서울" is "서울특별시". A name it does not know, such as
// that of a province still to be founded, stays as it is.
func LongSido(name string) string {
	for _, s := range sidos {
		if name == s.short || s.former != "" && name == s.former {
			return s.long
		}
	}
	return name
}

// ShortSido is the short form, by which Kakao calls it: "서울특별시" is "서울". A name
// it does not know stays as it is.
func ShortSido(name string) string {
	for _, s := range sidos {
		if name == s.long || s.former != "" && name == s.former {
			return s.short
		}
	}
	return name
}

// WithLongSido is the text of a whole address with its first word in the long
// form. Only for texts that are known to begin with a province: Gwangju is also
// a city in Gyeonggi.
func WithLongSido(text string) string {
	first, rest, more := strings.Cut(text, " ")
	if !more {
		return LongSido(text)
	}
	return LongSido(first) + " " + rest
}

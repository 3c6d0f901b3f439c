package address

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Address is one address, in the form that all vendors share. A field that the
// vendor does not have is empty. It masks itself when printed and logged;
// encoding/json writes it as it is, for a site has to send it to the citizen.
type Address struct {
	// Road is the road name address without the reference in brackets and without
	// the unit: "서울특별시 중구 세종대로 110". It has a building number.
	Road string
	// Jibun is the address by lot: "서울특별시 중구 태평로1가 31". It has a lot number.
	Jibun string
	// English is the road name address in English, as the vendor writes it.
	English string
	// Postcode has 5 digits.
	Postcode string
	// LegalDong is the code of the legal dong or ri (법정동코드), 10 digits.
	LegalDong string
	// RoadCode is the code of the road (도로명코드), 12 digits.
	RoadCode string
	// BuildingNo is the management number of the building (건물관리번호), 25 digits.
	BuildingNo string
	// BuildingName is the name of the building; many have none.
	BuildingName string
	// Sido is the province or metropolitan city in its long form, Sigungu the
	// district (Sejong has none), Dong the legal dong, or eup or myeon with its ri.
	Sido, Sigungu, Dong string
	// Point is where it is; the zero value: not known.
	Point Point
}

// Filled are the fields that the address has.
func (a Address) Filled() Fields {
	var f Fields
	for i, s := range a.texts() {
		if *s != "" {
			f |= 1 << i
		}
	}
	if a.Point != (Point{}) {
		f |= FieldPoint
	}
	return f
}

// texts are all text fields, in the order of Fields.
func (a *Address) texts() [11]*string {
	return [...]*string{
		&a.Road, &a.Jibun, &a.English, &a.Postcode, &a.LegalDong, &a.RoadCode, &a.BuildingNo, &a.BuildingName, &a.Sido, &a.Sigungu, &a.Dong,
	}
}

// IsAddress reports that it is one: a road or a region alone is none.
func (a Address) IsAddress() bool { return a.Road != "" || a.Jibun != "" }

// maxText bounds one text field, in bytes; building names may reach 400 characters.
const maxText = 2 << 10

// check reports how an address is not in the common form.
func (a Address) check() error {
	for _, s := range a.texts() {
		if len(*s) > maxText || !utf8.ValidString(*s) || strings.ContainsFunc(*s, unicode.IsControl) {
			return errText
		}
	}
	switch {
	case !a.IsAddress():
		return errNoAddress
	case Code(a.Postcode, 5) != a.Postcode:
		return errPostcode
	case Code(a.LegalDong, 10) != a.LegalDong, Code(a.RoadCode, 12) != a.RoadCode, Code(a.BuildingNo, 25) != a.BuildingNo:
		return errCode
	case LongSido(a.Sido) != a.Sido:
		return errSido
	case a.Point != (Point{}) && !a.Point.InKorea():
		return errAbroad
	}
	return nil
}

// Code returns s if it is n digits, else nothing: an adapter takes over codes
// through it, so that a code of some other form counts as not known.
func Code(s string, n int) string {
	if len(s) != n || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s
}

var (
	errText      = errors.New("a text is too long or no plain text")
	errNoAddress = errors.New("an item has neither a road name address nor one by lot")
	errPostcode  = errors.New("a postcode is not 5 digits")
	errCode      = errors.New("a code has not its digits")
	errSido      = errors.New("a province is not in its long form")
	errAbroad    = errors.New("coordinates are outside korea")
)

// Format shows which fields there are, and none of them.
func (a Address) Format(f fmt.State, _ rune) { mask(f, a.masked()) }

// LogValue implements slog.LogValuer.
func (a Address) LogValue() slog.Value { return slog.StringValue(a.masked()) }

func (a Address) masked() string { return "address.Address{*** " + a.Filled().String() + "}" }

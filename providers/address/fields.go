package address

import "strings"

// Fields is a set of the parts that an [Address] can have: the zero value is none.
type Fields uint16

// The parts; each is the field of Address with that name.
const (
	FieldRoad Fields = 1 << iota
	FieldJibun
	FieldEnglish
	FieldPostcode
	FieldLegalDong
	FieldRoadCode
	FieldBuildingNo
	FieldBuildingName
	FieldSido
	FieldSigungu
	FieldDong
	FieldPoint
	endOfFields
)

// AllFields is every part there is.
const AllFields = endOfFields - 1

// Has reports whether all of want are in f.
func (f Fields) Has(want Fields) bool { return f&want == want }

// String lists the names, joined by "+"; "none" for the zero value.
func (f Fields) String() string {
	var all []string
	for i, name := range [...]string{"road", "jibun", "english", "postcode", "legaldong", "roadcode", "buildingno", "buildingname", "sido", "sigungu", "dong", "point"} {
		if f.Has(1 << i) {
			all = append(all, name)
		}
	}
	if f&^AllFields != 0 {
		all = append(all, "unknown")
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, "+")
}

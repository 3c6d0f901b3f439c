package address

import "strings"

// Parts are what vendors give an address in; the texts made of them are the
// same for all vendors. The rules are those of the road name address data of
// the Ministry of the Interior and Safety.
type Parts struct {
	// Sido may be in any form, Sigungu may be empty (Sejong).
	Sido, Sigungu string
	// Dong is the legal dong, eup or myeon; a ri may follow it after a space.
	Dong string
	// Ri is the ri, if it is not in Dong already.
	Ri string
	// RoadName, Underground, Building and BuildingSub make the road name address.
	// A sub number may be empty or "0".
	RoadName              string
	Underground           bool
	Building, BuildingSub string
	// Mountain, Lot and LotSub make the address by lot.
	Mountain    bool
	Lot, LotSub string
}

// Road is "{시도} {시군구} [읍면] {도로명} [지하 ]{본번}[-{부번}]"; empty without a road or a building number.
func (p Parts) Road() string {
	if p.RoadName == "" || !isNumber(p.Building) {
		return ""
	}
	eup, _, _ := strings.Cut(p.Dong, " ")
	if !strings.HasSuffix(eup, "읍") && !strings.HasSuffix(eup, "면") {
		eup = "" // a dong is no part of it
	}
	under := ""
	if p.Underground {
		under = "지하"
	}
	return joined(LongSido(p.Sido), p.Sigungu, eup, p.RoadName, under, numbered(p.Building, p.BuildingSub))
}

// Jibun is "{시도} {시군구} {읍면동} [리] [산 ]{본번}[-{부번}]"; empty without a dong or a lot number.
func (p Parts) Jibun() string {
	if p.Dong == "" || !isNumber(p.Lot) {
		return ""
	}
	mountain := ""
	if p.Mountain {
		mountain = "산"
	}
	return joined(LongSido(p.Sido), p.Sigungu, p.WholeDong(), mountain, numbered(p.Lot, p.LotSub))
}

// WholeDong is the dong, or the eup or myeon with its ri.
func (p Parts) WholeDong() string { return joined(p.Dong, p.Ri) }

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == "" && strings.Trim(s, "0") != ""
}

func numbered(number, sub string) string {
	number = strings.TrimLeft(number, "0")
	if isNumber(sub) {
		return number + "-" + strings.TrimLeft(sub, "0")
	}
	return number
}

// joined puts one space between what there is.
func joined(words ...string) string {
	var all []string
	for _, w := range words {
		all = append(all, strings.Fields(w)...)
	}
	return strings.Join(all, " ")
}

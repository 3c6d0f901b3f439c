package vendorsim

import "strconv"

// Documents of Kakao Local: numbers and coordinates are strings, an absent part is an empty string, flags are Y and N.

func (a SimAddress) xy() (x, y string) {
	return degrees(a.Lon), degrees(a.Lat)
}

// degrees has six decimals, or as many as there are.
func degrees(d float64) string {
	short, full := strconv.FormatFloat(d, 'f', 6, 64), strconv.FormatFloat(d, 'f', -1, 64)
	if len(full) > len(short) {
		return full
	}
	return short
}

func yn(b bool) string {
	if b {
		return "Y"
	}
	return "N"
}

func orEmpty(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// kakaoAddress is the address by lot, or null; a search has coordinates and codes, the reverse has neither.
func (a SimAddress) kakaoAddress(search bool) any {
	if a.LotMain == 0 {
		return nil
	}
	m := a.kakaoRegion(a.ShortSido + " " + a.lotTail())
	if search {
		return m
	}
	for _, name := range []string{"x", "y", "b_code", "h_code", "region_3depth_h_name"} {
		delete(m, name)
	}
	m["zip_code"] = "" // dropped in 2020, still there in answers
	return m
}

func (a SimAddress) kakaoRegion(name string) map[string]any {
	x, y := a.xy()
	return map[string]any{"address_name": name, "region_1depth_name": a.ShortSido, "region_2depth_name": a.Sigungu, "region_3depth_name": a.Dong,
		"region_3depth_h_name": a.HDong, "h_code": a.HDongCode, "b_code": a.DongCode, "mountain_yn": yn(a.Mountain),
		"main_address_no": orEmpty(a.LotMain), "sub_address_no": orEmpty(a.LotSub), "x": x, "y": y}
}

func (a SimAddress) kakaoRoad(search bool) map[string]any {
	name := a.ShortSido + " " + a.roadTail()
	if a.Main == 0 {
		name = a.ShortSido + " " + a.Sigungu + " " + a.Road
	}
	m := map[string]any{"address_name": name, "region_1depth_name": a.ShortSido, "region_2depth_name": a.Sigungu, "region_3depth_name": a.Dong,
		"road_name": a.Road, "underground_yn": yn(a.Underground), "main_building_no": orEmpty(a.Main), "sub_building_no": orEmpty(a.Sub),
		"building_name": a.Building, "zone_no": a.Zone}
	if search {
		m["x"], m["y"] = a.xy()
	}
	return m
}

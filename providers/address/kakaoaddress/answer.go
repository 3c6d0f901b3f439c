package kakaoaddress

import (
	"errors"
	"strconv"
	"strings"

	"github.com/detour-go/detour/providers/address"
)

// document is one hit. What is missing in it, or null, is empty.
type document struct {
	X    string `json:"x"` // longitude
	Y    string `json:"y"` // latitude
	Lot  *lot   `json:"address"`
	Road *road  `json:"road_address"`
}

type region struct {
	Sido    string `json:"region_1depth_name"`
	Sigungu string `json:"region_2depth_name"`
	Dong    string `json:"region_3depth_name"`
}

type lot struct {
	region
	LegalDong string `json:"b_code"`
	Mountain  string `json:"mountain_yn"`
	Number    string `json:"main_address_no"`
	Sub       string `json:"sub_address_no"`
}

type road struct {
	region
	Name         string `json:"road_name"`
	Underground  string `json:"underground_yn"`
	Number       string `json:"main_building_no"`
	Sub          string `json:"sub_building_no"`
	BuildingName string `json:"building_name"`
	Postcode     string `json:"zone_no"`
}

// addresses are the documents in the common form. One wrong coordinate spoils
// them all: a projection or an order that changed would send citizens astray.
func addresses(documents []document) ([]address.Address, error) {
	all := make([]address.Address, 0, len(documents))
	for _, d := range documents {
		a := d.address()
		var err error
		if a.Point, err = d.point(); err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

func (d document) address() address.Address {
	var a address.Address
	parts := address.Parts{}
	if r := d.Road; r != nil {
		parts.Sido, parts.Sigungu, parts.Dong = r.Sido, r.Sigungu, r.Dong
		parts.RoadName, parts.Underground, parts.Building, parts.BuildingSub = r.Name, r.Underground == "Y", r.Number, r.Sub
		a.Postcode = address.Code(r.Postcode, 5)
		a.BuildingName = strings.TrimSpace(r.BuildingName)
	}
	if l := d.Lot; l != nil {
		// The region of the lot is the finer one: it has the ri as well.
		parts.Sido, parts.Sigungu, parts.Dong = l.Sido, l.Sigungu, l.Dong
		parts.Mountain, parts.Lot, parts.LotSub = l.Mountain == "Y", l.Number, l.Sub
		a.LegalDong = address.Code(l.LegalDong, 10)
	}
	a.Road, a.Jibun = parts.Road(), parts.Jibun()
	a.Sido, a.Sigungu, a.Dong = address.LongSido(parts.Sido), parts.Sigungu, parts.WholeDong()
	return a
}

func (d document) point() (address.Point, error) {
	if d.X == "" && d.Y == "" {
		return address.Point{}, nil // coord2address has none
	}
	lon, errX := strconv.ParseFloat(d.X, 64)
	lat, errY := strconv.ParseFloat(d.Y, 64)
	p := address.Point{Lat: lat, Lon: lon}
	if errX != nil || errY != nil || !p.InKorea() {
		return address.Point{}, errPoint
	}
	return p, nil
}

var errPoint = errors.New("coordinates are none of korea")

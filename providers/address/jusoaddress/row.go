package jusoaddress

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
)

// row is one item of either service. What is missing in it is empty.
type row struct {
	RoadPart    text `json:"roadAddrPart1"`
	English     text `json:"engAddr"`
	Postcode    text `json:"zipNo"`
	LegalDong   text `json:"admCd"`
	RoadCode    text `json:"rnMgtSn"`
	BuildingNo  text `json:"bdMgtSn"`
	Building    text `json:"bdNm"`
	Sido        text `json:"siNm"`
	Sigungu     text `json:"sggNm"`
	Dong        text `json:"emdNm"`
	Ri          text `json:"liNm"`
	Road        text `json:"rn"`
	Underground text `json:"udrtYn"`
	Number      text `json:"buldMnnm"`
	Sub         text `json:"buldSlno"`
	Mountain    text `json:"mtYn"`
	Lot         text `json:"lnbrMnnm"`
	LotSub      text `json:"lnbrSlno"`
	// Of the coordinate service.
	X text `json:"entX"`
	Y text `json:"entY"`
}

// plainGround are the values of udrtYn that the texts know: on and under the
// ground. The address of something in the air or on water is taken as it comes.
func plainGround(udrtYn text) bool { return udrtYn == "" || udrtYn == "0" || udrtYn == "1" }

func (r row) address() address.Address {
	parts := address.Parts{
		Sido: string(r.Sido), Sigungu: string(r.Sigungu), Dong: string(r.Dong), Ri: string(r.Ri),
		RoadName: string(r.Road), Underground: r.Underground == "1", Building: string(r.Number), BuildingSub: string(r.Sub),
		Mountain: r.Mountain == "1", Lot: string(r.Lot), LotSub: string(r.LotSub),
	}
	a := address.Address{
		Road: parts.Road(), Jibun: parts.Jibun(), English: clean(r.English), BuildingName: clean(r.Building),
		Postcode: address.Code(string(r.Postcode), 5), LegalDong: address.Code(string(r.LegalDong), 10),
		RoadCode: address.Code(string(r.RoadCode), 12), BuildingNo: address.Code(string(r.BuildingNo), 25),
		Sido: address.LongSido(clean(r.Sido)), Sigungu: clean(r.Sigungu), Dong: parts.WholeDong(),
	}
	if whole := clean(r.RoadPart); whole != "" && (a.Road == "" || !plainGround(r.Underground)) {
		a.Road = address.WithLongSido(whole)
	}
	return a
}

func clean(t text) string { return strings.Join(strings.Fields(string(t)), " ") }

// entrance asks where the entrance of a building is; the zero point: not published.
func (p *Provider) entrance(ctx context.Context, r row) (address.Point, error) {
	_, key := p.keys()
	b, err := p.ask(ctx, opLocate, "/addrlink/addrCoordApi.do", locateCodes, url.Values{
		"confmKey": {key}, "admCd": {string(r.LegalDong)}, "rnMgtSn": {string(r.RoadCode)}, "udrtYn": {string(r.Underground)},
		"buldMnnm": {string(r.Number)}, "buldSlno": {string(r.Sub)}, "resultType": {"json"},
	})
	if err != nil {
		return address.Point{}, err
	}
	if len(b.rows) == 0 {
		if b.total > 0 {
			return address.Point{}, p.client.Fail(opLocate, providers.Unavailable, "", errContradicts)
		}
		return address.Point{}, nil
	}
	chosen := b.rows[0]
	for _, one := range b.rows {
		if one.BuildingNo != "" && one.BuildingNo == r.BuildingNo {
			chosen = one
			break
		}
	}
	if chosen.RoadCode != r.RoadCode || chosen.Number != r.Number || chosen.Sub != r.Sub {
		return address.Point{}, p.client.Fail(opLocate, providers.Unavailable, "", errOtherBuilding)
	}
	if chosen.X == "" && chosen.Y == "" {
		return address.Point{}, nil
	}
	x, errX := strconv.ParseFloat(string(chosen.X), 64)
	y, errY := strconv.ParseFloat(string(chosen.Y), 64)
	at := address.FromEPSG5179(x, y)
	if errX != nil || errY != nil || !at.InKorea() {
		return address.Point{}, p.client.Fail(opLocate, providers.Unavailable, "", errPoint)
	}
	return at, nil
}

var (
	errOtherBuilding = errors.New("another building than the one asked for")
	errPoint         = errors.New("coordinates are none of korea")
)

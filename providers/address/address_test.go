package address_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
	"github.com/detour-go/detour/providers/address/addresstest"
)

func hall() address.Address { return addresstest.CityHall().Want }

func TestFilledNamesEachField(t *testing.T) {
	assert.Equal(t, address.AllFields, hall().Filled())
	assert.Zero(t, address.Address{}.Filled())
	assert.False(t, address.Address{}.IsAddress())
	whole := reflect.ValueOf(hall())
	for i := range whole.NumField() {
		var one address.Address
		reflect.ValueOf(&one).Elem().Field(i).Set(whole.Field(i))
		f := address.Fields(1 << i)
		assert.Equal(t, f, one.Filled())
		assert.Equal(t, strings.ToLower(whole.Type().Field(i).Name), f.String(), "the bit is named as the field")
		assert.Equal(t, i < 2, one.IsAddress())
	}
	assert.Equal(t, "none", address.Fields(0).String())
	assert.Equal(t, "road+unknown", (address.FieldRoad | 1<<14).String())
	assert.True(t, (address.FieldRoad | address.FieldPoint).Has(address.FieldPoint))
	assert.False(t, address.FieldRoad.Has(address.FieldRoad|address.FieldPoint))
}

func TestPageAnswers(t *testing.T) {
	q := address.Query{Text: "세종대로", Require: address.FieldPostcode}
	good := func() address.Page {
		return address.Page{Items: []address.Address{hall(), hall()}, Total: 2, Page: 1, Last: true}
	}
	require.NoError(t, good().Answers(q))
	lot := address.Address{Jibun: "서울특별시 중구 태평로1가 31", Postcode: "04524"}
	require.NoError(t, address.Page{Items: []address.Address{lot}, Total: 9, Page: 1}.Answers(q), "less is enough")
	for name, edit := range map[string]func(*address.Page){
		"empty success":       func(p *address.Page) { p.Items = nil },
		"another page":        func(p *address.Page) { p.Page = 2 },
		"no page":             func(p *address.Page) { p.Page = 0 },
		"too many":            func(p *address.Page) { p.Items = make([]address.Address, 11); p.Total = 11 },
		"total below items":   func(p *address.Page) { p.Total = 1 },
		"no address":          func(p *address.Page) { p.Items[1] = address.Address{Postcode: "04524", Sido: "서울특별시"} },
		"postcode of before":  func(p *address.Page) { p.Items[1].Postcode = "100-101" },
		"legal dong":          func(p *address.Page) { p.Items[1].LegalDong = "11140103" },
		"road code":           func(p *address.Page) { p.Items[1].RoadCode = "11140200500X" },
		"building number":     func(p *address.Page) { p.Items[1].BuildingNo = p.Items[1].BuildingNo + "0" },
		"short province":      func(p *address.Page) { p.Items[1].Sido = "서울" },
		"lat and lon mixed":   func(p *address.Page) { p.Items[1].Point = address.Point{Lat: 126.978414, Lon: 37.566680} },
		"point is no number":  func(p *address.Page) { p.Items[1].Point.Lat = math.NaN() },
		"control characters":  func(p *address.Page) { p.Items[1].BuildingName = "a\x1b[2J" },
		"not utf-8":           func(p *address.Page) { p.Items[1].BuildingName = "\xb1\xb2" },
		"endless name":        func(p *address.Page) { p.Items[1].BuildingName = strings.Repeat("a", 2049) },
		"lacking and illegal": func(p *address.Page) { p.Items[0].Postcode = ""; p.Items[1].Sido = "서울" },
	} {
		p := good()
		edit(&p)
		assert.ErrorIs(t, p.Answers(q), providers.Unavailable, name)
	}
	p := good()
	p.Items[1].Postcode = ""
	err := p.Answers(q)
	assert.ErrorIs(t, err, providers.NotFound, "one item without is one too many")
	assert.ErrorIs(t, err, address.ErrLacking)
	assert.True(t, address.Next(err))
	assert.False(t, address.Next(&providers.Error{Kind: providers.NotFound}))
	assert.False(t, address.Next(nil))
	assert.True(t, p.Cacheable())
	assert.False(t, address.Page{}.Cacheable())
}

func TestPageAnswersAt(t *testing.T) {
	at := hall().Point
	p := address.Page{Items: []address.Address{hall()}, Total: 1, Page: 1}
	require.NoError(t, p.AnswersAt(at))
	assert.ErrorIs(t, p.AnswersAt(address.Point{Lat: 37.58, Lon: 126.978}), providers.Unavailable, "more than a kilometre away")
	assert.ErrorIs(t, address.Page{}.AnswersAt(at), providers.Unavailable)
	p.Items[0].Point = address.Point{}
	assert.NoError(t, p.AnswersAt(address.Point{Lat: 37.58, Lon: 126.978}), "an item need not say where it is")
}

func TestSettleDropsAndNames(t *testing.T) {
	q := address.Query{Text: "세종대로", Require: address.FieldPoint}
	bare := address.Address{Road: "서울특별시 중구 세종대로 112"}
	given := address.Page{Items: []address.Address{bare, hall(), {Sido: "서울특별시"}}, Total: 3, Page: 1}
	p, err := address.Settle("vendor", "search", q, given)
	require.NoError(t, err)
	assert.Equal(t, []address.Address{hall()}, p.Items)
	assert.Equal(t, 3, p.Total)
	assert.Len(t, given.Items, 3, "the vendor's page is not touched")

	_, err = address.Settle("vendor", "search", q, address.Page{Items: []address.Address{bare}, Total: 1, Page: 1})
	assert.EqualError(t, err, "vendor: search: notfound: found, but nothing with all required fields")
	assert.ErrorIs(t, err, address.ErrLacking)
	_, err = address.Settle("vendor", "search", q, address.Page{Items: []address.Address{hall()}, Total: 1, Page: 2})
	assert.EqualError(t, err, "vendor: search: unavailable: another page than the one asked for")
	_, err = address.SettleAt("vendor", "reverse", address.Point{Lat: 33.5, Lon: 126.5}, address.Page{Items: []address.Address{hall()}, Total: 1})
	assert.EqualError(t, err, "vendor: reverse: unavailable: an address somewhere else")
	_, err = address.SettleAt("vendor", "reverse", hall().Point, address.Page{Items: []address.Address{{Sido: "서울특별시"}}, Total: 1})
	assert.ErrorIs(t, err, address.ErrLacking)
}

func TestSido(t *testing.T) {
	for short, long := range map[string]string{
		"서울": "서울특별시", "부산": "부산광역시", "대구": "대구광역시", "인천": "인천광역시", "광주": "광주광역시", "대전": "대전광역시", "울산": "울산광역시",
		"세종": "세종특별자치시", "경기": "경기도", "강원": "강원특별자치도", "충북": "충청북도", "충남": "충청남도", "전북": "전북특별자치도", "전남": "전라남도",
		"경북": "경상북도", "경남": "경상남도", "제주": "제주특별자치도",
	} {
		assert.Equal(t, long, address.LongSido(short))
		assert.Equal(t, long, address.LongSido(long))
		assert.Equal(t, short, address.ShortSido(long))
		assert.Equal(t, short, address.ShortSido(short))
	}
	for former, long := range map[string]string{"강원도": "강원특별자치도", "전라북도": "전북특별자치도", "제주도": "제주특별자치도"} {
		assert.Equal(t, long, address.LongSido(former))
	}
	for _, unknown := range []string{"", "전남광주특별시", "Seoul", "광주시"} {
		assert.Equal(t, unknown, address.LongSido(unknown))
		assert.Equal(t, unknown, address.ShortSido(unknown))
	}
	assert.Equal(t, "서울특별시 중구 세종대로 110", address.WithLongSido("서울 중구 세종대로 110"))
	assert.Equal(t, "세종특별자치시", address.WithLongSido("세종"))
	assert.Equal(t, "", address.WithLongSido(""))
}

func TestPartsMakeTheTextsOfTheMinistry(t *testing.T) {
	for _, r := range []struct {
		parts       address.Parts
		road, jibun string
	}{
		{address.Parts{Sido: "서울", Sigungu: "중구", Dong: "태평로1가", RoadName: "세종대로", Building: "110", Lot: "31"}, "서울특별시 중구 세종대로 110", "서울특별시 중구 태평로1가 31"},
		{address.Parts{Sido: "경기도", Sigungu: "성남시 분당구", Dong: "백현동", RoadName: "판교역로", Building: "166", BuildingSub: "0", Lot: "532", LotSub: "0"}, "경기도 성남시 분당구 판교역로 166", "경기도 성남시 분당구 백현동 532"},
		{address.Parts{Sido: "경기", Sigungu: "양평군", Dong: "양서면 용담리", RoadName: "목왕로", Building: "7", BuildingSub: "2", Mountain: true, Lot: "1", LotSub: "3"}, "경기도 양평군 양서면 목왕로 7-2", "경기도 양평군 양서면 용담리 산 1-3"},
		{address.Parts{Sido: "경기", Sigungu: "양평군", Dong: "양서면", Ri: "용담리", RoadName: "목왕로", Building: "7", Lot: "1"}, "경기도 양평군 양서면 목왕로 7", "경기도 양평군 양서면 용담리 1"},
		{address.Parts{Sido: "세종특별자치시", Dong: "조치원읍 신흥리", RoadName: "군청로", Building: "87", BuildingSub: "16", Lot: "123"}, "세종특별자치시 조치원읍 군청로 87-16", "세종특별자치시 조치원읍 신흥리 123"},
		{address.Parts{Sido: "서울", Sigungu: "종로구", Dong: "세종로", RoadName: "세종대로", Underground: true, Building: "00172", BuildingSub: "00000", Lot: "0001", LotSub: "0057"}, "서울특별시 종로구 세종대로 지하 172", "서울특별시 종로구 세종로 1-57"},
		{address.Parts{Sido: "서울", Sigungu: "중구", RoadName: "세종대로"}, "", ""},
		{address.Parts{Sido: "서울", Sigungu: "중구", RoadName: "세종대로", Building: "0", Dong: "태평로1가", Lot: "0"}, "", ""},
		{address.Parts{Sido: "서울", Building: "110", Lot: "31"}, "", ""},
		{address.Parts{Sido: "서울", RoadName: "세종대로", Building: "백십", Dong: "태평로1가", Lot: "삼"}, "", ""},
	} {
		assert.Equal(t, r.road, r.parts.Road())
		assert.Equal(t, r.jibun, r.parts.Jibun())
	}
}

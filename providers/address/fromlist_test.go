package address_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
	"github.com/detour-go/detour/providers/address/addresstest"
)

func offices() []address.Address {
	return []address.Address{
		hall(),
		{Road: "서울특별시 중구 세종대로 1100", Jibun: "서울특별시 중구 태평로1가 310", Postcode: "04525", Sido: "서울특별시", Sigungu: "중구", Dong: "태평로1가", Point: address.Point{Lat: 37.5675, Lon: 126.9790}},
		{Road: "경상남도 창원시 의창구 중앙대로 300", Jibun: "경상남도 창원시 의창구 사림동 1", Postcode: "51154", Sido: "경상남도", Sigungu: "창원시 의창구", Dong: "사림동"},
		{Road: "서울특별시 중구 세종대로 지하 12", Jibun: "서울특별시 중구 남대문로5가 1", Postcode: "04526", Sido: "서울특별시", Sigungu: "중구", Dong: "남대문로5가"},
	}
}

func TestListKeepsEveryRule(t *testing.T) {
	l, err := address.FromList(offices())
	require.NoError(t, err)
	addresstest.Run(t, addresstest.Subject{
		Name: "list", Searcher: l, Fills: address.AllFields,
		Known:   []addresstest.Sample{addresstest.CityHall(), {Text: "경남 창원시 의창구 중앙대로 300", Want: offices()[2]}},
		Missing: []address.Query{{Text: "세종대로 11"}, {Text: "없는로 1"}, {Text: "세종대로 110", Page: 2}}, Many: "중구 세종대로",
		Places:  []addresstest.Place{{At: address.Point{Lat: 37.5667, Lon: 126.9785}, Want: hall()}},
		Nowhere: []address.Point{{Lat: 33.5, Lon: 126.5}},
	})
}

func TestListFinds(t *testing.T) {
	l, err := address.FromList(offices())
	require.NoError(t, err)
	for text, want := range map[string][]int{
		"세종대로 110": {0}, "중구 세종대로": {0, 1, 3}, "서울 중구": {0, 1, 3}, "서울시 세종": {0, 1, 3}, "경남 창원": {2}, "태평로1가 31": {0}, "04525 세종대로": {1},
		"sejong-daero": {0}, "SEJONG 110": {0}, "서울특별시청": {0}, "(태평로1가), 31": {0}, "지하 12": {3},
	} {
		p, err := l.Search(t.Context(), address.Query{Text: text})
		require.NoError(t, err, text)
		var got []string
		for _, a := range p.Items {
			got = append(got, a.Road)
		}
		var roads []string
		for _, i := range want {
			roads = append(roads, offices()[i].Road)
		}
		assert.Equal(t, roads, got, text)
	}
	for _, text := range []string{"세종대로 11", "대로", "110 세종대로 없음", "(,)가나"} {
		_, err := l.Search(t.Context(), address.Query{Text: text})
		assert.ErrorIs(t, err, providers.NotFound, text)
	}
	p, err := l.Reverse(t.Context(), address.Point{Lat: 37.5672, Lon: 126.9788})
	require.NoError(t, err)
	assert.Equal(t, offices()[1], p.Items[0], "the nearest, of two within reach")
	_, err = l.Search(t.Context(), address.Query{Text: "(, ab"})
	assert.ErrorIs(t, err, providers.NotFound)
}

func TestFromListReportsEveryMistake(t *testing.T) {
	_, err := address.FromList([]address.Address{hall(), {}, {Road: "x 1", Sido: "서울"}})
	assert.EqualError(t, err, "address: list: item 1: an item has neither a road name address nor one by lot\naddress: list: item 2: a province is not in its long form")
	own := offices()
	l, err := address.FromList(own)
	require.NoError(t, err)
	clear(own)
	_, err = l.Search(context.Background(), address.Query{Text: "세종대로 110"})
	assert.NoError(t, err, "the list was copied")
	empty, err := address.FromList(nil)
	require.NoError(t, err)
	_, err = empty.Search(context.Background(), address.Query{Text: "세종대로 110"})
	assert.ErrorIs(t, err, providers.NotFound)
}

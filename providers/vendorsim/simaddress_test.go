package vendorsim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The vector of the fact sheet, taken from a capture of the real service.
func TestEPSG5179Vector(t *testing.T) {
	x, y := toEPSG5179(37.582468731, 126.887937485)
	require.InDelta(t, 945959.0381341814, x, 1e-3) // the degrees are given to 0.1 mm
	require.InDelta(t, 1953851.7348996028, y, 1e-3)
	x, y = toEPSG5179(38, 127.5)
	require.InDelta(t, 1_000_000, x, 1e-6)
	require.InDelta(t, 2_000_000, y, 1e-6)
	west, _ := toEPSG5179(37, 126.5)
	east, _ := toEPSG5179(37, 128.5)
	require.InDelta(t, 2_000_000, west+east, 1e-6, "symmetric to the meridian")
}

func TestSimAddresses(t *testing.T) {
	list := SimAddresses()
	require.GreaterOrEqual(t, len(list), 41)
	require.NoError(t, checkAddresses(list))
	hall := list[0]
	require.Equal(t, SimAddress{
		Sido: "서울특별시", ShortSido: "서울", Sigungu: "중구", Dong: "태평로1가", HDong: "명동", Road: "세종대로", Building: "서울특별시청", Zone: "04524", Main: 110, LotMain: 31,
		DongCode: "1114010300", HDongCode: "1114055000", RoadCode: "111402005001", BuildingNo: "1114010300100310000022047", English: "110 Sejong-daero, Jung-gu, Seoul",
		Lat: 37.566680, Lon: 126.978414,
	}, hall)
	seen, codes, districts := map[string]bool{}, map[string]string{}, map[string]bool{}
	odd := map[string]int{}
	for _, a := range list {
		require.False(t, seen[a.LotAddress()], a.LotAddress())
		seen[a.LotAddress()] = true
		districts[a.Sigungu] = true
		require.NotEmpty(t, a.Dong+a.HDong)
		if a.Road == "" {
			odd["no road"]++
			continue
		}
		require.False(t, seen[a.RoadAddress()], a.RoadAddress())
		seen[a.RoadAddress()] = true
		require.NotEmpty(t, a.Building)
		if road, known := codes[a.RoadCode]; known {
			require.Equal(t, a.Sigungu+a.Road, road, "one code, one road")
		}
		codes[a.RoadCode] = a.Sigungu + a.Road
		require.True(t, strings.HasPrefix(a.BuildingNo, a.DongCode))
		if a.Mountain {
			odd["mountain"]++
		}
		if a.Underground {
			odd["below"]++
			require.Contains(t, a.RoadAddress(), "지하 ")
		}
	}
	require.Len(t, districts, 25)
	require.Equal(t, map[string]int{"no road": 1, "mountain": 3, "below": 1}, odd)
	list[0].Sido = "changed"
	require.Equal(t, "서울특별시", SimAddresses()[0].Sido)
}

func TestCheckAddresses(t *testing.T) {
	for name, change := range map[string]func(*SimAddress){
		"no place": func(a *SimAddress) { a.Dong = "" }, "no number": func(a *SimAddress) { a.Main = 0 }, "zone": func(a *SimAddress) { a.Zone = "1" },
		"dong": func(a *SimAddress) { a.DongCode = "x" }, "road": func(a *SimAddress) { a.RoadCode = "1" }, "building": func(a *SimAddress) { a.BuildingNo = "" },
		"abroad": func(a *SimAddress) { a.Lat, a.Lon = 126.9, 37.5 },
	} {
		a := SimAddresses()[0]
		change(&a)
		require.Error(t, checkAddresses([]SimAddress{a}), name)
		_, err := StartJuso(JusoConfig{Addresses: []SimAddress{a}})
		require.Error(t, err, name)
		_, err = StartKakaoLocal(KakaoLocalConfig{Addresses: []SimAddress{a}})
		require.Error(t, err, name)
	}
}

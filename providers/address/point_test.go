package address_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
)

// The vector of the guide, and what a forward projection of our own (below) gives.
func TestFromEPSG5179(t *testing.T) {
	p := address.FromEPSG5179(945959.0381341814, 1953851.7348996028)
	assert.InDelta(t, 37.582468731, p.Lat, 1e-9)
	assert.InDelta(t, 126.887937485, p.Lon, 1e-9)
	assert.True(t, p.InKorea())
	origin := address.FromEPSG5179(1_000_000, 2_000_000)
	assert.InDelta(t, 38, origin.Lat, 1e-9)
	assert.InDelta(t, 127.5, origin.Lon, 1e-9)
	for name, want := range map[string]address.Point{
		"city hall": {Lat: 37.566680, Lon: 126.978414}, "marado": {Lat: 33.1180, Lon: 126.2690}, "dokdo": {Lat: 37.2426, Lon: 131.8669},
		"baengnyeongdo": {Lat: 37.9540, Lon: 124.6150}, "busan": {Lat: 35.1798, Lon: 129.0750}, "goseong": {Lat: 38.6110, Lon: 128.3590},
	} {
		got := address.FromEPSG5179(toEPSG5179(want))
		assert.Less(t, got.Distance(want), 0.005, name)
		assert.True(t, got.InKorea(), name)
	}
	for _, xy := range [][2]float64{
		{0, 0}, {1953851.73, 945959.03}, {126.978414, 37.566680}, {37.566680, 126.978414}, {math.NaN(), 2e6}, {1e6, math.NaN()}, {math.Inf(1), 2e6}, {1e6, math.Inf(-1)}, {1e300, -1e300}, {2e6, 2e6},
	} {
		assert.False(t, address.FromEPSG5179(xy[0], xy[1]).InKorea(), "%v", xy)
	}
}

// toEPSG5179 projects by the Krueger series to the fourth order (Karney 2011),
// another way than the code under test.
func toEPSG5179(p address.Point) (x, y float64) {
	const a, f = 6378137.0, 1 / 298.257222101
	n := f / (2 - f)
	e := math.Sqrt(f * (2 - f))
	radius := a / (1 + n) * (1 + n*n/4 + n*n*n*n/64)
	alpha := [...]float64{
		n/2 - 2*n*n/3 + 5*n*n*n/16 + 41*n*n*n*n/180, 13*n*n/48 - 3*n*n*n/5 + 557*n*n*n*n/1440, 61*n*n*n/240 - 103*n*n*n*n/140, 49561 * n * n * n * n / 161280,
	}
	north := func(lat, lon float64) (xi, eta float64) {
		phi, lam := lat*math.Pi/180, (lon-127.5)*math.Pi/180
		t := math.Sinh(math.Atanh(math.Sin(phi)) - e*math.Atanh(e*math.Sin(phi)))
		xi0, eta0 := math.Atan2(t, math.Cos(lam)), math.Atanh(math.Sin(lam)/math.Hypot(1, t))
		xi, eta = xi0, eta0
		for j, c := range alpha {
			k := 2 * float64(j+1)
			xi += c * math.Sin(k*xi0) * math.Cosh(k*eta0)
			eta += c * math.Cos(k*xi0) * math.Sinh(k*eta0)
		}
		return xi, eta
	}
	xi, eta := north(p.Lat, p.Lon)
	xi0, _ := north(38, 127.5)
	return 1e6 + 0.9996*radius*eta, 2e6 + 0.9996*radius*(xi-xi0)
}

func TestPoint(t *testing.T) {
	for _, bad := range []address.Point{{}, {Lat: math.NaN(), Lon: 127}, {Lat: 37, Lon: math.NaN()}, {Lat: 91}, {Lat: -90.1}, {Lon: 180.1}, {Lon: math.Inf(-1)}} {
		assert.ErrorIs(t, bad.Validate(), providers.Invalid)
		assert.False(t, bad.InKorea())
	}
	assert.NoError(t, address.Point{Lat: 0, Lon: 127}.Validate())
	for _, in := range []address.Point{{Lat: 33.06, Lon: 126.17}, {Lat: 38.62, Lon: 128.37}, {Lat: 37.24, Lon: 131.87}, {Lat: 37.96, Lon: 124.60}} {
		assert.True(t, in.InKorea())
		assert.False(t, address.Point{Lat: in.Lon, Lon: in.Lat}.InKorea(), "mixed up")
	}
	for _, out := range []address.Point{{Lat: 35.6895, Lon: 139.6917}, {Lat: 39.9, Lon: 116.4}, {Lat: 32.4, Lon: 127}} {
		assert.False(t, out.InKorea())
	}
	seoul, busan := address.Point{Lat: 37.566680, Lon: 126.978414}, address.Point{Lat: 35.1798, Lon: 129.0750}
	assert.InDelta(t, 325_000, seoul.Distance(busan), 2_000)
	assert.Zero(t, seoul.Distance(seoul))
	assert.InDelta(t, 111.2, seoul.Distance(address.Point{Lat: seoul.Lat + 0.001, Lon: seoul.Lon}), 0.1)
	assert.True(t, math.IsNaN(seoul.Distance(address.Point{Lat: math.NaN()})))
}

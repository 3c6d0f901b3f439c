package vendorsim

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// SimAddress is an address that the simulated address vendors know. Codes are in the form of the real ones; those of
// [SimAddresses] are invented, except for the city hall.
type SimAddress struct {
	Sido      string // long form: "서울특별시"
	ShortSido string // as Kakao writes it: "서울"
	Sigungu   string // "중구"
	Dong      string // legal dong: "태평로1가"
	HDong     string // administrative dong: "명동"
	Road      string // "세종대로"; empty: the lot has no road name address, and juso does not find it
	Building  string // name; may be empty
	Zone      string // postcode, 5 digits

	Main, Sub       int  // building number, "110-2"
	Underground     bool // the building number is one below ground
	LotMain, LotSub int  // lot, "31-1"; LotMain 0: not known, Kakao's address is null
	Mountain        bool // the lot is one of a mountain ("산")

	DongCode   string // of the legal dong, 10 digits
	HDongCode  string // 10 digits
	RoadCode   string // 12 digits
	BuildingNo string // 25 digits
	English    string
	Lat, Lon   float64 // WGS84; 0: juso knows no entrance
}

// RoadAddress is the road name address without the part in brackets: "서울특별시 중구 세종대로 110".
func (a SimAddress) RoadAddress() string { return a.Sido + " " + a.roadTail() }

// LotAddress is the address by lot: "서울특별시 중구 태평로1가 31".
func (a SimAddress) LotAddress() string { return a.Sido + " " + a.lotTail() }

func (a SimAddress) roadTail() string {
	below := ""
	if a.Underground {
		below = "지하 "
	}
	return a.Sigungu + " " + a.Road + " " + below + dashed(a.Main, a.Sub)
}

func (a SimAddress) lotTail() string {
	mountain := ""
	if a.Mountain {
		mountain = "산"
	}
	return a.Sigungu + " " + a.Dong + " " + mountain + dashed(a.LotMain, a.LotSub)
}

func dashed(main, sub int) string {
	if sub == 0 {
		return strconv.Itoa(main)
	}
	return strconv.Itoa(main) + "-" + strconv.Itoa(sub)
}

// words are what a query may be made of.
func (a SimAddress) words() []string {
	w := []string{a.Sido, a.ShortSido, a.Sigungu, a.Dong}
	if strings.HasSuffix(a.Sido, "시") {
		w = append(w, a.ShortSido+"시")
	}
	if a.Road != "" {
		w = append(w, strings.Fields(strings.TrimPrefix(a.roadTail(), a.Sigungu))...)
	}
	if a.LotMain != 0 {
		w = append(w, strings.Fields(strings.TrimPrefix(a.lotTail(), a.Sigungu))...)
		if a.Mountain { // "산 56-1" is written too
			w = append(w, "산", dashed(a.LotMain, a.LotSub))
		}
	}
	return w
}

// matches reports that each word of a query is one of the address, or, unless exact, a part of one. Numbers are never
// matched in parts.
func (a SimAddress) matches(query []string, exact bool, more ...string) bool {
	has := append(a.words(), more...)
	for _, q := range query {
		found := false
		for _, h := range has {
			number := strings.Trim(q, "0123456789-") == ""
			if h == q || !exact && !number && h != "" && strings.Contains(h, q) {
				found = true
			}
		}
		if !found {
			return false
		}
	}
	return len(query) > 0
}

func checkAddresses(list []SimAddress) error {
	for i, a := range list {
		switch {
		case a.Sido == "" || a.ShortSido == "" || a.Dong == "" || a.Road == "" && a.LotMain == 0 || a.Road != "" && a.Main <= 0:
			return fmt.Errorf("address %d has no place", i)
		case !isDigits(a.Zone, 5, 5) || !isDigits(a.DongCode, 10, 10) || !isDigits(a.HDongCode, 10, 10):
			return fmt.Errorf("address %d: a code has not its digits", i)
		case a.Road != "" && (!isDigits(a.RoadCode, 12, 12) || !isDigits(a.BuildingNo, 25, 25)):
			return fmt.Errorf("address %d: a code of the building has not its digits", i)
		case a.Lat != 0 && (a.Lat < 32 || a.Lat > 39 || a.Lon < 124 || a.Lon > 132):
			return errors.New("an address is outside Korea")
		}
	}
	return nil
}

// distance in metres, good enough for a city.
func (a SimAddress) distance(lat, lon float64) float64 {
	const perDegree = 111_195
	return math.Hypot((a.Lat-lat)*perDegree, (a.Lon-lon)*perDegree*math.Cos(lat*math.Pi/180))
}

// toEPSG5179 projects to Korea 2000 / Unified CS in metres, by Krüger's series in the third flattening (GRS 80, 38 N
// 127.5 E, scale 0.9996, false origin 1,000,000 and 2,000,000), good to a fraction of a millimetre.
func toEPSG5179(lat, lon float64) (x, y float64) {
	const (
		a     = 6378137.0
		f     = 1 / 298.257222101
		n     = f / (2 - f)
		scale = 0.9996
		rad   = math.Pi / 180
	)
	radius := a / (1 + n) * (1 + n*n/4 + n*n*n*n/64)
	alpha := [...]float64{
		n/2 - 2*n*n/3 + 5*n*n*n/16 + 41*n*n*n*n/180,
		13*n*n/48 - 3*n*n*n/5 + 557*n*n*n*n/1440,
		61*n*n*n/240 - 103*n*n*n*n/140,
		49561 * n * n * n * n / 161280,
	}
	project := func(lat, dLon float64) (east, north float64) {
		sin, k := math.Sin(lat*rad), 2*math.Sqrt(n)/(1+n)
		t := math.Sinh(math.Atanh(sin) - k*math.Atanh(k*sin))
		xi, eta := math.Atan2(t, math.Cos(dLon*rad)), math.Atanh(math.Sin(dLon*rad)/math.Sqrt(1+t*t))
		east, north = eta, xi
		for j, c := range alpha {
			m := float64(2 * (j + 1))
			east += c * math.Cos(m*xi) * math.Sinh(m*eta)
			north += c * math.Sin(m*xi) * math.Cosh(m*eta)
		}
		return scale * radius * east, scale * radius * north
	}
	east, north := project(lat, lon-127.5)
	_, origin := project(38, 0)
	return 1_000_000 + east, 2_000_000 + north - origin
}

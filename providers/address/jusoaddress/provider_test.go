package jusoaddress_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
	"github.com/detour-go/detour/providers/address/addresstest"
	"github.com/detour-go/detour/providers/address/jusoaddress"
)

const (
	canary      = "CANARY0a1b2c3djusokey="
	otherCanary = "CANARY4e5f6a7bcoordkey="
)

func config(base string) jusoaddress.Config {
	return jusoaddress.Config{
		Key: providers.NewSecret(canary), Coordinates: 1, CoordinateKey: providers.NewSecret(otherCanary), BaseURL: base, AllowLoopbackHTTP: true,
		HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
}

// fake is a juso that is strict about what it is asked, with a firewall in front.
type fake struct {
	mu     sync.Mutex
	asked  []url.Values
	search func(url.Values) string // nil: knows the city hall and its surroundings
	locate func(url.Values) string // nil: knows its entrance
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	f.mu.Lock()
	f.asked = append(f.asked, r.PostForm)
	f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	say := func(body string) { _, _ = w.Write([]byte(body)) }
	q := r.PostForm
	switch {
	case r.Method != http.MethodPost || r.URL.RawQuery != "":
		w.WriteHeader(http.StatusTeapot) // the key belongs into the form
	case strings.ContainsAny(q.Get("keyword"), "%=><[]'\";\\()&") || strings.Contains(" "+strings.ToUpper(q.Get("keyword"))+" ", " OR "):
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(403)
		say(wafBody)
	case r.URL.Path == "/addrlink/addrLinkApi.do" && q.Get("confmKey") == canary && q.Get("resultType") == "json":
		if f.search != nil {
			say(f.search(q))
		} else {
			say(f.find(q))
		}
	case r.URL.Path == "/addrlink/addrCoordApi.do" && q.Get("confmKey") == otherCanary && q.Get("resultType") == "json":
		switch {
		case f.locate != nil:
			say(f.locate(q))
		case q.Get("buldMnnm") == "110":
			say(entranceBody)
		default:
			say(strings.Replace(noneBody, `"currentPage":"1"`, `"currentPage":""`, 1))
		}
	default:
		say(saying("E0001"))
	}
}

func (f *fake) find(q url.Values) string {
	body := noneBody
	switch q.Get("keyword") {
	case "서울특별시 중구 세종대로 110":
		if q.Get("currentPage") == "1" {
			body = hallBody
		}
	case "양서면 목왕로 7-2":
		body = listing(riRow)
	case "중구 세종대로":
		if n, _ := strconv.Atoi(q.Get("currentPage")); n <= 9 && q.Get("countPerPage") == "1" {
			body = strings.Replace(listing(hallRow(`"110"`, `"11`+strconv.Itoa(n)+`"`)), `"totalCount":"1"`, `"totalCount":"9"`, 1)
		}
	}
	return strings.Replace(body, `"currentPage":"1"`, `"currentPage":"`+q.Get("currentPage")+`"`, 1)
}

func (f *fake) count() int { f.mu.Lock(); defer f.mu.Unlock(); return len(f.asked) }

func start(t *testing.T) (*fake, *jusoaddress.Provider) {
	t.Helper()
	return startWith(t, func(*jusoaddress.Config) {})
}

func startWith(t *testing.T, edit func(*jusoaddress.Config)) (*fake, *jusoaddress.Provider) {
	t.Helper()
	f := &fake{}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	cfg := config(s.URL)
	edit(&cfg)
	p, err := jusoaddress.New(cfg)
	require.NoError(t, err)
	return f, p
}

var inRi = address.Address{
	Road: "경기도 양평군 양서면 목왕로 지하 7-2", Jibun: "경기도 양평군 양서면 용담리 산 31-4", English: "7-2 Mogwang-ro, Yangseo-myeon", Postcode: "12580",
	LegalDong: "4183037021", RoadCode: "418304399001", BuildingNo: "4183037021200310004000001", Sido: "경기도", Sigungu: "양평군", Dong: "양서면 용담리",
}

func TestJusoKeepsTheRulesOfAddresses(t *testing.T) {
	hall := addresstest.CityHall()
	subject := func(f *fake, p *jusoaddress.Provider) addresstest.Subject {
		return addresstest.Subject{
			Name: "juso", Searcher: p, Fills: jusoaddress.Fills, Located: 1,
			Known:   []addresstest.Sample{hall, {Text: "양서면 목왕로 7-2", Want: inRi}},
			Missing: []address.Query{{Text: "없는로 99999"}, {Text: hall.Text, Page: 2}}, Many: "중구 세종대로",
			Asked: f.count, Secrets: []string{canary, otherCanary},
		}
	}
	f, p := start(t)
	addresstest.Run(t, subject(f, p))
	f, p = startWith(t, func(c *jusoaddress.Config) { c.Coordinates, c.CoordinateKey = 0, providers.Secret{} })
	s := subject(f, p)
	s.Fills, s.Located = s.Fills&^address.FieldPoint, 0
	addresstest.Run(t, s)
}

func TestTheRequests(t *testing.T) {
	f, p := start(t)
	_, err := p.Search(t.Context(), address.Query{Text: " 서울특별시　중구, 세종대로 <１１０>", Size: 30, Require: address.FieldPoint})
	require.NoError(t, err)
	require.Len(t, f.asked, 2)
	assert.Equal(t, url.Values{"confmKey": {canary}, "currentPage": {"1"}, "countPerPage": {"30"}, "keyword": {"서울특별시 중구 세종대로 110"}, "resultType": {"json"}}, f.asked[0])
	assert.Equal(t, url.Values{"confmKey": {otherCanary}, "admCd": {"1114010300"}, "rnMgtSn": {"111402005001"}, "udrtYn": {"0"}, "buldMnnm": {"110"}, "buldSlno": {"0"}, "resultType": {"json"}}, f.asked[1])
}

func TestNothingIsLeftSoNobodyIsAsked(t *testing.T) {
	f, p := start(t)
	for _, text := range []string{"select or", "UNION, SELECT", "%% or 11 --", "' or '1'='1", "Ü or é", "ㅤor", "<or>", "가 %", "union a"} {
		_, err := p.Search(t.Context(), address.Query{Text: text})
		require.ErrorIs(t, err, providers.Invalid, text)
		var e interface{ NotSent() bool }
		require.ErrorAs(t, err, &e)
		assert.True(t, e.NotSent())
		assert.NotContains(t, err.Error(), "or ")
	}
	assert.Zero(t, f.count())
}

func TestRowsBecomeAddresses(t *testing.T) {
	f, p := start(t)
	hall := addresstest.CityHall().Want
	hall.Point = address.Point{}
	for name, r := range map[string]struct {
		body string
		want address.Address
	}{
		"city hall":                      {hallBody, hall},
		"ri, mountain, below the ground": {listing(riRow), inRi},
		"numbers for text":               {strings.NewReplacer(`"totalCount":"1"`, `"totalCount":1`, `"errorCode":"0"`, `"errorCode":0`, `"buldMnnm":"110"`, `"buldMnnm":110`).Replace(hallBody), hall},
		"null for text":                  {strings.Replace(hallBody, `"liNm":""`, `"liNm":null`, 1), hall},
		"codes of another form": {listing(hallRow(`"04524"`, `"100-101"`, `"111402005001"`, `"2005001"`, `"1114010300100310000022047"`, `"11140103001003100000220471"`, `"1114010300"`, `""`)),
			without(hall, func(a *address.Address) { a.Postcode, a.RoadCode, a.BuildingNo, a.LegalDong = "", "", "", "" })},
		"no parts of the road": {listing(hallRow(`"rn":"세종대로"`, `"rn":""`)), hall},
		"above the water":      {listing(hallRow(`"udrtYn":"0"`, `"udrtYn":"3"`, `"roadAddrPart1":"서울특별시 중구 세종대로 110"`, `"roadAddrPart1":"서울특별시 중구 세종대로 수상110 "`)), without(hall, func(a *address.Address) { a.Road = "서울특별시 중구 세종대로 수상110" })},
		"former province": {listing(hallRow(`"siNm":"서울특별시"`, `"siNm":"강원도"`)), without(hall, func(a *address.Address) {
			a.Sido = "강원특별자치도"
			a.Road = "강원특별자치도 중구 세종대로 110"
			a.Jibun = "강원특별자치도 중구 태평로1가 31"
		})},
	} {
		f.search = func(url.Values) string { return r.body }
		page, err := p.Search(t.Context(), address.Query{Text: "세종대로 110"})
		require.NoError(t, err, name)
		assert.True(t, page.Last, name)
		assert.Equal(t, 1, page.Total, name)
		require.Len(t, page.Items, 1)
		assert.True(t, r.want == page.Items[0], "%s: %q", name, fields(page.Items[0]))
	}
}

func without(a address.Address, edit func(*address.Address)) address.Address { edit(&a); return a }

// fields shows what Format masks.
func fields(a address.Address) []string {
	return []string{a.Road, a.Jibun, a.English, a.Postcode, a.LegalDong, a.RoadCode, a.BuildingNo, a.BuildingName, a.Sido, a.Sigungu, a.Dong, fmt.Sprint(a.Point.Lat, a.Point.Lon)}
}

func TestLastPage(t *testing.T) {
	f, p := start(t)
	for total, last := range map[string]bool{"1": true, "10": true, "11": false, "9000": false} {
		f.search = func(url.Values) string {
			return strings.Replace(hallBody, `"totalCount":"1"`, `"totalCount":"`+total+`"`, 1)
		}
		page, err := p.Search(t.Context(), address.Query{Text: "세종대로 110"})
		require.NoError(t, err)
		assert.Equal(t, last, page.Last, total)
	}
}

func TestT11E0001OnceThenTheAddressAgain(t *testing.T) {
	f, p := start(t)
	bodies := []string{badKeyBody, hallBody}
	f.search = func(url.Values) string { b := bodies[0]; bodies = bodies[1:]; return b }
	_, err := p.Search(t.Context(), address.Query{Text: "세종대로 110"})
	require.EqualError(t, err, "juso: search: refused: E0001: juso said no")
	_, err = p.Search(t.Context(), address.Query{Text: "세종대로 110"})
	assert.NoError(t, err, "nothing of the refusal is kept")
}

func TestAnUnknownCodeIsNotRepeated(t *testing.T) {
	f, p := start(t)
	f.search = func(url.Values) string { return saying("E7777") }
	_, err := p.Search(t.Context(), address.Query{Text: "세종대로 110"})
	assert.EqualError(t, err, "juso: search: unavailable: juso said no")
}

func TestOnlyTheFirstItemsAreLocated(t *testing.T) {
	f, p := startWith(t, func(c *jusoaddress.Config) { c.Coordinates = 2 })
	rows := []string{hallRow(`"110"`, `"108"`, `"04524"`, `""`), hallRow(`"110"`, `"109"`), hallRow(), hallRow(`"110"`, `"112"`)}
	f.search = func(url.Values) string { return listing(rows...) }
	page, err := p.Search(t.Context(), address.Query{Text: "세종대로", Require: address.FieldPoint | address.FieldPostcode})
	require.NoError(t, err)
	require.Len(t, f.asked, 3, "one search, two of four rows located: not the one that lacks a postcode, not the last")
	assert.Equal(t, "109", f.asked[1].Get("buldMnnm"))
	require.Len(t, page.Items, 1, "109 has no entrance, 112 is beyond the bound")
	assert.Equal(t, "서울특별시 중구 세종대로 110", page.Items[0].Road)
	assert.Less(t, page.Items[0].Point.Distance(addresstest.CityHall().Want.Point), 0.01)
	assert.Equal(t, 4, page.Total)

	page, err = p.Search(t.Context(), address.Query{Text: "세종대로"})
	require.NoError(t, err)
	assert.Len(t, page.Items, 4)
	assert.Len(t, f.asked, 4, "no coordinate is asked for that nobody requires")
}

func TestABuildingWithoutAnEntranceIsNoFault(t *testing.T) {
	f, p := start(t)
	for name, body := range map[string]string{
		"none":                        strings.Replace(noneBody, `"juso":[]`, `"juso":null`, 1),
		"restricted":                  strings.NewReplacer(`"953937.837560"`, `""`, `"1952051.848087"`, `""`).Replace(entranceBody),
		"restricted, said with nulls": strings.NewReplacer(`"953937.837560"`, `null`, `"1952051.848087"`, `null`).Replace(entranceBody),
	} {
		f.locate = func(url.Values) string { return body }
		_, err := p.Search(t.Context(), address.Query{Text: "세종대로 110", Require: address.FieldPoint})
		assert.ErrorIs(t, err, providers.NotFound, name)
	}
	f.search = func(url.Values) string { return hallBody }
	_, err := p.Search(t.Context(), address.Query{Text: "세종대로 110", Require: address.FieldPoint})
	assert.ErrorIs(t, err, address.ErrLacking)
	other := strings.Replace(entranceBody, `"juso":[`, `"juso":[{"buldMnnm":"110","rnMgtSn":"111402005001","entX":"953000","entY":"1952000","bdMgtSn":"1114010300100310000022048","buldSlno":"0"},`, 1)
	f.locate = func(url.Values) string { return other }
	page, err := p.Search(t.Context(), address.Query{Text: "세종대로 110", Require: address.FieldPoint})
	require.NoError(t, err)
	assert.Less(t, page.Items[0].Point.Distance(addresstest.CityHall().Want.Point), 0.01, "of two buildings with one number, the one that was found")
}

func TestNobodyIsAskedForPointsWithoutCoordinates(t *testing.T) {
	f, p := startWith(t, func(c *jusoaddress.Config) { c.Coordinates = 0 })
	_, err := p.Search(t.Context(), address.Query{Text: "세종대로 110", Require: address.FieldPoint})
	assert.ErrorIs(t, err, address.ErrLacking)
	assert.Zero(t, f.count())
}

func TestConfigReportsEveryMistakeAndNoKey(t *testing.T) {
	_, err := jusoaddress.New(jusoaddress.Config{Key: providers.NewSecret(canary + "\n"), CoordinateKey: providers.NewSecret(otherCanary + " "), Coordinates: 6, BaseURL: "http://juso.example", Timeout: -1})
	require.Error(t, err)
	for _, want := range []string{"juso: key has", "coordinate key has", "within 0 and 5", "loopback", "timeout"} {
		assert.Contains(t, err.Error(), want)
	}
	assert.NotContains(t, err.Error(), "CANARY")
	_, err = jusoaddress.New(jusoaddress.Config{Coordinates: 1})
	require.EqualError(t, err, "juso: key is missing\njuso: coordinate key is missing: the service has keys of its own")
	_, err = jusoaddress.New(jusoaddress.Config{Key: providers.NewSecret("TESTJUSOGOKR")})
	assert.NoError(t, err)
	assert.Positive(t, jusoaddress.Retention)
}

func TestT17NothingPrintsTheKeys(t *testing.T) {
	cfg := config("http://127.0.0.1:1")
	p, err := jusoaddress.New(cfg)
	require.NoError(t, err)
	_, err = p.Search(context.Background(), address.Query{Text: "카나리아대로 110"})
	require.Error(t, err)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "p", p, "cfg", cfg, "err", err)
	all := log.String() + fmt.Sprintf("%v %+v %#v %v %+v %#v %v %+v %#v", p, p, p, cfg, cfg, cfg, err, err, err)
	assert.NotContains(t, all, "CANARY")
	assert.NotContains(t, all, "카나리아")
}

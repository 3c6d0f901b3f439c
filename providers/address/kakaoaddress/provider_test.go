package kakaoaddress_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
	"github.com/detour-go/detour/providers/address/addresstest"
	"github.com/detour-go/detour/providers/address/kakaoaddress"
)

const canary = "CANARY0a1b2c3dkakaokey"

func config(base string) kakaoaddress.Config {
	return kakaoaddress.Config{Key: providers.NewSecret(canary), BaseURL: base, AllowLoopbackHTTP: true, HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
}

// fake is a Kakao that is strict about what it is asked.
type fake struct {
	asked atomic.Int64
	last  atomic.Pointer[url.Values]
	body  func(q url.Values) string // nil: knows the city hall and its surroundings
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.asked.Add(1)
	q := r.URL.Query()
	f.last.Store(&q)
	say := func(status int, body string) {
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
	switch {
	case r.Header.Get("Authorization") != "KakaoAK "+canary:
		say(401, `{"errorType":"AccessDeniedError","message":"wrong appKey(..) format"}`)
	case r.Method != http.MethodGet:
		say(405, `{}`)
	case f.body != nil:
		say(200, f.body(q))
	case r.URL.Path == "/v2/local/search/address.json" && q.Get("query") == "":
		say(400, `{"errorType":"MissingParameter","message":"query parameter required"}`)
	case r.URL.Path == "/v2/local/search/address.json":
		say(200, search(q))
	case r.URL.Path == "/v2/local/geo/coord2address.json" && strings.HasPrefix(q.Get("x"), "126.97") && strings.HasPrefix(q.Get("y"), "37.56"):
		say(200, placeBody)
	case r.URL.Path == "/v2/local/geo/coord2address.json":
		say(200, noneBody)
	default:
		say(404, `{}`)
	}
}

func search(q url.Values) string {
	switch text := q.Get("query"); {
	case text == "서울특별시 중구 세종대로 110" || text == "서울 중구 세종대로 110":
		if q.Get("page") == "1" {
			return hallBody
		}
	case text == "양서면 목왕로 지하 7-2":
		return underBody
	case text == "중구 세종대로 11" && q.Get("size") == "1" && len(q.Get("page")) == 1:
		return strings.NewReplacer(`"total_count":1`, `"total_count":9`, `"is_end":true`, `"is_end":false`, `"110"`, `"11`+q.Get("page")+`"`).Replace(hallBody)
	}
	return noneBody
}

func start(t *testing.T) (*fake, *kakaoaddress.Provider) {
	t.Helper()
	f := &fake{}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	p, err := kakaoaddress.New(config(s.URL))
	require.NoError(t, err)
	return f, p
}

func TestKakaoKeepsTheRulesOfAddresses(t *testing.T) {
	f, p := start(t)
	hall := addresstest.CityHall()
	addresstest.Run(t, addresstest.Subject{
		Name: "kakao", Searcher: p, Fills: kakaoaddress.Fills,
		Known:   []addresstest.Sample{hall, {Text: "양서면 목왕로 지하 7-2", Want: address.Address{Road: "경기도 양평군 양서면 목왕로 지하 7-2", Postcode: "12580", Sido: "경기도", Sigungu: "양평군", Dong: "양서면"}}},
		Missing: []address.Query{{Text: "없는로 99999"}, {Text: hall.Text, Page: 2}}, Many: "중구 세종대로 11",
		Places: []addresstest.Place{{At: hall.Want.Point, Want: hall.Want}}, Nowhere: []address.Point{{Lat: 33.5, Lon: 126.5}},
		Asked: func() int { return int(f.asked.Load()) }, Secrets: []string{canary},
	})
}

func TestTheRequests(t *testing.T) {
	f, p := start(t)
	_, err := p.Search(t.Context(), address.Query{Text: " 서울　중구 세종대로 １１０", Size: 30})
	require.NoError(t, err)
	assert.Equal(t, url.Values{"query": {"서울 중구 세종대로 110"}, "page": {"1"}, "size": {"30"}}, *f.last.Load())
	_, err = p.Reverse(t.Context(), address.Point{Lat: 37.566680, Lon: 126.978414})
	require.NoError(t, err)
	assert.Equal(t, url.Values{"x": {"126.9784140"}, "y": {"37.5666800"}}, *f.last.Load(), "x is the longitude")
}

func TestDocumentsBecomeAddresses(t *testing.T) {
	f, p := start(t)
	hall := addresstest.CityHall().Want
	hall.English, hall.RoadCode, hall.BuildingNo = "", "", ""
	for name, r := range map[string]struct {
		body string
		want address.Address
	}{
		"road and lot": {hallBody, hall},
		"mountain lot without a road": {mountainBody, address.Address{
			Jibun: "강원특별자치도 평창군 대관령면 용산리 산 2-15", LegalDong: "5176038024", Sido: "강원특별자치도", Sigungu: "평창군", Dong: "대관령면 용산리", Point: address.Point{Lat: 37.66, Lon: 128.67},
		}},
		"below the ground without a lot": {underBody, address.Address{
			Road: "경기도 양평군 양서면 목왕로 지하 7-2", Postcode: "12580", Sido: "경기도", Sigungu: "양평군", Dong: "양서면", Point: address.Point{Lat: 37.54, Lon: 127.33},
		}},
		"codes of another form are not known": {strings.NewReplacer("04524", "100-101", "1114010300", "11140103").Replace(hallBody), without(hall, func(a *address.Address) { a.Postcode, a.LegalDong = "", "" })},
		"no coordinates":                      {strings.NewReplacer(`"x":"126.978414","y":"37.566680",`, "").Replace(hallBody), without(hall, func(a *address.Address) { a.Point = address.Point{} })},
		"null for a name":                     {strings.Replace(hallBody, `"서울특별시청"`, `null`, 1), without(hall, func(a *address.Address) { a.BuildingName = "" })},
	} {
		f.body = func(url.Values) string { return r.body }
		page, err := p.Search(t.Context(), address.Query{Text: "세종대로 110"})
		require.NoError(t, err, name)
		assert.Equal(t, 1, page.Total)
		assert.True(t, page.Last)
		require.Len(t, page.Items, 1)
		assert.True(t, r.want == page.Items[0], "%s: %q", name, fields(page.Items[0]))
	}
}

func without(a address.Address, edit func(*address.Address)) address.Address { edit(&a); return a }

// fields shows what Format masks.
func fields(a address.Address) []string {
	return []string{a.Road, a.Jibun, a.Postcode, a.LegalDong, a.BuildingName, a.Sido, a.Sigungu, a.Dong, fmt.Sprint(a.Point.Lat, a.Point.Lon)}
}

func TestWhatIsNoAddressIsDropped(t *testing.T) {
	f, p := start(t)
	f.body = func(url.Values) string { return regionBody }
	_, err := p.Search(t.Context(), address.Query{Text: "태평로1가"})
	assert.EqualError(t, err, "kakao: search: notfound: found, but nothing with all required fields")
	assert.True(t, address.Next(err), "another vendor may know the buildings")

	hall := strings.TrimSuffix(strings.SplitN(hallBody, `"documents":[`, 2)[1], "]}")
	f.body = func(url.Values) string {
		return strings.Replace(regionBody, `"documents":[`, `"documents":[`+hall+",", 1)
	}
	page, err := p.Search(t.Context(), address.Query{Text: "태평로1가"})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	assert.Equal(t, 3, page.Total, "as Kakao counts, and never below what it listed")

	f.body = func(url.Values) string { return mountainBody }
	_, err = p.Search(t.Context(), address.Query{Text: "용산리 산 2-15", Require: address.FieldPostcode})
	assert.ErrorIs(t, err, address.ErrLacking)
	assert.ErrorIs(t, err, providers.NotFound, "a mountain lot must not open the breaker")
}

func TestNobodyIsAskedForWhatKakaoDoesNotHave(t *testing.T) {
	f, p := start(t)
	for _, field := range []address.Fields{address.FieldRoadCode, address.FieldBuildingNo, address.FieldEnglish | address.FieldRoad} {
		_, err := p.Search(t.Context(), address.Query{Text: "세종대로 110", Require: field})
		require.ErrorIs(t, err, address.ErrLacking)
		var e *providers.Error
		require.ErrorAs(t, err, &e)
		assert.True(t, e.NotSent())
	}
	assert.Zero(t, f.asked.Load())
}

func TestWhatErrorsSay(t *testing.T) {
	f, p := start(t)
	for body, want := range map[string]string{
		`{"code":-99999,"msg":"서울"}`: "kakao: search: unavailable: kakao said no",
		`{"code":-401,"msg":"서울"}`:   "kakao: search: refused: -401: kakao said no",
		noneBody:                     "kakao: search: notfound: no such address",
		strings.Replace(hallBody, `"x":"126.978414"`, `"x":"139.7"`, 1): "kakao: search: unavailable: coordinates are none of korea",
	} {
		f.body = func(url.Values) string { return body }
		_, err := p.Search(t.Context(), address.Query{Text: "세종대로 110"})
		assert.EqualError(t, err, want)
	}
	f.body = func(url.Values) string { return strings.Replace(noneBody, `"total_count":0`, `"total_count":3`, 1) }
	_, err := p.Search(t.Context(), address.Query{Text: "세종대로 110", Page: 2})
	assert.ErrorIs(t, err, providers.NotFound, "beyond the last page")
	_, err = p.Search(t.Context(), address.Query{Text: "세종대로 110"})
	assert.EqualError(t, err, "kakao: search: unavailable: nothing on the first page, though something was found")
}

func TestConfigReportsEveryMistakeAndNoKey(t *testing.T) {
	_, err := kakaoaddress.New(kakaoaddress.Config{Key: providers.NewSecret(canary + "\r\nX-Injected: 1"), BaseURL: "http://dapi.example", Timeout: -1})
	require.Error(t, err)
	for _, want := range []string{"kakao: key has", "loopback", "timeout"} {
		assert.Contains(t, err.Error(), want)
	}
	assert.NotContains(t, err.Error(), canary)
	_, err = kakaoaddress.New(kakaoaddress.Config{})
	require.EqualError(t, err, "kakao: key is missing")
	for _, key := range []providers.Secret{providers.NewSecret("a b"), providers.NewSecret("키"), providers.NewSecret("a\nb"), providers.NewSecret("a\x7f"), providers.NewSecret(strings.Repeat("k", 257))} {
		_, err := kakaoaddress.New(kakaoaddress.Config{Key: key})
		assert.Error(t, err, "%q", key.Reveal())
	}
	_, err = kakaoaddress.New(kakaoaddress.Config{Key: providers.NewSecret("0123456789abcdef0123456789abcdef")})
	assert.NoError(t, err)
	assert.Zero(t, kakaoaddress.Retention)
}

func TestT17NothingPrintsTheKey(t *testing.T) {
	cfg := config("http://127.0.0.1:1")
	p, err := kakaoaddress.New(cfg)
	require.NoError(t, err)
	_, err = p.Search(t.Context(), address.Query{Text: "카나리아대로 110"})
	require.Error(t, err)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "p", p, "cfg", cfg, "err", err)
	all := log.String() + fmt.Sprintf("%v %+v %#v %v %+v %#v %v %+v %#v", p, p, p, cfg, cfg, cfg, err, err, err)
	assert.NotContains(t, all, canary)
	assert.NotContains(t, all, "카나리아")
}

func TestTheWaitBesideACodeIsHandedOn(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(400)
		_, _ = w.Write([]byte(`{"code":-10,"msg":"API limit has been exceeded."}`))
	}))
	defer s.Close()
	p, err := kakaoaddress.New(config(s.URL))
	require.NoError(t, err)
	_, err = p.Search(context.Background(), address.Query{Text: "세종대로 110"})
	require.EqualError(t, err, "kakao: search: limited: -10: kakao said no")
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, time.Hour, e.Wait())
}

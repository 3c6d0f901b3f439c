package vendorsim

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func startLocal(t *testing.T, cfg KakaoLocalConfig) (*KakaoLocal, *http.Client) {
	t.Helper()
	k, err := StartKakaoLocal(cfg)
	require.NoError(t, err)
	t.Cleanup(k.Close)
	return k, browser(t)
}

const localKey = "KakaoAK 0123456789abcdef0123456789abcdef"

func (k *KakaoLocal) search(t *testing.T, c *http.Client, pairs ...string) reply {
	t.Helper()
	return ask(t, c, "GET", k.URL()+"/v2/local/search/address.json"+query(pairs...), nil, "Authorization", localKey)
}

// The body of the fact sheet.
func TestKakaoLocalSheet(t *testing.T) {
	k, c := startLocal(t, KakaoLocalConfig{})
	r := k.search(t, c, "query", "서울 중구 세종대로 110")
	require.Equal(t, 200, r.status)
	require.Equal(t, "application/json;charset=UTF-8", r.header.Get("Content-Type"))
	require.JSONEq(t, `{"meta":{"total_count":1,"pageable_count":1,"is_end":true},
 "documents":[{"address_name":"서울 중구 세종대로 110","address_type":"ROAD_ADDR","x":"126.978414","y":"37.566680",
  "address":{"address_name":"서울 중구 태평로1가 31","region_1depth_name":"서울","region_2depth_name":"중구","region_3depth_name":"태평로1가","region_3depth_h_name":"명동","h_code":"1114055000","b_code":"1114010300","mountain_yn":"N","main_address_no":"31","sub_address_no":"","x":"126.978414","y":"37.566680"},
  "road_address":{"address_name":"서울 중구 세종대로 110","region_1depth_name":"서울","region_2depth_name":"중구","region_3depth_name":"태평로1가","road_name":"세종대로","underground_yn":"N","main_building_no":"110","sub_building_no":"","building_name":"서울특별시청","zone_no":"04524","x":"126.978414","y":"37.566680"}}]}`, r.body)
	require.Equal(t, r.body, ask(t, c, "GET", k.URL()+"/v2/local/search/address"+query("query", "서울 중구 세종대로 110"), nil, "Authorization", localKey).body, "json is the default")
}

func TestKakaoLocalSearch(t *testing.T) {
	lot := SimAddress{Sido: "경기도", ShortSido: "경기", Sigungu: "성남시 분당구", Dong: "정자동", HDong: "정자1동", Road: "불정로", Main: 6, Zone: "13561",
		DongCode: "4113510300", HDongCode: "4113557000", RoadCode: "411353180047", BuildingNo: "4113510300100000000000001", Lat: 37.3595, Lon: 127.1053}
	k, c := startLocal(t, KakaoLocalConfig{Addresses: append(SimAddresses(), lot)})
	for _, tc := range []struct {
		query, more string
		names       []string
		kinds       string
	}{
		{"태평로1가 31", "", []string{"서울 중구 태평로1가 31"}, "REGION_ADDR"},
		{"서울특별시 중구 태평로1가 31", "", []string{"서울 중구 태평로1가 31"}, "REGION_ADDR"},
		{"개포동 산53-1", "", []string{"서울 강남구 개포동 산53-1"}, "REGION_ADDR"},
		{"개포동 산 53-1", "", []string{"서울 강남구 개포동 산53-1"}, "REGION_ADDR"},
		{"강남대로 지하 396", "", []string{"서울 강남구 강남대로 지하 396"}, "ROAD_ADDR"},
		{"관악로", "", []string{"서울 관악구 관악로"}, "ROAD"},
		{"서울 중구", "", []string{"서울 중구"}, "REGION"},
		{"신림동", "", []string{"서울 관악구 신림동"}, "REGION"},
		{"세종대 110", "", []string{"서울 중구 세종대로 110"}, "ROAD_ADDR"},
		{"세종대 110", "exact", nil, ""},
		{"세종대로 11", "", nil, ""},
		{"세종대로 1101", "", nil, ""},
		{"없는로 1", "", nil, ""},
		{"불정로 6", "", []string{"경기 성남시 분당구 불정로 6"}, "ROAD_ADDR"},
	} {
		r := k.search(t, c, "query", tc.query, "analyze_type", tc.more)
		require.Equal(t, 200, r.status, tc.query)
		docs := r.json(t)["documents"].([]any)
		var names []string
		for _, d := range docs {
			names = append(names, at(t, d, "address_name").(string))
			require.Equal(t, tc.kinds, at(t, d, "address_type"), tc.query)
		}
		require.Equal(t, tc.names, names, tc.query)
		if names == nil {
			require.Equal(t, `{"documents":[],"meta":{"is_end":true,"pageable_count":0,"total_count":0}}`, r.body)
		}
	}
	null := func(q, field string) {
		r := k.search(t, c, "query", q)
		require.Nil(t, at(t, r.json(t), "documents", 0, field), q)
		require.Contains(t, r.body, `"`+field+`":null`)
	}
	null("개포동 산53-1", "road_address")
	null("불정로 6", "address")
	null("관악로", "address")
	null("서울 중구", "road_address")
}

func TestKakaoLocalPages(t *testing.T) {
	k, c := startLocal(t, KakaoLocalConfig{})
	first := k.search(t, c, "query", "서울", "size", "1").json(t)
	require.Equal(t, "1 true", fmt.Sprint(at(t, first, "meta", "total_count"), " ", at(t, first, "meta", "is_end")), "one region")
	roads := k.search(t, c, "query", "서울 로", "size", "30")
	total := len(roads.json(t)["documents"].([]any))
	require.Greater(t, total, 20)
	seen := map[any]bool{}
	for page := 1; ; page++ {
		m := k.search(t, c, "query", "서울 로", "size", "7", "page", fmt.Sprint(page)).json(t)
		for _, d := range m["documents"].([]any) {
			seen[at(t, d, "address_name")] = true
		}
		if at(t, m, "meta", "is_end") == true {
			break
		}
		require.Len(t, m["documents"], 7)
	}
	all := at(t, roads.json(t), "meta", "total_count")
	require.Equal(t, fmt.Sprint(all), fmt.Sprint(len(seen)))
	require.Empty(t, k.search(t, c, "query", "서울 로", "page", "45").json(t)["documents"])
}

func TestKakaoLocalMistakes(t *testing.T) {
	k, c := startLocal(t, KakaoLocalConfig{})
	for _, tc := range []struct {
		auth, want string
		status     int
	}{
		{"", `{"errorType":"AccessDeniedError","message":"cannot find Authorization : KakaoAK header"}`, 401},
		{strings.TrimPrefix(localKey, "KakaoAK "), `{"errorType":"AccessDeniedError","message":"cannot find Authorization : KakaoAK header"}`, 401},
		{"Bearer 0123456789abcdef0123456789abcdef", `{"errorType":"AccessDeniedError","message":"cannot find Authorization : KakaoAK header"}`, 401},
		{"kakaoak 0123456789abcdef0123456789abcdef", `{"errorType":"AccessDeniedError","message":"cannot find Authorization : KakaoAK header"}`, 401},
		{"KakaoAK  0123456789abcdef0123456789abcdef", `{"errorType":"AccessDeniedError","message":"wrong appKey( 0123456789abcdef0123456789abcdef) format"}`, 401},
		{"KakaoAK x", `{"errorType":"AccessDeniedError","message":"wrong appKey(x) format"}`, 401},
		{"KakaoAK ffffffffffffffffffffffffffffffff", `{"errorType":"AccessDeniedError","message":"appKey(ffffffffffffffffffffffffffffffff) does not exist"}`, 401},
	} {
		r := ask(t, c, "GET", k.URL()+"/v2/local/search/address.json?query=a", nil, "Authorization", tc.auth)
		require.Equal(t, tc.status, r.status, tc.auth)
		require.Equal(t, tc.want, r.body, tc.auth)
	}
	for _, pairs := range [][]string{{}, {"query", " "}, {"query", "a", "page", "0"}, {"query", "a", "page", "46"}, {"query", "a", "size", "31"}, {"query", "a", "size", "x"}, {"query", "a", "analyze_type", "fuzzy"}} {
		r := k.search(t, c, pairs...)
		require.Equal(t, 400, r.status, pairs)
		require.Regexp(t, `^\{"errorType":"(MissingParameter|InvalidArgument)","message":"[^"]+"\}$`, r.body)
	}
	require.Equal(t, 405, ask(t, c, "POST", k.URL()+"/v2/local/search/address.json?query=a", nil, "Authorization", localKey).status)
	require.Equal(t, 404, ask(t, c, "GET", k.URL()+"/v2/local/search/address.xml?query=a", nil, "Authorization", localKey).status)

	off, c := startLocal(t, KakaoLocalConfig{MapOff: true})
	r := off.search(t, c, "query", "a")
	require.Equal(t, 403, r.status)
	require.Equal(t, `{"errorType":"NotAuthorizedError","message":"App disabled OPEN_MAP_AND_LOCAL service."}`, r.body)
	_, err := StartKakaoLocal(KakaoLocalConfig{Key: "x", Quota: -1, QuotaStatus: 9})
	for _, want := range []string{"vendorsim: kakaolocal: start: ", "32 hexadecimal", "negative", "status 9"} {
		require.ErrorContains(t, err, want)
	}
}

// F22: the quota comes as 400 with the second shape, per operation and day.
func TestKakaoLocalQuota(t *testing.T) {
	k, c := startLocal(t, KakaoLocalConfig{Quota: 2})
	for range 2 {
		require.Equal(t, 200, k.search(t, c, "query", "서울").status)
	}
	r := k.search(t, c, "query", "서울")
	require.Equal(t, 400, r.status)
	require.Equal(t, `{"msg":"API limit has been exceeded.","code":-10}`, r.body)
	require.Equal(t, 200, ask(t, c, "GET", k.URL()+"/v2/local/geo/coord2address.json?x=127&y=37.5", nil, "Authorization", localKey).status)
	k.Advance(25 * time.Hour)
	require.Equal(t, 200, k.search(t, c, "query", "서울").status)
	other, c := startLocal(t, KakaoLocalConfig{Quota: 1, QuotaStatus: 429})
	other.search(t, c, "query", "서울")
	require.Equal(t, 429, other.search(t, c, "query", "서울").status)
}

// F21: both shapes at their HTTP statuses.
func TestKakaoLocalVendorCodes(t *testing.T) {
	k, c := startLocal(t, KakaoLocalConfig{})
	for code, status := range map[string]int{"-1": 400, "-2": 400, "-3": 403, "-5": 403, "-7": 400, "-9": 400, "-10": 400, "-11": 400, "-401": 401, "-603": 400, "-903": 400, "-9798": 503} {
		require.NoError(t, k.Break("address", Fault{Mode: Vendor, Code: code}))
		r := k.search(t, c, "query", "서울")
		require.Equal(t, status, r.status, code)
		require.Equal(t, code, fmt.Sprint(r.json(t)["code"]))
		require.NotEmpty(t, r.json(t)["msg"])
	}
	for code, status := range map[string]int{"AccessDeniedError": 401, "NotAuthorizedError": 403, "MissingParameter": 400} {
		require.NoError(t, k.Break("*", Fault{Mode: Vendor, Code: code}))
		k.Heal("address")
		r := k.search(t, c, "query", "서울")
		require.Equal(t, status, r.status, code)
		require.Equal(t, code, r.json(t)["errorType"])
	}
	require.NoError(t, k.Break("address", Fault{Mode: ErrorBody}))
	require.Contains(t, k.search(t, c, "query", "서울").body, `"code":-1`)
}

func TestKakaoLocalReverse(t *testing.T) {
	k, c := startLocal(t, KakaoLocalConfig{})
	reverse := func(pairs ...string) reply {
		return ask(t, c, "GET", k.URL()+"/v2/local/geo/coord2address.json"+query(pairs...), nil, "Authorization", localKey)
	}
	r := reverse("x", "126.9785", "y", "37.5667")
	require.JSONEq(t, `{"meta":{"total_count":1},"documents":[{
  "road_address":{"address_name":"서울 중구 세종대로 110","region_1depth_name":"서울","region_2depth_name":"중구","region_3depth_name":"태평로1가","road_name":"세종대로","underground_yn":"N","main_building_no":"110","sub_building_no":"","building_name":"서울특별시청","zone_no":"04524"},
  "address":{"address_name":"서울 중구 태평로1가 31","region_1depth_name":"서울","region_2depth_name":"중구","region_3depth_name":"태평로1가","mountain_yn":"N","main_address_no":"31","sub_address_no":"","zip_code":""}}]}`, r.body)
	require.Equal(t, r.body, reverse("x", "126.9785", "y", "37.5667", "input_coord", "WGS84").body)
	require.Nil(t, at(t, reverse("x", "127.057", "y", "37.471").json(t), "documents", 0, "road_address"), "a lot without a road")
	wide, _ := startLocal(t, KakaoLocalConfig{Radius: 2000})
	for place, want := range map[string]string{"127.1060 37.5140": "29-5", "127.1030 37.5130": "29"} {
		x, y, _ := strings.Cut(place, " ")
		r := ask(t, c, "GET", wide.URL()+"/v2/local/geo/coord2address"+query("x", x, "y", y), nil, "Authorization", localKey)
		require.Equal(t, "서울 송파구 신천동 "+want, at(t, r.json(t), "documents", 0, "address", "address_name"), "the nearest")
	}
	for name, pairs := range map[string][]string{"at sea": {"x", "125", "y", "36"}, "turned round": {"x", "37.5667", "y", "126.9785"}} {
		require.Equal(t, `{"documents":[],"meta":{"total_count":0}}`, reverse(pairs...).body, name)
	}
	for _, pairs := range [][]string{{"x", "1"}, {"y", "1"}, {"x", "a", "y", "1"}, {"x", "1", "y", "1", "input_coord", "TM"}} {
		require.Equal(t, 400, reverse(pairs...).status, pairs)
	}
}

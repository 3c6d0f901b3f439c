package vendorsim

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func startJuso(t *testing.T, cfg JusoConfig) (*Juso, *http.Client) {
	t.Helper()
	j, err := StartJuso(cfg)
	require.NoError(t, err)
	t.Cleanup(j.Close)
	return j, browser(t)
}

func keyword(k string, more ...string) []string {
	return append([]string{"confmKey", "TESTJUSOGOKR", "resultType", "json", "currentPage", "1", "countPerPage", "10", "keyword", k}, more...)
}

func (j *Juso) get(t *testing.T, c *http.Client, pairs ...string) reply {
	t.Helper()
	r := ask(t, c, "GET", j.URL()+"/addrlink/addrLinkApi.do"+query(pairs...), nil)
	require.Equal(t, 200, r.status, "whatever it says")
	return r
}

// The bodies of the fact sheet, by GET and by POST.
func TestJusoSheet(t *testing.T) {
	j, c := startJuso(t, JusoConfig{})
	want := `{"results":{"common":{"errorMessage":"정상","countPerPage":"10","totalCount":"1","errorCode":"0","currentPage":"1"},
 "juso":[{"detBdNmList":"","engAddr":"110 Sejong-daero, Jung-gu, Seoul","rn":"세종대로","emdNm":"태평로1가","zipNo":"04524","roadAddrPart2":" (태평로1가)","emdNo":"01","sggNm":"중구","jibunAddr":"서울특별시 중구 태평로1가 31 서울특별시청","siNm":"서울특별시","roadAddrPart1":"서울특별시 중구 세종대로 110","bdNm":"서울특별시청","admCd":"1114010300","udrtYn":"0","lnbrMnnm":"31","roadAddr":"서울특별시 중구 세종대로 110 (태평로1가)","lnbrSlno":"0","buldMnnm":"110","bdKdcd":"0","liNm":"","rnMgtSn":"111402005001","mtYn":"0","bdMgtSn":"1114010300100310000022047","buldSlno":"0"}]}}`
	require.JSONEq(t, want, j.get(t, c, keyword("세종대로 110")...).body)
	r := ask(t, c, "POST", j.URL()+"/addrlink/addrLinkApi.do", values(keyword("서울시 중구 세종대로 110 (태평로1가) 서울특별시청")...))
	require.Equal(t, 200, r.status)
	require.JSONEq(t, want, r.body)
	require.JSONEq(t, `{"results":{"common":{"errorMessage":"승인되지 않은 KEY 입니다.","countPerPage":"10","totalCount":"0","errorCode":"E0001","currentPage":"1"},"juso":null}}`,
		j.get(t, c, append(keyword("세종대로 110"), "confmKey", "x")...).body)
	require.Equal(t, `{"results":{"common":{"countPerPage":"10","currentPage":"1","errorCode":"0","errorMessage":"정상","totalCount":"0"},"juso":[]}}`, j.get(t, c, keyword("세종대로 1101")...).body)

	require.Contains(t, j.get(t, c, keyword("세종대로 11")...).body, `"totalCount":"0"`, "no part of a number")
	require.Contains(t, j.get(t, c, keyword("세종대 110")...).body, `"totalCount":"1"`, "a part of a word")

	r = j.get(t, c, append(keyword("강남대로 396"), "addInfoYn", "Y")...)
	item := at(t, r.json(t), "results", "juso", 0).(map[string]any)
	require.Equal(t, "1 0 역삼1동", fmt.Sprint(item["udrtYn"], " ", item["hstryYn"], " ", item["hemdNm"]))
	require.Equal(t, "서울특별시 강남구 강남대로 지하 396", item["roadAddrPart1"])
	require.Equal(t, "1", at(t, j.get(t, c, keyword("용산동2가 산1-3")...).json(t), "results", "juso", 0, "mtYn"))
	require.Equal(t, "용산동2가", at(t, j.get(t, c, keyword("용산동2가 산 1-3")...).json(t), "results", "juso", 0, "emdNm"))
	require.Equal(t, "0", at(t, j.get(t, c, keyword("개포동 산53-1")...).json(t), "results", "common", "totalCount"), "a lot without a road")
}

func TestJusoXML(t *testing.T) {
	j, c := startJuso(t, JusoConfig{})
	r := ask(t, c, "GET", j.URL()+"/addrlink/addrLinkApi.do?"+with(values(keyword("세종대로 110")...), "resultType", "").Encode(), nil)
	require.Equal(t, "application/xml;charset=UTF-8", r.header.Get("Content-Type"))
	require.Contains(t, r.body, `<results><common><countPerPage>10</countPerPage><currentPage>1</currentPage><errorCode>0</errorCode>`)
	require.Contains(t, r.body, `<zipNo>04524</zipNo>`)
	require.Contains(t, j.get(t, c, "confmKey", "TESTJUSOGOKR", "keyword", "110").body, `<errorCode>E0009</errorCode>`)
}

func TestJusoPages(t *testing.T) {
	j, c := startJuso(t, JusoConfig{})
	page := func(n, size string) (int, map[string]any) {
		m := j.get(t, c, append(keyword("서울특별시 로"), "currentPage", n, "countPerPage", size)...).json(t)
		items, _ := at(t, m, "results", "juso").([]any)
		return len(items), at(t, m, "results", "common").(map[string]any)
	}
	n, common := page("1", "40")
	require.Equal(t, 40, n)
	require.Equal(t, "40 1", common["countPerPage"].(string)+" "+common["currentPage"].(string))
	n, common = page("2", "40")
	require.Equal(t, common["totalCount"], fmt.Sprint(40+n))
	n, common = page("1", "101")
	require.Equal(t, "100", common["countPerPage"])
	require.Equal(t, common["totalCount"], fmt.Sprint(n))
	_, common = page("90", "100")
	require.Equal(t, "0", common["errorCode"])
	_, common = page("91", "100")
	require.Equal(t, "E0015", common["errorCode"])
}

// The keyword rules of the guide.
func TestJusoKeywords(t *testing.T) {
	j, c := startJuso(t, JusoConfig{})
	for k, want := range map[string]string{
		"": "E0005", "  ": "E0005", "서울특별시": "E0006", "서울 중구": "E0006", "서울시": "E0006", "중구": "E0006", "-": "E0008", "()": "E0008", "110": "E0009", "1 2": "E0009", "110-1": "E0012", "#7": "E0012",
		strings.Repeat("가", 40): "0", strings.Repeat("가", 41): "E0010", strings.Repeat("a", 80): "0", strings.Repeat("a", 81): "E0010",
		"세종대로 1234567890": "0", "세종대로 12345678901": "E0011",
		"세종대로%": "E0013", "세종대로,110": "E0013", "a=b": "E0013", "a<b": "E0013", "a>b": "E0013", "[a": "E0013", "a]": "E0013",
		"세종대로 union": "E0013", "세종대로 SELECT": "E0013", "OR": "E0013", "drop": "E0013", "세종대로Delete": "E0013", "orange": "0", "Selection": "0", "doctor or 110": "E0013",
		"세종대로 110": "0", "세종대로 110-2": "0", "세종대로(태평로)": "0", "강남구청": "0", "Teheran-ro 152": "0",
	} {
		r := j.get(t, c, keyword(k)...)
		require.Equal(t, want, at(t, r.json(t), "results", "common", "errorCode"), "%q", k)
		require.Equal(t, want != "0", at(t, r.json(t), "results", "juso") == nil, "null on errors: %q", k)
	}
}

// F18: a firewall in front answers SQL words with a page, as 200 or 403, and closes for good in the end.
func TestJusoFirewall(t *testing.T) {
	for _, status := range []int{200, 403} {
		j, c := startJuso(t, JusoConfig{WAF: status, BlockAfter: 2})
		link := j.URL() + "/addrlink/addrLinkApi.do"
		require.Equal(t, 200, ask(t, c, "GET", link+query(keyword("세종대로 110")...), nil).status)
		r := ask(t, c, "GET", link+query(keyword("1 or 1")...), nil)
		require.Equal(t, status, r.status)
		require.Equal(t, "text/html; charset=utf-8", r.header.Get("Content-Type"))
		require.True(t, strings.HasPrefix(r.body, "<!doctype html>"))
		require.Equal(t, "E0013", at(t, ask(t, c, "GET", link+query(keyword("a=b")...), nil).json(t), "results", "common", "errorCode"), "the service's own rule")
		require.Equal(t, status, ask(t, c, "POST", link, values(keyword("세종대로 DROP")...)).status)
		require.Equal(t, r.body, ask(t, c, "GET", link+query(keyword("세종대로 110")...), nil).body, "blocked")
		require.Equal(t, r.body, ask(t, c, "GET", j.URL()+"/addrlink/addrCoordApi.do", nil).body)
	}
}

func coordOf(changes ...string) url.Values {
	return with(values("confmKey", "TESTJUSOGOKR", "resultType", "json", "admCd", "1114010300", "rnMgtSn", "111402005001", "udrtYn", "0", "buldMnnm", "110", "buldSlno", "0"), changes...)
}

// The same code, another meaning.
func TestJusoCoord(t *testing.T) {
	vector := SimAddresses()[0]
	vector.Lat, vector.Lon = 37.582468731, 126.887937485
	dark := SimAddresses()[1]
	dark.Lat, dark.Lon = 0, 0
	j, c := startJuso(t, JusoConfig{CoordKey: "COORD", Addresses: []SimAddress{vector, dark}})
	get := func(v url.Values) reply {
		r := ask(t, c, "GET", j.URL()+"/addrlink/addrCoordApi.do?"+v.Encode(), nil)
		require.Equal(t, 200, r.status)
		return r
	}
	good := coordOf("confmKey", "COORD")
	item := at(t, get(good).json(t), "results", "juso", 0).(map[string]any)
	require.True(t, strings.HasPrefix(item["entX"].(string), "945959.038"), item["entX"])
	require.True(t, strings.HasPrefix(item["entY"].(string), "1953851.73"), item["entY"])
	require.Equal(t, "1114010300100310000022047 서울특별시청", item["bdMgtSn"].(string)+" "+item["bdNm"].(string))
	require.Equal(t, "0", at(t, ask(t, c, "POST", j.URL()+"/addrlink/addrCoordApi.do", good).json(t), "results", "common", "errorCode"))
	for name, want := range map[string]string{"confmKey": "E0001", "admCd": "E0002", "rnMgtSn": "E0003", "udrtYn": "E0004", "buldMnnm": "E0005", "buldSlno": "E0006"} {
		r := get(with(good, name, ""))
		require.Equal(t, want, at(t, r.json(t), "results", "common", "errorCode"), name)
		require.Nil(t, at(t, r.json(t), "results", "juso"))
		require.NotContains(t, r.body, "currentPage")
	}
	require.Equal(t, "E0001", at(t, get(coordOf()).json(t), "results", "common", "errorCode"), "the key of the search")
	require.Equal(t, "0", at(t, get(with(good, "buldMnnm", "111")).json(t), "results", "common", "totalCount"))
	r := get(with(good, "admCd", dark.DongCode, "rnMgtSn", dark.RoadCode, "buldMnnm", "209"))
	require.Contains(t, r.body, `"entX":"","entY":""`)
}

func TestJusoBurst(t *testing.T) {
	j, c := startJuso(t, JusoConfig{Burst: 2})
	var codes []any
	for range 3 {
		codes = append(codes, at(t, ask(t, c, "GET", j.URL()+"/addrlink/addrCoordApi.do?"+coordOf().Encode(), nil).json(t), "results", "common", "errorCode"))
	}
	require.Equal(t, []any{"0", "0", "E0007"}, codes)
	j.Advance(time.Second)
	require.Equal(t, "0", at(t, ask(t, c, "GET", j.URL()+"/addrlink/addrCoordApi.do?"+coordOf().Encode(), nil).json(t), "results", "common", "errorCode"))
}

func TestJusoVendorCodes(t *testing.T) {
	j, c := startJuso(t, JusoConfig{})
	for _, code := range []string{"-999", "E0001", "E0002", "E0003", "E0014", "E0015"} {
		require.NoError(t, j.Break("search", Fault{Mode: Vendor, Code: code}))
		r := j.get(t, c, keyword("세종대로 110")...)
		require.Equal(t, code, at(t, r.json(t), "results", "common", "errorCode"))
		require.Nil(t, at(t, r.json(t), "results", "juso"))
	}
	require.NoError(t, j.Break("coord", Fault{Mode: Vendor, Code: "E0007"}))
	require.ErrorContains(t, j.Break("coord", Fault{Mode: Vendor, Code: "E0013"}), "unknown code")
	require.ErrorContains(t, j.Break("search", Fault{Mode: Vendor, Code: "E0007"}), "unknown code")
	require.NoError(t, j.Break("search", Fault{Mode: ErrorBody}))
	require.Contains(t, j.get(t, c, keyword("세종대로 110")...).body, `"errorCode":"-999"`)
	j.HealAll()
	require.Equal(t, 405, ask(t, c, "PUT", j.URL()+"/addrlink/addrLinkApi.do", nil).status)
	r := ask(t, c, "GET", j.URL()+"/addrlink/addrLinkApi.do"+query(keyword("a")...)+"&keyword=b", nil)
	require.Contains(t, r.body, "-999", "a repeated parameter")
	_, err := StartJuso(JusoConfig{WAF: 500, Burst: -1})
	for _, want := range []string{"vendorsim: juso: start: ", "200 or 403", "negative"} {
		require.ErrorContains(t, err, want)
	}
}

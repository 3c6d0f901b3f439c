package kakaoaddress_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
	"github.com/detour-go/detour/providers/address/addresstest"
	"github.com/detour-go/detour/providers/address/kakaoaddress"
	"github.com/detour-go/detour/providers/providertest"
)

const jsonType = "application/json;charset=UTF-8"

// What a citizen typed, and where he stood: it must not come back in an error.
const typed = "카나리아대로 8282"

var stood = address.Point{Lat: 37.5661234, Lon: 126.9787654}

// rows are the errors of both operations: the gateway answers both alike.
func rows() []providertest.Row {
	row := func(name string, status int, body string, want providers.Kind, code string) providertest.Row {
		return providertest.Row{Name: name, Status: status, ContentType: jsonType, Body: body, Want: want, Code: code}
	}
	shape1 := func(typ, message string) string { return `{"errorType":"` + typ + `","message":"` + message + `"}` }
	all := []providertest.Row{
		row("F23 401 no header", 401, shape1("AccessDeniedError", "missing `Authorization : KakaoAK header`"), providers.Refused, "AccessDeniedError"),
		row("F23 401 wrong format of the key", 401, shape1("AccessDeniedError", "wrong appKey(..) format"), providers.Refused, "AccessDeniedError"),
		row("F23 401 no such key", 401, shape1("AccessDeniedError", "appKey(..) does not exist"), providers.Refused, "AccessDeniedError"),
		row("F23 401 ip mismatched", 401, shape1("AccessDeniedError", "ip mismatched! callerIp=198.51.100.7. check out registered ips."), providers.Refused, "AccessDeniedError"),
		row("F23 403 map is switched off", 403, shape1("NotAuthorizedError", "App(x) disabled OPEN_MAP_AND_LOCAL service."), providers.Refused, "NotAuthorizedError"),
		row("F23 200 with the first shape", 200, shape1("AccessDeniedError", "ip mismatched!"), providers.Refused, "AccessDeniedError"),
		row("400 a parameter is missing", 400, shape1("MissingParameter", "query parameter required"), providers.Unavailable, "MissingParameter"),
		row("400 a parameter is disliked", 400, shape1("InvalidArgument", "page is more than max"), providers.Unavailable, "InvalidArgument"),
		row("F22 429 first shape", 429, shape1("RequestThrottled", "API limit has been exceeded."), providers.Limited, "RequestThrottled"),
		row("F22 400 first shape", 400, shape1("RequestThrottled", "API limit has been exceeded."), providers.Limited, "RequestThrottled"),
		row("F22 429 second shape", 429, `{"code":-10,"msg":"API limit has been exceeded."}`, providers.Limited, "-10"),
		row("F22 429 whatever it says", 429, shape1("AccessDeniedError", "x"), providers.Limited, ""),
		row("F19 200 -10", 200, `{"code":-10,"msg":"API limit has been exceeded."}`, providers.Limited, "-10"),
		row("F19 200 -1 as text", 200, `{"code":"-1","msg":"internal"}`, providers.Unavailable, "-1"),
		row("F19 200 -401 beside an answer", 200, strings.Replace(hallBody, `{"meta"`, `{"code":-401,"meta"`, 1), providers.Refused, "-401"),
		row("F19 200 a type beside an answer", 200, strings.Replace(hallBody, `{"meta"`, `{"errorType":"New","meta"`, 1), providers.Unavailable, ""),
		row("F27 503 -10 is an outage", 503, `{"code":-10}`, providers.Unavailable, "-10"),
		row("F27 500 first shape", 500, shape1("AccessDeniedError", "x"), providers.Unavailable, ""),
		row("F19 200 with an unknown code", 200, `{"code":-99999,"msg":"new"}`, providers.Unavailable, ""),
		row("F19 400 with an unknown code", 400, `{"code":-99999,"msg":"new"}`, providers.Unavailable, ""),
		row("F19 401 with an unknown type", 401, shape1("NewError", "x"), providers.Refused, ""),
		row("F19 code of an odd type", 200, `{"code":{"a":1}}`, providers.Unavailable, ""),
		row("F80 410 api ended", 410, `{"code":-9,"msg":"deprecated"}`, providers.Refused, "-9"),
		row("F80 404 endpoint gone", 404, `{}`, providers.Refused, ""),
		row("F20 200 without documents", 200, `{"meta":{"total_count":1,"is_end":true}}`, providers.Unavailable, ""),
		row("F20 200 documents null", 200, `{"meta":{"total_count":0,"is_end":true},"documents":null}`, providers.Unavailable, ""),
		row("F20 200 without meta", 200, `{"documents":[]}`, providers.Unavailable, ""),
		row("F20 200 without a count", 200, `{"meta":{},"documents":[]}`, providers.Unavailable, ""),
		row("F20 200 negative count", 200, `{"meta":{"total_count":-1},"documents":[]}`, providers.Unavailable, ""),
		row("F20 200 count as text", 200, `{"meta":{"total_count":"0"},"documents":[]}`, providers.Unavailable, ""),
		row("F20 nothing listed of one found", 200, `{"meta":{"total_count":1,"is_end":true},"documents":[]}`, providers.Unavailable, ""),
		row("F44 nothing found", 200, noneBody, providers.NotFound, ""),
		row("a document of another type", 200, `{"meta":{"total_count":1},"documents":["x"]}`, providers.Unavailable, ""),
		row("T14 documents are an object", 200, `{"meta":{"total_count":0},"documents":{}}`, providers.Unavailable, ""),
		row("T14 a key twice", 200, strings.Replace(hallBody, `"zone_no":"04524"`, `"zone_no":"04524","zone_no":"99999"`, 1), providers.Unavailable, ""),
		row("F43 x and y mixed up", 200, strings.NewReplacer(`"x":"126.978414"`, `"x":"37.566680"`, `"y":"37.566680"`, `"y":"126.978414"`).Replace(hallBody), providers.Unavailable, ""),
		row("F43 another projection", 200, strings.NewReplacer(`"x":"126.978414"`, `"x":"953898.1"`, `"y":"37.566680"`, `"y":"1952029.5"`).Replace(hallBody), providers.Unavailable, ""),
		row("F43 coordinates are no numbers", 200, strings.Replace(hallBody, `"x":"126.978414"`, `"x":"NaN"`, 1), providers.Unavailable, ""),
		row("F43 half a coordinate", 200, strings.Replace(hallBody, `"y":"37.566680"`, `"y":""`, 1), providers.Unavailable, ""),
		{Name: "F18 403 html is a firewall", Status: 403, ContentType: "text/html", Body: "<html>denied</html>", Want: providers.Unavailable},
		{Name: "F18 200 json under text", Status: 200, ContentType: "text/plain", Body: hallBody, Want: providers.Unavailable},
		{Name: "F23 401 without a body", Status: 401, Want: providers.Refused},
		{Name: "201 is not understood", Status: 201, ContentType: jsonType, Body: hallBody, Want: providers.Unavailable},
	}
	for code, r := range map[int]struct {
		status int
		want   providers.Kind
	}{
		-1: {400, providers.Unavailable}, -2: {400, providers.Unavailable}, -3: {403, providers.Refused}, -4: {403, providers.Refused}, -5: {403, providers.Refused},
		-6: {403, providers.Refused}, -7: {400, providers.Unavailable}, -8: {400, providers.Refused}, -9: {400, providers.Refused}, -10: {400, providers.Limited},
		-11: {400, providers.Limited}, -12: {403, providers.Refused}, -401: {401, providers.Refused}, -603: {400, providers.Unavailable}, -903: {400, providers.Refused}, -9798: {503, providers.Unavailable},
	} {
		text := fmt.Sprint(code)
		body := `{"code":` + text + `,"msg":"점검 중입니다"}`
		all = append(all,
			row(fmt.Sprintf("F21 %d %s", r.status, text), r.status, body, r.want, text),
			row("F21 200 "+text, 200, body, r.want, text),
			row("F21 401 "+text, 401, body, r.want, text))
	}
	return all
}

func healthy(body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "KakaoAK "+canary {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		w.Header().Set("Content-Type", jsonType)
		_, _ = w.Write([]byte(body))
	})
}

func TestSearch(t *testing.T) {
	providertest.Run(t, providertest.Subject{
		Name: "kakao search",
		New: func(base string, c *http.Client) (func(context.Context) error, error) {
			p, err := build(base, c)
			return func(ctx context.Context) error { _, err := p.Search(ctx, address.Query{Text: typed}); return err }, err
		},
		Healthy: healthy(hallBody),
		Rows: append(rows(),
			providertest.Row{Name: "a region is no address", ContentType: jsonType, Body: regionBody, Want: providers.NotFound},
			providertest.Row{Name: "a lot alone is an address", ContentType: jsonType, Body: mountainBody, OK: true},
			providertest.Row{Name: "a road alone is an address", ContentType: jsonType, Body: underBody, OK: true},
			providertest.Row{Name: "F20 more than asked for", ContentType: jsonType, Body: many(11), Want: providers.Unavailable},
		),
		Secrets: []string{canary, typed, "카나리아대로"},
	})
}

func TestReverse(t *testing.T) {
	providertest.Run(t, providertest.Subject{
		Name: "kakao reverse",
		New: func(base string, c *http.Client) (func(context.Context) error, error) {
			p, err := build(base, c)
			return func(ctx context.Context) error { _, err := p.Reverse(ctx, stood); return err }, err
		},
		Healthy: healthy(placeBody),
		Rows: append(rows(),
			providertest.Row{Name: "somewhere else", ContentType: jsonType, Body: mountainBody, Want: providers.Unavailable},
			providertest.Row{Name: "nothing at all at a place", ContentType: jsonType, Body: `{"meta":{"total_count":1},"documents":[{"road_address":null,"address":null}]}`, Want: providers.NotFound},
		),
		Secrets: []string{canary, "126.9787654", "37.5661234"},
	})
}

func build(base string, c *http.Client) (*kakaoaddress.Provider, error) {
	cfg := config(base)
	cfg.HTTP = c
	return kakaoaddress.New(cfg)
}

// many is a page of n addresses.
func many(n int) string {
	one := strings.TrimSuffix(strings.SplitN(hallBody, `"documents":[`, 2)[1], "]}")
	return fmt.Sprintf(`{"meta":{"total_count":%d,"pageable_count":%d,"is_end":true},"documents":[%s]}`, n, n, strings.Repeat(one+",", n-1)+one)
}

func FuzzBodies(f *testing.F) {
	for _, body := range []string{hallBody, placeBody, mountainBody, underBody, regionBody, noneBody, `{"code":-10}`, `{"errorType":"AccessDeniedError"}`} {
		f.Add(200, []byte(body))
	}
	f.Add(400, []byte(`{"code":-603,"msg":"x"}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		p, err := build("http://127.0.0.1:1", &http.Client{Transport: answer{status, body}})
		require.NoError(t, err)
		q := address.Query{Text: addresstest.CityHall().Text}
		page, err := p.Search(context.Background(), q)
		if err == nil && (status != 200 || page.Answers(q) != nil) {
			t.Fatalf("status %d became a page", status)
		}
	})
}

// answer is a vendor without a network.
type answer struct {
	status int
	body   []byte
}

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	rec.Header().Set("Content-Type", jsonType)
	rec.Body.Write(a.body)
	resp := rec.Result()
	resp.StatusCode, resp.Request = a.status, r
	return resp, nil
}

package jusoaddress_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
	"github.com/detour-go/detour/providers/address/addresstest"
	"github.com/detour-go/detour/providers/address/jusoaddress"
	"github.com/detour-go/detour/providers/providertest"
)

const jsonType = "application/json;charset=UTF-8"

// What a citizen typed must not come back in an error.
const typed = "카나리아대로 8282"

func row(name string, status int, body string, want providers.Kind, code string) providertest.Row {
	return providertest.Row{Name: name, Status: status, ContentType: jsonType, Body: body, Want: want, Code: code}
}

// both are the rows of either service; said is its healthy answer.
func both(said string, table map[string]providers.Kind) []providertest.Row {
	all := []providertest.Row{
		row("F18 200 firewall", 200, wafBody, providers.Unavailable, ""),
		{Name: "F18 200 firewall as html", ContentType: "text/html;charset=UTF-8", Body: wafBody, Want: providers.Unavailable},
		{Name: "F18 403 firewall proves nothing about the key", Status: 403, ContentType: "text/html", Body: wafBody, Want: providers.Unavailable},
		{Name: "F23 403 without a page", Status: 403, Want: providers.Refused},
		{Name: "F80 404 html", Status: 404, ContentType: "text/html", Body: "<html>", Want: providers.Unavailable},
		{Name: "success under html", ContentType: "text/html;charset=UTF-8", Body: said, OK: true},
		{Name: "success without a type", Body: said, OK: true},
		row("E0001 with juso null", 200, badKeyBody, providers.Refused, "E0001"),
		row("E0001 without juso", 200, strings.Replace(badKeyBody, `,"juso":null`, "", 1), providers.Refused, "E0001"),
		row("E0001 beside rows", 200, strings.Replace(said, `"errorCode":"0"`, `"errorCode":"E0001"`, 1), providers.Refused, "E0001"),
		row("F27 500 E0001 is an outage", 500, badKeyBody, providers.Unavailable, "E0001"),
		row("F22 429 E0001 is a limit", 429, badKeyBody, providers.Limited, "E0001"),
		row("403 with a code", 403, saying("-999"), providers.Unavailable, "-999"),
		row("F19 unknown code", 200, saying("E9999"), providers.Unavailable, ""),
		row("F19 hostile code", 200, saying(`<script>alert(1)</script>`), providers.Unavailable, ""),
		row("F20 no code", 200, strings.Replace(said, `"errorCode":"0"`, `"errorMessage2":""`, 1), providers.Unavailable, ""),
		row("F20 code null", 200, strings.Replace(said, `"errorCode":"0"`, `"errorCode":null`, 1), providers.Unavailable, ""),
		row("F20 code 00", 200, strings.Replace(said, `"errorCode":"0"`, `"errorCode":"00"`, 1), providers.Unavailable, ""),
		row("F20 results null", 200, `{"results":null}`, providers.Unavailable, ""),
		row("F20 no common", 200, `{"results":{"juso":[]}}`, providers.Unavailable, ""),
		row("F20 no total", 200, strings.Replace(said, `"totalCount":"1"`, `"totalCount":""`, 1), providers.Unavailable, ""),
		row("F20 negative total", 200, strings.Replace(said, `"totalCount":"1"`, `"totalCount":"-1"`, 1), providers.Unavailable, ""),
		row("F20 total no number", 200, strings.Replace(said, `"totalCount":"1"`, `"totalCount":"many"`, 1), providers.Unavailable, ""),
		row("F20 nothing listed of one found", 200, strings.Replace(noneBody, `"totalCount":"0"`, `"totalCount":"1"`, 1), providers.Unavailable, ""),
		row("F20 null listed of one found", 200, `{"results":{"common":{"totalCount":"1","errorCode":"0"},"juso":null}}`, providers.Unavailable, ""),
		row("T14 a list of texts", 200, `{"results":{"common":{"totalCount":"1","errorCode":"0"},"juso":["x"]}}`, providers.Unavailable, ""),
		row("T14 rows are an object", 200, `{"results":{"common":{"totalCount":"1","errorCode":"0"},"juso":{}}}`, providers.Unavailable, ""),
		row("T14 text that is an object", 200, strings.Replace(said, `"buldMnnm":"110"`, `"buldMnnm":{}`, 1), providers.Unavailable, ""),
		row("T14 a key twice", 200, strings.Replace(said, `"errorCode":"0"`, `"errorCode":"0","errorcode":"0"`, 1), providers.Unavailable, ""),
		row("201 is not understood", 201, said, providers.Unavailable, ""),
	}
	for code, want := range table {
		all = append(all, row("F19 200 "+code, 200, saying(code), want, code))
	}
	return all
}

func TestSearch(t *testing.T) {
	rows := both(hallBody, map[string]providers.Kind{
		"-999": providers.Unavailable, "E0001": providers.Refused, "E0002": providers.Refused, "E0003": providers.Refused, "E0005": providers.Unavailable,
		"E0006": providers.Invalid, "E0008": providers.Invalid, "E0009": providers.Invalid, "E0010": providers.Invalid, "E0011": providers.Invalid, "E0012": providers.Invalid,
		"E0013": providers.Unavailable, "E0014": providers.Refused, "E0015": providers.NotFound,
	})
	rows = append(rows,
		row("E0007 and E0004 are not of this service", 200, saying("E0007"), providers.Unavailable, ""),
		row("F44 nothing found", 200, noneBody, providers.NotFound, ""),
		row("F44 nothing found, null", 200, strings.Replace(noneBody, `"juso":[]`, `"juso":null`, 1), providers.NotFound, ""),
		row("another page", 200, strings.Replace(hallBody, `"currentPage":"1"`, `"currentPage":"2"`, 1), providers.Unavailable, ""),
		row("page no number", 200, strings.Replace(hallBody, `"currentPage":"1"`, `"currentPage":"x"`, 1), providers.Unavailable, ""),
		row("a row that is no address", 200, listing(`{"siNm":"서울특별시"}`), providers.NotFound, ""),
		row("F20 more than asked for", 200, strings.Replace(listing(hallRow()), `"juso":[`, `"juso":[`+strings.Repeat(hallRow()+",", 10), 1), providers.Unavailable, ""),
		providertest.Row{Name: "without the page", ContentType: jsonType, Body: strings.Replace(hallBody, `,"currentPage":"1"`, "", 1), OK: true},
	)
	providertest.Run(t, providertest.Subject{
		Name: "juso search",
		New: func(base string, c *http.Client) (func(context.Context) error, error) {
			p, err := build(base, c)
			return func(ctx context.Context) error { _, err := p.Search(ctx, address.Query{Text: typed}); return err }, err
		},
		Healthy: healthy, Rows: rows, Secrets: []string{canary, typed, "카나리아대로"},
	})
}

func TestCoordinates(t *testing.T) {
	rows := both(entranceBody, map[string]providers.Kind{
		"-999": providers.Unavailable, "E0001": providers.Refused, "E0002": providers.Unavailable, "E0003": providers.Unavailable, "E0004": providers.Unavailable,
		"E0005": providers.Unavailable, "E0006": providers.Unavailable, "E0007": providers.Limited,
	})
	entrance := func(edits ...string) string { return strings.NewReplacer(edits...).Replace(entranceBody) }
	rows = append(rows,
		row("E0014 is not of this service", 200, saying("E0014"), providers.Unavailable, ""),
		row("no entrance", 200, noneBody, providers.NotFound, ""),
		row("another road", 200, entrance("111402005001", "111402005002"), providers.Unavailable, ""),
		row("another number", 200, entrance(`"buldMnnm":"110"`, `"buldMnnm":"112"`), providers.Unavailable, ""),
		row("another sub number", 200, entrance(`"buldSlno":"0"`, `"buldSlno":"1"`), providers.Unavailable, ""),
		row("F43 latitude and longitude", 200, entrance("953937.837560", "126.978414", "1952051.848087", "37.566680"), providers.Unavailable, ""),
		row("F43 x and y mixed up", 200, entrance("953937.837560", "1952051.848087", "1952051.848087", "953937.837560"), providers.Unavailable, ""),
		row("F43 no number", 200, entrance("953937.837560", "NaN"), providers.Unavailable, ""),
		row("F43 infinite", 200, entrance("953937.837560", "Inf"), providers.Unavailable, ""),
		row("F43 half a coordinate", 200, entrance("953937.837560", ""), providers.Unavailable, ""),
	)
	providertest.Run(t, providertest.Subject{
		Name: "juso coordinates",
		New: func(base string, c *http.Client) (func(context.Context) error, error) {
			p, err := build(base, c)
			return func(ctx context.Context) error {
				_, err := p.Search(ctx, address.Query{Text: typed, Require: address.FieldPoint})
				return err
			}, err
		},
		Fault: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/addrCoordApi.do") }, Asks: 2,
		Healthy: healthy, Rows: rows, Secrets: []string{canary, otherCanary, typed, "카나리아대로"},
	})
}

var healthy http.HandlerFunc = func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", jsonType)
	switch {
	case r.Method != http.MethodPost || r.URL.RawQuery != "":
		w.WriteHeader(http.StatusTeapot)
	case strings.HasSuffix(r.URL.Path, "/addrlink/addrLinkApi.do"):
		_, _ = w.Write([]byte(hallBody))
	case strings.HasSuffix(r.URL.Path, "/addrlink/addrCoordApi.do"):
		_, _ = w.Write([]byte(entranceBody))
	}
}

func build(base string, c *http.Client) (*jusoaddress.Provider, error) {
	cfg := config(base)
	cfg.HTTP = c
	return jusoaddress.New(cfg)
}

func FuzzBodies(f *testing.F) {
	for _, body := range []string{hallBody, entranceBody, badKeyBody, noneBody, wafBody, listing(riRow)} {
		f.Add(200, []byte(body))
	}
	f.Add(403, []byte(wafBody))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		for _, require := range []address.Fields{0, address.FieldPoint} {
			p, err := build("http://127.0.0.1:1", &http.Client{Transport: answer{status, body}})
			if err != nil {
				t.Fatal(err)
			}
			q := address.Query{Text: addresstest.CityHall().Text, Require: require}
			page, err := p.Search(context.Background(), q)
			if err == nil && (status != 200 || page.Answers(q) != nil) {
				t.Fatalf("status %d became a page", status)
			}
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

func TestFuzzTargetFindsTheHall(t *testing.T) {
	p, err := build("http://127.0.0.1:1", &http.Client{Transport: answer{200, []byte(hallBody)}})
	require.NoError(t, err)
	_, err = p.Search(t.Context(), address.Query{Text: typed})
	require.NoError(t, err)
}

package vendorsim

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// JusoConfig is what the approval of juso.go.kr holds, and the open questions of its documents. The zero value has the key
// "TESTJUSOGOKR" and the addresses of [SimAddresses].
type JusoConfig struct {
	Key       string // of the search; empty: TESTJUSOGOKR
	CoordKey  string // of the coordinates; empty: Key
	Addresses []SimAddress
	// WAF: a keyword with an SQL word gets the HTML page of a firewall with this HTTP status, 200 or 403; 0: E0013.
	WAF int
	// BlockAfter is how many such keywords block the caller for good: every request gets that page. 0: never.
	BlockAfter int
	Burst      int // coordinate requests per second, beyond which E0007 comes; 0: none
}

// Juso is a simulated address search of the Ministry of the Interior and Safety (business.juso.go.kr).
//
//	GET, POST /addrlink/addrLinkApi.do   search
//	GET, POST /addrlink/addrCoordApi.do  coord
//
// Every answer is HTTP 200 with an errorCode; the two operations have tables of their own, in which the same code means
// different things. UNCONFIRMED: numbers of pages and sizes that are none are taken as 1 and 10, sizes above 100 as 100.
//
// Source: developer guides of 2022-08.
type Juso struct {
	Server
	cfg   JusoConfig
	burst limiter
	waf   *wafCount
}

// StartJuso starts the server. All mistakes of the Config are reported at once.
func StartJuso(cfg JusoConfig) (*Juso, error) {
	cfg.Key = cmp.Or(cfg.Key, "TESTJUSOGOKR")
	cfg.CoordKey = cmp.Or(cfg.CoordKey, cfg.Key)
	if len(cfg.Addresses) == 0 {
		cfg.Addresses = SimAddresses()
	}
	cfg.Addresses = slices.DeleteFunc(slices.Clone(cfg.Addresses), func(a SimAddress) bool { return a.Road == "" })
	errs := []error{checkAddresses(cfg.Addresses)}
	if cfg.WAF != 0 && cfg.WAF != http.StatusOK && cfg.WAF != http.StatusForbidden {
		errs = append(errs, errors.New("WAF is not 0, 200 or 403"))
	}
	if cfg.BlockAfter < 0 || cfg.Burst < 0 || cfg.BlockAfter > 0 && cfg.WAF == 0 {
		errs = append(errs, errors.New("a limit is negative, or a block without WAF"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("vendorsim: juso: start: %w", err)
	}
	j := &Juso{cfg: cfg, burst: limiter{limit: cfg.Burst, per: time.Second}, waf: &wafCount{}}
	if err := j.Server.start("juso",
		j.operation("search", j.search, jusoSearchErrors(), "/addrlink/addrLinkApi.do"),
		j.operation("coord", j.coord, jusoCoordErrors(), "/addrlink/addrCoordApi.do")); err != nil {
		return nil, err
	}
	return j, nil
}

func (j *Juso) operation(name string, do func(url.Values) (string, map[string]string, []map[string]string), errs map[string]string, path string) *operation {
	refuse := func(r *http.Request, code string) answer {
		v, _ := parameters(r)
		common := map[string]string{"totalCount": "0"}
		if name == "search" {
			common = jusoCommon(v, 0)
		}
		return jusoAnswer(v, code, errs[code], common, nil)
	}
	return &operation{name: name, paths: []string{path}, codes: slices.Sorted(maps.Keys(errs)), vendor: refuse,
		failed: func(r *http.Request) answer { return refuse(r, "-999") },
		do: func(r *http.Request) answer {
			if r.Method != http.MethodGet && r.Method != http.MethodPost {
				return methodNotAllowed("GET, POST")
			}
			v, ok := parameters(r)
			if !ok {
				return refuse(r, "-999") // UNCONFIRMED: what a repeated parameter or another type of body gives
			}
			if j.cfg.WAF != 0 && j.waf.blocks(v.Get("keyword"), j.cfg.BlockAfter) {
				return textAnswer(j.cfg.WAF, kindHTML, blockPage)
			}
			code, common, items := do(v)
			if code != "0" {
				return refuse(r, code)
			}
			return jusoAnswer(v, code, "정상", common, items)
		}}
}

func jusoPage(v url.Values) (page, size int) {
	page, size = 1, 10
	if n, ok := number(v.Get("currentPage")); ok && n > 0 {
		page = n
	}
	if n, ok := number(v.Get("countPerPage")); ok && n > 0 {
		size = min(n, 100)
	}
	return page, size
}

func jusoCommon(v url.Values, total int) map[string]string {
	page, size := jusoPage(v)
	return map[string]string{"totalCount": strconv.Itoa(total), "currentPage": strconv.Itoa(page), "countPerPage": strconv.Itoa(size)}
}

// jusoAnswer is JSON or XML; juso is null on errors.
func jusoAnswer(v url.Values, code, text string, common map[string]string, items []map[string]string) answer {
	common["errorCode"], common["errorMessage"] = code, text
	if v.Get("resultType") == "json" {
		var list any
		if code == "0" {
			list = append([]map[string]string{}, items...)
		}
		return jsonAnswer(http.StatusOK, map[string]any{"results": map[string]any{"common": common, "juso": list}})
	}
	var b strings.Builder
	element := func(name string, fields map[string]string) {
		b.WriteString("<" + name + ">")
		for _, k := range slices.Sorted(maps.Keys(fields)) {
			b.WriteString("<" + k + ">")
			_ = xml.EscapeText(&b, []byte(fields[k]))
			b.WriteString("</" + k + ">")
		}
		b.WriteString("</" + name + ">")
	}
	b.WriteString(xml.Header + "<results>")
	element("common", common)
	for _, item := range items {
		element("juso", item)
	}
	b.WriteString("</results>")
	return textAnswer(http.StatusOK, "application/xml;charset=UTF-8", b.String())
}

func (j *Juso) search(v url.Values) (string, map[string]string, []map[string]string) {
	if !same(v.Get("confmKey"), j.cfg.Key) {
		return "E0001", nil, nil
	}
	words := strings.Fields(strings.NewReplacer("(", " ", ")", " ").Replace(v.Get("keyword")))
	if code := j.refuse(v.Get("keyword"), words); code != "" {
		return code, nil, nil
	}
	page, size := jusoPage(v)
	const deepest = 9000
	if page*size > deepest {
		return "E0015", nil, nil
	}
	var found []SimAddress
	for _, a := range j.cfg.Addresses {
		if a.matches(words, false, a.Building) {
			found = append(found, a)
		}
	}
	common := jusoCommon(v, len(found))
	from := min((page-1)*size, len(found))
	items := []map[string]string{}
	for _, a := range found[from:min(from+size, len(found))] {
		items = append(items, a.juso(v.Get("addInfoYn") == "Y"))
	}
	return "0", common, items
}

func (a SimAddress) juso(more bool) map[string]string {
	flag := func(b bool) string {
		if b {
			return "1"
		}
		return "0"
	}
	reference, lot := " ("+a.Dong+")", a.LotAddress()
	if a.Building != "" {
		lot += " " + a.Building
	}
	m := map[string]string{
		"roadAddr": a.RoadAddress() + reference, "roadAddrPart1": a.RoadAddress(), "roadAddrPart2": reference, "jibunAddr": lot, "engAddr": a.English,
		"zipNo": a.Zone, "admCd": a.DongCode, "rnMgtSn": a.RoadCode, "bdMgtSn": a.BuildingNo, "detBdNmList": "", "bdNm": a.Building, "bdKdcd": "0",
		"siNm": a.Sido, "sggNm": a.Sigungu, "emdNm": a.Dong, "liNm": "", "rn": a.Road, "udrtYn": flag(a.Underground),
		"buldMnnm": strconv.Itoa(a.Main), "buldSlno": strconv.Itoa(a.Sub), "mtYn": flag(a.Mountain),
		"lnbrMnnm": strconv.Itoa(a.LotMain), "lnbrSlno": strconv.Itoa(a.LotSub), "emdNo": "01",
	}
	if more {
		m["hstryYn"], m["relJibun"], m["hemdNm"] = "0", "", a.HDong
	}
	return m
}

func (j *Juso) coord(v url.Values) (string, map[string]string, []map[string]string) {
	if !same(v.Get("confmKey"), j.cfg.CoordKey) {
		return "E0001", nil, nil
	}
	for i, name := range []string{"admCd", "rnMgtSn", "udrtYn", "buldMnnm", "buldSlno"} {
		if v.Get(name) == "" {
			return "E000" + strconv.Itoa(i+2), nil, nil
		}
	}
	if !j.burst.allow(j.now()) {
		return "E0007", nil, nil
	}
	items := []map[string]string{}
	for _, a := range j.cfg.Addresses {
		m := a.juso(false)
		hit := true
		for _, name := range []string{"admCd", "rnMgtSn", "udrtYn", "buldMnnm", "buldSlno"} {
			hit = hit && m[name] == v.Get(name)
		}
		if !hit {
			continue
		}
		item := map[string]string{"bdMgtSn": m["bdMgtSn"], "bdNm": m["bdNm"], "entX": "", "entY": ""}
		for _, name := range []string{"admCd", "rnMgtSn", "udrtYn", "buldMnnm", "buldSlno"} {
			item[name] = m[name]
		}
		if a.Lat != 0 {
			x, y := toEPSG5179(a.Lat, a.Lon)
			item["entX"], item["entY"] = strconv.FormatFloat(x, 'f', 10, 64), strconv.FormatFloat(y, 'f', 10, 64)
		}
		items = append(items, item)
	}
	return "0", map[string]string{"totalCount": strconv.Itoa(len(items))}, items
}

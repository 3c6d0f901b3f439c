package vendorsim

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// KakaoLocalConfig is what Kakao's console holds, and the open questions of its documents. The zero value has the REST API
// key "0123456789abcdef0123456789abcdef" and the addresses of [SimAddresses].
type KakaoLocalConfig struct {
	Key       string // REST API key, 32 hexadecimal digits
	Addresses []SimAddress
	// MapOff: the app has not switched "Kakao Map" on, which apps since 2024-12-01 must; 403.
	MapOff bool
	Quota  int // calls of each operation per day, beyond which 400/-10 comes; 0: none (Kakao: 100,000)
	// QuotaStatus is the HTTP status of -10. Documented as 400; 429 was reported; 0: 400.
	QuotaStatus int
	// Radius in metres within which coord2address finds an address. Not documented; 0: 500.
	Radius float64
}

// KakaoLocal is a simulated Kakao Local (dapi.kakao.com), JSON only.
//
//	GET /v2/local/search/address     address        also with .json
//	GET /v2/local/geo/coord2address  coord2address  also with .json; input_coord WGS84 only
//
// Errors of the key have the shape {"errorType","message"}, those of the platform {"msg","code"}. UNCONFIRMED: that wrong
// parameters have the first one, and its words MissingParameter and InvalidArgument.
//
// Source: developers.kakao.com, Local REST API.
type KakaoLocal struct {
	Server
	cfg KakaoLocalConfig
}

// StartKakaoLocal starts the server. All mistakes of the Config are reported at once.
func StartKakaoLocal(cfg KakaoLocalConfig) (*KakaoLocal, error) {
	cfg.Key = cmp.Or(cfg.Key, "0123456789abcdef0123456789abcdef")
	var errs []error
	if !kakaoKey(cfg.Key) {
		errs = append(errs, errors.New("key has not 32 hexadecimal digits"))
	}
	if len(cfg.Addresses) == 0 {
		cfg.Addresses = SimAddresses()
	}
	if cfg.Quota < 0 || cfg.Radius < 0 {
		errs = append(errs, errors.New("a limit is negative"))
	}
	cfg.Addresses = slices.Clone(cfg.Addresses)
	errs = append(errs, checkAddresses(cfg.Addresses), checkStatus(cfg.QuotaStatus))
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("vendorsim: kakaolocal: start: %w", err)
	}
	cfg.QuotaStatus, cfg.Radius = cmp.Or(cfg.QuotaStatus, http.StatusBadRequest), cmp.Or(cfg.Radius, 500)
	k := &KakaoLocal{cfg: cfg}
	if err := k.Server.start("kakaolocal",
		k.operation("address", k.address, "/v2/local/search/address"),
		k.operation("coord2address", k.reverse, "/v2/local/geo/coord2address")); err != nil {
		return nil, err
	}
	return k, nil
}

func kakaoKey(s string) bool { return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == "" }

func (k *KakaoLocal) operation(name string, do func(*http.Request) answer, path string) *operation {
	quota := &limiter{limit: k.cfg.Quota, per: 24 * time.Hour}
	codes := append(kapiCodes(), "AccessDeniedError", "NotAuthorizedError", "MissingParameter", "InvalidArgument")
	return &operation{name: name, paths: []string{path, path + ".json"}, codes: codes,
		failed: func(*http.Request) answer { return k.platformError(-1) },
		vendor: func(_ *http.Request, code string) answer {
			if n, err := strconv.Atoi(code); err == nil {
				return k.platformError(n)
			}
			return kakaoLocalError(code, code)
		},
		do: func(r *http.Request) answer {
			if r.Method != http.MethodGet {
				return methodNotAllowed("GET")
			}
			key, found := strings.CutPrefix(r.Header.Get("Authorization"), "KakaoAK ")
			switch {
			case !found:
				return kakaoLocalError("AccessDeniedError", "cannot find Authorization : KakaoAK header")
			case !kakaoKey(key):
				return kakaoLocalError("AccessDeniedError", "wrong appKey("+key[:min(len(key), 64)]+") format")
			case !same(key, k.cfg.Key):
				return kakaoLocalError("AccessDeniedError", "appKey("+key+") does not exist")
			case k.cfg.MapOff:
				return kakaoLocalError("NotAuthorizedError", "App disabled OPEN_MAP_AND_LOCAL service.")
			case !quota.allow(k.now()):
				return k.platformError(-10)
			}
			return do(r)
		}}
}

// kakaoLocalError is the first shape of errors.
func kakaoLocalError(kind, text string) answer {
	status := map[string]int{"AccessDeniedError": 401, "NotAuthorizedError": 403}[kind]
	return jsonAnswer(cmp.Or(status, http.StatusBadRequest), struct {
		Type    string `json:"errorType"`
		Message string `json:"message"`
	}{kind, text})
}

// platformError is the second.
func (k *KakaoLocal) platformError(code int) answer {
	a := kapiError(code)
	if code == -10 {
		a.status = k.cfg.QuotaStatus
	}
	return a
}

func (k *KakaoLocal) address(r *http.Request) answer {
	q := r.URL.Query()
	page, size := 1, 10
	query := strings.Fields(q.Get("query"))
	switch {
	case repeated(q):
		return kakaoLocalError("InvalidArgument", "parameter is repeated")
	case len(query) == 0:
		return kakaoLocalError("MissingParameter", "query parameter required")
	case !slices.Contains([]string{"", "similar", "exact"}, q.Get("analyze_type")):
		return kakaoLocalError("InvalidArgument", "analyze_type is not similar or exact")
	case !between(q.Get("page"), 45, &page):
		return kakaoLocalError("InvalidArgument", "page is not within 1 and 45")
	case !between(q.Get("size"), 30, &size):
		return kakaoLocalError("InvalidArgument", "size is not within 1 and 30")
	}
	found := k.find(query, q.Get("analyze_type") == "exact")
	from := min((page-1)*size, len(found))
	to := min(from+size, len(found))
	return jsonAnswer(http.StatusOK, map[string]any{
		"meta":      map[string]any{"total_count": len(found), "pageable_count": len(found), "is_end": to == len(found)},
		"documents": found[from:to],
	})
}

// between reads a number from 1 to most; an empty one leaves n alone.
func between(s string, most int, n *int) bool {
	if s == "" {
		return true
	}
	v, ok := number(s)
	*n = v
	return ok && v >= 1 && v <= most
}

// find returns documents: addresses when the query has a number, else roads, else regions.
func (k *KakaoLocal) find(query []string, exact bool) []map[string]any {
	docs := []map[string]any{}
	seen := map[string]bool{}
	add := func(name, kind string, a SimAddress, address, road any) {
		if seen[name] {
			return
		}
		seen[name] = true
		x, y := a.xy()
		docs = append(docs, map[string]any{"address_name": name, "address_type": kind, "x": x, "y": y, "address": address, "road_address": road})
	}
	numbered := slices.ContainsFunc(query, func(w string) bool {
		return strings.ContainsAny(w[:1], "0123456789") || strings.HasPrefix(w, "산") && len(w) > 3 && w[3] <= '9'
	})
	for _, a := range k.cfg.Addresses {
		if !a.matches(query, exact) {
			continue
		}
		last := query[len(query)-1]
		switch {
		case numbered && a.Road != "" && last == dashed(a.Main, a.Sub):
			add(a.ShortSido+" "+a.roadTail(), "ROAD_ADDR", a, a.kakaoAddress(true), a.kakaoRoad(true))
		case numbered && a.LotMain != 0 && strings.TrimPrefix(last, "산") == dashed(a.LotMain, a.LotSub):
			var road any
			if a.Road != "" {
				road = a.kakaoRoad(true)
			}
			add(a.ShortSido+" "+a.lotTail(), "REGION_ADDR", a, a.kakaoAddress(true), road)
		case !numbered && a.Road != "" && slices.ContainsFunc(query, func(w string) bool { return strings.Contains(a.Road, w) }):
			street := a
			street.Main, street.Sub, street.Underground, street.Building, street.Zone = 0, 0, false, "", ""
			add(a.ShortSido+" "+a.Sigungu+" "+a.Road, "ROAD", street, nil, street.kakaoRoad(true))
		case !numbered:
			region := a
			region.LotMain, region.LotSub, region.Mountain = 0, 0, false
			name := a.ShortSido
			if slices.Contains(query, a.Sigungu) || slices.Contains(query, a.Dong) {
				name += " " + a.Sigungu
			}
			if slices.Contains(query, a.Dong) {
				name += " " + a.Dong
			} else {
				region.Dong, region.HDong = "", ""
			}
			add(name, "REGION", region, region.kakaoRegion(name), nil)
		}
	}
	return docs
}

func (k *KakaoLocal) reverse(r *http.Request) answer {
	q := r.URL.Query()
	lon, errX := strconv.ParseFloat(q.Get("x"), 64)
	lat, errY := strconv.ParseFloat(q.Get("y"), 64)
	switch c := q.Get("input_coord"); {
	case repeated(q):
		return kakaoLocalError("InvalidArgument", "parameter is repeated")
	case q.Get("x") == "" || q.Get("y") == "":
		return kakaoLocalError("MissingParameter", "x and y parameters required")
	case errX != nil || errY != nil || c != "" && c != "WGS84":
		return kakaoLocalError("InvalidArgument", "coordinates are not valid")
	}
	docs := []map[string]any{}
	var nearest *SimAddress
	for i, a := range k.cfg.Addresses {
		if d := a.distance(lat, lon); d <= k.cfg.Radius && (nearest == nil || d < nearest.distance(lat, lon)) {
			nearest = &k.cfg.Addresses[i]
		}
	}
	if nearest != nil {
		doc := map[string]any{"road_address": nil, "address": nearest.kakaoAddress(false)}
		if nearest.Road != "" {
			doc["road_address"] = nearest.kakaoRoad(false)
		}
		docs = append(docs, doc)
	}
	return jsonAnswer(http.StatusOK, map[string]any{"meta": map[string]any{"total_count": len(docs)}, "documents": docs})
}

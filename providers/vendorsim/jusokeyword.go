package vendorsim

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// jusoSearchErrors are the codes of the search. Source: developer guide.
func jusoSearchErrors() map[string]string {
	return map[string]string{
		"-999":  "시스템에러",
		"E0001": "승인되지 않은 KEY 입니다.",
		"E0002": "승인되지 않은 사이트입니다.",
		"E0003": "정상적인 경로로 접속하시기 바랍니다.",
		"E0005": "검색어가 입력되지 않았습니다.",
		"E0006": "주소를 상세히 입력해 주시기 바랍니다.",
		"E0008": "검색어는 한글자 이상 입력되어야 합니다.",
		"E0009": "검색어는 문자와 숫자 같이 입력되어야 합니다.",
		"E0010": "검색어가 너무 깁니다. (한글40자, 영문,숫자 80자 이하)",
		"E0011": "검색어에 너무 긴 숫자가 포함되어 있습니다. (숫자10자 이하)",
		"E0012": "특수문자+숫자만으로는 검색이 불가능합니다.",
		"E0013": "SQL 예약어 또는 특수문자( %,=,>,<,[,] )는 검색이 불가능합니다.",
		"E0014": "개발승인키 기간이 만료되어 서비스를 이용하실 수 없습니다.",
		"E0015": "검색 범위를 초과하였습니다.",
	}
}

// jusoCoordErrors are those of the coordinates: E0002 and following are other things here.
func jusoCoordErrors() map[string]string {
	return map[string]string{
		"-999":  "시스템에러",
		"E0001": "승인되지 않은 KEY 입니다.",
		"E0002": "행정구역코드가 입력되지 않았습니다.",
		"E0003": "도로명코드가 입력되지 않았습니다.",
		"E0004": "지하여부가 입력되지 않았습니다.",
		"E0005": "건물본번이 입력되지 않았습니다.",
		"E0006": "건물부번이 입력되지 않았습니다.",
		"E0007": "짧은 시간에 너무 많은 요청이 있었습니다.",
	}
}

var (
	sqlWord    = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:OR|SELECT|INSERT|DELETE|UPDATE|CREATE|DROP|EXEC|UNION|FETCH|DECLARE|TRUNCATE)(?:$|[^a-z])`)
	longNumber = regexp.MustCompile(`[0-9]{11}`)
)

// refuse is the code with which a keyword is not searched, or nothing. The documents do not say which of several mistakes
// is told.
func (j *Juso) refuse(keyword string, words []string) string {
	var letters, numbers, special, length int
	for _, r := range strings.TrimSpace(keyword) {
		length++
		switch {
		case r > 0x7f && unicode.IsLetter(r):
			letters++
			length++ // 40 syllables count as much as 80 letters
		case unicode.IsLetter(r):
			letters++
		case r >= '0' && r <= '9':
			numbers++
		case r != ' ':
			special++
		}
	}
	switch {
	case length == 0:
		return "E0005"
	case sqlWord.MatchString(keyword) || strings.ContainsAny(keyword, "%,=><[]"):
		return "E0013"
	case length > 80:
		return "E0010"
	case longNumber.MatchString(keyword):
		return "E0011"
	case letters == 0 && numbers > 0 && special > 0:
		return "E0012"
	case letters == 0 && numbers > 0:
		return "E0009"
	case letters == 0:
		return "E0008"
	case j.onlyRegion(words):
		return "E0006"
	}
	return ""
}

// onlyRegion reports a keyword that names nothing but a province or a district.
func (j *Juso) onlyRegion(words []string) bool {
	for _, w := range words {
		if !slices.ContainsFunc(j.cfg.Addresses, func(a SimAddress) bool {
			return w == a.Sido || w == a.ShortSido || w == a.ShortSido+"시" || w == a.Sigungu
		}) {
			return false
		}
	}
	return true
}

// wafCount is the memory of the firewall.
type wafCount struct {
	mu  sync.Mutex
	bad int
}

// blocks reports that the firewall answers.
func (w *wafCount) blocks(keyword string, after int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if after > 0 && w.bad >= after {
		return true
	}
	if !sqlWord.MatchString(keyword) {
		return false
	}
	w.bad++
	return true
}

const blockPage = `<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><title>Web Firewall</title></head>
<body><h1>The request / response that are contrary to the Web firewall security policies have been blocked.</h1>
<p>요청하신 페이지는 보안 정책에 의해 차단되었습니다.</p></body></html>`

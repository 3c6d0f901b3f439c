package tiles

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxFresh bounds what a vendor can claim (RFC 9111 section 1.2.2 lets us).
const maxFresh = 365 * 24 * time.Hour

// Caching is what the headers of an answer allow, read as a shared cache must:
// one memory serves all citizens of a site.
type Caching struct {
	// MaxAge is how long the answer stays fresh from now on: s-maxage, else
	// max-age, else Expires minus Date (RFC 9111 section 4.2.1), less the Age that
	// caches on the way report (section 5.1). Never negative, at most a year. Our
	// own clock plays no part unless Date is missing.
	MaxAge time.Duration
	// Said is false when the headers name no lifetime at all; MaxAge is zero then
	// (we use no heuristic).
	Said bool
	// NoStore: no-store, private, no-cache, or Vary: *. A memory reuses without
	// asking, so no-cache (keep, but ask before every use) leaves it nothing to keep.
	NoStore bool
	// NoStale: must-revalidate or proxy-revalidate, or s-maxage, which includes the
	// latter (RFC 9111 section 5.2.2.10). Forbids stale answers also when the vendor is down.
	NoStale bool
}

// ParseCaching reads the headers of a successful answer. What is malformed
// counts as already stale (RFC 9111 section 4.2.1); of a directive given twice
// the stricter one counts. A qualified private or no-cache ("private=field")
// counts as an unqualified one, must-understand is ignored, and so are
// stale-while-revalidate and stale-if-error (RFC 5861): how long to serve stale
// is the site's decision, a vendor can only forbid it.
func ParseCaching(h http.Header) Caching {
	var c Caching
	shared, plain := time.Duration(-1), time.Duration(-1)
	for _, d := range directives(h.Values("Cache-Control")) {
		name, value, _ := strings.Cut(d, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "no-store", "no-cache", "private":
			c.NoStore = true
		case "must-revalidate", "proxy-revalidate":
			c.NoStale = true
		case "s-maxage":
			c.NoStale = true
			shared = stricter(shared, value)
		case "max-age":
			plain = stricter(plain, value)
		}
	}
	for _, v := range h.Values("Vary") {
		c.NoStore = c.NoStore || strings.Contains(v, "*")
	}
	switch {
	case shared >= 0:
		c.MaxAge, c.Said = shared, true
	case plain >= 0:
		c.MaxAge, c.Said = plain, true
	case len(h.Values("Expires")) > 0:
		c.MaxAge, c.Said = untilExpires(h), true
	}
	c.MaxAge = min(max(c.MaxAge-seconds(h.Get("Age")), 0), maxFresh)
	return c
}

// directives splits Cache-Control at commas outside quotes (RFC 9110 section 5.6.1).
func directives(lines []string) []string {
	var all []string
	for _, line := range lines {
		quoted, from := false, 0
		for i := 0; i < len(line); i++ {
			switch {
			case line[i] == '\\' && quoted:
				i++
			case line[i] == '"':
				quoted = !quoted
			case line[i] == ',' && !quoted:
				all = append(all, line[from:i])
				from = i + 1
			}
		}
		all = append(all, line[from:])
	}
	return all
}

// stricter is the shorter of a lifetime already read (negative: none) and the one in value.
func stricter(have time.Duration, value string) time.Duration {
	got := seconds(value)
	if have >= 0 {
		return min(have, got)
	}
	return got
}

// seconds reads delta-seconds (RFC 9111 section 1.2.2), also quoted. Malformed is
// zero; what no int holds is the bound.
func seconds(v string) time.Duration {
	v = strings.Trim(strings.TrimSpace(v), `"`)
	if v == "" || strings.Trim(v, "0123456789") != "" {
		return 0
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n > int64(maxFresh/time.Second) {
		return maxFresh
	}
	return time.Duration(n) * time.Second
}

// untilExpires: an Expires that is no date, such as "0", is in the past (RFC 9111 section 5.3).
func untilExpires(h http.Header) time.Duration {
	at, err := http.ParseTime(h.Get("Expires"))
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(at.Sub(now), 0), maxFresh)
}

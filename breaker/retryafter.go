package breaker

import (
	"net/http"
	"strings"
	"time"
)

// retryAfter reads a Retry-After header (RFC 9110 section 10.2.3): seconds, or any of the three HTTP dates, which are measured against
// the answer's own Date if it has one, because our clock may be wrong. 0 when it says nothing; at most waitCap.
func retryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if digits(v) {
		seconds := int64(0)
		for _, c := range v {
			if seconds = 10*seconds + int64(c-'0'); seconds > int64(waitCap/time.Second) {
				return waitCap
			}
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	from, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		from = time.Now()
	}
	return min(max(at.Sub(from), 0), waitCap)
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

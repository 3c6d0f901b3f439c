package rest

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Answer is what came back, whole and bounded.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Media returns the content type without parameters, lower case; empty when
// missing or malformed.
func (a *Answer) Media() string {
	m, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return m
}

// IsJSON reports a JSON content type (RFC 8259, RFC 6839 suffix).
func (a *Answer) IsJSON() bool {
	m := a.Media()
	return m == "application/json" || strings.HasSuffix(m, "+json")
}

// maxWait bounds what a vendor may ask for: 24 h, so that a broken clock or a
// hostile header cannot lock a vendor out for years.
const maxWait = 24 * time.Hour

// Wait reads Retry-After (RFC 9110 section 10.2.3): seconds or any of the three
// HTTP dates, counted from the answer's own Date so that our clock does not
// matter. Zero when missing, malformed, negative or past; at most 24 h.
func Wait(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if strings.Trim(v, "0123456789") == "" {
		secs, err := strconv.ParseInt(v, 10, 64)
		if err != nil || secs > int64(maxWait/time.Second) {
			return maxWait
		}
		return time.Duration(secs) * time.Second
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(at.Sub(now), 0), maxWait)
}

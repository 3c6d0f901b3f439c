package providertest

import (
	"net/http"
	"time"

	"github.com/detour-go/detour/providers"
)

// statusFaults are answers whose status says it.
func statusFaults() []fault {
	const rule = "a 5xx is an outage, whatever its body says (F27)"
	return []fault{
		{name: "F27 500 with the healthy body", rule: rule, serve: func(st *stage, w http.ResponseWriter, r *http.Request) {
			ok := st.healthy(r)
			says(500, ok.Header().Get("Content-Type"), ok.Body.String())(st, w, r)
		}},
		{name: "F27 502 html", rule: rule, serve: says(502, htmlType, htmlPage)},
		{name: "F27 503 json", rule: rule, serve: says(503, jsonType, `{"error":"temporarily_unavailable","msg":"`+spoiled+`"}`)},
		{name: "F27 503 html", rule: rule, serve: says(503, htmlType, htmlPage)},
		{name: "F27 504 empty", rule: rule, serve: says(504, "", "")},
	}
}

// limitFaults: the vendor is well and asks to be left alone. The answers are
// dated, so that nobody's clock matters.
func limitFaults() []fault {
	const (
		rule  = "429 is limited, and the vendor's wait is handed on (F24, F25)"
		wrong = "429 is limited; a wait that makes no sense is dropped or clamped, never negative, never years (F26)"
	)
	now := time.Now().UTC().Truncate(time.Second)
	row := func(name, rule, retryAfter string, after *[2]time.Duration) fault {
		h := http.Header{"Date": {now.Format(http.TimeFormat)}}
		if retryAfter != "" {
			h["Retry-After"] = []string{retryAfter}
		}
		return fault{name: name, rule: rule, want: providers.Limited, after: after, serve: saysWith(429, jsonType, h, `{"error":"`+spoiled+`"}`)}
	}
	in := func(d time.Duration) time.Time { return now.Add(d) }
	about := &[2]time.Duration{time.Hour - time.Minute, time.Hour + time.Second} // by Date or by a good clock
	day := &[2]time.Duration{0, 24 * time.Hour}
	return []fault{
		row("F24 429 retry-after seconds", rule, "120", &[2]time.Duration{2 * time.Minute, 2 * time.Minute}),
		row("F25 429 retry-after http date", rule, in(time.Hour).Format(http.TimeFormat), about),
		row("F25 429 retry-after rfc 850 date", rule, in(time.Hour).Format("Monday, 02-Jan-06 15:04:05 GMT"), about),
		row("F25 429 retry-after asctime date", rule, in(time.Hour).Format(time.ANSIC), about),
		row("F26 429 without retry-after", wrong, "", day),
		row("F26 429 retry-after -5", wrong, "-5", day),
		row("F26 429 retry-after 1e9", wrong, "1e9", day),
		row("F26 429 retry-after of twenty digits", wrong, "99999999999999999999", day),
		row("F26 429 retry-after in the past", wrong, in(-time.Hour).Format(http.TimeFormat), day),
		row("F26 429 retry-after in a hundred years", wrong, in(36500*24*time.Hour).Format(http.TimeFormat), day),
		row("F26 429 retry-after rfc 3339", wrong, in(time.Hour).Format(time.RFC3339), day),
	}
}

// redirectFaults: an API has no reason to send us elsewhere.
func redirectFaults() []fault {
	const rule = "a redirect is a fault, one to another host is a security fault; nothing is sent there (F65)"
	to := func(status int, where func(*stage, *http.Request) string) func(*stage, http.ResponseWriter, *http.Request) {
		return func(st *stage, w http.ResponseWriter, r *http.Request) {
			saysWith(status, htmlType, http.Header{"Location": {where(st, r)}}, htmlPage)(st, w, r)
		}
	}
	other := func(st *stage, _ *http.Request) string { return st.other.URL + "/" + spoiled }
	same := func(_ *stage, r *http.Request) string { return r.URL.Path + "?" + spoiled }
	none := func(*stage, *http.Request) string { return "" }
	return []fault{
		{name: "F65 301 to another host", rule: rule, want: providers.Security, serve: to(301, other)},
		{name: "F65 302 to another host", rule: rule, want: providers.Security, serve: to(302, other)},
		{name: "F65 303 to another host", rule: rule, want: providers.Security, serve: to(303, other)},
		{name: "F65 307 to another host", rule: rule, want: providers.Security, serve: to(307, other)},
		{name: "F65 308 to another host", rule: rule, want: providers.Security, serve: to(308, other)},
		{name: "F65 302 to the same host", rule: rule, serve: to(302, same)},
		{name: "F65 307 to the same host", rule: rule, serve: to(307, same)},
		{name: "F65 302 to nowhere", rule: rule, serve: to(302, none)},
	}
}

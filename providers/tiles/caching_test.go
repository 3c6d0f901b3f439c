package tiles_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/detour-go/detour/providers/tiles"
)

func TestParseCaching(t *testing.T) {
	const date, later = "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 09:49:37 GMT"
	const year = 365 * 24 * time.Hour
	cc := func(v ...string) http.Header { return http.Header{"Cache-Control": v} }
	rows := map[string]struct {
		h    http.Header
		want tiles.Caching
	}{
		"nothing said":                   {http.Header{}, tiles.Caching{}},
		"max-age":                        {cc("max-age=3600"), tiles.Caching{MaxAge: time.Hour, Said: true}},
		"case and blanks":                {cc(" Public ,  MAX-AGE=60 "), tiles.Caching{MaxAge: time.Minute, Said: true}},
		"quoted":                         {cc(`max-age="60"`), tiles.Caching{MaxAge: time.Minute, Said: true}},
		"s-maxage before max-age":        {cc("max-age=60, s-maxage=3600"), tiles.Caching{MaxAge: time.Hour, Said: true, NoStale: true}},
		"two lines":                      {cc("public", "max-age=60"), tiles.Caching{MaxAge: time.Minute, Said: true}},
		"given twice: stricter":          {cc("max-age=3600, max-age=60"), tiles.Caching{MaxAge: time.Minute, Said: true}},
		"Age is taken off":               {http.Header{"Cache-Control": {"max-age=3600"}, "Age": {"600"}}, tiles.Caching{MaxAge: 50 * time.Minute, Said: true}},
		"older than fresh":               {http.Header{"Cache-Control": {"max-age=60"}, "Age": {"600"}}, tiles.Caching{Said: true}},
		"Age is nonsense":                {http.Header{"Cache-Control": {"max-age=60"}, "Age": {"-5"}}, tiles.Caching{MaxAge: time.Minute, Said: true}},
		"max-age before Expires":         {http.Header{"Cache-Control": {"max-age=60"}, "Expires": {later}, "Date": {date}}, tiles.Caching{MaxAge: time.Minute, Said: true}},
		"Expires minus Date":             {http.Header{"Expires": {later}, "Date": {date}}, tiles.Caching{MaxAge: time.Hour, Said: true}},
		"Expires, Date and Age":          {http.Header{"Expires": {later}, "Date": {date}, "Age": {"1800"}}, tiles.Caching{MaxAge: 30 * time.Minute, Said: true}},
		"Expires past":                   {http.Header{"Expires": {date}, "Date": {later}}, tiles.Caching{Said: true}},
		"Expires 0":                      {http.Header{"Expires": {"0"}}, tiles.Caching{Said: true}},
		"Expires in a century":           {http.Header{"Expires": {"Sun, 06 Nov 2094 08:49:37 GMT"}, "Date": {date}}, tiles.Caching{MaxAge: year, Said: true}},
		"malformed is stale":             {cc("max-age=soon"), tiles.Caching{Said: true}},
		"negative is stale":              {cc("max-age=-1"), tiles.Caching{Said: true}},
		"fraction is stale":              {cc("max-age=1.5"), tiles.Caching{Said: true}},
		"without a value is stale":       {cc("max-age"), tiles.Caching{Said: true}},
		"20 digits are clamped":          {cc("max-age=99999999999999999999"), tiles.Caching{MaxAge: year, Said: true}},
		"no-store":                       {cc("no-store, max-age=60"), tiles.Caching{MaxAge: time.Minute, Said: true, NoStore: true}},
		"private":                        {cc("private"), tiles.Caching{NoStore: true}},
		"qualified private":              {cc(`private="x-a, max-age=5", max-age=60`), tiles.Caching{MaxAge: time.Minute, Said: true, NoStore: true}},
		"quoted comma, escaped quote":    {cc(`x="a\", no-store", max-age=60`), tiles.Caching{MaxAge: time.Minute, Said: true}},
		"no-cache leaves nothing":        {cc("no-cache"), tiles.Caching{NoStore: true}},
		"must-revalidate":                {cc("max-age=60, must-revalidate"), tiles.Caching{MaxAge: time.Minute, Said: true, NoStale: true}},
		"proxy-revalidate":               {cc("max-age=60, proxy-revalidate"), tiles.Caching{MaxAge: time.Minute, Said: true, NoStale: true}},
		"vary by everything":             {http.Header{"Vary": {"Accept-Encoding, *"}}, tiles.Caching{NoStore: true}},
		"vary by what we always send":    {http.Header{"Vary": {"Accept-Encoding"}}, tiles.Caching{}},
		"stale extensions do not decide": {cc("max-age=60, stale-if-error=5, stale-while-revalidate=5, immutable"), tiles.Caching{MaxAge: time.Minute, Said: true}},
		"unfinished quote":               {cc(`x="a, no-store`), tiles.Caching{}},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) { assert.Equal(t, r.want, tiles.ParseCaching(r.h)) })
	}
}

func TestExpiresWithoutDateCountsFromNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble's clock starts at 2000-01-01 00:00 UTC
		got := tiles.ParseCaching(http.Header{"Expires": {"Sat, 01 Jan 2000 02:00:00 GMT"}})
		assert.Equal(t, tiles.Caching{MaxAge: 2 * time.Hour, Said: true}, got)
	})
}

func FuzzParseCaching(f *testing.F) {
	f.Add(`max-age=1, private="a,b"`, "5", "0")
	f.Add(`x="\`, "", "Sun, 06 Nov 1994 08:49:37 GMT")
	f.Fuzz(func(t *testing.T, cc, age, expires string) {
		c := tiles.ParseCaching(http.Header{"Cache-Control": {cc}, "Age": {age}, "Expires": {expires}})
		if c.MaxAge < 0 || c.MaxAge > 365*24*time.Hour || !c.Said && c.MaxAge != 0 {
			t.Fatalf("%+v", c)
		}
	})
}

func TestRenewedKeepsWhatA304DoesNotRepeat(t *testing.T) {
	had := tiles.FromHTTP(cityHall, http.Header{"Content-Type": {"image/png"}, "Etag": {`"a"`}, "Last-Modified": {"yesterday"}, "Cache-Control": {"max-age=60"}}, []byte("x"))
	assert.Equal(t, tiles.Tile{ID: cityHall, Data: []byte("x"), ContentType: "image/png", ETag: `"a"`, LastModified: "yesterday", MaxAge: time.Minute}, had)
	now := had.Renewed(http.Header{"Etag": {`"b"`}, "Cache-Control": {"max-age=120, must-revalidate"}})
	assert.Equal(t, tiles.Tile{ID: cityHall, Data: []byte("x"), ContentType: "image/png", ETag: `"b"`, LastModified: "yesterday", MaxAge: 2 * time.Minute, NoStale: true}, now)
}

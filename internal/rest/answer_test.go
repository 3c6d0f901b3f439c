package rest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
)

func TestStatus(t *testing.T) {
	c := client(t, "https://x.example", nil)
	html, js := "text/html; charset=utf-8", "application/json"
	rows := []struct {
		status int
		media  string
		want   providers.Kind
	}{
		{200, html, providers.Unavailable}, {400, js, providers.Unavailable}, {500, js, providers.Unavailable}, {503, html, providers.Unavailable},
		{429, html, providers.Limited}, {401, js, providers.Refused}, {403, js, providers.Refused}, {404, js, providers.Refused}, {410, js, providers.Refused},
		{403, html, providers.Unavailable}, {404, html, providers.Unavailable},
	}
	for _, r := range rows {
		e := c.Status("op", &Answer{Status: r.status, Header: http.Header{"Content-Type": {r.media}, "Retry-After": {"7"}}})
		assert.Equal(t, r.want, e.Kind, "%d %s", r.status, r.media)
		assert.Equal(t, 7*time.Second, e.After)
	}
}

func TestRetryAfter(t *testing.T) {
	date := "Sun, 06 Nov 1994 08:49:37 GMT"
	rows := map[string]time.Duration{ // F24 to F26
		"": 0, "120": 2 * time.Minute, " 5 ": 5 * time.Second, "0": 0, "-5": 0, "1e9": 0, "99999999999999999999": maxWait, "1000000000": maxWait, "abc": 0,
		"Sun, 06 Nov 1994 08:50:37 GMT": time.Minute, "Sunday, 06-Nov-94 08:50:37 GMT": time.Minute, "Sun Nov  6 08:50:37 1994": time.Minute,
		"Sun, 06 Nov 1994 08:48:37 GMT": 0, "1994-11-06T08:50:37Z": 0, "Sun, 06 Nov 2094 08:49:37 GMT": maxWait,
	}
	for v, want := range rows {
		assert.Equal(t, want, Wait(http.Header{"Retry-After": {v}, "Date": {date}}), "%q", v)
	}
	assert.Zero(t, Wait(http.Header{"Retry-After": {"Sun, 06 Nov 1994 08:50:37 GMT"}}), "without Date our own clock counts")
}

func TestDecode(t *testing.T) {
	type body struct {
		ID string `json:"id"`
		N  int64  `json:"n"`
	}
	for in, want := range map[string]string{
		``: errNotJSON.Error(), `null`: errNotObject.Error(), `[]`: errNotObject.Error(), `"x"`: errNotObject.Error(), `{"id":"a"`: errNotJSON.Error(), `{"id":"a"}<html>`: errNotJSON.Error(),
		`{"id":"victim","ID":"attacker"}`: errTwice.Error(), `{"id":"a","id":"a"}`: errTwice.Error(), `{"x":[{"a":1,"A":2}]}`: errTwice.Error(), `{"s":1,"ſ":2}`: errTwice.Error(),
		"\ufeff{}": errNotJSON.Error(), "{\"id\":\"\xc8\xab\xb1\xe6\"}": errNotUTF8.Error(), `{"n":"x"}`: "json field n has the wrong type", `{"n":1.5}`: "json field n has the wrong type",
		strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat(`}`, 100): errDepth.Error(), "<html>" + canary: errNotJSON.Error(), `{"n":` + `"` + canary + `"}`: "json field n has the wrong type",
	} {
		var b body
		err := Decode([]byte(in), &b)
		require.Error(t, err, in)
		assert.Equal(t, want, err.Error(), in)
	}
	var b body
	require.NoError(t, Decode([]byte(` {"id":"a","n":9007199254740993,"more":{"id":[{"id":1},{"id":2}],"x":"id"}} `), &b))
	assert.Equal(t, body{"a", 9007199254740993}, b)
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":{"a":[1,{"b":null}]}}`, `[`, `{"a":1,"A":2}`, "{}{}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var v map[string]any
		if Decode(in, &v) == nil && v == nil {
			t.Fatal("nil object without error")
		}
	})
}

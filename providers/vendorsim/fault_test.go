package vendorsim

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func startOSM(t *testing.T) (*OSM, *http.Client, string) {
	t.Helper()
	o, err := StartOSM(OSMConfig{})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	c := browser(t)
	c.Transport.(*http.Transport).DisableKeepAlives = true // Go repeats a request whose reused connection dies
	return o, c, o.URL() + "/12/3492/1586.png"
}

var agent = []string{"User-Agent", "city-portal/1.0 (ops@city.example)"}

// Every mode, seen by a plain client. The ids are those of the faults that the SDK must survive.
func TestModes(t *testing.T) {
	full, _, err := DrawTile("osm", 12, 3492, 1586)
	require.NoError(t, err)
	cases := []struct {
		name  string
		fault Fault
		see   func(t *testing.T, r reply, err error)
	}{
		{"F05 refuse one operation", Fault{Mode: Refuse}, func(t *testing.T, r reply, err error) {
			require.ErrorIs(t, err, io.EOF)
		}},
		{"F07 reset", Fault{Mode: Reset}, func(t *testing.T, r reply, err error) {
			require.ErrorIs(t, err, syscall.ECONNRESET)
		}},
		{"F15 truncate", Fault{Mode: Truncate}, func(t *testing.T, r reply, err error) {
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.Equal(t, string(full[:len(full)/2]), r.body)
		}},
		{"F16 cut without a length", Fault{Mode: Cut}, func(t *testing.T, r reply, err error) {
			require.NoError(t, err, "nothing but the content tells")
			require.Equal(t, 200, r.status)
			require.Equal(t, "image/png", r.header.Get("Content-Type"))
			require.Empty(t, r.header.Get("Content-Length"))
			require.Equal(t, string(full[:len(full)/2]), r.body)
		}},
		{"F17 garbage", Fault{Mode: Garbage}, func(t *testing.T, r reply, err error) {
			require.ErrorContains(t, err, "malformed HTTP")
		}},
		{"F17 empty", Fault{Mode: Status, Status: 200}, func(t *testing.T, r reply, err error) {
			require.NoError(t, err)
			require.Equal(t, 200, r.status)
			require.Empty(t, r.body)
		}},
		{"F18 html", Fault{Mode: HTML}, func(t *testing.T, r reply, err error) {
			require.NoError(t, err)
			require.Equal(t, 200, r.status)
			require.Equal(t, "text/html; charset=utf-8", r.header.Get("Content-Type"))
			require.Contains(t, r.body, `<html lang="ko">`)
			require.Contains(t, r.body, "서비스 점검 중입니다")
		}},
		{"F18 html that claims to be an image", Fault{Mode: HTML, ContentType: "image/png", Status: 503}, func(t *testing.T, r reply, err error) {
			require.NoError(t, err)
			require.Equal(t, 503, r.status)
			require.Equal(t, "image/png", r.header.Get("Content-Type"))
			require.Contains(t, r.body, "<html")
		}},
		{"F19 error body", Fault{Mode: ErrorBody}, func(t *testing.T, r reply, err error) {
			require.NoError(t, err)
			require.Equal(t, 200, r.status)
			require.Contains(t, r.body, "Access blocked")
		}},
		{"F19 error body of choice", Fault{Mode: ErrorBody, Body: "null", ContentType: "application/json"}, func(t *testing.T, r reply, err error) {
			require.NoError(t, err)
			require.Equal(t, "null", r.body)
			require.Equal(t, "application/json", r.header.Get("Content-Type"))
		}},
		{"F24 429 in seconds", Fault{Mode: TooMany, RetryAfter: "120"}, func(t *testing.T, r reply, err error) {
			require.NoError(t, err)
			require.Equal(t, 429, r.status)
			require.Equal(t, "120", r.header.Get("Retry-After"))
		}},
		{"F25 429 with a date", Fault{Mode: TooMany, RetryAfter: "Wed, 21 Oct 2026 07:28:00 GMT"}, func(t *testing.T, r reply, err error) {
			require.NoError(t, err)
			require.Equal(t, "Wed, 21 Oct 2026 07:28:00 GMT", r.header.Get("Retry-After"))
		}},
		{"F26 429 with nonsense", Fault{Mode: TooMany, RetryAfter: "-5"}, func(t *testing.T, r reply, err error) {
			require.NoError(t, err)
			require.Equal(t, "-5", r.header.Get("Retry-After"))
		}},
		{"F24 429 without a hint", Fault{Mode: TooMany}, func(t *testing.T, r reply, err error) {
			require.NoError(t, err)
			require.NotContains(t, r.header, "Retry-After")
		}},
		{"F27 503 with a hint", Fault{Mode: Status, RetryAfter: "7"}, func(t *testing.T, r reply, err error) {
			require.NoError(t, err)
			require.Equal(t, 503, r.status)
			require.Equal(t, "7", r.header.Get("Retry-After"))
		}},
		{"F28 502 of a gateway", Fault{Mode: Status, Status: 502}, func(t *testing.T, r reply, err error) {
			require.NoError(t, err)
			require.Equal(t, 502, r.status)
			require.Contains(t, r.body, "<title>502 Bad Gateway</title>")
		}},
		{"F65 redirect", Fault{Mode: Redirect, Location: "https://evil.example/x"}, func(t *testing.T, r reply, err error) {
			require.NoError(t, err)
			require.Equal(t, 302, r.status)
			require.Equal(t, "https://evil.example/x", r.header.Get("Location"))
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			o, c, tile := startOSM(t)
			require.NoError(t, o.Break("tile", tc.fault))
			r, err := tryAsk(c, "GET", tile, nil, agent...)
			tc.see(t, r, err)
			require.Equal(t, 1, o.Hits("tile"))
			log := o.Log()
			require.Len(t, log, 1)
			require.Equal(t, tc.fault.Mode, log[0].Mode)
			require.Equal(t, r.status, log[0].Status)
			o.Heal("tile")
			r, err = tryAsk(c, "GET", tile, nil, agent...)
			require.NoError(t, err)
			require.Equal(t, string(full), r.body)
		})
	}
}

// F35: the answer comes whole, and not before the delay.
func TestModeSlow(t *testing.T) {
	o, c, tile := startOSM(t)
	require.NoError(t, o.Break("tile", Fault{Mode: Slow, Delay: 40 * time.Millisecond}))
	began := time.Now()
	r := ask(t, c, "GET", tile, nil, agent...)
	require.GreaterOrEqual(t, time.Since(began), 40*time.Millisecond)
	require.Equal(t, 200, r.status)
}

// F14: headers at once, then a byte per delay; whoever waits long enough gets everything.
func TestModeDrip(t *testing.T) {
	o, c, _ := startOSM(t)
	require.NoError(t, o.Break("tile", Fault{Mode: Drip, Delay: time.Millisecond}))
	began := time.Now()
	r := ask(t, c, "GET", o.URL()+"/99/0/0.png", nil, agent...) // a short body
	require.Equal(t, "Not found\n", r.body)
	require.GreaterOrEqual(t, time.Since(began), 10*time.Millisecond)

	require.NoError(t, o.Break("tile", Fault{Mode: Drip, Delay: time.Hour}))
	req, err := http.NewRequest("GET", o.URL()+"/1/0/0.png", nil)
	require.NoError(t, err)
	req.Header.Set(agent[0], agent[1])
	resp, err := c.Do(req) // returns: the headers are there
	require.NoError(t, err)
	require.Equal(t, 200, resp.StatusCode)
	require.NoError(t, resp.Body.Close())
}

// F13: no answer until the client gives up; healing does not bring one; Close frees the rest.
func TestModeHang(t *testing.T) {
	o, c, tile := startOSM(t)
	require.NoError(t, o.Break("tile", Fault{Mode: Hang}))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 2)
	get := func(ctx context.Context) {
		req, _ := http.NewRequestWithContext(ctx, "GET", tile, nil)
		req.Header.Set(agent[0], agent[1])
		resp, err := c.Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		ended <- err
	}
	go get(ctx)
	until(t, func() bool { return o.Hits("tile") == 1 })
	o.HealAll()
	require.Equal(t, 200, ask(t, c, "GET", tile, nil, agent...).status, "others are served")
	require.Empty(t, ended)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)

	require.NoError(t, o.Break("*", Fault{Mode: Hang}))
	go get(context.Background())
	until(t, func() bool { return o.Hits("tile") == 3 })
	o.Close()
	require.Error(t, <-ended)
}

// F05: the port itself is closed, what is connected is cut, and healing opens the same port.
func TestModeRefuseAll(t *testing.T) {
	o, err := StartOSM(OSMConfig{})
	require.NoError(t, err)
	defer o.Close()
	c := browser(t) // with kept connections: they must not survive either
	tile := o.URL() + "/1/0/0.png"
	require.Equal(t, 200, ask(t, c, "GET", tile, nil, agent...).status)
	for range 3 {
		require.NoError(t, o.Break("*", Fault{Mode: Refuse}))
		_, err = tryAsk(c, "GET", tile, nil, agent...)
		require.Error(t, err)
		_, err = net.Dial("tcp", strings.TrimPrefix(o.URL(), "http://"))
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		o.Heal("*")
		require.Equal(t, 200, ask(t, c, "GET", tile, nil, agent...).status)
	}
	require.NoError(t, o.Break("*", Fault{Mode: Refuse}))
	require.NoError(t, o.Break("*", Fault{Mode: Status}), "another fault opens the port")
	require.Equal(t, 503, ask(t, c, "GET", tile, nil, agent...).status)
	require.NoError(t, o.Break("*", Fault{Mode: Refuse}))
	o.Close()
	o.Heal("*")
	_, err = tryAsk(c, "GET", tile, nil, agent...)
	require.Error(t, err)
	require.Empty(t, leftOver())
}

// A power cut ends what is under way, and a client that keeps talking cannot hold the server.
func TestCallsUnderWayAreCut(t *testing.T) {
	o, c, tile := startOSM(t)
	c.Timeout = 0 // nothing but the cut ends the call
	require.NoError(t, o.Break("tile", Fault{Mode: Hang}))
	ended := make(chan error, 1)
	go func() {
		_, err := tryAsk(c, "GET", tile, nil, agent...)
		ended <- err
	}()
	until(t, func() bool { return o.Hits("tile") == 1 })
	require.NoError(t, o.Break("*", Fault{Mode: Refuse}))
	require.Error(t, <-ended)
	o.Heal("*")

	talker, err := net.Dial("tcp", strings.TrimPrefix(o.URL(), "http://"))
	require.NoError(t, err)
	defer talker.Close()
	const request = "GET /1/0/0.png HTTP/1.1\r\nHost: x\r\n\r\n"
	_, err = talker.Write([]byte(request))
	require.NoError(t, err)
	until(t, func() bool { return o.Hits("tile") == 2 })
	_, err = talker.Write([]byte(request))
	require.NoError(t, err)
	o.Close()
	require.Empty(t, leftOver())
}

// Another program took the port while it was shut: the server comes back as soon as it is free.
func TestHealWaitsForThePort(t *testing.T) {
	o, c, tile := startOSM(t)
	require.NoError(t, o.Break("*", Fault{Mode: Refuse}))
	thief, err := net.Listen("tcp", strings.TrimPrefix(o.URL(), "http://"))
	require.NoError(t, err)
	o.HealAll()
	o.HealAll()
	require.NoError(t, thief.Close())
	until(t, func() bool { r, err := tryAsk(c, "GET", tile, nil, agent...); return err == nil && r.status == 200 })

	require.NoError(t, o.Break("*", Fault{Mode: Refuse}))
	thief, err = net.Listen("tcp", strings.TrimPrefix(o.URL(), "http://"))
	require.NoError(t, err)
	o.HealAll()
	o.Close()
	require.NoError(t, thief.Close())
}

// F64: small on the wire, large in memory.
func TestModeBomb(t *testing.T) {
	o, c, tile := startOSM(t)
	require.NoError(t, o.Break("tile", Fault{Mode: Bomb, Size: 8 << 20}))
	r := ask(t, c, "GET", tile, nil, append(agent, "Accept-Encoding", "gzip")...)
	require.Equal(t, "gzip", r.header.Get("Content-Encoding"))
	require.Less(t, len(r.body), 16<<10)
	z, err := gzip.NewReader(bytes.NewReader([]byte(r.body)))
	require.NoError(t, err)
	n, err := io.Copy(io.Discard, z)
	require.NoError(t, err)
	require.EqualValues(t, 8<<20, n)
}

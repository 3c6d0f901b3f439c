package providertest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// bombSize is what a bomb holds, after decompression.
const bombSize = 16 << 20

// bombFaults are answers that want to fill our memory. How much the adapter
// read is counted: a cap must hold after decompression (T13).
func bombFaults() []fault {
	const rule = "an answer that is too big is a fault, and is left unread (F64)"
	return []fault{
		{name: "F64 gzip bomb", rule: rule, serve: func(st *stage, w http.ResponseWriter, r *http.Request) {
			saysWith(200, st.healthy(r).Header().Get("Content-Type"), http.Header{"Content-Encoding": {"gzip"}}, gzipped())(st, w, r)
		}},
		{name: "F64 endless body", rule: rule, serve: func(st *stage, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", st.healthy(r).Header().Get("Content-Type"))
			flood(w)
		}},
		{name: "F64 content-length 9e18", rule: rule, serve: func(_ *stage, w http.ResponseWriter, _ *http.Request) {
			if c := hijack(w); c != nil {
				defer c.Close()
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000000000000000000\r\n\r\n")
				flood(c)
			}
		}},
		{name: "F64 ten thousand header fields", rule: rule, serve: func(st *stage, w http.ResponseWriter, r *http.Request) {
			var head strings.Builder
			head.WriteString("HTTP/1.1 200 OK\r\n")
			for i := range 10_000 {
				fmt.Fprintf(&head, "X-%d: %s\r\n", i, spoiled)
			}
			raw(head.String()+wholeTail(st, r))(st, w, r)
		}},
		{name: "F64 flood of early hints", rule: rule, serve: func(st *stage, w http.ResponseWriter, r *http.Request) {
			hint := "HTTP/1.1 103 Early Hints\r\nLink: </" + spoiled + ">; rel=preload\r\n\r\n"
			raw(strings.Repeat(hint, 10_000)+"HTTP/1.1 200 OK\r\n"+wholeTail(st, r))(st, w, r)
		}},
		{name: "F64 deep json", rule: rule, serve: says(200, jsonType, strings.Repeat(`{"a":`, 20_000)+`1`+strings.Repeat(`}`, 20_000))},
	}
}

// flood writes until the reader has had enough.
func flood(w io.Writer) {
	chunk := bytes.Repeat([]byte{' '}, 64<<10)
	for range bombSize / len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// gzipped is a bomb of a few kilobytes: members in a row make one stream (RFC 1952).
func gzipped() string {
	const member = 256 << 10
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	_, _ = zip.Write(bytes.Repeat([]byte{' '}, member)) // a bytes.Buffer takes everything
	_ = zip.Close()
	return strings.Repeat(b.String(), bombSize/member)
}

// wholeTail is the rest of a healthy answer after its status line.
func wholeTail(st *stage, r *http.Request) string {
	ok := st.healthy(r)
	return fmt.Sprintf("Content-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", ok.Header().Get("Content-Type"), ok.Body.Len(), ok.Body)
}

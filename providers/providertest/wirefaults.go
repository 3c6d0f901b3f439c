package providertest

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// wireFaults break the exchange itself: what HTTP or Go's client can notice,
// and, in the close-delimited rows, what only a look at the body can.
func wireFaults() []fault {
	const (
		rule   = "a broken exchange is unavailable; what it had brought so far is worth nothing"
		hangs  = "an ask is bounded from the dial to the last byte by its context; that is an outage"
		unsure = "a body that ends when the connection does is not known to be whole: Go reports nothing, the adapter must (F16)"
	)
	return []fault{
		{name: "F7 reset after request", rule: rule, serve: func(_ *stage, w http.ResponseWriter, _ *http.Request) {
			if c := hijack(w); c != nil {
				if tcp, ok := c.(*net.TCPConn); ok {
					_ = tcp.SetLinger(0)
				}
				_ = c.Close()
			}
		}},
		{name: "F13 silence", rule: hangs, short: true, serve: func(st *stage, _ http.ResponseWriter, r *http.Request) { st.hold(r) }},
		{name: "F13 silence after half the body", rule: hangs, short: true, serve: func(st *stage, w http.ResponseWriter, r *http.Request) {
			st.half(w, r, true)
			st.hold(r)
		}},
		{name: "F14 drip", rule: hangs, short: true, serve: drip},
		{name: "F15 truncated by content-length", rule: rule, serve: func(st *stage, w http.ResponseWriter, r *http.Request) {
			st.half(w, r, true)
			panic(http.ErrAbortHandler) // closes the connection
		}},
		{name: "F15 truncated chunked", rule: rule, serve: func(st *stage, w http.ResponseWriter, r *http.Request) {
			st.half(w, r, false)
			panic(http.ErrAbortHandler)
		}},
		{name: "F16 close-delimited, half missing", rule: unsure, serve: closeDelimited(func(b []byte) []byte { return b[:len(b)/2] })},
		{name: "F16 close-delimited, last byte missing", rule: unsure, serve: closeDelimited(func(b []byte) []byte { return b[:len(b)-1] })},
		{name: "F17 empty reply", rule: rule, serve: raw("")},
		{name: "F17 garbage", rule: rule, serve: raw(spoiled + "\x00\xff\r\n\r\n")},
		{name: "F17 gzip that is none", rule: rule, serve: raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + spoiled + spoiled)},
	}
}

// hold says nothing more until the client or the row has gone.
func (st *stage) hold(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-st.stop:
	}
}

// half sends the first half of the healthy answer, which claims to be whole.
func (st *stage) half(w http.ResponseWriter, r *http.Request, length bool) {
	ok := st.healthy(r)
	body := ok.Body.Bytes()
	for k, v := range ok.Header() {
		w.Header()[k] = v
	}
	if length {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	}
	w.WriteHeader(ok.Code)
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
}

// drip sends a byte now and then: no pause is long, the whole would take hours.
func drip(st *stage, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "1000000")
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := w.Write([]byte(" ")); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		case <-st.stop:
			return
		}
	}
}

// closeDelimited cuts the healthy body and sends it without any length.
func closeDelimited(cut func([]byte) []byte) func(*stage, http.ResponseWriter, *http.Request) {
	return func(st *stage, w http.ResponseWriter, r *http.Request) {
		ok := st.healthy(r)
		head := fmt.Sprintf("HTTP/1.1 %d OK\r\nContent-Type: %s\r\nConnection: close\r\n\r\n", ok.Code, ok.Header().Get("Content-Type"))
		raw(head+string(cut(trimmed(ok))))(st, w, r)
	}
}

// raw writes bytes and closes.
func raw(text string) func(*stage, http.ResponseWriter, *http.Request) {
	return func(_ *stage, w http.ResponseWriter, _ *http.Request) {
		if c := hijack(w); c != nil {
			_, _ = c.Write([]byte(text))
			_ = c.Close()
		}
	}
}

func hijack(w http.ResponseWriter) net.Conn {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil
	}
	return c
}

package vendorsim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
)

// answer is what a vendor says to one request. Handlers return it instead of writing, so that a fault can bend it.
type answer struct {
	status int
	kind   string   // Content-Type; empty: none
	header []string // name, value, name, value ...
	body   []byte
}

const (
	kindHTML = "text/html; charset=utf-8"
	kindJSON = "application/json;charset=UTF-8"
)

func (a answer) with(name, value string) answer {
	a.header = append(a.header[:len(a.header):len(a.header)], name, value)
	return a
}

func (a answer) head(h http.Header) {
	if a.kind != "" {
		h.Set("Content-Type", a.kind)
	} else {
		h["Content-Type"] = nil // no sniffing: an absent type stays absent
	}
	for i := 0; i+1 < len(a.header); i += 2 {
		h.Set(a.header[i], a.header[i+1])
	}
}

func (a answer) write(w http.ResponseWriter) {
	h := w.Header()
	a.head(h)
	if a.status != http.StatusNotModified && a.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if len(a.body) > 0 {
		_, _ = w.Write(a.body)
	}
}

// jsonAnswer encodes v as vendors do: no escaping of <, > and &, no line end.
func jsonAnswer(status int, v any) answer {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil { // our own types: cannot fail
		return answer{status: http.StatusInternalServerError}
	}
	return answer{status: status, kind: kindJSON, body: bytes.TrimRight(b.Bytes(), "\n")}
}

func textAnswer(status int, kind, body string) answer {
	return answer{status: status, kind: kind, body: []byte(body)}
}

func redirectTo(location string) answer {
	return answer{status: http.StatusFound}.with("Location", location).with("Cache-Control", "no-store")
}

func noStore(a answer) answer { return a.with("Cache-Control", "no-store") }

// methodNotAllowed is the same for every vendor.
func methodNotAllowed(allow string) answer {
	return answer{status: http.StatusMethodNotAllowed}.with("Allow", allow)
}

// number reads a non-negative decimal in its only writing: no sign, no leading zero.
func number(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0 && strconv.Itoa(n) == s
}

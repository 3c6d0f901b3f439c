package vendorsim

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"sync/atomic"
)

// script is one fault in force. Counting starts anew with every Break.
type script struct {
	fault     Fault
	always    bool
	threshold uint64
	calls     atomic.Uint64
	bomb      []byte
}

func newScript(f Fault) *script {
	sc := &script{fault: f, always: f.Share == 0 || f.Share == 1}
	if !sc.always {
		sc.threshold = uint64(f.Share * (1 << 64))
	}
	if f.Mode == Bomb {
		sc.bomb = bomb(f.Size)
	}
	return sc
}

// strikes decides whether this call fails. Multiples of the golden ratio are spread evenly over every arithmetic
// progression of calls, so a share also hits evenly when calls of two kinds alternate.
func (sc *script) strikes() bool {
	if sc.always {
		return true
	}
	return sc.calls.Add(1)*0x9E3779B97F4A7C15 < sc.threshold
}

// concerns reports whether a fault set for all operations has a meaning for this one.
func (sc *script) concerns(op *operation) bool {
	if sc.fault.Mode != Vendor {
		return true
	}
	for _, c := range op.codes {
		if c == sc.fault.Code {
			return true
		}
	}
	return false
}

// answer is that of the modes which say something else than the operation would.
func (sc *script) answer(r *http.Request, op *operation) answer {
	f := sc.fault
	var a answer
	switch f.Mode {
	case Status:
		a = answer{status: http.StatusServiceUnavailable}
		if f.Status != 0 {
			a.status = f.Status
		}
		if a.status >= 500 && f.Body == "" {
			a.kind, a.body = kindHTML, gatewayPage(a.status)
		}
	case TooMany:
		a = textAnswer(http.StatusTooManyRequests, "text/plain; charset=utf-8", "Too Many Requests\n")
	case HTML:
		a = textAnswer(http.StatusOK, kindHTML, maintenancePage)
	case ErrorBody:
		a = op.failed(r)
		a.status = http.StatusOK
	case Vendor:
		a = op.vendor(r, f.Code)
	case Bomb:
		return answer{status: http.StatusOK, kind: kindJSON, body: sc.bomb}.with("Content-Encoding", "gzip")
	case Redirect:
		to := f.Location
		if to == "" {
			to = defaultLocation
		}
		return redirectTo(to)
	}
	if f.Status != 0 {
		a.status = f.Status
	}
	if f.Body != "" {
		a.body = []byte(f.Body)
	}
	if f.ContentType != "" {
		a.kind = f.ContentType
	}
	if f.RetryAfter != "" {
		a = a.with("Retry-After", f.RetryAfter)
	}
	return a
}

// bomb is white space, which every JSON decoder reads on and on; small on the wire.
func bomb(size int) []byte {
	if size == 0 {
		size = defaultBomb
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	chunk := bytes.Repeat([]byte(" "), 64<<10)
	for size > 0 {
		n := min(size, len(chunk))
		_, _ = z.Write(chunk[:n])
		size -= n
	}
	_ = z.Close()
	return b.Bytes()
}

func gatewayPage(status int) []byte {
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return []byte("<html>\r\n<head><title>" + text + "</title></head>\r\n<body><center><h1>" + text + "</h1></center></body>\r\n</html>\r\n")
}

const maintenancePage = `<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><title>서비스 점검 안내</title></head>
<body><h1>서비스 점검 중입니다</h1>
<p>더 나은 서비스를 위해 시스템을 점검하고 있습니다. 잠시 후 다시 이용해 주세요.</p></body></html>
`

package vendorsim

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// The error codes of the simulator. The vendor's own are not documented, only that they are negative and come with a
// message: a client must not depend on these numbers.
const (
	codeFormat     = -99010001 // a header or the body is missing or not in its form
	codeSignature  = -99010002 // the signature is wrong
	codeDate       = -99010003 // the date is too far from the server's
	codeLink       = -99010004 // unknown link ID
	codeScope      = -99010005 // a scope is unknown, or the token has not the one needed
	codeToken      = -99010006 // the session token is missing, unknown or expired
	codeReplay     = -99010007 // the request was seen before
	codeClient     = -99020001 // unknown client code
	codeField      = -99020002 // a field is missing or too long
	codeCipher     = -99020003 // a field cannot be decrypted
	codeNobody     = -99020004 // no such citizen: number, name and birthday do not belong together
	codeReceipt    = -99020005 // unknown receipt ID
	codeIncomplete = -99020006 // verify before the citizen has confirmed
	codeVerified   = -99020007 // verify a second time
	codeTooLate    = -99020008 // verify, or PASS's status, too late
	codeOther      = -99020009 // PASS: verify with another number or name
	codePoints     = -99020010 // no points left
	codeSystem     = -99999001 // internal error
	codeClosed     = -99999002 // maintenance
)

func barocertErrors() map[int]string {
	return map[int]string{
		codeFormat: "request format is not valid", codeSignature: "signature is not valid", codeDate: "date is out of range", codeLink: "unknown LinkID",
		codeScope: "scope is not permitted", codeToken: "session token is not valid", codeReplay: "request was used before",
		codeClient: "unknown client code", codeField: "a field is not valid", codeCipher: "a field cannot be decrypted", codeNobody: "no such user",
		codeReceipt: "unknown receipt", codeIncomplete: "not completed", codeVerified: "already verified", codeTooLate: "verification time is over",
		codeOther: "receiver does not match", codePoints: "not enough points", codeSystem: "system error", codeClosed: "under maintenance",
	}
}

func barocertCodes() []string {
	var codes []string
	for c := range barocertErrors() {
		codes = append(codes, strconv.Itoa(c))
	}
	return sortedWords(codes)
}

func (b *Barocert) problem(code int) answer {
	return jsonAnswer(b.cfg.ErrorStatus, struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}{code, barocertErrors()[code]})
}

// wholeBody reads a body, and reports whether it was not too long.
func wholeBody(r *http.Request) ([]byte, bool) {
	body, err := io.ReadAll(r.Body)
	return body, err == nil
}

// zipped packs the body with gzip when the request allows it, also of an error.
func zipped(r *http.Request, a answer) answer {
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") || len(a.body) == 0 {
		return a
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(a.body)
	_ = z.Close()
	a.body = b.Bytes()
	return a.with("Content-Encoding", "gzip")
}

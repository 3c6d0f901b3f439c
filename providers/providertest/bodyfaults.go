package providertest

import (
	"bytes"
	"net/http"
	"net/http/httptest"
)

const (
	jsonType = "application/json;charset=UTF-8"
	htmlType = "text/html; charset=utf-8"
	htmlPage = "<!DOCTYPE html><html><head><title>점검 안내</title></head><body>" + spoiled + "</body></html>"
)

// bodyFaults are whole answers with status 200 that are no success. A success
// is proved by status, content type, body code and required fields.
func bodyFaults() []fault {
	const rule = "a 200 whose body is not the promised answer is a fault: maintenance pages, portals and firewalls say 200 as well (F18, F19, T14)"
	return []fault{
		{name: "F18 200 html maintenance page", rule: rule, serve: says(200, htmlType, htmlPage)},
		{name: "F18 200 html under the right content type", rule: rule, serve: func(st *stage, w http.ResponseWriter, r *http.Request) {
			says(200, st.healthy(r).Header().Get("Content-Type"), htmlPage)(st, w, r)
		}},
		{name: "F19 200 with an error object", rule: rule, serve: says(200, jsonType, `{"error":"server_error","error_description":"`+spoiled+`"}`)},
		{name: "F19 200 with a hostile error code", rule: rule, serve: says(200, jsonType,
			`{"error":"`+spoiled+`<script>\r\n\u001b[2J","code":"`+spoiled+`","errorCode":"`+spoiled+`","error_code":"`+spoiled+`","resultcode":"`+spoiled+`"}`)},
		{name: "F19 200 with an xml error", rule: rule, serve: says(200, "text/xml;charset=UTF-8", `<?xml version="1.0"?><ServiceException code="`+spoiled+`"/>`)},
		{name: "F20 200 {}", rule: rule, serve: says(200, jsonType, `{}`)},
		{name: "T14 200 null", rule: rule, serve: says(200, jsonType, `null`)},
		{name: "T14 200 []", rule: rule, serve: says(200, jsonType, `[]`)},
		{name: "T14 200 empty body", rule: rule, serve: says(200, jsonType, ``)},
		{name: "T14 200 empty body under the right content type", rule: rule, serve: func(st *stage, w http.ResponseWriter, r *http.Request) {
			says(200, st.healthy(r).Header().Get("Content-Type"), "")(st, w, r)
		}},
		{name: "T14 204 no content", rule: rule, serve: says(204, "", "")},
		{name: "T14 304 that nobody asked for", rule: rule, serve: says(304, "", "")},
		{name: "T14 the answer with an html tail", rule: "nothing may follow an answer: json.Decoder and most image decoders do not look (T14)", serve: spoil(func(b []byte) []byte { return append(b, htmlPage...) })},
		{name: "T14 the answer after a byte order mark", rule: rule, serve: spoil(func(b []byte) []byte { return append([]byte("\ufeff"), b...) })},
		{name: "T14 euc-kr", rule: rule, serve: says(200, "application/json;charset=EUC-KR", "{\"message\":\"\xc1\xa1\xb0\xcb \xc1\xdf\xc0\xd4\xb4\xcf\xb4\xd9 "+spoiled+"\"}")},
	}
}

// spoil sends the healthy answer with another body.
func spoil(edit func([]byte) []byte) func(*stage, http.ResponseWriter, *http.Request) {
	return func(st *stage, w http.ResponseWriter, r *http.Request) {
		ok := st.healthy(r)
		says(ok.Code, ok.Header().Get("Content-Type"), string(edit(trimmed(ok))))(st, w, r)
	}
}

// trimmed is the healthy body without the white space at its end, which nobody would miss.
func trimmed(ok *httptest.ResponseRecorder) []byte {
	return bytes.TrimRight(bytes.Clone(ok.Body.Bytes()), " \t\r\n")
}

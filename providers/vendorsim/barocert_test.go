package vendorsim

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	clientCode = "000000000001"
	citizen    = "01012345678"
)

func ciOfDemo() string { return "CI-" + strings.Repeat("A", 83) + "==" }

// certBody is a request with changed fields: name, value; nil leaves one out.
func certBody(t *testing.T, vendor string, changes ...any) string {
	t.Helper()
	m := map[string]any{"receiverHP": sealed(t, citizen), "receiverName": sealed(t, "홍길동"), "receiverBirthday": sealed(t, "19900131"), "reqTitle": "본인확인", "expireIn": 1000, "token": sealed(t, "our-random-token")}
	if vendor == "PASS" {
		m["callCenterNum"], m["userAgreementYN"], m["receiverInfoYN"], m["reqMessage"] = "1600-0000", true, true, sealed(t, "확인해 주세요")
	} else {
		m["extraMessage"], m["returnURL"], m["appUseYN"] = sealed(t, "확인해 주세요"), "", false
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if name := changes[i].(string); changes[i+1] == nil {
			delete(m, name)
		} else {
			m[name] = changes[i+1]
		}
	}
	body, err := json.Marshal(m)
	require.NoError(t, err)
	return string(body)
}

// session is one site's way to one vendor.
type session struct {
	b      *Barocert
	c      *http.Client
	vendor string
	token  string
}

func startCert(t *testing.T, vendor string, cfg BarocertConfig) *session {
	t.Helper()
	b, c := startBarocert(t, cfg)
	y, m, d := time.Now().In(kst()).Date()
	b.Advance(time.Until(time.Date(y, m, d, 12, 0, 0, 0, kst()))) // noon: PASS ends the day at midnight
	return &session{b, c, vendor, b.login(t, c, "partner", "401", "441")}
}

func (s *session) request(t *testing.T, changes ...any) reply {
	t.Helper()
	return s.b.signedPost(t, s.c, s.token, "/"+s.vendor+"/Identity/"+clientCode, certBody(t, s.vendor, changes...))
}

func (s *session) receipt(t *testing.T, changes ...any) string {
	t.Helper()
	r := s.request(t, changes...)
	require.Equal(t, 200, r.status, r.body)
	return r.json(t)["receiptID"].(string)
}

func (s *session) status(t *testing.T, id string) reply {
	t.Helper()
	return ask(t, s.c, "GET", s.b.URL()+"/"+s.vendor+"/Identity/"+clientCode+"/"+id, nil, "Authorization", "Bearer "+s.token)
}

// awaits the state.
func (s *session) awaits(t *testing.T, id string, state int) map[string]any {
	t.Helper()
	var m map[string]any
	until(t, func() bool { m = s.status(t, id).json(t); return fmt.Sprint(m["state"]) == fmt.Sprint(state) })
	return m
}

func (s *session) verify(t *testing.T, id string, older bool) reply {
	t.Helper()
	body, step := "", "/Verify/"
	if s.vendor == "PASS" {
		body = `{"receiverHP":"` + sealed(t, citizen) + `","receiverName":"` + sealed(t, "홍길동") + `"}`
	}
	if older {
		step = "/"
		if s.vendor == "KAKAO" {
			body = `""` // as the older library
		}
	}
	return s.b.signedPost(t, s.c, s.token, "/"+s.vendor+"/Identity"+step+clientCode+"/"+id, body)
}

// The whole way, on both paths of verify.
func TestBarocertKakao(t *testing.T) {
	for _, older := range []bool{false, true} {
		s := startCert(t, "KAKAO", BarocertConfig{})
		r := s.request(t)
		require.Equal(t, 200, r.status)
		require.Regexp(t, `^\{"receiptID":"\d{32}","scheme":""\}$`, r.body)
		id := r.json(t)["receiptID"].(string)
		push := s.b.Phone().Inbox(citizen)[0]
		push.At = time.Time{}
		require.Equal(t, Text{Channel: ChannelPush, From: "카카오톡 지갑", Title: "본인확인", Text: "확인해 주세요", Vendor: "kakao", Key: id}, push)

		m := s.awaits(t, id, 1)
		for _, name := range []string{"receiptID", "clientCode", "expireIn", "callCenterName", "callCenterNum", "reqTitle", "authCategory", "returnURL", "tokenType", "requestDT", "viewDT", "completeDT", "expireDT", "verifyDT", "scheme", "appUseYN"} {
			require.Contains(t, m, name)
		}
		require.Equal(t, id+" 000000000001 본인확인  false", fmt.Sprint(m["receiptID"], " ", m["clientCode"], " ", m["reqTitle"], " ", m["verifyDT"], " ", m["appUseYN"]))
		require.Regexp(t, `^\d{14}$`, m["completeDT"])

		r = s.verify(t, id, older)
		require.Equal(t, 200, r.status, r.body)
		require.JSONEq(t, `{"receiptID":"`+id+`","state":1,"signedData":"our-random-token","ci":"`+ciOfDemo()+`","receiverName":"홍길동","receiverYear":"1990","receiverDay":"0131",
			"receiverHP":"01012345678","receiverGender":"F","receiverForeign":"N","receiverTelcoType":"SKT"}`, r.body)
		problem(t, s.verify(t, id, !older), codeVerified, "once")
		require.Regexp(t, `^\d{14}$`, s.status(t, id).json(t)["verifyDT"])
	}
}

func TestBarocertPass(t *testing.T) {
	s := startCert(t, "PASS", BarocertConfig{})
	r := s.request(t, "appUseYN", true, "telcoType", "KT", "deviceOSType", "IOS")
	require.Regexp(t, `^\{"marketUrl":"","receiptID":"\d{32}","scheme":"tauthlink://[^"]+"\}$`, r.body)
	id := r.json(t)["receiptID"].(string)
	require.Equal(t, "PASS", s.b.Phone().Inbox(citizen)[0].From)
	m := s.awaits(t, id, 1)
	require.Equal(t, "KT IOS true true 1600-0000 ", fmt.Sprint(m["telcoType"], " ", m["deviceOSType"], " ", m["userAgreementYN"], " ", m["receiverInfoYN"], " ", m["callCenterNum"], " ", m["rejectDT"]))
	path := "/PASS/Identity/Verify/" + clientCode + "/" + id
	problem(t, s.b.signedPost(t, s.c, s.token, path, ""), codeFormat, "no body")
	problem(t, s.b.signedPost(t, s.c, s.token, path, `{"receiverHP":"`+sealed(t, "01000000000")+`","receiverName":"`+sealed(t, "홍길동")+`"}`), codeOther, "another number")
	problem(t, s.b.signedPost(t, s.c, s.token, path, `{"receiverHP":"`+sealed(t, citizen)+`","receiverName":"`+sealed(t, "김서울")+`"}`), codeOther, "another name")
	problem(t, s.b.signedPost(t, s.c, s.token, path, `{"receiverHP":"`+citizen+`","receiverName":"홍길동"}`), codeCipher, "as plain text")
	for _, older := range []bool{false, true} {
		r = s.verify(t, id, older)
		require.Equal(t, 200, r.status, r.body)
		require.Equal(t, "our-random-token "+ciOfDemo(), r.json(t)["signedData"].(string)+" "+r.json(t)["ci"].(string))
		require.NotContains(t, r.body, "receiverHP")
	}
	require.Equal(t, 200, s.request(t, "receiverBirthday", nil).status, "no birthday needed")
	require.Equal(t, 200, s.request(t, "token", sealed(t, strings.Repeat("x", 2800))).status)
}

// Fields of step one, and ways to be wrong. Nothing appears on the telephone then.
func TestBarocertRequestMistakes(t *testing.T) {
	for _, tc := range []struct {
		vendor, name string
		value        any
		code         int
	}{
		{"KAKAO", "receiverHP", nil, codeField}, {"KAKAO", "receiverName", nil, codeField}, {"KAKAO", "receiverBirthday", nil, codeField}, {"KAKAO", "reqTitle", nil, codeField},
		{"KAKAO", "expireIn", nil, codeField}, {"KAKAO", "token", nil, codeField}, {"KAKAO", "receiverHP", citizen, codeCipher}, {"KAKAO", "receiverHP", sealed(t, "010-1234-5678"), codeField},
		{"KAKAO", "receiverHP", sealed(t, "01099999999"), codeNobody}, {"KAKAO", "receiverName", sealed(t, "김서울"), codeNobody}, {"KAKAO", "receiverBirthday", sealed(t, "19900201"), codeNobody},
		{"KAKAO", "receiverBirthday", sealed(t, "1990-1-31"), codeField}, {"KAKAO", "receiverBirthday", sealed(t, "19901331"), codeField}, {"KAKAO", "reqTitle", strings.Repeat("가", 41), codeField},
		{"KAKAO", "extraMessage", sealed(t, strings.Repeat("가", 501)), codeField}, {"KAKAO", "extraMessage", "plain", codeCipher}, {"KAKAO", "expireIn", 1001, codeField}, {"KAKAO", "expireIn", 0, codeField},
		{"KAKAO", "expireIn", "60", codeField}, {"KAKAO", "expireIn", 1.5, codeField}, {"KAKAO", "token", sealed(t, strings.Repeat("x", 41)), codeField}, {"KAKAO", "appUseYN", "Y", codeField},
		{"KAKAO", "surprise", 1, codeField}, {"KAKAO", "callCenterNum", "1600", codeField}, {"KAKAO", "reqTitle", 7, codeField},
		{"PASS", "callCenterNum", nil, codeField}, {"PASS", "callCenterNum", "1600-0000-000", codeField}, {"PASS", "telcoType", "skt", codeField}, {"PASS", "deviceOSType", "WINDOWS", codeField},
		{"PASS", "token", sealed(t, strings.Repeat("x", 2801)), codeField}, {"PASS", "receiverInfoYN", 1, codeField}, {"PASS", "extraMessage", sealed(t, "x"), codeField}, {"PASS", "returnURL", "x", codeField},
	} {
		s := startCert(t, tc.vendor, BarocertConfig{})
		problem(t, s.request(t, tc.name, tc.value), tc.code, fmt.Sprint(tc.vendor, " ", tc.name, " ", tc.value))
		require.Zero(t, s.b.Phone().Count(""))
	}
	s := startCert(t, "KAKAO", BarocertConfig{Points: 1})
	problem(t, s.b.signedPost(t, s.c, s.token, "/KAKAO/Identity/000000000002", certBody(t, "KAKAO")), codeClient, "client")
	problem(t, s.b.signedPost(t, s.c, s.token, "/KAKAO/Identity/"+clientCode, `[]`), codeFormat, "no object")
	problem(t, s.b.signedPost(t, s.c, s.token, "/KAKAO/Identity/"+clientCode, certBody(t, "KAKAO"), "Content-Type", "text/plain"), codeFormat, "type")
	require.Equal(t, 404, s.b.signedPost(t, s.c, s.token, "/NAVER/Identity/"+clientCode, certBody(t, "KAKAO")).status)
	s.receipt(t)
	problem(t, s.request(t), codePoints, "points")
}

// What the citizen does: confirms, says no, lets it expire, or decides late. F75.
func TestBarocertChoices(t *testing.T) {
	s := startCert(t, "KAKAO", BarocertConfig{})
	s.b.Phone().Behave(citizen, Behaviour{Choice: Decline})
	id := s.receipt(t)
	require.Empty(t, s.awaits(t, id, 3)["completeDT"])
	problem(t, s.verify(t, id, false), codeIncomplete, "rejected")
	require.Error(t, s.b.Decide(id, Confirm))

	s.b.Phone().Behave(citizen, Behaviour{Choice: Ignore})
	id = s.receipt(t, "expireIn", 60)
	problem(t, s.verify(t, id, false), codeIncomplete, "waiting")
	s.b.Advance(59 * time.Second)
	s.awaits(t, id, 0)
	s.b.Advance(2 * time.Second)
	s.awaits(t, id, 2)
	require.Error(t, s.b.Decide(id, Confirm), "too late")
	problem(t, s.verify(t, id, false), codeIncomplete, "expired")

	id = s.receipt(t)
	require.NoError(t, s.b.Decide(id, Ignore))
	require.NoError(t, s.b.Decide(id, Confirm))
	require.Error(t, s.b.Decide(id, Decline), "decided")
	require.Error(t, s.b.Decide("unknown", Confirm))
	require.Equal(t, 200, s.verify(t, id, false).status, "a problem before did not use it up")

	s.b.Phone().Behave(citizen, Behaviour{After: time.Hour})
	s.awaits(t, s.receipt(t), 0)
	s.b.Phone().Behave(citizen, Behaviour{Trouble: NoSuchLine})
	before := s.b.Phone().Count(citizen)
	s.awaits(t, s.receipt(t), 0)
	require.Equal(t, before, s.b.Phone().Count(citizen))

	other := startCert(t, "KAKAO", BarocertConfig{RejectedState: 7, ExpiredState: 8, ErrorStatus: 500})
	other.b.Phone().Behave("", Behaviour{Choice: Decline})
	id = other.receipt(t)
	other.awaits(t, id, 7)
	require.Equal(t, 500, other.verify(t, id, false).status)
}

// Kakao verifies within ten minutes, PASS on the day of the request in Korea.
func TestBarocertVerifyInTime(t *testing.T) {
	s := startCert(t, "KAKAO", BarocertConfig{})
	id := s.receipt(t)
	s.awaits(t, id, 1)
	s.b.Advance(10*time.Minute + time.Second)
	problem(t, s.verify(t, id, false), codeTooLate, "ten minutes")
	require.Equal(t, "1", fmt.Sprint(s.status(t, id).json(t)["state"]))

	p, c := startBarocert(t, BarocertConfig{TokenTTL: 48 * time.Hour})
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, kst())
	p.Advance(noon.Sub(p.now()))
	s = &session{p, c, "PASS", p.login(t, c, "partner", "441")}
	id = s.receipt(t)
	s.awaits(t, id, 1)
	p.Advance(11*time.Hour + 50*time.Minute)
	require.Equal(t, 200, s.verify(t, id, false).status)
	p.Advance(11 * time.Minute)
	problem(t, s.verify(t, id, false), codeTooLate, "the next day")
	problem(t, s.status(t, id), codeTooLate, "the next day")
}

// A receipt belongs to its vendor and client; and the Hometax case: who confirms is another person.
func TestBarocertMixUps(t *testing.T) {
	b, c := startBarocert(t, BarocertConfig{ClientCodes: []string{clientCode, "000000000002"}})
	token := b.login(t, c, "partner", "401", "441")
	kakao, pass := &session{b, c, "KAKAO", token}, &session{b, c, "PASS", token}
	id := kakao.receipt(t)
	kakao.awaits(t, id, 1)
	problem(t, pass.status(t, id), codeReceipt, "the other vendor")
	problem(t, pass.verify(t, id, false), codeReceipt, "the other vendor")
	problem(t, b.signedPost(t, c, token, "/KAKAO/Identity/Verify/000000000002/"+id, ""), codeReceipt, "the other client")
	require.Equal(t, 200, kakao.verify(t, id, false).status)

	b.ProofOf("010-1234-5678", Person{Name: "김서울", Phone: "01087654321", Birthday: "19851201", Gender: "M"})
	id = kakao.receipt(t)
	kakao.awaits(t, id, 1)
	m := kakao.verify(t, id, false).json(t)
	require.Equal(t, "김서울 1985 1201 M  our-random-token", fmt.Sprint(m["receiverName"], " ", m["receiverYear"], " ", m["receiverDay"], " ", m["receiverGender"], " ", m["ci"], " ", m["signedData"]))
	b.ProofOf(citizen, Person{})
	id = kakao.receipt(t)
	kakao.awaits(t, id, 1)
	require.Equal(t, "홍길동", kakao.verify(t, id, false).json(t)["receiverName"])
}

// Answers are packed when the request allows it, also errors.
func TestBarocertGzip(t *testing.T) {
	s := startCert(t, "KAKAO", BarocertConfig{})
	for path, want := range map[string]string{"/Time": "T", "/KAKAO/Identity/000000000001/1": `{"code":`} {
		r := ask(t, s.c, "GET", s.b.URL()+path, nil, "Accept-Encoding", "gzip", "Authorization", "Bearer "+s.token)
		require.Equal(t, "gzip", r.header.Get("Content-Encoding"))
		z, err := gzip.NewReader(bytes.NewReader([]byte(r.body)))
		require.NoError(t, err)
		text, err := io.ReadAll(z)
		require.NoError(t, err)
		require.Contains(t, string(text), want)
	}
}

// Vendor codes, lost and late pushes, and a request whose answer is lost: the citizen was asked all the same.
func TestBarocertFaults(t *testing.T) {
	s := startCert(t, "KAKAO", BarocertConfig{})
	require.Equal(t, "time token point kakao_request kakao_status kakao_verify pass_request pass_status pass_verify push", strings.Join(s.b.Operations(), " "))
	for op, do := range map[string]func() reply{
		"kakao_request": func() reply { return s.request(t) }, "kakao_status": func() reply { return s.status(t, "1") }, "kakao_verify": func() reply { return s.verify(t, "1", true) },
	} {
		require.NoError(t, s.b.Break(op, Fault{Mode: Vendor, Code: fmt.Sprint(codeClosed)}))
		problem(t, do(), codeClosed, op)
		require.NoError(t, s.b.Break(op, Fault{Mode: ErrorBody}))
		require.Equal(t, 200, do().status)
		s.b.Heal(op)
	}
	require.NoError(t, s.b.Break("push", Fault{Mode: Hang}))
	s.awaits(t, s.receipt(t), 0)
	require.Zero(t, s.b.Phone().Count(""))
	require.NoError(t, s.b.Break("push", Fault{Mode: Slow, Delay: time.Microsecond}))
	s.awaits(t, s.receipt(t), 1)
	require.Equal(t, 1, s.b.Phone().Count(citizen))
	s.b.Heal("push")
	require.NoError(t, s.b.Break("kakao_request", Fault{Mode: Status, Status: 504, Effect: true}))
	require.Equal(t, 504, s.request(t).status)
	require.Equal(t, 2, s.b.Phone().Count(citizen))
}

func TestBarocertConfigMistakes(t *testing.T) {
	_, err := StartBarocert(BarocertConfig{SecretKey: "x", ClientCodes: []string{"1"}, Skew: -1, ErrorStatus: 1, People: []Person{{Name: "a", Phone: "x", Birthday: "19900101", Gender: "F"}, {Name: "b", Phone: "x"}}})
	for _, want := range []string{"vendorsim: barocert: start: ", "32 bytes", `"1" has not 12`, "negative", "status 1", "person 0:", "person 1 has the number of another"} {
		require.ErrorContains(t, err, want)
	}
}

func TestBarocertCloseStopsChoices(t *testing.T) {
	b, err := StartBarocert(BarocertConfig{})
	require.NoError(t, err)
	c := browser(t)
	s := &session{b, c, "KAKAO", b.login(t, c, "partner", "401")}
	b.Phone().Behave("", Behaviour{After: time.Hour})
	s.receipt(t)
	b.Close()
	b.Close()
	require.Empty(t, b.later.pending)
}

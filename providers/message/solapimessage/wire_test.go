package solapimessage_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/solapimessage"
)

// watched is a vendor that keeps what it was asked.
func watched(t *testing.T, body string) (*httptest.Server, *[]string, *url.Values) {
	t.Helper()
	var bodies []string
	var query url.Values
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies, query = append(bodies, r.Method+" "+r.URL.Path+" "+string(b)), r.URL.Query()
		w.Header().Set("Content-Type", js)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s, &bodies, &query
}

func TestExactRequests(t *testing.T) {
	long := strings.Repeat("가", 45) + "."
	rows := map[string]struct {
		edit func(*solapimessage.Config)
		m    message.Message
		body string
	}{
		"sms": {nil, good("op-1", "01012345678"),
			`{"to":"01012345678","from":"0212345678","text":"[Demo] 인증번호 op-1","type":"SMS","country":"82","customFields":{"key":"op-1"}}`},
		"an sms has no title": {nil, message.Message{Key: "op-1", To: "01012345678", Text: "a", Title: "b"},
			`{"to":"01012345678","from":"0212345678","text":"a","type":"SMS","country":"82","customFields":{"key":"op-1"}}`},
		"lms": {nil, message.Message{Key: "op-1", To: "01012345678", Text: long},
			`{"to":"01012345678","from":"0212345678","text":"` + long + `","type":"LMS","country":"82","customFields":{"key":"op-1"}}`},
		"lms with a title": {func(c *solapimessage.Config) { c.Title = "not this" }, message.Message{Key: "op-1", To: "01012345678", Text: long, Title: "제목"},
			`{"to":"01012345678","from":"0212345678","text":"` + long + `","type":"LMS","country":"82","subject":"제목","customFields":{"key":"op-1"}}`},
		"lms with the sender's title": {func(c *solapimessage.Config) { c.Title = "알림" }, message.Message{Key: "op-1", To: "01012345678", Text: long},
			`{"to":"01012345678","from":"0212345678","text":"` + long + `","type":"LMS","country":"82","subject":"알림","customFields":{"key":"op-1"}}`},
		"alimtalk: the substitute is switched off": {kakao, talk("op-1", "01012345678"),
			`{"to":"01012345678","from":"0212345678","text":"[Demo] 인증번호 op-1","type":"ATA","country":"82","customFields":{"key":"op-1"},
			  "kakaoOptions":{"pfId":"KA01PF000000000000000001","templateId":"KA01TP000000000000000002","variables":{"#{code}":"op-1"},"disableSms":true}}`},
		"alimtalk: the substitute is declared, the template is an id": {func(c *solapimessage.Config) { kakao(c); c.AlimTalk.VendorResend = true },
			message.Message{Key: "op-1", To: "01012345678", Text: "a", Template: "KA01TP3"},
			`{"to":"01012345678","from":"0212345678","text":"a","type":"ATA","country":"82","customFields":{"key":"op-1"},
			  "kakaoOptions":{"pfId":"KA01PF000000000000000001","templateId":"KA01TP3","disableSms":false}}`},
		"text of a message that has a template": {nil, talk("op-1", "01012345678"),
			`{"to":"01012345678","from":"0212345678","text":"[Demo] 인증번호 op-1","type":"SMS","country":"82","customFields":{"key":"op-1"}}`},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			v, bodies, _ := watched(t, sentOK)
			r, err := sender(t, v.URL, row.edit).Send(t.Context(), row.m)
			require.NoError(t, err)
			assert.NoError(t, r.Answers(row.m))
			assert.Equal(t, "G4V20260201120405DEMOAAAAAAAAAAAA", r.Group)
			require.Len(t, *bodies, 1)
			asked, body, _ := strings.Cut((*bodies)[0], " {")
			assert.Equal(t, "POST /messages/v4/send-many/detail", asked)
			assert.JSONEq(t, `{"messages":[`+row.body+`],"allowDuplicates":false,"showMessageList":true}`, "{"+body)
		})
	}
}

func TestExactQuestions(t *testing.T) {
	v, _, query := watched(t, listOK)
	s := sender(t, v.URL, nil)
	require.NoError(t, status(t.Context(), s))
	assert.Equal(t, url.Values{"messageId": {"M4V20260201120405DEMOAAAAAAAAAAAA"}, "limit": {"1"}}, *query)

	m := good("op-1", "01012345678")
	r, found, err := s.Find(t.Context(), m)
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, message.Receipt{
		Provider: "solapi", ID: "M4V20260201120405DEMOAAAAAAAAAAAA", Group: "G4V20260201120405DEMOAAAAAAAAAAAA", Key: "op-1", Channel: message.SMS,
		At: time.Date(2026, 2, 1, 3, 4, 5, 0, time.UTC), State: message.Delivered,
	}, r)
	assert.Equal(t, []string{"01012345678"}, (*query)["to"])
	from, err := time.Parse(time.RFC3339, query.Get("startDate"))
	require.NoError(t, err)
	until, err := time.Parse(time.RFC3339, query.Get("endDate"))
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(-24*time.Hour), from, time.Minute)
	assert.WithinDuration(t, time.Now().Add(time.Hour), until, time.Minute)
}

func TestFoundChannels(t *testing.T) {
	for kind, want := range map[string]message.Channel{"SMS": message.SMS, "LMS": message.LMS, "MMS": message.LMS, "RCS_SMS": message.SMS} {
		s := sender(t, says(t, 200, js, strings.Replace(listOK, `"SMS"`, `"`+kind+`"`, 1)).URL, nil)
		m := good("op-1", "01012345678")
		r, _, err := s.Find(t.Context(), m)
		require.NoError(t, err)
		assert.Equal(t, want, r.Channel, kind)
		assert.NoError(t, r.Answers(m))
	}
	s := sender(t, says(t, 200, js, strings.NewReplacer(`"SMS"`, `"ATA"`, `"4000"`, `"3104"`, `"2026-02-01T03:04:05.000Z"`, `null`).Replace(listOK)).URL, kakao)
	r, _, err := s.Find(t.Context(), talk("op-1", "01012345678"))
	require.NoError(t, err)
	assert.Equal(t, message.AlimTalk, r.Channel)
	assert.Equal(t, message.Accepted, r.State, "what became of it is asked by Status")
	assert.WithinDuration(t, time.Now(), r.At, time.Minute)
}

// A chain that falls back from AlimTalk to SMS here leaves two messages of one key: each sender finds its own, or a failed AlimTalk would
// be taken for a failed SMS and the next vendor would send it once more.
func TestFindTellsTheTwoChannelsOfOneKeyApart(t *testing.T) {
	entry := listOK[strings.Index(listOK, `"M4V`) : len(listOK)-2]
	failed := strings.NewReplacer("DEMOAAAAAAAAAAAA", "DEMOBBBBBBBBBBBB", `"SMS"`, `"ATA"`, `"4000"`, `"3104"`).Replace(entry)
	list := func(entries ...string) string {
		return says(t, 200, js, `{"nextKey":null,"messageList":{`+strings.Join(entries, ",")+`}}`).URL
	}
	both := list(entry, failed)
	for range 20 { // a map has no order
		r, found, err := sender(t, both, nil).Find(t.Context(), talk("op-1", "01012345678"))
		require.NoError(t, err)
		assert.Equal(t, []any{true, "M4V20260201120405DEMOAAAAAAAAAAAA", message.SMS}, []any{found, r.ID, r.Channel})
		r, found, err = sender(t, both, kakao).Find(t.Context(), talk("op-1", "01012345678"))
		require.NoError(t, err)
		assert.Equal(t, []any{true, "M4V20260201120405DEMOBBBBBBBBBBBB", message.AlimTalk}, []any{found, r.ID, r.Channel})
	}
	_, found, err := sender(t, list(failed), nil).Find(t.Context(), talk("op-1", "01012345678"))
	require.NoError(t, err)
	assert.False(t, found, "the SMS is not there")
	_, found, err = sender(t, list(entry), func(c *solapimessage.Config) { kakao(c); c.AlimTalk.VendorResend = true }).Find(t.Context(), talk("op-1", "01012345678"))
	require.NoError(t, err)
	assert.True(t, found, "the vendor's own substitute is ours")
}

func TestAlimTalkNeedsATemplate(t *testing.T) {
	v, bodies, _ := watched(t, sentOK)
	e := failure(t, send(t.Context(), sender(t, v.URL, kakao)))
	assert.Equal(t, "solapi: send: invalid: an alimtalk needs a template", e.Error())
	assert.True(t, e.NotSent())
	assert.Empty(t, *bodies)
}

func TestConfigReportsEveryMistakeAndNoKey(t *testing.T) {
	_, err := solapimessage.New(solapimessage.Config{
		APIKey: providers.NewSecret("CANARY key"), APISecret: providers.NewSecret("CANARY,secret"), From: "02-1234-5678", Title: "a\nb", Base: "http://api.example", Timeout: -1,
		AlimTalk: solapimessage.AlimTalk{PfID: "a b", Templates: map[string]string{"x": "CANARY/id"}},
	})
	require.Error(t, err)
	for _, want := range []string{"solapimessage: ", "api key", "api secret", "from", "title", "pf id", "template", "loopback", "timeout"} {
		assert.Contains(t, err.Error(), want)
	}
	assert.NotContains(t, err.Error(), "CANARY")
	_, err = solapimessage.New(solapimessage.Config{AlimTalk: solapimessage.AlimTalk{VendorResend: true}})
	for _, want := range []string{"api key is missing", "api secret is missing", "from", "pf id is missing"} {
		assert.ErrorContains(t, err, want)
	}
	_, err = solapimessage.New(solapimessage.Config{APIKey: providers.NewSecret("K"), APISecret: providers.NewSecret("S"), From: "0212345678"})
	assert.NoError(t, err, "it asks nobody")
}

func TestTemplatesAreCopied(t *testing.T) {
	v, bodies, _ := watched(t, sentOK)
	names := map[string]string{"code": "KA01TP1"}
	s := sender(t, v.URL, func(c *solapimessage.Config) { kakao(c); c.AlimTalk.Templates = names })
	names["code"] = "changed"
	_, err := s.Send(t.Context(), talk("op-1", "01012345678"))
	require.NoError(t, err)
	assert.Contains(t, (*bodies)[0], `"templateId":"KA01TP1"`)
}

func TestT17NothingPrintsASecret(t *testing.T) {
	cfg := config("http://127.0.0.1:1")
	s, err := solapimessage.New(cfg)
	require.NoError(t, err)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s, "cfg", cfg)
	all := log.String() + fmt.Sprintf("%v %+v %#v %v %+v %#v %+v", s, s, s, cfg, cfg, cfg, *s)
	for _, secret := range []string{apiKey, apiSecret} {
		assert.NotContains(t, all, secret)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(sentOK), 200)
	f.Add([]byte(failedBody("1062")), 200)
	f.Add([]byte(listOK), 200)
	f.Add([]byte(`{"errorCode":"InvalidAPIKey"}`), 403)
	f.Fuzz(func(t *testing.T, body []byte, code int) {
		cfg := config("http://127.0.0.1:1")
		cfg.HTTP = &http.Client{Transport: answer{body, code}}
		s, err := solapimessage.New(cfg)
		require.NoError(t, err)
		m := good("op-1", "01012345678")
		r, err := s.Send(t.Context(), m)
		if err == nil && (code != 200 || r.Answers(m) != nil) {
			t.Fatalf("status %d became a receipt", code)
		}
		if d, err := s.Status(t.Context(), message.Receipt{Provider: "solapi", ID: "M1"}); err == nil && d.State == 0 {
			t.Fatal("a delivery without a state")
		}
		if r, found, err := s.Find(t.Context(), m); found && (err != nil || r.Answers(m) != nil) {
			t.Fatal("something was found that is no answer")
		}
	})
}

// answer is a vendor without a network.
type answer struct {
	body   []byte
	status int
}

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	rec.Header().Set("Content-Type", js)
	rec.Body.Write(a.body)
	resp := rec.Result()
	resp.StatusCode, resp.Request = a.status, r
	return resp, nil
}

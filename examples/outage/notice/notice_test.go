package notice_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/notice"
	"github.com/detour-go/detour/fallback"
)

func words() notice.Words {
	return notice.Words{
		Out:   notice.Text{KO: "{name} 로그인이 {since}되지 않습니다.", EN: "{name} login has not been working{since}."},
		Use:   notice.Text{KO: "대신 {list}.", EN: "Use {list}."},
		None:  notice.Text{KO: "기다려 주세요.", EN: "Please wait."},
		Names: map[string]notice.Text{"kakao": {KO: "카카오", EN: "Kakao"}, "naver": {KO: "네이버", EN: "Naver"}, "phone": {KO: "전화", EN: "phone"}},
	}
}

func TestTell(t *testing.T) {
	at := time.Date(2022, 10, 15, 6, 30, 0, 0, time.UTC)
	when := notice.Clock(at.Add(time.Hour))
	kakao, naver, phone := notice.Way{Name: "kakao", Since: at}, notice.Way{Name: "naver", Works: true}, notice.Way{Name: "phone", Works: true}

	n := words().Tell([]notice.Way{kakao, naver, phone}, when)
	assert.Equal(t, notice.Text{KO: "카카오 로그인이 15:30부터 되지 않습니다. 대신 네이버 또는 전화.", EN: "Kakao login has not been working since 15:30. Use Naver or phone."}, n.Text)
	assert.Equal(t, []notice.Way{kakao}, n.Out)
	assert.Equal(t, []string{"naver", "phone"}, n.Use)

	w := words()
	w.Chosen = true
	assert.Equal(t, []string{"naver"}, w.Tell([]notice.Way{kakao, naver, phone}, when).Use, "the site chooses")
	assert.Equal(t, notice.Notice{}, w.Tell([]notice.Way{naver, kakao, phone}, when), "what stands behind it is not the citizen's concern")
	assert.Equal(t, []notice.Way{kakao}, words().Tell([]notice.Way{naver, kakao, phone}, when).Out, "where he chooses, it is")

	n = words().Tell([]notice.Way{kakao, {Name: "other"}}, notice.Clock(at.Add(24*time.Hour)))
	assert.Equal(t, "Kakao login has not been working since 15:30 on 15 October. other login has not been working. Please wait.", n.Text.EN)
	assert.Equal(t, "카카오 로그인이 10월 15일 15:30부터 되지 않습니다. other 로그인이 되지 않습니다. 기다려 주세요.", n.Text.KO)

	assert.Equal(t, notice.Notice{}, words().Tell([]notice.Way{naver, phone}, when), "nothing to tell")
}

// What a reader of Korean would say: the particle goes by how the word before it ends.
func TestParticles(t *testing.T) {
	for in, want := range map[string]string{
		"카카오톡 알림톡을(를) 보내지": "카카오톡 알림톡을 보내지", "문자 메시지을(를)": "문자 메시지를", "문자 메시지(으)로 보내": "문자 메시지로 보내", "메일(으)로": "메일로", "알림톡(으)로": "알림톡으로",
		"카카오이(가), 네이버와 PASS은(는)": "카카오가, 네이버와 PASS는", "병원은(는)": "병원은", "서울(으)로": "서울로", "서울은(는)": "서울은",
		"지도(오픈스트리트맵)을(를)": "지도(오픈스트리트맵)을", "\"브이월드\"은(는)": "\"브이월드\"는", "SMS을(를)": "SMS를", "LMS(이)나 URL(으)로": "LMS나 URL로", "119(으)로 (으)로": "119로 로",
		"1330과(와)": "1330과", "2이(가)": "2가", "은(는)": "는", "": "", "아무것도 없음": "아무것도 없음",
	} {
		w := notice.Words{Out: notice.Text{KO: in}}
		assert.Equal(t, want, w.Line(notice.Way{}, nil).KO, in)
	}
}

// Two vendors of text messages are one thing to citizens: while one of them works, text messages do.
func TestTellOneThingOnce(t *testing.T) {
	at := time.Date(2022, 10, 15, 6, 30, 0, 0, time.UTC)
	when := notice.Clock(at)
	w := notice.Words{
		Out: notice.Text{KO: "{name}을(를) {since}보내지 못하고 있습니다.", EN: "no {name}{since}."}, Use: notice.Text{KO: "{list}(으)로 보냅니다.", EN: "by {list}."},
		None:   notice.Text{KO: "누리집에서 보세요.", EN: "Look here."},
		Names:  map[string]notice.Text{"talk": {KO: "알림톡", EN: "notices"}, "sms": {KO: "문자 메시지", EN: "texts"}, "other": {KO: "문자 메시지", EN: "texts"}},
		Chosen: true,
	}
	talk := notice.Way{Name: "talk", Since: at}
	works := func(name string) notice.Way { return notice.Way{Name: name, Works: true} }
	out := func(name string, after time.Duration) notice.Way { return notice.Way{Name: name, Since: at.Add(after)} }

	n := w.Tell([]notice.Way{talk, out("sms", time.Hour), works("other")}, when)
	assert.Equal(t, "알림톡을 15:30부터 보내지 못하고 있습니다. 문자 메시지로 보냅니다.", n.Text.KO)
	assert.Equal(t, []string{"other"}, n.Use)
	n = w.Tell([]notice.Way{talk, works("sms"), out("other", 0)}, when)
	assert.Equal(t, []notice.Way{talk}, n.Out)
	assert.Equal(t, []string{"sms"}, n.Use)
	assert.Equal(t, notice.Notice{}, w.Tell([]notice.Way{works("talk"), out("sms", 0), works("other")}, when), "nobody notices")
	for _, second := range []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour} {
		n = w.Tell([]notice.Way{talk, out("sms", 2*time.Hour), out("other", second)}, when)
		require.Len(t, n.Out, 2)
		assert.True(t, n.Out[1].Since.Equal(at.Add(min(second, 2*time.Hour))), "since the first of them")
	}
	assert.Equal(t, "no notices since 15:30. no texts since 17:30. Look here.", n.Text.EN)
	n = w.Tell([]notice.Way{talk, {Name: "sms"}, out("other", 0)}, when)
	assert.False(t, n.Out[1].Since.IsZero(), "a time that is known")

	w.None = notice.Text{}
	assert.Equal(t, "no notices since 15:30.", w.Tell([]notice.Way{talk}, when).Text.EN)
}

func TestWays(t *testing.T) {
	since := time.Now()
	assert.Equal(t, []notice.Way{{Name: "a", Works: true}, {Name: "b", Since: since}}, notice.Offers([]fallback.Offer{
		{Source: "a", Available: true, Why: "coming back", Since: since}, {Source: "b", Since: since}}))

	b, err := breaker.New(breaker.Config{Name: "b"})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, b.Close()) })
	assert.Equal(t, notice.Way{Name: "b", Works: true}, notice.Guarded("b", b))
	require.NoError(t, b.Force(breaker.ForcedOpen, "test", "out", time.Minute))
	w := notice.Guarded("b", b)
	assert.False(t, w.Works)
	assert.WithinDuration(t, since, w.Since, time.Minute)
	assert.True(t, notice.Guarded("own", nil).Works)
}

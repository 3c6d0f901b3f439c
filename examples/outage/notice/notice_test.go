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
	assert.Equal(t, notice.Text{KO: "카카오 로그인이 15:30부터 되지 않습니다. 대신 네이버, 전화.", EN: "Kakao login has not been working since 15:30. Use Naver or phone."}, n.Text)
	assert.Equal(t, []notice.Way{kakao}, n.Out)
	assert.Equal(t, []string{"naver", "phone"}, n.Use)

	w := words()
	w.Chosen = true
	assert.Equal(t, []string{"naver"}, w.Tell([]notice.Way{kakao, naver, phone}, when).Use, "the site chooses")

	n = words().Tell([]notice.Way{kakao, {Name: "other"}}, notice.Clock(at.Add(24*time.Hour)))
	assert.Equal(t, "Kakao login has not been working since 15 October 15:30. other login has not been working. Please wait.", n.Text.EN)
	assert.Equal(t, "카카오 로그인이 10월 15일 15:30부터 되지 않습니다. other 로그인이 되지 않습니다. 기다려 주세요.", n.Text.KO)

	assert.Equal(t, notice.Notice{}, words().Tell([]notice.Way{naver, phone}, when), "nothing to tell")
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

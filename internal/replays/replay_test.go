package replays

import (
	"strings"
	"testing"
	"time"
)

// TestReplays plays every row and prints one table of them.
func TestReplays(t *testing.T) {
	var lines []string
	for _, r := range rows() {
		t.Run(r.name(), func(t *testing.T) { lines = append(lines, r.run(t).String()) })
	}
	t.Log("\n| outage | length | calls | direct | by hand | with Detour | by hand | lost | second try | noticed s | back s | openings | ms |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n" + strings.Join(lines, "\n"))
}

// rows are all replays.
func rows() []row { return kakaoShort() }

// kakaoShort are the outages of Kakao beside that of October 2022.
func kakaoShort() []row {
	login := []string{"kakao", "naver", "phone"}
	return []row{{
		timeline: "kakao-2024-07-18", capability: "login", providers: login, site: loginSite,
		from: -time.Hour, to: 3 * time.Hour, every: 5 * time.Second,
		// Who was at the page of Kakao when it died is lost too.
		direct: exactly(0.640278, "1 - (86*60 + 20)/(4*3600.0)"),
		detour: exactly(1, "1"),
		first:  between(0.998431, "1 - (20 + 2.6)/(4*3600.0)", 0.998611, "1 - 20/(4*3600.0)"),
		slack:  time.Second, noticed: enough, back: 4 * time.Second, openings: 1,
		asked: 40, // begun in the 20 s before: 25 in the last 5 s, 3 before them, and who began before it was noticed sees a dead page
	}}
}

package replays

import "time"

// naver are the outages of Naver.
func naver() []row {
	return []row{{
		timeline: "naver-map-2023-05-30", capability: "map", providers: []string{"naver", "kakao", "archive"}, site: reads{}.site, from: -hour, to: 3 * hour,
		direct: exactly(0.645833, "1 - 85/240.0"), detour: exactly(1, "1"),
		slack: time.Second, noticed: enough, back: 4 * time.Second, openings: 1, asked: 15,
	}, {
		// Forty calls a second, half of them known. Two alternates carry ten a
		// second each; the first, loaded as well, fails two of its ten, which go on
		// to the second. So 18 are served live, and of the 22 others the known half
		// from memory: 11, give or take one, because those who are served live stand
		// together at the same places of every second.
		timeline: "naver-mobile-2023-05-31", capability: "search", providers: []string{"naver", "daum", "own"},
		site: reads{known: 5, caps: map[string]int{"daum": 10, "own": 10}}.site, surge: surge{0, 5 * minute, 25 * time.Millisecond},
		from: -25 * minute, to: 35 * minute,
		direct: exactly(0.916667, "1 - 5/60.0"), detour: between(0.975, "1 - 12/40.0*5/60", 0.979167, "1 - 10/40.0*5/60"),
		slack: 3 * time.Second, noticed: enough, back: 4 * time.Second, openings: 1, asked: 15,
	}, {
		// The app comes back 33 minutes after the web, which serves the app's users meanwhile.
		timeline: "naver-cafe-2023-06-14", capability: "cafe", providers: []string{"app", "web"}, site: reads{}.site, from: -hour, to: 3 * hour,
		direct: exactly(0.4125, "1 - 141/240.0"), detour: exactly(0.55, "1 - 108/240.0"),
		slack: 3 * time.Second, noticed: enough, back: 4 * time.Second, openings: 1,
		asked: 800, // when neither can be asked, one of them is tried all the same (PanicTrials), by turns
	}, {
		timeline: "naver-store-2020-08-31", capability: "login", providers: []string{"naver", "kakao", "phone"}, site: flows{}.site, from: -hour, to: 5 * hour,
		direct: exactly(0.499074, "1 - (3*3600 + 20)/(6*3600.0)"), detour: exactly(1, "1"),
		first: between(0.998954, "1 - (20 + 2.6)/(6*3600.0)", 0.999074, "1 - 20/(6*3600.0)"),
		slack: time.Second, noticed: enough, back: 4 * time.Second, openings: 1, asked: 110,
	}}
}

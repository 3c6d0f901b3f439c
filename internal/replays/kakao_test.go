package replays

import (
	"time"

	"github.com/detour-go/detour/fallback"
)

const (
	hour   = time.Hour
	minute = time.Minute
	often  = 5 * time.Second // from call to call, if the row does not say otherwise
	rarely = 15 * time.Second
)

func logins() []string { return []string{"kakao", "naver", "phone"} }
func even(n int) bool  { return n%2 == 0 }

// kakaoFire is 15 to 20 October 2022.
func kakaoFire() []row {
	const outage = "kakao-2022-10-15"
	maps := []string{"kakao", "naver", "archive"}
	certs := map[string]fallback.Assurance{"kakao": fallback.High, "pass": fallback.High}
	return []row{{
		timeline: outage, capability: "login", providers: logins(), site: flows{}.site, from: -2 * hour, to: 22 * hour, every: rarely,
		direct: exactly(0.210185, "1 - (18.5*3600 + 20 + 0.3*1.5*3600)/(24*3600)"),
		detour: exactly(1, "1"),
		first:  between(0.980988, "1 - (20 + 2.6 + 0.3*1.5*3600)/(24*3600)", 0.999769, "1 - 20/(24*3600.0)"),
		slack:  3 * rarely, noticed: enough, back: 2*minute + 10*time.Second, openings: 60, asked: 110,
	}, {
		// The process starts in the middle of it, half an hour before logins begin to work.
		timeline: outage, capability: "login", label: "started at 18 h, pages of repair", providers: logins(), site: flows{}.site, change: partlyBy("html"), from: 18 * hour, to: 22 * hour,
		direct: exactly(0.7625, "1 - (0.5*3600 + 0.3*1.5*3600)/(4*3600)"), detour: exactly(1, "1"),
		first: between(0.887319, "1 - (2.6 + 0.3*1.5*3600)/(4*3600)", 1, "1"),
		slack: 3 * often, noticed: enough, back: 2*minute + 10*time.Second, openings: 60, asked: 10,
	}, {
		timeline: outage, capability: "login", label: "started at 18 h, logins of others", providers: logins(), site: flows{}.site, change: partlyBy("other"), from: 18 * hour, to: 22 * hour,
		direct: exactly(0.7625, "1 - (0.5*3600 + 0.3*1.5*3600)/(4*3600)"), detour: exactly(1, "1"),
		// Who answers for another is no dead vendor, and stays on offer.
		first: between(0.887319, "1 - (2.6 + 0.3*1.5*3600)/(4*3600)", 0.8875, "1 - 0.3*1.5*3600/(4*3600)"),
		slack: 3 * often, noticed: enough, back: 4 * time.Second, openings: 1, asked: 10,
	}, {
		timeline: outage, capability: "map", label: "back at 16.5 h", providers: maps, site: reads{}.site, from: -2 * hour, to: 25 * hour,
		direct: exactly(0.388889, "1 - 16.5/27"), detour: exactly(1, "1"),
		slack: time.Second, noticed: enough, back: 4 * time.Second, openings: 1, asked: 15,
	}, {
		timeline: outage, capability: "map", label: "back at 23 h", version: 1, providers: maps, site: reads{trials: true}.site, from: -2 * hour, to: 25 * hour,
		direct: exactly(0.148148, "1 - 23/27.0"), detour: exactly(1, "1"),
		slack: time.Second, noticed: enough, back: minute + 15*time.Second, openings: 1,
		asked: 1800, // a trial every 48 s at least
	}, {
		timeline: outage, capability: "tiles", label: "back at 16.5 h", providers: []string{"kakao"}, site: reads{known: 9}.site, from: -2 * hour, to: 25 * hour, every: rarely,
		direct: exactly(0.388889, "1 - 16.5/27"), detour: exactly(0.938889, "1 - 0.1*16.5/27"),
		slack: 3 * rarely, noticed: enough, back: 4 * time.Second, openings: 1, asked: 450, // every 15 s, one of ten: nobody else can be asked, so it is tried (PanicTrials)
	}, {
		timeline: outage, capability: "tiles", label: "back at 23 h", version: 1, providers: []string{"kakao"}, site: reads{known: 9}.site, from: -2 * hour, to: 25 * hour, every: rarely,
		direct: exactly(0.148148, "1 - 23/27.0"), detour: exactly(0.914815, "1 - 0.1*23/27"),
		slack: 3 * rarely, noticed: enough, back: 4 * time.Second, openings: 1, asked: 650,
	}, {
		timeline: outage, capability: "cert", label: "back at 23 h, PASS beside it", providers: []string{"kakao", "pass", "phone"},
		site: flows{asks: true, levels: certs, high: even}.site, from: -2 * hour, to: 32 * hour, every: rarely,
		direct: exactly(0.323366, "1 - (23*3600 + 20)/(34*3600.0)"), detour: exactly(1, "1"),
		first: between(0.999812, "1 - (20 + 3)/(34*3600.0)", 0.999837, "1 - 20/(34*3600.0)"),
		slack: time.Second, noticed: enough, back: 4 * time.Second, openings: 1, asked: 120,
	}, {
		timeline: outage, capability: "cert", label: "back at 30 h, no other of level High", version: 1, providers: []string{"kakao", "phone"},
		site: flows{asks: true, levels: certs, high: even}.site, from: -2 * hour, to: 32 * hour, every: rarely,
		direct: exactly(0.117484, "1 - (30*3600 + 20)/(34*3600.0)"), detour: exactly(0.558742, "1 - 0.5*(30*3600 + 20)/(34*3600)"),
		first: between(0.558628, "1 - (0.5*(30*3600 + 20) + 14)/(34*3600)", 0.558661, "1 - (0.5*(30*3600 + 20) + 10)/(34*3600)"),
		slack: 3 * rarely, noticed: enough, back: 4 * time.Second, openings: 1, asked: 120,
	}, {
		timeline: outage, capability: "message", label: "gradually in 12 h", providers: []string{"kakao", "sms"}, site: effects{}.site, from: -2 * hour, to: 64 * hour, every: rarely,
		direct: exactly(0.143939, "1 - (50.5 + 0.5*12)/66"), detour: exactly(1, "1"),
		slack: 3 * rarely, noticed: enough, back: minute + 10*time.Second, openings: 100, asked: 10,
	}, {
		timeline: outage, capability: "message", label: "gradually in 1 h", version: 1, providers: []string{"kakao", "sms"}, site: effects{}.site, from: -2 * hour, to: 64 * hour, every: rarely,
		direct: exactly(0.227273, "1 - (50.5 + 0.5*1)/66"), detour: exactly(1, "1"),
		slack: 3 * rarely, noticed: enough, back: minute + 10*time.Second, openings: 20, asked: 10,
	}, {
		timeline: outage, capability: "ads", label: "6,000 mails a day instead", providers: []string{"kakao", "mail"}, site: effects{perDay: 6000}.site, from: -2 * hour, to: 98 * hour, every: 10 * time.Second,
		direct: exactly(0.045, "1 - 95.5/100"),
		// On the first day 100 of the 6,000 go out in the first 20 s.
		detour: exactly(0.723944, "1 - ((22*3600 - 20 - 5900*10) + 3*(24*3600 - 6000*10))/(100*3600.0)"),
		slack:  30 * time.Second, noticed: enough, back: 4 * time.Second, openings: 1, asked: 10,
	}}
}

// kakaoShort are the outages of Kakao beside that of October 2022.
func kakaoShort() []row {
	sms, maps := []string{"kakao", "sms"}, []string{"kakao", "naver", "archive"}
	return []row{{
		timeline: "kakao-2020-03-02", capability: "message", label: "from 08:58", providers: sms, site: effects{}.site, from: -hour, to: 3 * hour,
		direct: exactly(0.670833, "1 - 79/240.0"), detour: exactly(0.999931, "1 - 5*0.2/(4*3600)"), // a 504 may have been done: nobody can say of the five before it opened
		slack: time.Second / 2, noticed: enough, back: 4 * time.Second, openings: 1, asked: 10,
	}, {
		timeline: "kakao-2020-03-02", capability: "message", label: "from 09:00", version: 1, providers: sms, site: effects{}.site, from: -hour, to: 3 * hour,
		direct: exactly(0.679167, "1 - 77/240.0"), detour: exactly(0.999931, "1 - 5*0.2/(4*3600)"),
		slack: time.Second / 2, noticed: enough, back: 4 * time.Second, openings: 1, asked: 10,
	}, {
		timeline: "kakao-2020-03-02", capability: "login", label: "from 08:58", providers: logins(), site: flows{}.site, from: -hour, to: 3 * hour,
		direct: exactly(0.669444, "1 - (79*60 + 20)/(4*3600.0)"), detour: exactly(1, "1"),
		first: between(0.998431, "1 - (20 + 2.6)/(4*3600.0)", 0.998611, "1 - 20/(4*3600.0)"),
		slack: time.Second, noticed: enough, back: 4 * time.Second, openings: 1, asked: 110,
	}, {
		timeline: "kakao-2020-03-02", capability: "login", label: "from 09:00", version: 1, providers: logins(), site: flows{}.site, from: -hour, to: 3 * hour,
		direct: exactly(0.677778, "1 - (77*60 + 20)/(4*3600.0)"), detour: exactly(1, "1"),
		first: between(0.998431, "1 - (20 + 2.6)/(4*3600.0)", 0.998611, "1 - 20/(4*3600.0)"),
		slack: time.Second, noticed: enough, back: 4 * time.Second, openings: 1, asked: 110,
	}, {
		timeline: "kakao-2020-03-17", capability: "message", providers: sms, site: effects{}.site, from: -hour, to: 2 * hour,
		direct: exactly(0.816667, "1 - 33/180.0"), detour: exactly(0.999981, "1 - 0.2/(3*3600)"), // one was under way
		slack: time.Second / 2, noticed: enough, back: 4 * time.Second, openings: 1, asked: 10,
	}, {
		timeline: "kakao-map-2021-12-17", capability: "map", label: "2 h", providers: maps, site: reads{}.site, from: -hour, to: 4 * hour,
		direct: exactly(0.6, "1 - 2/5.0"), detour: exactly(1, "1"),
		slack: time.Second, noticed: enough, back: 4 * time.Second, openings: 1, asked: 15,
	}, {
		timeline: "kakao-map-2021-12-17", capability: "map", label: "2.25 h", version: 1, providers: maps, site: reads{trials: true}.site, from: -hour, to: 4 * hour,
		direct: exactly(0.55, "1 - 2.25/5"), detour: exactly(1, "1"),
		slack: time.Second, noticed: enough, back: minute + 15*time.Second, openings: 1, asked: 200,
	}, {
		timeline: "kakao-map-2022-02-03", capability: "map", label: "steps of 30 min", providers: maps, site: reads{}.site, from: -hour, to: 4 * hour,
		direct: exactly(0.7, "1 - (75 + 0.5*30)/300"), detour: exactly(1, "1"),
		slack: 15 * time.Second, noticed: enough, back: minute + 10*time.Second, openings: 30, asked: 10,
	}, {
		timeline: "kakao-map-2022-02-03", capability: "map", label: "steps of 2 h", version: 1, providers: maps, site: reads{}.site, from: -hour, to: 4 * hour,
		direct: exactly(0.55, "1 - (75 + 0.5*120)/300"), detour: exactly(1, "1"),
		slack: 15 * time.Second, noticed: enough, back: minute + 10*time.Second, openings: 80, asked: 10,
	}, {
		timeline: "kakao-2024-05", capability: "message", providers: sms, site: effects{}.site, from: -hour, to: 189 * hour, every: 20 * time.Second,
		direct: exactly(0.994211, "1 - (6 + 6 + 54)/(190*60.0)"),
		detour: between(0.999993, "1 - (5 + 16 + 1)*0.2/(190*3600)", 0.999997, "1 - (5 + 5 + 1)*0.2/(190*3600)"), // five by reset, those that hung before it was seen, one under way
		slack:  time.Second, noticed: enough, back: 4 * time.Second, openings: 3, asked: 30,
	}, {
		timeline: "kakao-2024-07-18", capability: "login", providers: logins(), site: flows{}.site, from: -hour, to: 3 * hour,
		// Who was at the page of Kakao when it died is lost too.
		direct: exactly(0.640278, "1 - (86*60 + 20)/(4*3600.0)"), detour: exactly(1, "1"),
		first: between(0.998431, "1 - (20 + 2.6)/(4*3600.0)", 0.998611, "1 - 20/(4*3600.0)"),
		slack: time.Second, noticed: enough, back: 4 * time.Second, openings: 1,
		asked: 110, // half-way: begun in the 20 s before, five a second; who began after it sees a dead page
	}, {
		timeline: "kakao-2024-09-20", capability: "message", label: "6 min", providers: sms, site: effects{}.site, from: -30 * minute, to: 30 * minute,
		direct: exactly(0.9, "1 - 6/60.0"), detour: exactly(1, "1"),
		slack: time.Second, noticed: enough, back: 4 * time.Second, openings: 1,
	}, {
		timeline: "kakao-2024-09-20", capability: "message", label: "7 min", version: 1, providers: sms, site: effects{}.site, from: -30 * minute, to: 30 * minute,
		direct: exactly(0.883333, "1 - 7/60.0"), detour: exactly(1, "1"),
		slack: time.Second, noticed: enough, back: 4 * time.Second, openings: 1,
	}}
}

// partlyBy is what a vendor does instead where it fails for a share of the calls.
func partlyBy(kind string) func(*vendor) {
	return func(v *vendor) {
		for i := range v.phases {
			if m := &v.phases[i].Mode; m.name == "fail" && m.share < 1 {
				m.kind = kind
			}
		}
	}
}

package replays

import (
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/assert"
)

// state are outages of the state's own proofs, and decisions that take a proof away.
func state() []row {
	const high = fallback.High
	everybody := func(int) bool { return true }
	// Everybody can use simple authentication, one of two has a joint
	// certificate, one of ten a mobile card.
	nirs := func(n int, vendor string) bool {
		return vendor == "simple-auth" || vendor == "joint" && n%2 == 0 || vendor == "mobile-id" && n%10 == 1
	}
	fire := func(version int, label string, direct, detour byHand) row {
		return row{
			timeline: "nirs-2025-09-26", capability: "cert", label: label, version: version, providers: []string{"simple-auth", "mobile-id", "joint"},
			site: flows{asks: true, trials: version > 0, holds: nirs, levels: map[string]fallback.Assurance{"simple-auth": fallback.Substantial, "mobile-id": high, "joint": high}}.site,
			from: -2 * hour, to: 102 * hour, every: time.Minute, direct: direct, detour: detour,
			slack: 5 * minute, noticed: enough, back: 4 * time.Second, openings: 1, asked: 110,
		}
	}
	late := fire(1, "from 22:15 to 1 October", exactly(0.060042, "1 - (97.75*3600 + 20)/(104*3600)"), exactly(0.530021, "1 - 0.5*(97.75*3600 + 20)/(104*3600)"))
	// Every citizen who comes a minute after the last is a trial, and three who finish close.
	late.back, late.offered, late.asked = 5*minute, 200*hour, 6000
	// Two of five are with SKT, three of ten with KT.
	carrier := func(own string, share func(n int) bool) func(int, string) bool {
		return func(n int, vendor string) bool {
			return vendor == "pass app" || share(n) == (vendor == own)
		}
	}
	policy := func(outage, carrierSMS string, share func(int) bool, after time.Duration, version int, label string, from, to time.Duration, direct byHand) row {
		return row{
			timeline: outage, capability: "phone", label: label, version: version, providers: []string{carrierSMS, "other-sms", "pass app"},
			site: flows{asks: true, trials: true, holds: carrier(carrierSMS, share), night: takeOut(after)}.site, from: from, to: to, every: 2 * minute,
			direct: direct, detour: exactly(1, "1"), slack: 6 * minute, noticed: enough, offered: after + time.Second, back: 2 * minute, openings: 1, asked: 160,
		}
	}
	skt, kt := func(n int) bool { return n%5 < 2 }, func(n int) bool { return n%10 < 3 }
	return []row{{
		// All of these need the level that nothing but the dead vendor has: nobody gets in by less.
		timeline: "gpki-2023-11-17", capability: "staff", providers: []string{"gpki", "phone"},
		site: flows{asks: true, high: everybody, levels: map[string]fallback.Assurance{"gpki": high}}.site, from: -7 * hour, to: 21 * hour, every: rarely,
		direct: exactly(0.130754, "1 - ((5.25 + 19 + 5/60.0)*3600 + 20)/(28*3600)"), detour: exactly(0.130754, "1 - ((5.25 + 19 + 5/60.0)*3600 + 20)/(28*3600)"),
		slack:   2 * time.Second, // nobody is offered the vendor that is well again until a Probe has found it so
		noticed: enough, back: 4 * time.Second, openings: 1, asked: 110,
	}, {
		timeline: "gpki-2023-11-17", capability: "cert", providers: []string{"gpki", "phone"},
		site: flows{asks: true, high: even, levels: map[string]fallback.Assurance{"gpki": high}}.site, from: -2 * hour, to: 21 * hour, every: rarely,
		direct: exactly(0.170048, "1 - ((19 + 5/60.0)*3600 + 20)/(23*3600)"), detour: exactly(0.585024, "1 - 0.5*((19 + 5/60.0)*3600 + 20)/(23*3600)"),
		slack: 3 * rarely, noticed: enough, back: 4 * time.Second, openings: 1, asked: 110,
	}, {
		timeline: "mobile-id-2023-11-24", capability: "cert", providers: []string{"mobile-id", "joint"},
		site: flows{asks: true, high: everybody, levels: map[string]fallback.Assurance{"mobile-id": high, "joint": high}}.site, from: -hour, to: 2 * hour,
		direct: exactly(0.664815, "1 - (3600 + 20)/(3*3600.0)"), detour: exactly(1, "1"),
		first: between(0.997870, "1 - (20 + 3)/(3*3600.0)", 0.998148, "1 - 20/(3*3600.0)"),
		slack: time.Second, noticed: enough, back: 4 * time.Second, openings: 1, asked: 120,
	},
		fire(0, "from 20:15 to 29 September", exactly(0.290812, "1 - (73.75*3600 + 20)/(104*3600)"), exactly(0.645406, "1 - 0.5*(73.75*3600 + 20)/(104*3600)")),
		late,
		policy("skt-2025-04", "skt-sms", skt, hour, 0, "from 25 April", 144*hour, 360*hour, exactly(0.688889, "1 - 0.4*168/216")),
		policy("skt-2025-04", "skt-sms", skt, hour, 1, "from 28 April", 216*hour, 360*hour, exactly(0.733333, "1 - 0.4*96/144")),
		policy("kt-2025-08", "kt-sms", kt, 0, 0, "", -24*hour, 768*hour, exactly(0.718182, "1 - 0.3*744/792")),
	}
}

// takeOut is an operator who takes the primary out so long after the decision,
// for twelve hours at a time, and lets it back in when it is revoked.
func takeOut(after time.Duration) func(*stage) {
	return func(s *stage) {
		b, from := s.guards[s.row.providers[0]], time.Duration(s.primary().phases[0].T)
		for at := from + after; at < s.well; at += 12 * hour {
			time.Sleep(time.Until(s.zero.Add(at)))
			assert.NoError(s.t, b.Force(breaker.ForcedOpen, "operator", "taken out by decision", 12*hour+minute))
		}
		time.Sleep(time.Until(s.zero.Add(s.well)))
		assert.NoError(s.t, b.Release("operator", "let back in by decision"))
	}
}

package fallback_test

import (
	"time"

	"github.com/detour-go/detour/fallback"
)

const (
	u1 = ":unavailable*1"
	u2 = ":unavailable*2"
	u3 = ":unavailable*3"
)

// situations: a breaker opens after three faults in a row, for three seconds; a
// hedge goes out after 100ms; an attempt may take three seconds.
var situations = []situation{
	// One to four sources, none to two retries.
	{name: "1 source", acts: "unavailable", asks: "1", got: "unavailable", says: "a" + u1},
	{name: "2 sources", acts: "unavailable,unavailable", asks: "1 1", got: "unavailable", says: "a" + u1 + " b" + u1},
	{name: "3 sources", acts: "unavailable,unavailable,unavailable", asks: "1 1 1", got: "unavailable", says: "a" + u1 + " b" + u1 + " c" + u1},
	{name: "4 sources", acts: "unavailable,unavailable,unavailable,unavailable", asks: "1 1 1 1", got: "unavailable", says: "a" + u1 + " b" + u1 + " c" + u1 + " d" + u1},
	{name: "1 source, 1 retry", acts: "unavailable", wire: retries(1), asks: "2", got: "unavailable", says: "a" + u2},
	{name: "2 sources, 1 retry", acts: "unavailable,unavailable", wire: retries(1), asks: "2 2", got: "unavailable", says: "a" + u2 + " b" + u2},
	{name: "3 sources, 1 retry", acts: "unavailable,unavailable,unavailable", wire: retries(1), asks: "2 2 2", got: "unavailable", says: "a" + u2 + " b" + u2 + " c" + u2},
	{name: "4 sources, 1 retry", acts: "unavailable,unavailable,unavailable,unavailable", wire: retries(1), asks: "2 2 2 2", got: "unavailable", says: "a" + u2 + " b" + u2 + " c" + u2 + " d" + u2},
	{name: "1 source, 2 retries", acts: "unavailable", wire: retries(2), asks: "3", got: "unavailable", says: "a" + u3},
	{name: "2 sources, 2 retries", acts: "unavailable,unavailable", wire: retries(2), asks: "3 3", got: "unavailable", says: "a" + u3 + " b" + u3},
	{name: "3 sources, 2 retries", acts: "unavailable,unavailable,unavailable", wire: retries(2), asks: "3 3 3", got: "unavailable", says: "a" + u3 + " b" + u3 + " c" + u3},
	{name: "4 sources, 2 retries, the last answers", acts: "unavailable,unavailable,unavailable,ok", wire: retries(2), asks: "3 3 3 1", got: "live d", says: "a" + u3 + " b" + u3 + " c" + u3},
	{name: "the first answers", acts: "ok,ok,ok,ok", wire: retries(2), asks: "1 0 0 0", got: "live a"},
	{name: "a retry answers", acts: "unavailable ok,ok", wire: retries(2), asks: "2 0", got: "live a"},
	{name: "5 retries, the breaker opens", acts: "unavailable,ok", wire: retries(5), asks: "3 1", got: "live b", says: "a" + u3},

	// What the error says.
	{name: "limited: its breaker opens", acts: "limited,ok", wire: retries(2), asks: "1 1", got: "live b", says: "a:limited*1"},
	{name: "limited, the wait fits", acts: "limited+50ms,ok", wire: also(retries(2), unguarded), asks: "3 1", got: "live b", says: "a:limited*3"},
	{name: "limited, the wait fits not", acts: "limited+5s,ok", wire: also(retries(2), unguarded), asks: "1 1", got: "live b", says: "a:limited*1"},
	{name: "limited, the wait fits not into the deadline", acts: "limited+900ms,ok", wire: also(retries(2), unguarded, ends(ms(500))), asks: "1 1", got: "live b", says: "a:limited*1"},
	{name: "refused", acts: "refused,ok", wire: also(retries(2), unguarded), asks: "1 1", got: "live b", says: "a:refused*1"},
	{name: "security", acts: "security,ok", wire: also(retries(2), unguarded), asks: "1 1", got: "live b", says: "a:security*1"},
	{name: "security, the next is worth less", acts: "security,ok", wire: atLeast(fallback.Low, fallback.High, fallback.Low), asks: "1 0", got: "security", says: "a:security*1 b:assurance"},
	{name: "invalid", acts: "invalid,ok", wire: retries(2), asks: "1 0", got: "invalid", says: "a:invalid*1"},
	{name: "denied", acts: "denied,ok", wire: also(retries(2), next), asks: "1 0", got: "denied", says: "a:denied*1"},
	{name: "denied by the second", acts: "unavailable,denied,ok", wire: also(retries(1), next), asks: "2 1 0", got: "denied", says: "a" + u2 + " b:denied*1"},
	{name: "notfound", acts: "notfound,ok", wire: retries(2), asks: "1 0", got: "notfound", says: "a:notfound*1"},
	{name: "notfound, and next", acts: "notfound,ok", wire: next, asks: "1 1", got: "live b", says: "a:notfound*1"},
	{name: "notfound by both", acts: "notfound,notfound", wire: next, asks: "1 1", got: "notfound", says: "a:notfound*1 b:notfound*1"},
	{name: "notfound, and the next is down", acts: "notfound,unavailable", wire: also(next, retries(2)), asks: "1 3", got: "incomplete", says: "a:notfound*1 b" + u3},
	{name: "notfound after a fault", acts: "unavailable,notfound", wire: retries(2), asks: "3 1", got: "incomplete", says: "a" + u3 + " b:notfound*1"},
	{name: "limited before refused", acts: "refused,limited", asks: "1 1", got: "limited", says: "a:refused*1 b:limited*1"},
	{name: "unavailable before limited", acts: "limited,unavailable", asks: "1 1", got: "unavailable", says: "a:limited*1 b" + u1},
	{name: "security before all", acts: "unavailable,security", asks: "1 1", got: "security", says: "a" + u1 + " b:security*1"},
	{name: "not worth enough", acts: "ok,ok", wire: atLeast(fallback.High, fallback.Low, fallback.High), asks: "0 1", got: "live b", says: "a:assurance"},

	// The breaker.
	{name: "open", acts: "ok,ok", wire: retries(2), met: opens(0), asks: "0 1", got: "live b", says: "a:open"},
	{name: "half-open, well", acts: "ok,ok", met: then(opens(0), waited(4*time.Second)), asks: "1 0", got: "live a"},
	{name: "half-open, still down", acts: "unavailable,ok", wire: retries(2), met: then(opens(0), waited(4*time.Second)), asks: "1 1", got: "live b", says: "a" + u1},
	{name: "half-open, its trial is out", acts: "ok@1s,ok", met: then(opens(0), waited(4*time.Second), beside), asks: "0 1", got: "live b", says: "a:open"},
	{name: "forced", acts: "ok,ok", met: forced(0), asks: "0 1", got: "live b", says: "a:forced"},
	{name: "all open, just now", acts: "ok,ok", met: opens(0, 1), asks: "0 0", got: "unavailable", says: "a:open b:open"},
	{name: "all forced", acts: "ok,ok", met: then(forced(0, 1), waited(2*time.Second)), asks: "0 0", got: "unavailable", says: "a:forced b:forced"},
	{name: "panic trial", acts: "ok,ok", wire: retries(2), met: then(opens(0, 1), waited(2*time.Second)), asks: "1 0", got: "live a", says: "b:open"},
	{name: "panic trial in vain", acts: "unavailable,ok", wire: retries(2), met: then(opens(0, 1), waited(2*time.Second)), asks: "1 0", got: "unavailable", says: "b:open a" + u1 + "/panic"},
	{name: "panic trial, denied", acts: "denied,ok", met: then(opens(0, 1), waited(2*time.Second)), asks: "1 0", got: "denied", says: "b:open a:denied*1/panic"},
	{name: "panic trial, the other is forced", acts: "ok,ok", met: then(opens(1), forced(0), waited(2*time.Second)), asks: "0 1", got: "live b", says: "a:forced"},
	{name: "no panic trial with once", acts: "ok,ok", wire: once, met: then(opens(0, 1), waited(2*time.Second)), asks: "0 0", got: "unavailable", says: "a:open b:open"},
	{name: "no panic trial where another had no room", acts: "ok,ok", wire: one(1), met: then(opens(0), waited(2*time.Second), busy(1)), asks: "0 0", got: "unavailable", says: "a:open b:capacity"},

	// Capacity and budget.
	{name: "full", acts: "ok,ok", wire: one(0), met: busy(0), asks: "0 1", got: "live b", says: "a:capacity"},
	{name: "all full", acts: "ok,ok", wire: one(0, 1), met: busy(0, 1), asks: "0 0", got: "limited", says: "a:capacity b:capacity"},
	{name: "the substitute is full", acts: "unavailable,ok", wire: also(one(1), retries(1)), met: busy(1), asks: "2 0", got: "unavailable", says: "a" + u2 + " b:capacity"},
	{name: "a retry needs room", acts: "unavailable,ok", wire: also(retries(2), func(cfg *config) { cfg.Sources[0].Upstream.Capacity.PerSecond = 2 }), asks: "2 1", got: "live b", says: "a" + u2},
	{name: "no budget for retries", acts: "unavailable,ok", wire: also(retries(2), broke(0)), asks: "1 1", got: "live b", says: "a" + u1},
	{name: "first attempts need none", acts: "unavailable,unavailable,ok", wire: broke(0, 1, 2), asks: "1 1 1", got: "live c", says: "a" + u1 + " b" + u1},

	// Hedges.
	{name: "hedge, in time", acts: "ok@50ms,ok", wire: hedges, asks: "1 0", got: "live a"},
	{name: "hedge wins", acts: "ok@300ms,ok,ok", wire: hedges, asks: "1 1 0", got: "live b", says: "a:overtaken*1"},
	{name: "hedge loses", acts: "ok@300ms,ok@900ms", wire: hedges, asks: "1 1", got: "live a", says: "b:overtaken*1"},
	{name: "hedge fails", acts: "ok@300ms,unavailable,ok", wire: hedges, asks: "1 1 0", got: "live a", says: "b" + u1},
	{name: "both fail", acts: "unavailable@300ms,unavailable,ok", wire: hedges, asks: "1 1 1", got: "live c", says: "b" + u1 + " a" + u1},
	{name: "hedge says no, the first answers", acts: "ok@300ms,denied,ok", wire: hedges, asks: "1 1 0", got: "live a", says: "b:denied*1"},
	{name: "hedge says no, the first fails", acts: "unavailable@300ms,denied,ok", wire: hedges, asks: "1 1 0", got: "denied", says: "a" + u1 + " b:denied*1"},
	{name: "hedge, the first says no", acts: "denied@300ms,ok@900ms", wire: hedges, asks: "1 1", got: "denied", says: "a:denied*1 b:overtaken*1"},
	{name: "one hedge, not two", acts: "ok@900ms,ok@500ms,ok", wire: hedges, asks: "1 1 0", got: "live b", says: "a:overtaken*1"},
	{name: "hedge and retry: who was overtaken is not retried", acts: "unavailable@300ms,ok", wire: also(hedges, retries(2)), asks: "1 1", got: "live b", says: "a:overtaken*1"},
	{name: "hedge and retry: a retry in time", acts: "unavailable@10ms ok,ok", wire: also(hedges, retries(1)), asks: "2 0", got: "live a"},
	{name: "hedge and retry: both to the end", acts: "unavailable@90ms,unavailable,ok", wire: also(hedges, retries(1)), asks: "2 2 1", got: "live c", says: "b" + u2 + " a" + u2},
	{name: "hedge, nobody beside: open", acts: "ok@300ms,ok", wire: hedges, met: opens(1), asks: "1 0", got: "live a", says: "b:open"},
	{name: "hedge, the next but one: open", acts: "ok@300ms,ok,ok", wire: hedges, met: opens(1), asks: "1 0 1", got: "live c", says: "b:open a:overtaken*1"},
	{name: "hedge, nobody beside: full", acts: "ok@300ms,ok", wire: also(hedges, one(1)), met: busy(1), asks: "1 0", got: "live a", says: "b:capacity"},
	{name: "hedge, nobody beside: no budget", acts: "ok@300ms,ok", wire: also(hedges, broke(1)), asks: "1 0", got: "live a"},
	{name: "hedge, the first is open", acts: "ok,ok@300ms,ok", wire: hedges, met: opens(0), asks: "0 1 1", got: "live c", says: "a:open b:overtaken*1"},

	// Once.
	{name: "once, nobody knows", acts: "unavailable,ok", wire: once, asks: "1 0", got: "unknown", says: "a" + u1 + "/unknown"},
	{name: "once, limited", acts: "limited,ok", wire: once, asks: "1 0", got: "unknown", says: "a:limited*1/unknown"},
	{name: "once, refused", acts: "refused,ok", wire: once, asks: "1 0", got: "unknown", says: "a:refused*1/unknown"},
	{name: "once, not sent", acts: "unavailable-unsent,limited-unsent,refused-unsent,ok", wire: once, asks: "1 1 1 1", got: "live d", says: "a" + u1 + "/absent b:limited*1/absent c:refused*1/absent"},
	{name: "once, security, not sent", acts: "security-unsent,ok", wire: once, asks: "1 1", got: "live b", says: "a:security*1/absent"},
	{name: "once, denied", acts: "denied,ok", wire: once, asks: "1 0", got: "denied", says: "a:denied*1"},
	{name: "once, notfound, and next", acts: "notfound,ok", wire: also(once, next), asks: "1 1", got: "live b", says: "a:notfound*1"},
	{name: "once, found", acts: "unavailable,ok", wire: finds(true), asks: "1 0", got: "live a", says: "a" + u1 + "/done"},
	{name: "once, not found", acts: "unavailable,ok", wire: finds(false), asks: "1 1", got: "live b", says: "a" + u1 + "/absent"},
	{name: "again", acts: "unavailable,ok", wire: again, asks: "1 1", got: "live b", says: "a" + u1 + "/unknown"},
	{name: "again, in vain", acts: "unavailable,unavailable", wire: again, asks: "1 1", got: "unknown", says: "a" + u1 + "/unknown b" + u1 + "/unknown"},
	{name: "once, open", acts: "ok,ok", wire: once, met: opens(0), asks: "0 1", got: "live b", says: "a:open"},
	{name: "once, full", acts: "ok,ok", wire: also(once, one(0)), met: busy(0), asks: "0 1", got: "live b", says: "a:capacity"},

	// Memory.
	{name: "fresh", acts: "ok unavailable,ok", wire: remembers, met: asked, asks: "0 0", got: "cached a"},
	{name: "stale", acts: "ok unavailable,unavailable", wire: also(remembers, retries(2)), met: then(asked, waited(2*time.Minute)), asks: "3 3", got: "stale a", says: "a" + u3 + " b" + u3},
	{name: "stale, and the next answers", acts: "ok unavailable,ok", wire: remembers, met: then(asked, waited(2*time.Minute)), asks: "1 1", got: "live b", says: "a" + u1},
	{name: "stale, refused and limited", acts: "ok refused,limited", wire: remembers, met: then(asked, waited(2*time.Minute)), asks: "1 1", got: "stale a", says: "a:refused*1 b:limited*1"},
	{name: "stale, security", acts: "ok security,unavailable", wire: remembers, met: then(asked, waited(2*time.Minute)), asks: "1 1", got: "stale a", says: "a:security*1 b" + u1},
	{name: "never stale after denied", acts: "ok denied,ok", wire: remembers, met: then(asked, waited(2*time.Minute)), asks: "1 0", got: "denied", says: "a:denied*1"},
	{name: "never stale after invalid", acts: "ok invalid,ok", wire: remembers, met: then(asked, waited(2*time.Minute)), asks: "1 0", got: "invalid", says: "a:invalid*1"},
	{name: "nothing is remembered", acts: "notfound,ok", wire: remembers, met: asked, asks: "0 0", got: "notfound", says: "a:notfound"},
	{name: "stale, all open, no trial", acts: "ok,ok", wire: remembers, met: then(asked, waited(2*time.Minute), opens(0, 1), waited(2*time.Second)), asks: "0 0", got: "stale a", says: "a:open b:open"},
	{name: "stale, all full", acts: "ok,ok", wire: also(remembers, one(0, 1)), met: then(asked, waited(2*time.Minute), busy(0, 1)), asks: "0 0", got: "stale a", says: "a:capacity b:capacity"},
	{name: "too old", acts: "ok unavailable,unavailable", wire: remembers, met: then(asked, waited(time.Hour)), asks: "1 1", got: "unavailable", says: "a" + u1 + " b" + u1},

	// Drills and warmth.
	{name: "drill", acts: "ok,ok", met: drilled, asks: "0 1", got: "live b", says: "a:drill"},
	{name: "drill, the others fail", acts: "ok,unavailable", wire: retries(1), met: drilled, asks: "1 2", got: "live a", says: "b" + u2},
	{name: "drill, all fail", acts: "unavailable,unavailable", met: drilled, asks: "1 1", got: "unavailable", says: "b" + u1 + " a" + u1 + "/drill"},
	{name: "drill, the others are open", acts: "ok,ok", met: then(drilled, opens(1)), asks: "1 0", got: "live a", says: "b:open"},
	{name: "warm", acts: "ok,ok,ok", warm: true, asks: "0 1 0", got: "live b"},
	{name: "warm, and it fails", acts: "ok,unavailable,ok", warm: true, wire: retries(2), asks: "1 1 0", got: "live a", says: "b" + u1 + "/warm"},
	{name: "warm, and it finds nothing", acts: "ok,notfound,ok", warm: true, asks: "1 1 0", got: "live a", says: "b:notfound*1/warm"},
	{name: "warm, and the first fails too", acts: "unavailable,unavailable,ok", warm: true, wire: retries(2), asks: "3 1 1", got: "live c", says: "b" + u1 + "/warm a" + u3},
	{name: "warm, denied", acts: "ok,denied,ok", warm: true, asks: "0 1 0", got: "denied", says: "b:denied*1/warm"},
	{name: "no warmth while the first is open", acts: "ok,ok,ok", warm: true, met: opens(0), asks: "0 1 0", got: "live b", says: "a:open"},
	{name: "no warmth without room", acts: "ok,ok,ok", warm: true, wire: one(1), met: busy(1), asks: "1 0 0", got: "live a"},

	// Time.
	{name: "half the time for each of two", acts: "ok@1h,ok", wire: ends(ms(500)), asks: "1 1", got: "live b", says: "a" + u1},
	{name: "a part for each of four", acts: "ok@1h,ok@1h,ok@1h,ok@1h", wire: ends(ms(400)), asks: "1 1 1 1", got: "unavailable", says: "a" + u1 + " b" + u1 + " c" + u1 + " d" + u1},
	{name: "a retry as long as there is time", acts: "unavailable@150ms,ok", wire: also(retries(2), ends(ms(500))), asks: "2 1", got: "live b", says: "a" + u2},
}

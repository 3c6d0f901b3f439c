package fallback_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"pgregory.net/rapid"
)

// TestFlowInvariants: random flows (one to five legs, levels, traits, tries,
// breakers and capacities shared and alone, keys that change) that citizens of
// several sessions begin, finish, replay, steal, change and take back, at once and
// one after another, while vendors fail, panic and end goroutines, breakers open,
// operators force and processes restart. Whatever happens:
//
//	T1 T2 who is signed in is who the claim was about, at the leg that was begun: Match runs for every proof, and denied is final
//	T3 a reply reaches only the leg, with the challenge, that its ticket began; there is no other way after step one
//	T4 a ticket that is forged, changed, cut, used, expired, of another session, flow or key reaches nobody
//	T5 nothing is worth less than the minimum; what a browser brings about opens no breaker and leaves nothing behind
//	T16 a leg that an operator took out is neither offered nor begun nor finished
//	F85 a ticket is finished at most once, and asked for at most Tries times
//	F56 F57 a leg that fails, panics or ends the goroutine in step one leaves no ticket; after step two none is left
//	    no vendor is asked above its capacity, who finds no room is not asked at all and keeps the ticket, and every place is given back
func TestFlowInvariants(t *testing.T) {
	walks(t, 10, func(t *testing.T, rt *rapid.T) { drawDesk(rt).play(t, rt) })
}

// deskPlan is all that is drawn, before anything happens.
type deskPlan struct {
	min     fallback.Assurance
	require fallback.Trait
	legs    []deskLeg
	ups     []breaker.Config
	rooms   []deskRoom
	steps   []deskStep
}

type deskLeg struct {
	level  fallback.Assurance
	traits fallback.Trait
	up     int // -1: none
	tries  int
	takes  time.Duration
}

// deskRoom is the capacity of an upstream; zero: no bound.
type deskRoom struct{ inFlight, perDay int }

// deskStep is one thing that somebody does; each uses what it needs of it.
type deskStep struct {
	what    string
	leg, up int
	ticket  int // counted from the latest
	session string
	person  string
	min     fallback.Assurance
	traits  fallback.Trait
	begins  string // how step one goes
	moods   []string
	wait    time.Duration
	n       int
}

var (
	deskSteps = []string{
		"begin", "begin", "begin", "begin", "begin together", "begin elsewhere", "finish", "finish", "finish", "finish", "finish", "finish together", "finish together", "finish again",
		"forge", "forge", "steal", "other flow", "other key", "cancel", "force open", "force closed", "release", "trip", "new key", "next key", "drop key",
		"restart", "drop leg", "lower leg", "raise leg", "wait",
	}
	deskMoods  = []string{"ok", "ok", "high", "gold", "weak", "stripped", "another", "unavailable", "panic", "exit", "denied", "pending", "hearsay", "hearsay fault", "not sent"}
	deskBegins = []string{"ok", "ok", "ok", "ok", "ok", "ok", "unavailable", "panic", "exit", "denied"}
)

func drawDesk(rt *rapid.T) *deskPlan {
	number := func(least, most int, what string) int { return rapid.IntRange(least, most).Draw(rt, what) }
	chance := func(of int, what string) bool { return number(1, of, what) == 1 }
	p := &deskPlan{
		min:     fallback.Assurance(number(1, 4, "min")),                                 //nolint:gosec // small
		require: fallback.Trait(rapid.SampledFrom([]int{0, 0, 1}).Draw(rt, "of a flow")), //nolint:gosec // small
	}
	for range number(1, 2, "upstreams") {
		p.ups = append(p.ups, breaker.Config{Consecutive: number(1, 5, "consecutive"), OpenFor: time.Duration(number(1, 120, "open for")) * time.Second})
		p.rooms = append(p.rooms, deskRoom{number(0, 2, "in flight"), number(0, 1, "has a quota") * number(1, 8, "per day")})
	}
	for range number(1, 5, "legs") {
		l := deskLeg{
			level:  fallback.Assurance(number(int(p.min), 4, "ceiling")), //nolint:gosec // small
			traits: p.require | fallback.Trait(number(0, 3, "traits")),   //nolint:gosec // small
			up:     number(-1, len(p.ups)-1, "upstream"), tries: 1 + 2*number(0, 1, "tries"),
			takes: time.Duration(number(0, 20, "takes")) * time.Millisecond,
		}
		if chance(40, "too weak") {
			l.level--
		}
		p.legs = append(p.legs, l)
	}
	for range number(1, 30, "steps") {
		s := deskStep{
			what: rapid.SampledFrom(deskSteps).Draw(rt, "step"), leg: number(0, len(p.legs)-1, "leg"), up: number(0, len(p.ups)-1, "at"),
			ticket: number(0, 2, "ticket"), session: fmt.Sprint("session ", number(0, 1, "session")), person: fmt.Sprint("person ", number(0, 1, "person")),
			wait: rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute}).Draw(rt, "wait"),
			n:    number(0, 1<<16, "n"), begins: rapid.SampledFrom(deskBegins).Draw(rt, "begins"),
		}
		if chance(5, "raises") {
			s.min, s.traits = fallback.Assurance(number(0, 4, "raised")), fallback.Trait(number(0, 3, "and traits")) //nolint:gosec // small
		}
		for range 4 {
			s.moods = append(s.moods, rapid.SampledFrom(deskMoods).Draw(rt, "mood"))
		}
		p.steps = append(p.steps, s)
	}
	return p
}

// wired reports whether the flow may be made at all.
func (p *deskPlan) wired() bool {
	for _, l := range p.legs {
		if l.level < p.min {
			return false
		}
	}
	return true
}

package settings_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/fallback/settings"
)

// Fault 67: a bad file is refused whole, with every mistake where it stands.
func TestF67ABadFileIsRefusedWhole(t *testing.T) {
	for name, row := range map[string]struct {
		text string
		want []string
	}{
		"empty":           {"\n ", []string{"1:1: the file is empty: one that sets nothing is {}"}},
		"not JSON":        {"{\n  \"parts\": {,}\n}", []string{"2:13: invalid character ',' looking for beginning of object key string"}},
		"cut off":         {`{"parts": {`, []string{"1:12: unexpected end of JSON input"}},
		"behind the end":  {"{}\n{}", []string{"2:1: invalid character '{' after top-level value"}},
		"not UTF-8":       {"{\"p\xff\": 1}", []string{"1:4: not UTF-8"}},
		"too deep":        {`{"parts": ` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}", []string{"1:43: more than 32 levels deep"}},
		"no object":       {"[]", []string{"1:1: a list where an object is needed"}},
		"no object below": {`{"parts": "x", "upstreams": {"juso": 3}}`, []string{"1:11: parts: text where an object is needed", "1:38: upstreams.juso: the number 3 where an object is needed"}},
		"null":            {`{"parts": null}`, []string{"1:11: parts: null: leave out what is to be as it was wired"}},
		"unknown fields": {"{\n \"part\": {},\n \"parts\": {\"address\": {\n\"url\": \"http://x\", \"sources\": {\"juso\": {\"key\": \"s3cr3t\"}}}}}", []string{
			"2:2: part: there is no such setting; there is parts, upstreams",
			"4:1: parts.address.url: there is no such setting; there is min_assurance, order, deadline, hedge, panic_trials, warm, memory, ttl, sources",
			"4:41: parts.address.sources.juso.key: there is no such setting; there is timeout, find_timeout, retry, tries"}},
		"case":        {`{"Parts": {}}`, []string{"1:2: Parts: there is no such setting; there is parts, upstreams"}},
		"twice":       {`{"parts": {"login": {}, "login": {"ttl": "1m", "ttl": "2m"}}}`, []string{"1:25: parts.login: it stands there twice"}},
		"twice below": {`{"parts": {"login": {"ttl": "1m", "ttl": "2m"}}}`, []string{"1:35: parts.login.ttl: it stands there twice"}},
		"units": {`{"parts": {"address": {"deadline": 2, "hedge": {"after": "2"}, "memory": {"fresh": "3 s"}}}}`, []string{
			`1:36: parts.address.deadline: the number 2 where text is needed, as in "800ms"`,
			`1:58: parts.address.hedge.after: "2" is no duration: write a number with a unit, as in "800ms", "2s" or "1h30m"`,
			`1:84: parts.address.memory.fresh: "3 s" is no duration: write a number with a unit, as in "800ms", "2s" or "1h30m"`}},
		"numbers": {`{"upstreams": {"juso": {"capacity": {"in_flight": 1.5, "per_second": "9", "per_day": 99999999999999999999},
			"breaker": {"fault_rate": "x", "slow_rate": 1e999, "trials": true}}}}`, []string{
			"1:51: upstreams.juso.capacity.in_flight: the number 1.5 where a whole number is needed",
			"1:70: upstreams.juso.capacity.per_second: text where a whole number is needed",
			"1:86: upstreams.juso.capacity.per_day: 99999999999999999999 is too great",
			"2:30: upstreams.juso.breaker.fault_rate: text where a number is needed",
			"2:48: upstreams.juso.breaker.slow_rate: 1e999 is too great",
			"2:65: upstreams.juso.breaker.trials: true where a whole number is needed"}},
		"lists": {`{"parts": {"address": {"order": "juso"}, "message": {"order": ["sms", 3, {}]}, "login": {"order": []}}}`, []string{
			"1:33: parts.address.order: text where a list of names is needed",
			"1:71: parts.message.order[1]: the number 3 where a name is needed", "1:74: parts.message.order[2]: an object where a name is needed",
			"1:99: parts.login.order: an empty list: leave it out for the order in which it was wired"}},
		"levels": {`{"parts": {"login": {"min_assurance": "highest"}, "message": {"min_assurance": 3}}}`, []string{
			`1:39: parts.login.min_assurance: "highest" is no assurance: write one of unset, none, low, substantial, high`,
			`1:80: parts.message.min_assurance: the number 3 where text is needed, as in "low"`}},
		"nobody": {`{"parts": {"주소": {}, "x": {}}, "upstreams": {"y": {}}}`, []string{
			"1:12: parts.주소: there is no such part; there is address, login, message", "1:22: parts.x: there is no such part; there is address, login, message",
			"1:46: upstreams.y: there is no such upstream; there is juso, sms"}},

		"T-level: never below what was wired": {"{\"parts\": {\"login\": {\n\"min_assurance\": \"none\"}, \"message\": {\"min_assurance\": \"high\"}, \"address\": {\"min_assurance\": \"low\"}}}", []string{
			"2:18: parts.login.min_assurance: min assurance: none is below low, for which the part is wired: it can only be raised",
			"2:56: parts.message.min_assurance: no source reaches assurance high with the traits required",
			"2:94: parts.address.min_assurance: min assurance needs answers: a proof that nobody checks proves nothing",
			"2:94: parts.address.min_assurance: memory: cannot go with min assurance or required traits: a proof is not served twice"}},
		"sources": {`{"parts": {"address": {"order": ["juso", "juso"], "ttl": "1m", "sources": {
			"juso": {"timeout": "0s", "find_timeout": "1s", "retry": {"max": 11, "first": "0s"}},
			"nobody": {}, "kakao": {"tries": 2, "timeout": "61m"}}}}}`, []string{
			`1:33: parts.address.order: order: "juso" stands there twice`,
			`1:33: parts.address.order: order: "kakao" is missing; to take it out force its breaker open`,
			`1:33: parts.address.order: order: "list" is missing; to take it out force its breaker open`,
			`1:58: parts.address.ttl: ttl: a chain has none`,
			`2:24: parts.address.sources.juso.timeout: source "juso": timeout must be above zero`,
			`2:46: parts.address.sources.juso.find_timeout: source "juso": find timeout: it has no find`,
			`2:69: parts.address.sources.juso.retry.max: source 0 "juso": retry: max must be between 0 and 10`,
			`2:82: parts.address.sources.juso.retry.first: source "juso": retry: first must be above zero`,
			`3:14: parts.address.sources.nobody: sources: there is no "nobody"`,
			`3:37: parts.address.sources.kakao.tries: source "kakao": tries: those of a chain are retries`,
			`3:51: parts.address.sources.kakao.timeout: source 1 "kakao": timeout must be between 0 and 1h`}},
		"together": {`{"parts": {"address": {"memory": {"fresh": "3h", "stale": "2h", "store_wait": "0s"}}, "message": {"hedge": {"after": "1s"}}}}`, []string{
			"1:44: parts.address.memory.fresh: memory: stale is below fresh; both count from when the answer was given",
			"1:79: parts.address.memory.store_wait: memory: store wait must be above zero",
			"1:118: parts.message.hedge.after: hedge cannot go with once: a question with an effect is asked one at a time"}},
		"of a flow": {`{"parts": {"login": {"deadline": "2s", "hedge": {}, "memory": {}, "panic_trials": 1, "warm": 0, "ttl": "25h", "sources": {"kakao": {"retry": {}}}}}}`, []string{
			"1:34: parts.login.deadline: deadline: a flow has none; its legs have timeouts", "1:49: parts.login.hedge: hedge: a flow has none",
			"1:63: parts.login.memory: memory: a flow has none", "1:83: parts.login.panic_trials: panic trials: a flow has none",
			"1:94: parts.login.warm: warm: a flow has none", "1:104: parts.login.ttl: ttl must be at most 24h",
			`1:142: parts.login.sources.kakao.retry: leg "kakao": retry and find timeout: a leg has neither`}},
		"breakers": {`{"upstreams": {"juso": {
			"breaker": {"window": "10ms", "min_calls": 0, "fault_rate": 0, "slow_rate": 1.5, "consecutive": -1, "open_for": "0s", "watch_every": "1s", "trials": 101, "ramp": "-1s"},
			"budget": {"tokens": 0, "hedge": -1}, "capacity": {"in_flight": -1, "per_second": 100001}}}}`, []string{
			"2:26: upstreams.juso.breaker.window: breaker: config: Window must be 100ms to 10m0s: 10ms",
			"2:47: upstreams.juso.breaker.min_calls: breaker: min_calls must be above zero",
			"2:64: upstreams.juso.breaker.fault_rate: breaker: fault_rate must be above zero",
			"2:80: upstreams.juso.breaker.slow_rate: breaker: config: SlowRate must be 0 to 1: 1.5",
			"2:100: upstreams.juso.breaker.consecutive: breaker: consecutive must be above zero",
			"2:100: upstreams.juso.breaker.consecutive: breaker: config: Consecutive must be 0 to 2147483647: -1",
			"2:116: upstreams.juso.breaker.open_for: breaker: open_for must be above zero",
			"2:137: upstreams.juso.breaker.watch_every: breaker: config: WatchEvery is set without Watch",
			"2:153: upstreams.juso.breaker.trials: breaker: config: Trials must be 0 to 100: 101",
			"2:166: upstreams.juso.breaker.ramp: breaker: ramp must be above zero",
			"2:166: upstreams.juso.breaker.ramp: breaker: config: Ramp is negative: -1s",
			"3:25: upstreams.juso.budget.tokens: budget: tokens must be above zero",
			"3:37: upstreams.juso.budget.hedge: budget: hedge must be above zero",
			"3:68: upstreams.juso.capacity.in_flight: capacity: in flight is negative",
			"3:86: upstreams.juso.capacity.per_second: capacity: per second must be between 0 and 100000"}},
		"breakers, of two together": {`{"upstreams": {"sms": {"breaker": {"open_for": "2m", "slow_after": "0s", "lease": "0s"}}}}`, []string{
			"1:48: upstreams.sms.breaker.open_for: breaker: config: MaxOpenFor 1m0s is shorter than OpenFor 2m0s"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			_, err := s.loader.Load([]byte(good))
			require.NoError(t, err)
			before := s.loader.Document()
			c, err := s.loader.Load([]byte(row.text))
			assert.Empty(t, c.Differences)
			var refused *settings.Error
			require.ErrorAs(t, err, &refused)
			got := make([]string, len(refused.Mistakes))
			for i, m := range refused.Mistakes {
				got[i] = m.String()
			}
			assert.Equal(t, row.want, got)
			assert.Equal(t, before, s.loader.Document(), "the old settings stay")
			assert.NotContains(t, err.Error(), "s3cr3t")
		})
	}
}

func TestErrorTellsTheFileAndEachMistake(t *testing.T) {
	a, b := errors.New("a"), errors.New("b")
	err := error(&settings.Error{File: "x.json", Mistakes: []settings.Mistake{{Line: 1, Column: 2, Path: "p", Err: a}, {Line: 3, Column: 4, Err: fmt.Errorf("w: %w", b)}}})
	assert.EqualError(t, err, "settings: x.json:1:2: p: a\nsettings: x.json:3:4: w: b")
	assert.ErrorIs(t, err, a)
	assert.ErrorIs(t, err, b)
}

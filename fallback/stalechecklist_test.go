package fallback_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// staleCase is one case of nginx's proxy_cache_use_stale.t: its place there, what
// it is called there and what it means for Memory.
type staleCase struct {
	name   string
	memory memory
	steps  []staleStep
	alike  string // no case of its own here, and why
}

// staleStep is one call.
type staleStep struct {
	at    time.Duration // since the first call
	q     string        // empty: q
	does  string        // what the source does from now on: a class, "slow" and a text, or a text
	want  string        // freshness and text, or verdict
	asked int64         // calls that have gone to the source since the first call, this one's refresh included
}

// In nginx the answer says how long it is fresh and stale, and the site may
// allow more. Here the site says (Memory), and the answer may allow less.
var (
	ifError    = memory{Fresh: time.Second, Stale: 4 * time.Second}
	revalidate = memory{Fresh: time.Second, Revalidate: 10 * time.Second, Stale: 11 * time.Second}
	foreground = memory{Fresh: time.Second}
)

const sec = time.Second

// says5 is an answer that may be served for five seconds beyond its max-age.
func says5(reply) time.Duration { return 6 * time.Second }

var staleCases = []staleCase{
	{name: "01 stale-if-error", memory: ifError, steps: []staleStep{{0, "", "one", "live one", 1}}},
	{name: "02 s-i-e - cached", memory: ifError, steps: []staleStep{
		{0, "", "one", "live one", 1}, {0, "", "unavailable", "cached one", 1}, {sec - 1, "", "unavailable", "cached one", 1}}},
	{name: "03 stale-while-revalidate", memory: revalidate, steps: []staleStep{{0, "", "one", "live one", 1}}},
	{name: "04 s-w-r - cached", memory: revalidate, steps: []staleStep{
		{0, "", "one", "live one", 1}, {0, "", "unavailable", "cached one", 1}, {sec - 1, "", "unavailable", "cached one", 1}}},
	{name: "05 s-i-e - stale 5xx ignore: the answer allows it, the site does not", memory: memory{Fresh: sec, StaleFor: says5}, steps: []staleStep{
		{0, "", "one", "live one", 1}, {2 * sec, "", "unavailable", "unavailable", 2}}},
	{name: "06 s-i-e - stale 5xx ignore 2: whatever the fault", memory: memory{Fresh: sec, StaleFor: says5}, steps: []staleStep{
		{0, "", "one", "live one", 1}, {2 * sec, "", "limited", "limited", 2}, {2 * sec, "", "refused", "refused", 3}, {2 * sec, "", "security", "security", 4}}},
	{name: "07 s-i-e - stale 5xx updating: the site does", memory: memory{Fresh: sec, Stale: time.Hour, Revalidate: time.Hour, StaleFor: says5}, steps: []staleStep{
		{0, "", "one", "live one", 1}, {2 * sec, "", "unavailable", "updating one", 2}}},
	{name: "08 s-i-e - revalidated: the source is well again", memory: ifError, steps: []staleStep{
		{0, "", "one", "live one", 1}, {2 * sec, "", "unavailable", "stale one", 2}, {2 * sec, "", "two", "live two", 3}, {2 * sec, "", "three", "cached two", 3}}},
	{name: "09 s-w-r - revalidate error", memory: revalidate, steps: []staleStep{
		{0, "", "one", "live one", 1}, {2 * sec, "", "unavailable", "updating one", 2}}},
	{name: "10 s-w-r - stale while revalidate: every call tries anew", memory: revalidate, steps: []staleStep{
		{0, "", "one", "live one", 1}, {2 * sec, "", "unavailable", "updating one", 2}, {2 * sec, "", "two", "updating one", 3}}},
	{name: "11 s-w-r - revalidated", memory: revalidate, steps: []staleStep{
		{0, "", "one", "live one", 1}, {2 * sec, "", "two", "updating one", 2}, {2 * sec, "", "three", "cached two", 2}}},
	{name: "12 s-w-r - unconditional revalidate", alike: "a chain always asks the whole question; a validator is the source's matter, so 10 it is"},
	{name: "13 s-w-r - unconditional revalidated", alike: "as 12, so 11 it is"},
	{name: "14 s-w-r - foreground revalidate error", memory: foreground, steps: []staleStep{
		{0, "", "one", "live one", 1}, {2 * sec, "", "unavailable", "unavailable", 2}}},
	{name: "15 s-w-r - foreground revalidated", memory: foreground, steps: []staleStep{
		{0, "", "one", "live one", 1}, {2 * sec, "", "unavailable", "unavailable", 2}, {2 * sec, "", "two", "live two", 3}, {2 * sec, "", "three", "cached two", 3}}},
	{name: "16 s-w-r - regexp background update: the question arrives whole", memory: revalidate, steps: []staleStep{
		{0, "(reg)exp?$1=가&b=%6C", "echo", "live (reg)exp?$1=가&b=%6C", 1}, {2 * sec, "(reg)exp?$1=가&b=%6C", "echo", "updating (reg)exp?$1=가&b=%6C", 2}}},
	{name: "17 s-w-r - regexp revalidated", memory: revalidate, steps: []staleStep{
		{0, "(reg)exp?$1=가", "one", "live one", 1}, {2 * sec, "(reg)exp?$1=가", "echo", "updating one", 2}, {2 * sec, "(reg)exp?$1=가", "one", "cached (reg)exp?$1=가", 2}}},
	{name: "18 s-w-r - updating: to others while one refreshes", memory: revalidate, steps: []staleStep{
		{0, "", "one", "live one", 1}, {2 * sec, "", "slow two", "updating one", 2}, {2*sec + ms(200), "", "slow two", "updating one", 2}}},
	{name: "19 s-w-r - updating stale: to who began it", memory: revalidate, steps: []staleStep{
		{0, "", "one", "live one", 1}, {2 * sec, "", "slow two", "updating one", 2}}},
	{name: "20 s-w-r - updating revalidated: one refresh for all", memory: revalidate, steps: []staleStep{
		{0, "", "one", "live one", 1}, {2 * sec, "", "slow two", "updating one", 2}, {2*sec + ms(200), "", "slow two", "updating one", 2}, {2*sec + ms(501), "", "three", "cached two", 2}}},
	{name: "21 s-w-r - use_stale updating stale: the answer says nothing", memory: memory{Fresh: sec, Revalidate: 10 * sec, Stale: 11 * sec, StaleFor: saysNothing}, steps: []staleStep{
		{0, "", "one", "live one", 1}, {2 * sec, "", "two", "updating one", 2}}},
	{name: "22 s-w-r - use_stale updating revalidated", memory: memory{Fresh: sec, Revalidate: 10 * sec, Stale: 11 * sec, StaleFor: saysNothing}, steps: []staleStep{
		{0, "", "one", "live one", 1}, {2 * sec, "", "two", "updating one", 2}, {2 * sec, "", "three", "cached two", 2}}},
	{name: "23 s-w-r - proxy_cache_valid revalidate: fresh for as long as the site says", memory: memory{Fresh: sec, Revalidate: 10 * sec, Stale: 11 * sec, FreshFor: saysNothing}, steps: []staleStep{
		{0, "", "one", "live one", 1}, {sec, "", "two", "updating one", 2}}},
	{name: "24 s-w-r - proxy_cache_valid revalidated", memory: memory{Fresh: sec, Revalidate: 10 * sec, Stale: 11 * sec, FreshFor: saysNothing}, steps: []staleStep{
		{0, "", "one", "live one", 1}, {sec, "", "two", "updating one", 2}, {sec, "", "three", "cached two", 2}}},
	{name: "25 s-w-r - stale after revalidate: the window counts from the new answer", memory: revalidate, steps: []staleStep{
		{0, "", "one", "live one", 1}, {10 * sec, "", "two", "updating one", 2}, {20 * sec, "", "unavailable", "updating two", 3}}},
	{name: "26 s-w-r - ceased", memory: memory{Fresh: sec, Revalidate: 2 * sec, Stale: 3 * sec}, steps: []staleStep{
		{0, "", "one", "live one", 1}, {3*sec - 1, "", "unavailable", "updating one", 2}, {3 * sec, "", "unavailable", "unavailable", 3}}},
	{name: "27 s-i-e - ceased", memory: ifError, steps: []staleStep{
		{0, "", "one", "live one", 1}, {4*sec - 1, "", "unavailable", "stale one", 2}, {4 * sec, "", "unavailable", "unavailable", 3}}},
	{name: "28 s-w-r - overriden with use_stale updating: here the stricter wins, by design",
		memory: memory{Fresh: sec, Revalidate: 10 * sec, Stale: 11 * sec, StaleFor: func(reply) time.Duration { return 3 * sec }}, steps: []staleStep{
			{0, "", "one", "live one", 1}, {3*sec - 1, "", "unavailable", "updating one", 2}, {4 * sec, "", "unavailable", "unavailable", 3}}},
	{name: "29 s-w-r - stale response not blocked: by a refresh that hangs", memory: revalidate, steps: []staleStep{
		{0, "", "one", "live one", 1}, {2 * sec, "", "hang", "updating one", 2}, {2*sec + ms(900), "", "hang", "updating one", 2}}},
	{name: "30 s-w-r - not blocked in subrequest", alike: "a call has no parts; a chain within a chain is TestStaleIsNotBlockedInAChainWithinAChain"},
	{name: "31 background update in if", alike: "nginx's `if` loses the handler of a copied request; a refresh here is a call like any other (TestRefreshIsACallLikeAnyOther)"},
	{name: "32 background update in if - updated", alike: "as 31"},
	{name: "33 escaped after escaped", memory: revalidate, steps: []staleStep{
		{0, "escape.htm%6C", "one", "live one", 1}, {2 * sec, "escape.htm%6C", "two", "updating one", 2}, {2 * sec, "escape.htm%6C", "three", "cached two", 2}}},
	{name: "34 unescaped after escaped: keys are bytes", memory: revalidate, steps: []staleStep{
		{0, "escape.htm%6C", "one", "live one", 1}, {0, "escape.html", "two", "live two", 2}, {0, "escape.htm%6c", "three", "live three", 3}, {0, "escape.htm%6C", "four", "cached one", 3}}},
}

func saysNothing(reply) time.Duration { return math.MaxInt64 }

// TestNginxStaleCases goes through all of them, in their order.
func TestNginxStaleCases(t *testing.T) {
	require.Len(t, staleCases, 34)
	for i, row := range staleCases {
		t.Run("nginx "+row.name, func(t *testing.T) {
			require.True(t, strings.HasPrefix(row.name, fmt.Sprintf("%02d ", i+1)))
			if row.alike != "" {
				require.Empty(t, row.steps)
				return
			}
			synctest.Test(t, row.play)
		})
	}
}

func (row *staleCase) play(t *testing.T) {
	s, began := answering(""), time.Now()
	c, _ := remembering(t, s, func(cfg *config) {
		m := row.memory
		m.Key, m.Store = identity, cfg.Memory.Store
		cfg.Memory = &m
	})
	for i, step := range row.steps {
		time.Sleep(time.Until(began.Add(step.at)))
		require.Equal(t, step.at, time.Since(began), "nobody was held up before step %d", i)
		word, text, _ := strings.Cut(step.does, " ")
		switch word {
		case "unavailable", "limited", "refused", "security":
			s.fails(&says{class: word})
		case "hang":
			s.hangs()
		case "echo":
			s.does(func(_ context.Context, q string) (reply, error) { return reply{Text: q}, nil })
		case "slow":
			s.does(timed(text, "ok 500ms").ask)
		default:
			s.answers(step.does)
		}
		q := step.q
		if q == "" {
			q = "q"
		}
		r, err := c.Do(t.Context(), q)
		got := r.Freshness.String() + " " + r.Value.Text
		if err != nil {
			got = failed(t, r, err).Verdict()
		}
		require.Equal(t, step.want, got, "step %d", i)
		require.Equal(t, step.at, time.Since(began), "step %d", i)
		synctest.Wait()
		require.Equal(t, step.asked, s.asked.Load(), "step %d", i)
	}
}

// TestStaleIsNotBlockedInAChainWithinAChain: case 30 of nginx.
func TestStaleIsNotBlockedInAChainWithinAChain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := answering("one")
		inner, _ := remembering(t, s, revalidating)
		outer := newChain(t, config{Sources: []source{{Name: "inner", Do: func(ctx context.Context, q string) (reply, error) {
			r, err := inner.Do(ctx, q)
			return r.Value, err
		}}}})
		_, err := outer.Do(t.Context(), "q")
		require.NoError(t, err)
		time.Sleep(time.Minute)
		s.hangs()
		began := time.Now()
		r, err := outer.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "one", r.Value.Text)
		require.Zero(t, time.Since(began))
	})
}

// TestRefreshIsACallLikeAnyOther: cases 31 and 32 of nginx. What is asked behind
// a caller's back passes the same checks and the same sources in their order.
func TestRefreshIsACallLikeAnyOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := answering("one"), answering("two")
		c, _ := remembering(t, a, revalidating, func(cfg *config) {
			cfg.Answers = func(r reply, _ string) error {
				if r.Text == "wrong" {
					return &says{class: "unavailable"}
				}
				return nil
			}
			cfg.Sources = append(cfg.Sources, source{Name: "b", Do: b.ask, Retention: fallback.Forever, Assurance: fallback.Low})
		})
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		time.Sleep(time.Minute)
		a.answers("wrong")
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Updating, r.Freshness)
		synctest.Wait()
		r, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Cached, r.Freshness)
		require.Equal(t, "two", r.Value.Text)
		require.Equal(t, "b", r.Source)
	})
}

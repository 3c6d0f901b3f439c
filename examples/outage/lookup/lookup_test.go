package lookup

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/schedule"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/timeline"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/examples/outage/web/webtest"
	"github.com/detour-go/detour/providers/address"
)

// open builds the look-up on two sites that serve.
func open(t *testing.T) *Lookup {
	t.Helper()
	sites := webtest.Sites(t)
	l, err := New(Config{Direct: sites[replay.Direct], Detour: sites[replay.Detour]})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, l.Close()) })
	for _, s := range sites {
		s.Serve()
	}
	return l
}

func (l *Lookup) visit(t *testing.T, side replay.Side, seed uint64) tally.Outcome {
	t.Helper()
	return l.journey(t.Context(), side, schedule.Arrival{Seed: seed})
}

func served(source, freshness string) tally.Outcome {
	return tally.Outcome{OK: true, Served: []tally.Served{{Source: source, Freshness: freshness}}}
}

func TestLookUp(t *testing.T) {
	l := open(t)
	set := func(primary, secondary timeline.Mode) {
		for i, mode := range []timeline.Mode{primary, secondary} {
			require.NoError(t, l.Capability().Roles[i].Play(timeline.Phase{Mode: mode, Share: 1, Status: 503}))
		}
	}
	assert.Equal(t, tally.Outcome{OK: true}, l.visit(t, replay.Direct, 1), "the direct site has no labels")
	assert.Equal(t, served(Kakao, tally.Live), l.visit(t, replay.Detour, 1))
	assert.Equal(t, served(Kakao, tally.Live), l.visit(t, replay.Detour, 1), "what Kakao says is not kept")

	set(timeline.Maintenance, timeline.OK)
	assert.Equal(t, tally.Outcome{Why: whyNone}, l.visit(t, replay.Direct, 1))
	assert.Equal(t, served(Juso, tally.Live), l.visit(t, replay.Detour, 1))

	set(timeline.Refuse, timeline.HTML)
	o := l.visit(t, replay.Detour, 1)
	assert.True(t, o.OK)
	require.Len(t, o.Served, 1)
	assert.NotEqual(t, tally.Live, o.Served[0].Freshness, "nobody is left, but it was asked before")
	assert.Equal(t, tally.Outcome{Why: whyNone}, l.visit(t, replay.Detour, 2), "never asked")
}

// Both vendors write every home alike, however it was typed: else a journey would depend on who answers.
func TestBothVendorsKnowEveryHome(t *testing.T) {
	l := open(t)
	require.Greater(t, len(l.homes), 300)
	seen := make(map[string]bool)
	for seed := range uint64(400) {
		home, typed := l.types(seed)
		require.NoError(t, question(typed).Validate())
		for _, side := range []replay.Side{replay.Direct, replay.Detour} {
			o := l.visit(t, side, seed)
			require.True(t, o.OK, "%s: %q: %s", side, typed, o.Why)
		}
		seen[home.RoadAddress()] = true
	}
	require.NoError(t, l.Capability().Roles[0].Play(timeline.Phase{Mode: timeline.Fail, Share: 1, Status: 503}))
	for seed := range uint64(400) {
		o := l.visit(t, replay.Detour, seed)
		_, typed := l.types(seed)
		require.True(t, o.OK, "juso: %q: %s", typed, o.Why)
	}
	assert.Greater(t, len(seen), 200)
}

func TestHomesDiffer(t *testing.T) {
	roads, lots := make(map[string]bool), make(map[string]bool)
	for _, h := range homes() {
		assert.False(t, roads[h.RoadAddress()], h.RoadAddress())
		assert.False(t, lots[h.LotAddress()], h.LotAddress())
		roads[h.RoadAddress()], lots[h.LotAddress()] = true, true
	}
}

func TestWhatIsNoAddressIsNotFound(t *testing.T) {
	l := open(t)
	for _, site := range l.site {
		for text, want := range map[string]int{"": 404, "서울특별시 중구 없는로 1": 404} {
			page, err := web.NewBrowser(l.browsers).Post(t.Context(), site+"/address", url.Values{"text": {text}})
			require.NoError(t, err)
			assert.Equal(t, want, page.Status, "%q", text)
		}
	}
	assert.NotZero(t, question("x").Require&address.FieldPostcode)
}

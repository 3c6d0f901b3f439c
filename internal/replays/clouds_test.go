package replays

import (
	"context"
	"testing"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// clouds are outages of those on whom many vendors stand.
func clouds() []row {
	facebook := func(version int, label string, direct byHand) row {
		return row{
			timeline: "facebook-2021-10-04", capability: "login", label: label, version: version, providers: []string{"facebook", "kakao", "phone"},
			site: flows{}.site, from: -hour, to: 9 * hour, every: rarely, direct: direct, detour: exactly(1, "1"),
			// While the names fade away, for 11 minutes, a Watch that is asked every second may be luckier than a citizen.
			first: between(0.990278, "1 - (11*60/2.0 + 20)/(10*3600)", 1, "1"),
			slack: 3 * rarely, noticed: enough, back: 4 * time.Second, openings: 20, asked: 110,
		}
	}
	google := func(version int, label string, direct byHand) row {
		return row{
			timeline: "gcp-2025-06-12", capability: "api", label: label, version: version, providers: []string{"gcp", "other region"},
			site: reads{}.site, from: -hour, to: 9 * hour, direct: direct, detour: exactly(1, "1"),
			slack: 3 * often, noticed: enough, back: 4 * time.Second, openings: 60, asked: 10,
		}
	}
	cloudflare := func(version int, label string, direct, detour byHand, providers ...string) row {
		return row{
			timeline: "cloudflare-2025-11-18", capability: "api", label: label, version: version, providers: providers,
			site: reads{}.site, from: -hour, to: 7 * hour, direct: direct, detour: detour,
			slack: 3 * often, noticed: enough, back: 4 * time.Second, openings: 12, asked: 60,
		}
	}
	alone := cloudflare(1, "no break, both behind it", exactly(0.587917, "1 - (190 + 0.05*156)/480"),
		exactly(0.603354, "1 - (190 + 0.05*0.05*156)/480"), "site-a", "site-b")
	alone.asked = 1300 // by turns the two are tried all the same (PanicTrials)
	return []row{
		// While the names fade away half of the calls fail, and of who began in the
		// last 20 s of that all.
		facebook(0, "back at 21:05", exactly(0.465278, "1 - (5*3600 + 15*60 + 11*60/2 + 20)/(10*3600.0)")),
		facebook(1, "back at 22:05", exactly(0.365278, "1 - (6*3600 + 15*60 + 11*60/2 + 20)/(10*3600.0)")),
		facebook(2, "back at 22:50", exactly(0.290278, "1 - (7*3600 + 0*60 + 11*60/2 + 20)/(10*3600.0)")),
		{
			timeline: "aws-2025-10-20", capability: "api", providers: []string{"us-east-1", "other region"}, site: reads{}.site, from: -hour, to: 16 * hour,
			// 519 minutes of flapping begin 104 times.
			direct: exactly(0.608627, "1 - (172 + 0.1*170 + 104*2 + 0.2*11)/1020"), detour: exactly(1, "1"),
			slack: 30 * time.Second, noticed: enough, back: 4 * time.Second, openings: 110,
			asked: 630, // at most six each time
		},
		google(0, "us-central1", exactly(0.837550, "1 - (40 + 0.455*120 + 0.01*287)/600")),
		google(1, "elsewhere", exactly(0.907550, "1 - (40 + 0.105*120 + 0.01*287)/600")),
		cloudflare(0, "on and off at first", exactly(0.692083, "1 - (11*5 + 85 + 0.05*156)/480"), exactly(1, "1"), "site-a", "site-b", "not behind it"),
		cloudflare(1, "no break", exactly(0.587917, "1 - (190 + 0.05*156)/480"), exactly(1, "1"), "site-a", "site-b", "not behind it"),
		alone,
	}
}

// TestCheckSaysBeforeTheOutageThatBothAreBehindOneBox: what alone, above, loses.
func TestCheckSaysBeforeTheOutageThatBothAreBehindOneBox(t *testing.T) {
	behind := func(name string, fate ...string) fallback.Source[string, answered] {
		b, err := breaker.New(breaker.Config{Name: name})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, b.Close()) })
		ask := func(context.Context, string) (answered, error) { return answered{}, nil }
		return fallback.From(name, ask, &fallback.Upstream{Name: name, Breaker: b, Fate: fate})
	}
	found := func(sources ...fallback.Source[string, answered]) (codes []fallback.LintCode) {
		chain, err := fallback.New(fallback.Config[string, answered]{Name: "api", Sources: sources})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, chain.Close()) })
		for _, f := range fallback.Check(chain).Findings {
			codes = append(codes, f.Code)
		}
		return codes
	}
	a, b, c := behind("site-a", "a", "cloudflare"), behind("site-b", "b", "cloudflare"), behind("own", "own")
	require.Contains(t, found(a, b), fallback.LintSharedFate)
	require.NotContains(t, found(a, b, c), fallback.LintSharedFate)
}

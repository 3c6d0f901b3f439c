package report_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/examples/outage/notice"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/report"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/timeline"
)

func update() bool { return os.Getenv("UPDATE_GOLDEN") != "" }

func sample(t *testing.T) report.Report {
	t.Helper()
	tl, err := timeline.Load(timeline.Default, []string{"login.primary", "tiles.primary", "address.primary", "cert.primary", "message.primary"})
	require.NoError(t, err)
	never := replay.Spread{Worst: replay.Never, Median: replay.Never}
	return report.Report{Seed: 7, Linked: 0.95, Result: replay.Result{
		Timeline: tl, Over: 46 * time.Second, Took: 46123 * time.Millisecond, Planned: 2000, Limit: 10 * time.Second,
		Height: replay.Height{At: 90 * time.Minute, Notices: []replay.Told{{Capability: "login", Notice: notice.Notice{
			Out: []notice.Way{{Name: "kakao", Since: tl.Zero.Add(time.Hour)}}, Use: []string{"naver", "phone"},
			Text: notice.Text{KO: "카카오 로그인이 10월 15일 16:30부터 되지 않습니다. 대신 네이버.", EN: "Kakao login has not been working since 16:30 on 15 October."}}}}},
		Lag: replay.Lag{P99: 1200 * time.Microsecond, Max: 15 * time.Millisecond, Own: 0.28},
		Capabilities: []replay.Found{
			{
				Name: "login", Sources: []replay.Source{{Name: "kakao", Fate: []string{"Kakao"}}, {Name: "naver", Fate: []string{"NAVER", "KT"}}},
				Direct: tally.Summary{
					Requests: 2000, OK: 1320, Availability: 0.66, P50: 9 * time.Millisecond, P99: 9321500 * time.Microsecond, Over1s: 700,
					Failures: []tally.Share{{Name: "gave up", Count: 80, Share: 0.04}, {Name: "vendor's page", Count: 600, Share: 0.3}},
				},
				Detour: tally.Summary{
					Requests: 2000, OK: 2000, Availability: 1, P50: 11 * time.Millisecond, P99: 450 * time.Millisecond, Over1s: 12, Answers: 2000,
					Sources:   []tally.Share{{Name: "kakao", Count: 1199, Share: 0.5995}, {Name: "naver", Count: 801, Share: 0.4005}},
					Freshness: []tally.Share{{Name: "live", Count: 2000, Share: 1}, {Name: "cached"}, {Name: "stale"}},
				},
				Measured: replay.Measured{
					Windows: 1, Why: []string{"watch"},
					Open: replay.Spread{Worst: 640 * time.Millisecond, Median: 640 * time.Millisecond},
					Back: replay.Spread{Worst: 1234 * time.Millisecond, Median: 1234 * time.Millisecond},
				},
			},
			{
				Name: "tiles", Sources: []replay.Source{{Name: "vworld", Fate: []string{"MOLIT", "KT"}}, {Name: "osm", Fate: []string{"OSMF", "KT"}}, {Name: "own"}},
				Direct: tally.Summary{Requests: 2000, OK: 1100, Availability: 0.55, P50: 8 * time.Millisecond, P99: 10 * time.Second, Over1s: 60,
					Failures: []tally.Share{{Name: "tile missing", Count: 900, Share: 0.45}}},
				Detour: tally.Summary{
					Requests: 2000, OK: 1999, Availability: 0.9995, P50: 10 * time.Millisecond, P99: 120 * time.Millisecond, Over1s: 3, Answers: 24000, Stale: 4,
					Sources: []tally.Share{{Name: "vworld", Count: 12000, Share: 0.5}, {Name: "osm", Count: 11990, Share: 0.49958},
						{Name: "own", Count: 10, Share: 0.00042}},
					Freshness: []tally.Share{{Name: "live", Count: 14000, Share: 0.58333}, {Name: "cached", Count: 9980, Share: 0.41583},
						{Name: "stale", Count: 20, Share: 0.00083}},
					Failures: []tally.Share{{Name: "tile missing", Count: 1, Share: 0.0005}},
				},
				Measured: replay.Measured{
					Windows: 3, Why: []string{"faults", "hang"},
					Open: replay.Spread{Worst: replay.Never, Median: 90 * time.Millisecond, Missed: 1}, Back: never,
				},
			},
		},
	}}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if update() {
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, report.WriteTable(&b, sample(t)))
	golden(t, "table.txt", b.Bytes())
}

func TestTableOfAnInterruptedRun(t *testing.T) {
	r := sample(t)
	r.Height = replay.Height{}
	r.Interrupted, r.CutShort, r.Took, r.Lag.P99 = true, 31, 700*time.Millisecond, 300*time.Millisecond
	for i := range r.Capabilities {
		r.Capabilities[i] = replay.Found{Name: r.Capabilities[i].Name, Measured: replay.Measured{Windows: i,
			Open: replay.Spread{Worst: replay.Never, Median: replay.Never, Missed: i}, Back: replay.Spread{Worst: replay.Never, Median: replay.Never}}}
	}
	var b bytes.Buffer
	require.NoError(t, report.WriteTable(&b, r))
	golden(t, "interrupted.txt", b.Bytes())
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, report.WriteJSON(&b, sample(t)))
	golden(t, "report.json", b.Bytes())

	// What others read by name is there, for each capability.
	var d struct {
		Timeline     *string
		DurationS    *float64 `json:"duration_s"`
		Capabilities map[string]map[string]map[string]any
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &d))
	assert.Equal(t, "kakao-2022-10-15", *d.Timeline)
	assert.InDelta(t, 46.123, *d.DurationS, 1e-9)
	for _, name := range []string{"login", "tiles"} {
		both := []string{"requests", "ok", "availability", "p50_ms", "p99_ms", "over_1s", "wrong_account", "wrong_proofs", "duplicates"}
		for _, field := range both {
			assert.Contains(t, d.Capabilities[name]["direct"], field, name)
		}
		for _, field := range append(both, "sources", "fate", "shared", "stale", "below_assurance", "open_after_ms", "back_after_ms") {
			assert.Contains(t, d.Capabilities[name]["detour"], field, name)
		}
	}
	assert.Contains(t, d.Capabilities["login"]["detour"]["sources"].(map[string]any)["naver"], "share")
	assert.Equal(t, map[string]any{"KT": []any{"vworld", "osm"}}, d.Capabilities["tiles"]["detour"]["shared"])
	assert.Equal(t, map[string]any{}, d.Capabilities["login"]["detour"]["shared"])
	assert.InDelta(t, -1, d.Capabilities["tiles"]["detour"]["open_after_ms"], 0, "never")
}

func TestPromises(t *testing.T) {
	login := func(r report.Report) *replay.Found { return &r.Capabilities[0] }
	tiles := func(r report.Report) *replay.Found { return &r.Capabilities[1] }
	for name, c := range map[string]struct {
		change func(r report.Report) report.Report
		want   []string
	}{
		"all hold":    {func(r report.Report) report.Report { return r }, nil},
		"interrupted": {func(r report.Report) report.Report { r.Interrupted = true; return r }, []string{"the replay was interrupted"}},
		"login 0.98": {func(r report.Report) report.Report { login(r).Detour.Availability = 0.98; return r },
			[]string{"login: 0.9800 available with Detour, not 0.990"}},
		"another's proof": {func(r report.Report) report.Report { login(r).Detour.WrongProof = 4; return r },
			[]string{"login: 4 proofs of another person accepted"}},
		"address 0.998": {func(r report.Report) report.Report {
			r.Capabilities = append(r.Capabilities, *tiles(r))
			r.Capabilities[2].Name, r.Capabilities[2].Detour.Availability, r.Capabilities[2].Direct.Availability = "address", 0.998, 0.86 // 16.5 of 52 hours prove nothing
			return r
		}, []string{"address: 0.9980 available with Detour, not 0.999"}},
		"tiles 0.998": {func(r report.Report) report.Report { tiles(r).Detour.Availability = 0.998; return r },
			[]string{"tiles: 0.9980 available with Detour, not 0.999"}},
		"direct did not suffer": {func(r report.Report) report.Report { login(r).Direct.Availability = 0.7; return r },
			[]string{"login: the direct site reached 0.7000: the outage was none"}},
		"direct could wait it out": {func(r report.Report) report.Report {
			login(r).Direct.Availability, r.Over = 0.75, 8*time.Second
			return r
		}, nil},
		"direct waited out a short limit": {func(r report.Report) report.Report {
			login(r).Direct.Availability, r.Over, r.Limit = 0.75, 16*time.Second, 5*time.Second
			return r
		}, []string{"login: the direct site reached 0.7500: the outage was none"}},
		"citizens without a second way": {func(r report.Report) report.Report {
			login(r).Detour.Failures = []tally.Share{{Name: tally.NotLinked, Count: 300, Share: 0.15}}
			login(r).Detour.OK, login(r).Detour.Availability = 1690, 0.845
			return r
		}, nil},
		"others than those without a second way": {func(r report.Report) report.Report {
			login(r).Detour.Failures = []tally.Share{{Name: tally.NotLinked, Count: 300, Share: 0.15}, {Name: "gave up", Count: 34, Share: 0.017}}
			login(r).Detour.OK, login(r).Detour.Availability = 1666, 0.833
			return r
		}, []string{"login: 0.9800 available with Detour, not 0.990"}},
		"nobody with a second way": {func(r report.Report) report.Report {
			login(r).Detour.Failures = []tally.Share{{Name: tally.NotLinked, Count: 2000, Share: 1}}
			login(r).Detour.OK, login(r).Detour.Availability = 0, 0
			return r
		}, nil},
		"direct between two outages": {func(r report.Report) report.Report {
			login(r).Direct.Availability = 0.75
			well := timeline.Phase{Role: "login.primary", Mode: timeline.OK, Share: 1, ShareTo: 1}
			dead := timeline.Phase{Role: "login.primary", Mode: timeline.Hang, Share: 1, ShareTo: 1}
			r.Timeline.Phases = nil
			for h := range 24 { // dead every second hour, one at a stretch
				well.At, dead.At = time.Duration(2*h+1)*time.Hour, time.Duration(2*h)*time.Hour
				r.Timeline.Phases = append(r.Timeline.Phases, dead, well)
			}
			return r
		}, nil},
		"wrong account": {func(r report.Report) report.Report { login(r).Detour.WrongAccount = 1; return r }, []string{"login: 1 wrong accounts"}},
		"below":         {func(r report.Report) report.Report { login(r).Detour.Below = 2; return r }, []string{"login: 2 below assurance"}},
		"duplicate":     {func(r report.Report) report.Report { tiles(r).Detour.Duplicate = 3; return r }, []string{"tiles: 3 duplicates"}},
		"opened late": {func(r report.Report) report.Report { login(r).Measured.Open.Worst = 3001 * time.Millisecond; return r },
			[]string{"login: the breaker opened after 3.00 s, not within 3s"}},
		"never opened": {func(r report.Report) report.Report { login(r).Measured.Open.Worst = replay.Never; return r },
			[]string{"login: the breaker opened after never, not within 3s"}},
		"never back": {func(r report.Report) report.Report {
			login(r).Measured.Back = replay.Spread{Worst: replay.Never, Median: replay.Never, Missed: 1}
			return r
		}, []string{"login: the primary was well again and did not serve"}},
		"not over yet": {func(r report.Report) report.Report {
			login(r).Measured.Back = replay.Spread{Worst: replay.Never, Median: replay.Never}
			return r
		}, nil},
		"back after most outages": {func(r report.Report) report.Report {
			login(r).Measured.Back = replay.Spread{Worst: replay.Never, Median: time.Second, Missed: 1}
			return r
		}, nil},
		"journeys lost": {func(r report.Report) report.Report { tiles(r).Direct.Requests = 1999; return r },
			[]string{"tiles: 1999 and 2000 of 2000 journeys were counted"}},
		"an outage of part of the users promises less": {func(r report.Report) report.Report {
			for i := range r.Timeline.Phases {
				r.Timeline.Phases[i].Share, r.Timeline.Phases[i].ShareTo = 0.5, 0.5
			}
			login(r).Direct.Availability, login(r).Measured.Open.Worst = 0.9, replay.Never
			return r
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, report.Verdict{Broken: c.want}, report.Judge(c.change(sample(t))))
		})
	}
}

// On a machine that others keep busy nothing is said about speed and success, and everything about harm; who is busy himself is judged.
func TestABusyMachineExcusesNoHarm(t *testing.T) {
	busy := func(own float64) report.Report {
		r := sample(t)
		r.Lag.P99, r.Lag.Own = 251*time.Millisecond, own
		l := &r.Capabilities[0]
		l.Detour.Availability, l.Direct.Availability, l.Measured.Open.Worst = 0.3, 0.75, replay.Never
		return r
	}
	v := report.Judge(busy(0.2))
	assert.Empty(t, v.Broken)
	assert.Equal(t, "the machine was busy with something else: arrivals came late by 251 ms (p99) while this program had 20.0 % of it", v.NotJudged)
	assert.Contains(t, report.Judge(busy(0)).NotJudged, "had a part that is unknown here of it")

	v = report.Judge(busy(0.8))
	assert.Empty(t, v.NotJudged, "late of its own doing")
	assert.Len(t, v.Broken, 3)

	r := busy(0.2)
	r.Capabilities[0].Detour.WrongAccount, r.Capabilities[1].Detour.Duplicate, r.Capabilities[1].Detour.Requests = 1, 2, 1999
	assert.Equal(t, []string{"login: 1 wrong accounts", "tiles: 2000 and 1999 of 2000 journeys were counted", "tiles: 2 duplicates"}, report.Judge(r).Broken)
}

func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0h", -2 * time.Hour: "-2h", 18*time.Hour + 30*time.Minute: "18h30m", 86 * time.Minute: "1h26m", 45 * time.Second: "45s",
		-20 * time.Minute: "-20m", 52*time.Hour/46 + 1: "1h8m",
	} {
		assert.Equal(t, want, report.Clock(d))
	}
}

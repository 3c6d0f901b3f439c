package report

import (
	"encoding/json"
	"io"
	"math"
	"time"

	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/tally"
)

type document struct {
	Timeline     string                `json:"timeline"`
	DurationS    float64               `json:"duration_s"` // until the last journey ended
	PlannedS     float64               `json:"planned_s"`  // in which the timeline is played
	LimitS       float64               `json:"limit_s"`    // of one journey
	Journeys     int                   `json:"journeys"`   // planned per capability and site
	Seed         uint64                `json:"seed"`
	Linked       float64               `json:"linked"`
	Interrupted  bool                  `json:"interrupted"`
	CutShort     int                   `json:"cut_short"`
	ScheduleLag  lag                   `json:"schedule_lag"`
	Capabilities map[string]capability `json:"capabilities"`
	Notices      notices               `json:"notices"`
}

type lag struct {
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
	Own float64 `json:"own_processor_share"` // of the whole machine, used by the replay itself; 0: unknown
}

type capability struct {
	Direct site   `json:"direct"`
	Detour detour `json:"detour"`
}

type site struct {
	Requests     int              `json:"requests"`
	OK           int              `json:"ok"`
	Availability float64          `json:"availability"`
	P50          float64          `json:"p50_ms"`
	P99          float64          `json:"p99_ms"`
	Over1s       int              `json:"over_1s"`
	WrongAccount int              `json:"wrong_account"`
	WrongProofs  int              `json:"wrong_proofs"` // of another person, accepted
	Impostors    int              `json:"impostors"`    // who tried
	Duplicates   int              `json:"duplicates"`
	Failures     map[string]share `json:"failures"`
}

type detour struct {
	site
	Sources         map[string]share    `json:"sources"`
	Fate            map[string][]string `json:"fate"`   // what each source dies with
	Shared          map[string][]string `json:"shared"` // of these, what takes more than one of them
	Freshness       map[string]share    `json:"freshness"`
	Stale           int                 `json:"stale"` // journeys that were given anything stale
	BelowAssurance  int                 `json:"below_assurance"`
	OpenAfter       int64               `json:"open_after_ms"` // the worst window; -1: never
	OpenAfterMedian int64               `json:"open_after_median_ms"`
	OpenedBy        []string            `json:"opened_by"`
	BackAfter       int64               `json:"back_after_ms"` // the worst window; -1: never
	BackAfterMedian int64               `json:"back_after_median_ms"`
	Windows         int                 `json:"windows"`
	NeverOpened     int                 `json:"windows_never_opened"`
	NeverBack       int                 `json:"windows_never_back"`
}

type share struct {
	Share float64 `json:"share"`
	Count int     `json:"count"`
}

// WriteJSON writes the report as one JSON document.
func WriteJSON(w io.Writer, r Report) error {
	d := document{
		Timeline: r.Timeline.Name, DurationS: rounded(r.Took.Seconds()), PlannedS: rounded(r.Over.Seconds()), LimitS: rounded(r.Limit.Seconds()), Journeys: r.Planned, Seed: r.Seed,
		Linked: r.Linked, Interrupted: r.Interrupted, CutShort: r.CutShort, ScheduleLag: lag{P99: ms(r.Lag.P99), Max: ms(r.Lag.Max), Own: rounded(r.Lag.Own)},
		Capabilities: make(map[string]capability), Notices: noticesOf(r.Result),
	}
	for _, f := range r.Capabilities {
		d.Capabilities[f.Name] = capability{Direct: siteOf(f.Direct), Detour: detourOf(f)}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

func siteOf(s tally.Summary) site {
	return site{
		Requests: s.Requests, OK: s.OK, Availability: s.Availability, P50: ms(s.P50), P99: ms(s.P99), Over1s: s.Over1s,
		WrongAccount: s.WrongAccount, WrongProofs: s.WrongProof, Impostors: s.Impostors, Duplicates: s.Duplicate, Failures: sharesOf(used(s.Failures)),
	}
}

func detourOf(f replay.Found) detour {
	m := f.Measured
	return detour{
		site: siteOf(f.Detour), Sources: sharesOf(f.Detour.Sources), Freshness: sharesOf(f.Detour.Freshness), Stale: f.Detour.Stale,
		BelowAssurance: f.Detour.Below, Fate: fateOf(f.Sources), Shared: sharedOf(f.Sources),
		OpenAfter: milliseconds(m.Open.Worst), OpenAfterMedian: milliseconds(m.Open.Median), OpenedBy: append([]string{}, m.Why...),
		BackAfter: milliseconds(m.Back.Worst), BackAfterMedian: milliseconds(m.Back.Median),
		Windows: m.Windows, NeverOpened: m.Open.Missed, NeverBack: m.Back.Missed,
	}
}

func sharesOf(list []tally.Share) map[string]share {
	m := make(map[string]share, len(list))
	for _, s := range list {
		m[s.Name] = share{Share: s.Share, Count: s.Count}
	}
	return m
}

func ms(d time.Duration) float64 { return rounded(float64(d) / float64(time.Millisecond)) }

func rounded(f float64) float64 { return math.Round(f*1000) / 1000 }

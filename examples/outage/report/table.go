package report

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/tally"
)

// WriteTable writes the report for people.
func WriteTable(w io.Writer, r Report) error {
	var b strings.Builder
	t := r.Timeline
	fmt.Fprintf(&b, "%s: %s\n", t.Name, t.Title)
	second := time.Duration(float64(t.Span()) / r.Over.Seconds())
	fmt.Fprintf(&b, "%s to %s played in %s (one second is %s); %d journeys per capability and site; seed %d; %s of the accounts have a second linked way\n",
		Clock(t.From), Clock(t.To), seconds(r.Over), Clock(second), r.Planned, r.Seed, percent(r.Linked))
	fmt.Fprintf(&b, "arrivals were late by %s at most, p99 %s\n", seconds(r.Lag.Max), seconds(r.Lag.P99))
	if r.Lag.P99 > KeptUp {
		fmt.Fprintf(&b, "THE MACHINE DID NOT KEEP UP: times and availabilities of both sites are those of a busy machine, of which this program had %s\n", own(r.Lag))
	}
	if r.Interrupted {
		fmt.Fprintf(&b, "INTERRUPTED after %s: what follows is the part until then; %d journeys were cut short and are not counted\n", seconds(r.Took), r.CutShort)
	}
	for _, f := range r.Capabilities {
		b.WriteByte('\n')
		section(&b, f)
	}
	writeNotices(&b, r.Height)
	fmt.Fprintf(&b, "\nTimes of all journeys, failed ones until the citizen gave up (%g s at most). The breaker opened: since the primary was first disturbed.\n"+
		"It served again: since it was wholly well. Of several outages the worst.\n", r.Limit.Seconds())
	_, err := io.WriteString(w, b.String())
	return err
}

func section(b *strings.Builder, f replay.Found) {
	d, m := f.Direct, f.Measured
	row := func(what, direct, detour string) { fmt.Fprintf(b, "  %-28s %22s   %s\n", what, direct, detour) }
	fmt.Fprintf(b, "%-30s %22s   %s\n", strings.ToUpper(f.Name), "direct", "with Detour")
	row("requests", fmt.Sprint(d.Requests), fmt.Sprint(f.Detour.Requests))
	row("availability", availability(d), availability(f.Detour))
	row("p50 / p99", spread(d), spread(f.Detour))
	row("slower than 1 s", fmt.Sprint(d.Over1s), fmt.Sprint(f.Detour.Over1s))
	row("served by", "primary only", list(f.Detour.Sources))
	row("they depend on", "", fates(f.Sources))
	row("of which shared", "", sharedText(f.Sources))
	row("freshness", "", list(f.Detour.Freshness))
	row("journeys with stale parts", "", fmt.Sprint(f.Detour.Stale))
	row("breaker opened after", "", after(m, m.Open, m.Why))
	row("primary served again after", "", after(m, m.Back, nil))
	row("wrong account", fmt.Sprint(d.WrongAccount), fmt.Sprint(f.Detour.WrongAccount))
	row("below assurance", "", fmt.Sprint(f.Detour.Below))
	row("another's proof accepted", of(d.WrongProof, d.Impostors), of(f.Detour.WrongProof, f.Detour.Impostors))
	row("duplicates", fmt.Sprint(d.Duplicate), fmt.Sprint(f.Detour.Duplicate))
	failures(b, "failed, direct", d)
	failures(b, "failed, with Detour", f.Detour)
}

// own is the share of the machine that the replay itself had.
func own(l replay.Lag) string {
	if l.Own == 0 {
		return "a part that is unknown here"
	}
	return percent(l.Own)
}

// of is n of all, when there were any.
func of(n, all int) string {
	if all == 0 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d of %d tried", n, all)
}

// failures is left out when there were none.
func failures(b *strings.Builder, what string, s tally.Summary) {
	if s.Requests > s.OK {
		fmt.Fprintf(b, "  %-28s %s\n", what, list(largest(s.Failures)))
	}
}

func availability(s tally.Summary) string {
	if s.Requests == 0 {
		return "none"
	}
	return fmt.Sprintf("%.4f", math.Floor(s.Availability*1e4+1e-6)/1e4) // 1.0000 means all
}

func spread(s tally.Summary) string {
	if s.Requests == 0 {
		return "none"
	}
	return seconds(s.P50) + " / " + seconds(s.P99)
}

func list(shares []tally.Share) string {
	var parts []string
	for _, s := range used(shares) {
		parts = append(parts, s.Name+" "+percent(s.Share))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

func after(m replay.Measured, s replay.Spread, why []string) string {
	switch {
	case m.Windows == 0:
		return "no outage"
	case s.Worst == replay.Never && s.Missed == 0:
		return "not over yet"
	}
	text := orNever(s.Worst)
	if m.Windows > 1 {
		text = fmt.Sprintf("%s, median %s of %d outages", text, orNever(s.Median), m.Windows)
	}
	if s.Missed > 0 && m.Windows > 1 {
		text += fmt.Sprintf(" (%d never)", s.Missed)
	}
	if len(why) > 0 {
		text += " (" + strings.Join(why, ", ") + ")"
	}
	return text
}

func orNever(d time.Duration) string {
	if d == replay.Never {
		return "never"
	}
	return seconds(d)
}

// percent has one decimal, and does not call a little nothing.
func percent(share float64) string {
	if share > 0 && share < 0.001 {
		return "<0.1 %"
	}
	if share > 0.999 && share < 1 {
		return ">99.9 %"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}

// seconds is a duration as short as it can be read.
func seconds(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// Clock is a time on the outage's own clock: -2h, 18h30m, 45s.
func Clock(d time.Duration) string {
	if d == 0 {
		return "0h"
	}
	precise := time.Minute
	if d.Abs() < time.Hour {
		precise = time.Second
	}
	s := d.Round(precise).String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

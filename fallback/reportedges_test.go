package fallback_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/fallback"
)

// lossOf returns what the report says of the death of that name.
func lossOf(t *testing.T, r fallback.Report, name string) fallback.Loss {
	t.Helper()
	for _, l := range r.Losses {
		for _, of := range l.Of {
			if of.Name == name {
				return l
			}
		}
	}
	t.Fatalf("nothing is said of %s", name)
	return fallback.Loss{}
}

// TestReportHasNoNull: a list of the JSON that is empty is one.
func TestReportHasNoNull(t *testing.T) {
	up := firm("a", "A")
	for name, r := range map[string]fallback.Report{
		"nothing":          fallback.Check(),
		"good":             newTown(t).check(t),
		"tired":            tired(t).check(t),
		"one":              fallback.Check(partOf(t, "x", fallback.Source[int, said]{Name: "a", Do: saying("a"), Upstream: up})),
		"of one, a second": fallback.Check(partOf(t, "x", fallback.Source[int, said]{Name: "a", Do: saying("a"), Upstream: up}, fallback.Source[int, said]{Name: "b", Do: saying("b")})),
		"of one that is never asked": func() fallback.Report {
			w := newTown(t)
			w.address.MinAssurance, w.address.Sources[0].Assurance, w.address.Sources[2].Assurance = fallback.None, fallback.None, fallback.None
			w.address.Sources[1].Upstream = firm("only here", "Only Here")
			return w.check(t)
		}(),
	} {
		text, err := json.Marshal(r)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "null", name)
	}
}

// TestReportSaysOnlyWhatThereIs: no heading without lines below it, and what is
// not known is said.
func TestReportSaysOnlyWhatThereIs(t *testing.T) {
	assert.Equal(t, "0 parts looked at: 0 errors, 0 warnings, 0 notes, 0 exceptions\nno single point of failure is known\n", fallback.Check().String())
	w := newTown(t)
	w.address.Sources[2].Upstream = nil
	r := w.check(t)
	assert.Equal(t, []string{"address/list"}, r.Unstated)
	text := r.String()
	assert.Contains(t, text, "  taken to live, for nothing is known of them: address/list\nno single point of failure is known\n")
	assert.NotContains(t, text, "accepted:")
	text = fallback.Check(partOf(t, "x", fallback.Source[int, said]{Name: "a", Do: saying("a"), Upstream: firm("a", "A")})).String()
	assert.Contains(t, text, "  if A dies:\n    x  unreachable\nsingle points of failure:\n  A: x\n")
}

// TestReportNamesWhatDies: fates, companies and upstreams in order, each once,
// also where the wiring has given no name.
func TestReportNamesWhatDies(t *testing.T) {
	w := newTown(t)
	juso, naver, list := w.address.Sources[0].Upstream, w.address.Sources[1].Upstream, w.address.Sources[2].Upstream
	juso.Fate, juso.Recipient.Company = []string{"Zeta", " Alpha "}, "Beta "
	naver.Fate = []string{"alpha", "zeta", "Omega"}
	naver.Name, list.Name = "", "list"
	r := w.check(t)
	l := lossOf(t, r, "Beta")
	assert.Equal(t, []fallback.Cause{{Kind: "company", Name: "Beta"}, {Kind: "upstream", Name: "juso"}}, l.Of)
	assert.Equal(t, []fallback.Cause{{Kind: "fate", Name: "Alpha"}, {Kind: "fate", Name: "Zeta"}}, lossOf(t, r, "Zeta").Of)
	text := r.String()
	assert.Contains(t, text, "  if Alpha / Zeta dies:\n    address  degraded to list\n")
	assert.Contains(t, text, "  if Beta dies:\n")
	assert.NotContains(t, text, "if list dies", "it rests on nobody")
	assert.NotContains(t, text, "upstream list")

	naver.Fate, naver.Recipient.Company = nil, ""
	assert.Contains(t, w.check(t).String(), "  if an upstream without a name dies:\n    address  goes on with juso, without naver behind it\n")
}

// TestSharedFatesAreListedInOrder, as a sentence does.
func TestSharedFatesAreListedInOrder(t *testing.T) {
	w := newTown(t)
	for _, src := range w.codes.Sources {
		src.Upstream.Fate = []string{"Zeta", "Alpha", "Omega"}
	}
	for _, f := range w.check(t).Findings {
		if f.Code == fallback.LintSharedFate {
			assert.Equal(t, "they die together, with Alpha, Omega and Zeta: to the part they are one provider, and when it is down nobody answers.", f.Text)
			return
		}
	}
	t.Error("nothing was found")
}

// TestReportTellsWhatIsLost: the level and the traits that nobody has any more,
// but not one that nobody misses.
func TestReportTellsWhatIsLost(t *testing.T) {
	w := newTown(t)
	w.login.Legs[0].Traits = fallback.Signature | fallback.Restricted
	w.login.Legs[1].Traits = fallback.PersonVerified
	w.login.Legs[2].Traits = fallback.PersonVerified
	r := w.check(t)
	for _, p := range lossOf(t, r, "Kakao").Parts {
		if p.Part == "login" {
			assert.Equal(t, []string{"signature"}, p.TraitsLost)
			assert.Equal(t, "degraded to naver, phone; traits lost: signature", p.String())
		}
	}
	one := fallback.PartLoss{State: fallback.FalloutUnreachable, Minimum: fallback.None}
	assert.Equal(t, "unreachable", one.String())
	old := fallback.PartLoss{State: fallback.FalloutMemory, MaxAge: fallback.Duration(48 * time.Hour)}
	assert.Equal(t, "only memory, at most 2 days old", old.String())
}

// TestBlastRadiusThroughOtherParts: whoever is asked through a part dies with
// it, wherever that stands in the list.
func TestBlastRadiusThroughOtherParts(t *testing.T) {
	w := newTown(t)
	for _, src := range w.codes.Sources {
		src.Upstream.Fate = append(src.Upstream.Fate, "mobile carriers")
	}
	codes, err := fallback.New(w.codes)
	require.NoError(t, err)
	w.login.Legs[1].Upstream = &fallback.Upstream{Name: "codes by mail", Through: codes}
	w.login.Legs[1].BeginAsks = true
	w.login.Legs[2].Upstream = &fallback.Upstream{Name: "codes by phone", Through: codes}
	login, err := fallback.NewFlow(w.login)
	require.NoError(t, err)
	other := partOf(t, "other", fallback.Source[int, said]{Name: "a", Do: saying("a"), Upstream: firm("a", "A")})
	for name, parts := range map[string][]fallback.Inspectable{
		"behind":          {other, login},
		"in front":        {codes, login},
		"in front, third": {other, codes, login},
	} {
		l := lossOf(t, fallback.Check(parts...), "mobile carriers")
		require.Len(t, l.Parts, 2, name)
		for _, p := range l.Parts {
			if p.Part == "login" {
				assert.Equal(t, []string{"naver", "phone"}, p.Lost, name)
			}
		}
	}
}

// TestFindingsReadAsLines: also without a part or a source, with a severity of
// tomorrow, and with the code that an exception names.
func TestFindingsReadAsLines(t *testing.T) {
	assert.Equal(t, "note uncapped: address: text", fallback.Finding{Code: fallback.LintUncapped, Severity: fallback.SeverityNote, Part: "address", Text: "text"}.String())
	assert.Equal(t, "severity(4) x: (a, b): text", fallback.Finding{Code: "x", Severity: 4, Sources: []string{"a", "b"}, Text: "text"}.String())
	w := newTown(t)
	w.lint.Exceptions = []fallback.Exception{{Code: fallback.LintAbroad, Part: "address", Reason: "gone since"}}
	assert.EqualError(t, w.check(t).Err(), "fallback: check: error exception-unused: address: abroad: nothing is found of abroad here (any more): take the exception out.")

	w = newTown(t)
	w.address.Sources[1].Upstream.Capacity = nil
	w.lint.Fail = fallback.SeverityWarning
	assert.NoError(t, w.check(t).Err(), "a note is less")
	w.lint.Fail = fallback.SeverityNote
	assert.ErrorIs(t, w.check(t).Err(), fallback.ErrLint)

	w = newTown(t)
	w.address.Sources[1].Upstream.Recipient = fallback.Recipient{Country: "us"}
	for _, f := range w.check(t).Findings {
		if f.Code == fallback.LintAbroad {
			assert.Contains(t, f.Text, "what it is asked goes to naver in US:")
		}
	}
}

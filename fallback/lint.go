package fallback

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Check looks at how parts are wired, together, and says what an operator would
// rather know before an outage than in it: see the codes (LintSharedFate and so
// on), and Report for what becomes of each part when something dies. It is the
// zero Lint. It asks nobody and changes nothing; the parts by which others are
// asked (Upstream.Through) are looked at too.
//
// In CI: a test that makes the parts as the site does and requires Report.Err
// to be nil.
func Check(parts ...Inspectable) Report { return Lint{}.Check(parts...) }

// Lint is Check with settings. The zero value is good for a site in Korea.
type Lint struct {
	// Home is the country of the site, ISO 3166-1 alpha-2. Empty: KR.
	Home string
	// Fail is the least severity of a finding that Report.Err tells. Zero:
	// SeverityError.
	Fail Severity
	// Exceptions are the findings that the site has looked at and lives with.
	Exceptions []Exception
}

// Exception names one finding that is accepted, and why. One that matches
// nothing is itself a finding (LintExceptionUnused), so that none is left behind
// when its cause is gone.
type Exception struct {
	Code   LintCode // required
	Part   string   // name of the part; empty: findings that belong to no single part
	Source string   // one of the sources of the finding; empty: whichever
	Reason string   // required, for the reader of the report
}

// Severity says how much a finding matters.
type Severity uint8

// The severities.
const (
	SeverityNote    Severity = iota + 1 // worth knowing, or not told
	SeverityWarning                     // the part will do worse in an outage than it could
	SeverityError                       // the part has no substitute, or one that does not work
)

var severityWords = [...]string{"", "note", "warning", "error"}

// String returns note, warning or error.
func (s Severity) String() string {
	if int(s) >= len(severityWords) {
		return fmt.Sprintf("severity(%d)", uint8(s))
	}
	return severityWords[s]
}

// MarshalText returns the word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word.
func (s *Severity) UnmarshalText(text []byte) error {
	i := slices.Index(severityWords[1:], string(text)) + 1
	if i == 0 {
		return fmt.Errorf("%q is no severity", text)
	}
	*s = Severity(i) //nolint:gosec // below 4
	return nil
}

// Finding is one thing that Check found.
type Finding struct {
	Code     LintCode `json:"code"`
	Severity Severity `json:"severity"`          // note, warning, error
	Part     string   `json:"part,omitempty"`    // empty: no single one
	Sources  []string `json:"sources,omitempty"` // of the part; "part/source" when it is no single one
	Text     string   `json:"text"`              // a sentence or two, in English
	Reason   string   `json:"reason,omitempty"`  // of the exception, when there is one
}

// String returns `severity code: part (sources): text`.
func (f Finding) String() string {
	where := f.Part
	if len(f.Sources) > 0 {
		where = strings.TrimSpace(where + " (" + strings.Join(f.Sources, ", ") + ")")
	}
	if where != "" {
		where += ": "
	}
	return f.Severity.String() + " " + string(f.Code) + ": " + where + f.Text
}

// Report is what Check found, by severity, part and code, and the blast radius:
// what becomes of each part when something dies. Its JSON has these field names
// in all versions; new ones may come.
type Report struct {
	Parts        []string      `json:"parts"`
	Findings     []Finding     `json:"findings"`
	Excepted     []Finding     `json:"excepted"`      // findings with a named exception
	Losses       []Loss        `json:"losses"`        // the blast radius, the worst first
	SinglePoints []SinglePoint `json:"single_points"` // what takes a part down alone
	Unstated     []string      `json:"unstated"`      // "part/source": nothing is known of them, so they are taken to live

	fail Severity
}

// ErrLint is matched by the error of Report.Err.
var ErrLint = errors.New("fallback: check")

// Err returns an error that lists the findings of at least Lint.Fail which have
// no named exception; nil when there are none.
func (r Report) Err() error {
	var lines []string
	for _, f := range r.Findings {
		if f.Severity >= orSeverity(r.fail) {
			lines = append(lines, f.String())
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrLint, strings.Join(lines, "\n"))
}

// Check is the function Check with the settings of l.
func (l Lint) Check(parts ...Inspectable) Report {
	s := newSurvey(parts)
	home := cmp.Or(l.Home, "KR")
	for i := range s.parts {
		p := &s.parts[i]
		p.checkFate(s)
		p.checkUpstreams()
		p.checkProof()
		p.checkTime()
		p.checkWorth(home)
		p.checkMemory()
	}
	s.checkAcross()
	r := Report{
		Parts: make([]string, len(s.parts)), Losses: s.losses(), Unstated: s.unstated(), fail: l.Fail,
		Findings: []Finding{}, Excepted: []Finding{},
	}
	for i := range s.parts {
		r.Parts[i] = s.parts[i].Name
	}
	r.SinglePoints = singlePoints(r.Losses)
	l.except(&r, s.found)
	slices.SortStableFunc(r.Findings, compareFindings)
	slices.SortStableFunc(r.Excepted, compareFindings)
	return r
}

func orSeverity(s Severity) Severity {
	if s == 0 {
		return SeverityError
	}
	return s
}

func compareFindings(a, b Finding) int {
	return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Code, b.Code),
		slices.Compare(a.Sources, b.Sources))
}

// except sorts the findings into those that are accepted and the others, and
// complains about exceptions that are of no use.
func (l Lint) except(r *Report, found []Finding) {
	used := make([]bool, len(l.Exceptions))
	vague := make([]bool, len(l.Exceptions))
	for i, x := range l.Exceptions {
		if vague[i] = !slices.Contains(lintCodes[:], x.Code) || strings.TrimSpace(x.Reason) == ""; vague[i] {
			r.Findings = append(r.Findings, x.finding(LintExceptionVague,
				"an exception needs a code of the list and a reason that somebody else understands; this one counts for nothing."))
		}
	}
	for _, f := range found {
		at := slices.IndexFunc(l.Exceptions, func(x Exception) bool { return x.matches(f) && strings.TrimSpace(x.Reason) != "" })
		if at < 0 {
			r.Findings = append(r.Findings, f)
			continue
		}
		for i, x := range l.Exceptions {
			used[i] = used[i] || x.matches(f)
		}
		f.Reason = l.Exceptions[at].Reason
		r.Excepted = append(r.Excepted, f)
	}
	for i, x := range l.Exceptions {
		if !used[i] && !vague[i] {
			r.Findings = append(r.Findings, x.finding(LintExceptionUnused,
				fmt.Sprintf("nothing is found of %s here (any more): take the exception out.", x.Code)))
		}
	}
}

func (x Exception) matches(f Finding) bool {
	return x.Code == f.Code && x.Part == f.Part && (x.Source == "" || slices.Contains(f.Sources, x.Source))
}

func (x Exception) finding(code LintCode, text string) Finding {
	f := Finding{Code: code, Severity: SeverityError, Part: x.Part, Text: string(x.Code) + ": " + text}
	if x.Source != "" {
		f.Sources = []string{x.Source}
	}
	return f
}

// looked inspects a part that may be missing or broken.
func looked(p Inspectable) (in Inspection, ok bool) {
	if p == nil {
		return in, false
	}
	if v := reflect.ValueOf(p); v.Kind() == reflect.Pointer && v.IsNil() {
		return in, false
	}
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return p.Inspect(), true
}

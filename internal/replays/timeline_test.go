package replays

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// timeline is one outage as a file of testdata tells it.
type timeline struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	// Zero is the moment on the wall from which every t counts.
	Zero time.Time `json:"zero"`
	// Clash are statements of sources that contradict each other; both are kept.
	Clash  []string `json:"clash,omitempty"`
	Phases []phase  `json:"phases"`
}

// phase is what one provider of one capability does from T on, until its next
// phase. Before its first it is well.
type phase struct {
	T span `json:"t"`
	// Or are other moments at which it may have begun instead.
	Or []span `json:"or,omitempty"`
	// For and Every repeat the mode until the next phase: it holds for For at the
	// beginning of each Every, and in between all is well.
	For   span `json:"for,omitempty"`
	Every span `json:"every,omitempty"`

	Capability string `json:"capability"`
	Provider   string `json:"provider"`
	Mode       mode   `json:"mode"`
	OrMode     *mode  `json:"or_mode,omitempty"` // of the other versions
	Source     string `json:"source,omitempty"`
	// Confidence: official (vendor or authority), press (papers that agree),
	// single (one report), unconfirmed (sources clash or none was found), assumed
	// (ours, to make the replay complete).
	Confidence string `json:"confidence"`
	Note       string `json:"note,omitempty"`
}

// span is a time since zero, written as time.Duration writes it.
type span time.Duration

func (s *span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*s = span(d)
	return err
}

// mode is ok, slow(p), fail(p,kind), dns(kind), blackhole, html, quota or
// ramp(from,to,dur,kind), where p, from and to are shares of the calls.
type mode struct {
	name     string
	share    float64
	to       float64 // of ramp
	over     time.Duration
	kind     string
	spelling string
}

// kinds are what a fail, a ramp or a dns may be.
var kinds = map[string][]string{
	"fail": {"500", "503", "504", "refuse", "reset", "hang", "reject", "html", "other", "policy"},
	"dns":  {"notfound", "servfail", "empty"},
}

func (m *mode) UnmarshalText(text []byte) (err error) {
	bad := fmt.Errorf("mode %q", text)
	name, rest, called := strings.Cut(strings.TrimSuffix(string(text), ")"), "(")
	args := strings.Split(rest, ",")
	*m = mode{name: name, share: 1, to: 1, spelling: string(text)}
	allowed := kinds["fail"]
	switch {
	case (name == "ok" || name == "blackhole" || name == "html" || name == "quota") && !called:
		return nil
	case name == "slow" && len(args) == 1:
		m.share, err = share(args[0])
		return err
	case name == "dns" && len(args) == 1 && called:
		m.kind, allowed = args[0], kinds["dns"]
	case name == "fail" && len(args) == 2:
		m.kind = args[1]
		m.share, err = share(args[0])
	case name == "ramp" && len(args) == 4:
		m.kind, allowed = args[3], append(kinds["fail"], "dns")
		var errs [3]error
		m.share, errs[0] = share(args[0])
		m.to, errs[1] = share(args[1])
		m.over, errs[2] = time.ParseDuration(args[2])
		for _, e := range errs {
			if e != nil {
				err = e
			}
		}
	default:
		return bad
	}
	if err != nil || !slices.Contains(allowed, m.kind) {
		return bad
	}
	return nil
}

func share(text string) (float64, error) {
	p, err := strconv.ParseFloat(text, 64)
	if err == nil && (p < 0 || p > 1) {
		err = fmt.Errorf("share %v", p)
	}
	return p, err
}

// total reports whether nobody at all is answered, and not only at this moment.
func (m mode) total() bool {
	return m.name != "ok" && m.name != "slow" && m.over == 0 && m.share == 1
}

// load reads a timeline of testdata.
func load(t *testing.T, name string) timeline {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	require.NoError(t, err)
	var l timeline
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&l), name)
	require.Equal(t, name, l.Name)
	return l
}

// of returns the phases of one provider, in order. version picks among the
// moments of each phase: 0 is T, 1 the first of Or, and so on; a phase with
// fewer has its last.
func (l timeline) of(capability, provider string, version int) []phase {
	var own []phase
	for _, p := range l.Phases {
		if p.Capability != capability || p.Provider != provider {
			continue
		}
		if version > 0 && len(p.Or) > 0 {
			p.T = p.Or[min(version, len(p.Or))-1]
		}
		if version > 0 && p.OrMode != nil {
			p.Mode = *p.OrMode
		}
		own = append(own, p)
	}
	slices.SortStableFunc(own, func(a, b phase) int { return int(a.T - b.T) })
	return own
}

// The files say what they rest on: every phase names its source or is marked as
// an assumption, and what is not confirmed can be played at another moment or
// says in its note why that would change nothing.
func TestTimelinesSayWhatTheyRestOn(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	played := map[string]bool{}
	for _, r := range rows() {
		played[r.timeline+" "+r.capability] = true
	}
	for _, file := range files {
		l := load(t, strings.TrimSuffix(filepath.Base(file), ".json"))
		assert.NotEmpty(t, l.Title, l.Name)
		assert.NotEmpty(t, l.Phases, l.Name)
		last := map[string]phase{}
		for _, p := range l.Phases {
			at := fmt.Sprintf("%s: %s %s at %v", l.Name, p.Capability, p.Provider, time.Duration(p.T))
			assert.Contains(t, []string{"official", "press", "single", "unconfirmed", "assumed"}, p.Confidence, at)
			assert.True(t, p.Source != "" || p.Confidence == "assumed" && p.Note != "", at)
			assert.True(t, p.Confidence != "unconfirmed" || len(p.Or) > 0 || p.Note != "", at)
			assert.Equal(t, p.For > 0, p.Every > 0, at)
			assert.True(t, p.For == 0 || p.For < p.Every, at)
			key := p.Capability + " " + p.Provider
			if before, found := last[key]; found {
				assert.Greater(t, p.T, before.T, at)
			}
			last[key] = p
			assert.True(t, played[l.Name+" "+p.Capability], "nobody plays %s", at)
		}
		for key, p := range last {
			assert.Equal(t, "ok", p.Mode.name, "%s: %s does not come back", l.Name, key)
		}
	}
}

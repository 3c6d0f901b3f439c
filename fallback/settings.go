package fallback

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Adjustable is a part whose settings may change while it serves: every Chain
// and Flow. Its methods are safe for concurrent use. Package settings reads
// them for many parts from one file.
type Adjustable interface {
	Inspectable
	// Settings returns the settings in force, written out.
	Settings() Settings
	// Prepare says all that is wrong with the settings at once, or returns how to
	// put them in force. It changes nothing itself.
	Prepare(Settings) (apply func(), err error)
	// Upstreams returns what the sources share with others, each once, in order.
	Upstreams() []*Upstream
}

// Settings are what may change of a part while it serves: times, numbers and
// the order of its sources. Nil or empty means: as it was wired by New or
// NewFlow. So Settings are always told whole, and the zero value undoes all
// that was changed.
//
// Hosts, keys, levels, traits and terms are not among them, and no settings
// make a part serve less than it was wired to: MinAssurance can only be raised,
// and only as far as some source reaches.
//
// A new setting is in force for all calls that begin after it. A call ends on
// the settings that it began with. What was learned stays: recent answers,
// budgets, breakers, memory, what is in flight.
type Settings struct {
	// MinAssurance is Config.MinAssurance or FlowConfig.Min.
	MinAssurance *Assurance `json:"min_assurance,omitempty"`
	// Order names all sources once, in the order in which they are asked or
	// offered. To take one out force its breaker open, which expires.
	Order []string `json:"order,omitempty"`
	// Deadline is Config.Deadline; zero: none. Chains only.
	Deadline *Duration `json:"deadline,omitempty"`
	// Hedge is Config.Hedge. Chains only.
	Hedge *HedgeSettings `json:"hedge,omitempty"`
	// PanicTrials is Config.PanicTrials; zero: none. Chains only.
	PanicTrials *int `json:"panic_trials,omitempty"`
	// Warm is Config.Warm; zero: none. Chains only.
	Warm *float64 `json:"warm,omitempty"`
	// Memory has the ages of Config.Memory, which must be there. Chains only.
	Memory *MemorySettings `json:"memory,omitempty"`
	// TTL is FlowConfig.TTL. Flows only.
	TTL *Duration `json:"ttl,omitempty"`
	// Sources by name. Who is not named stays as wired.
	Sources map[string]SourceSettings `json:"sources,omitempty"`
}

// SourceSettings are those of one source or leg.
type SourceSettings struct {
	Timeout     *Duration      `json:"timeout,omitempty"`      // above zero
	FindTimeout *Duration      `json:"find_timeout,omitempty"` // above zero; only with Find
	Retry       *RetrySettings `json:"retry,omitempty"`        // chains only
	Tries       *int           `json:"tries,omitempty"`        // above zero; flows only
}

// RetrySettings are those of a Retry.
type RetrySettings struct {
	Max     *int      `json:"max,omitempty"`
	First   *Duration `json:"first,omitempty"`    // above zero
	MaxWait *Duration `json:"max_wait,omitempty"` // above zero
}

// HedgeSettings are those of a Hedge; zeros end hedging.
type HedgeSettings struct {
	After    *Duration `json:"after,omitempty"`
	Quantile *float64  `json:"quantile,omitempty"`
}

// MemorySettings are the ages of a Memory, and its StoreWait.
type MemorySettings struct {
	Fresh      *Duration `json:"fresh,omitempty"`
	Stale      *Duration `json:"stale,omitempty"`
	Revalidate *Duration `json:"revalidate,omitempty"`
	Negative   *Duration `json:"negative,omitempty"`
	Patience   *Duration `json:"patience,omitempty"`
	StoreWait  *Duration `json:"store_wait,omitempty"` // above zero
}

// Duration is a time.Duration whose text is that of time.ParseDuration, with a
// unit: "800ms", "1m30s", "24h".
type Duration time.Duration

// String returns the text without trailing zeros: "24h", not "24h0m0s".
func (d Duration) String() string {
	s := time.Duration(d).String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// MarshalText returns String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the text.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no duration: write a number with a unit, as in \"800ms\", \"2s\" or \"1h30m\"", text)
	}
	*d = Duration(v)
	return nil
}

// mistakesFound collects what is wrong with settings.
type mistakesFound []error

func (m *mistakesFound) add(format string, args ...any) { *m = append(*m, fmt.Errorf(format, args...)) }

// positive complains about a setting that would mean a default when it is zero.
func (m *mistakesFound) positive(name string, d *Duration) {
	if d != nil && *d <= 0 {
		m.add("%s must be above zero", name)
	}
}

// joined returns the error of a part, nil for no mistakes.
func (m mistakesFound) joined(part string) error {
	if len(m) == 0 {
		return nil
	}
	return fmt.Errorf("fallback: %s: settings: %w", part, errors.Join(m...))
}

// set puts a setting into its place, unless it is nil.
func set[T, S ~int | ~int64 | ~uint8 | ~float64](to *T, s *S) {
	if s != nil {
		*to = T(*s)
	}
}

// written returns a setting that says v.
func written[S, T ~int | ~int64 | ~uint8 | ~float64](v T) *S {
	s := S(v)
	return &s
}

// places returns where in the new order each source comes from.
func (s *Settings) places(m *mistakesFound, names []string) []int {
	at := make(map[string]int, len(names))
	for i, n := range names {
		at[n] = i
	}
	for _, n := range slices.Sorted(maps.Keys(s.Sources)) {
		if _, ok := at[n]; !ok {
			m.add("sources: there is no %q", n)
		}
	}
	order := make([]int, 0, len(names))
	if len(s.Order) == 0 {
		for i := range names {
			order = append(order, i)
		}
		return order
	}
	seen := make(map[string]bool, len(names))
	for _, n := range s.Order {
		i, ok := at[n]
		switch {
		case !ok:
			m.add("order: there is no %q", n)
		case seen[n]:
			m.add("order: %q stands there twice", n)
		default:
			order = append(order, i)
		}
		seen[n] = true
	}
	for _, n := range names {
		if !seen[n] {
			m.add("order: %q is missing; to take it out force its breaker open", n)
			order = append(order, at[n])
		}
	}
	return order
}

// raise returns the minimum after s.
func (s *Settings) raise(m *mistakesFound, wired Assurance) Assurance {
	if s.MinAssurance == nil {
		return wired
	}
	switch to := *s.MinAssurance; {
	case to > High:
		m.add("min assurance: no such level")
	case to < wired:
		m.add("min assurance: %v is below %v, for which the part is wired: it can only be raised", to, wired)
	default:
		return to
	}
	return wired
}

// upstreams returns each once.
func upstreams(of func(yield func(*Upstream))) (all []*Upstream) {
	seen := make(map[*Upstream]bool)
	of(func(up *Upstream) {
		if up != nil && !seen[up] {
			seen[up] = true
			all = append(all, up)
		}
	})
	return all
}

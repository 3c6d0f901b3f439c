package settings

import (
	"bytes"
	"encoding/json"

	"github.com/detour-go/detour/fallback"
)

// Document is a file. Nil and what is absent mean: as it was wired.
type Document struct {
	// Parts by the name of the chain or flow.
	Parts map[string]fallback.Settings `json:"parts,omitempty"`
	// Upstreams by Upstream.Name. Those without a name cannot be set.
	Upstreams map[string]Upstream `json:"upstreams,omitempty"`
}

// JSON returns the document as a file, indented.
func (d Document) JSON() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(d) // maps, texts and numbers: nothing that fails
	return b.Bytes()
}

// Upstream is what may be set of an upstream. What it has not got, nil in the
// wiring, cannot be set. What two upstreams share is set at the first of them.
type Upstream struct {
	Breaker  *Breaker                   `json:"breaker,omitempty"`
	Budget   *fallback.BudgetSettings   `json:"budget,omitempty"`
	Capacity *fallback.CapacitySettings `json:"capacity,omitempty"`
}

// Breaker are the numbers of a breaker.Config. Each is above zero; only
// SlowAfter and Lease may be zero, which means learned and derived as there.
type Breaker struct {
	Window      *fallback.Duration `json:"window,omitempty"`
	MinCalls    *int               `json:"min_calls,omitempty"`
	FaultRate   *float64           `json:"fault_rate,omitempty"`
	SlowRate    *float64           `json:"slow_rate,omitempty"`
	Consecutive *int               `json:"consecutive,omitempty"`
	SlowAfter   *fallback.Duration `json:"slow_after,omitempty"`
	OpenFor     *fallback.Duration `json:"open_for,omitempty"`
	MaxOpenFor  *fallback.Duration `json:"max_open_for,omitempty"`
	WatchEvery  *fallback.Duration `json:"watch_every,omitempty"` // only with a Watch
	Ramp        *fallback.Duration `json:"ramp,omitempty"`
	Trials      *int               `json:"trials,omitempty"`
	TrialRate   *float64           `json:"trial_rate,omitempty"`
	Lease       *fallback.Duration `json:"lease,omitempty"`
}

// Package timeline reads the outages that the example replays.
//
// A timeline is a JSON file that a person can read and correct. It names roles ("login.primary"), never vendors: the same outage can be
// played against other sites. Every phase carries a confidence and the source it was taken from, because much of what is told about an
// outage was never measured.
//
//	{
//	  "name": "kakao-2024-07-18", "title": "...", "zero": "2024-07-18T10:54:00+09:00", "from": "-30m", "to": "2h",
//	  "phases": [
//	    {"at": "0h",  "role": "login.primary", "mode": "fail", "confidence": "press", "source": "news1 5549147"},
//	    {"at": "86m", "role": "login.primary", "mode": "ok",   "confidence": "press", "source": "news1 5549147"}
//	  ]
//	}
//
// A phase lasts until the next one of the same role, and every role is well before its first phase. "at" is measured from zero, on the
// outage's own clock; "delay" and "retry_after" are real time, as breaker and cache times are.
package timeline

import (
	"slices"
	"time"
)

// Mode is how a service behaves during a phase.
type Mode string

const (
	OK          Mode = "ok"          // well
	Slow        Mode = "slow"        // right answers, each Delay late
	Hang        Mode = "hang"        // accepts the request and never answers
	Refuse      Mode = "refuse"      // nobody listens
	Reset       Mode = "reset"       // closes the connection after the request
	Truncate    Mode = "truncate"    // ends in the middle of the body
	Fail        Mode = "fail"        // answers with a 5xx (Status, default 503)
	Quota       Mode = "quota"       // 429 with Retry-After
	HTML        Mode = "html"        // 200 with a page that is no answer
	Maintenance Mode = "maintenance" // the vendor's own words for "closed at the moment"
)

// Confidence says how well a phase is known.
type Confidence string

const (
	Official    Confidence = "official"    // vendor, authority or regulator
	Press       Confidence = "press"       // two or more papers that agree
	Single      Confidence = "single"      // one report only
	Unconfirmed Confidence = "unconfirmed" // sources clash, or none was found for this very service
	Assumed     Confidence = "assumed"     // ours: chosen to make the replay complete
)

// Timeline is one outage. It is read-only after Parse and safe for concurrent use.
type Timeline struct {
	Name  string
	Title string
	// Zero is the moment on the wall that "at" counts from; the zero value means that the outage never happened.
	Zero time.Time
	// From and To are the first and the last moment that are replayed, measured from Zero.
	From, To time.Duration
	// Phases are ordered by At.
	Phases []Phase
}

// Phase is what one role does from At on.
type Phase struct {
	At   time.Duration
	Role string
	Mode Mode
	// Share is the part of the calls that meet the mode, above 0 and at most 1. When ShareTo differs from it, the share moves there in a
	// straight line until the role's next phase.
	Share, ShareTo float64
	Delay          time.Duration // of Slow: real time
	Status         int           // of Fail: 500 to 599
	RetryAfter     time.Duration // of Quota: real time, whole seconds
	Confidence     Confidence
	Source         string // where it is told
	Note           string
	Line           int // in the file
}

// Well reports whether the role is not disturbed at all.
func (p Phase) Well() bool { return p.Mode == OK }

// Span is the length of the replayed part.
func (t Timeline) Span() time.Duration { return t.To - t.From }

// Roles are the roles that the timeline disturbs, sorted.
func (t Timeline) Roles() []string {
	var names []string
	for _, p := range t.Phases {
		names = append(names, p.Role)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Now returns the phase that role is in at the moment at, with Share moved to that moment. A role without a phase yet is OK.
func (t Timeline) Now(role string, at time.Duration) Phase {
	now := Phase{At: t.From, Role: role, Mode: OK, Share: 1, ShareTo: 1}
	end := t.To
	for _, p := range t.Phases {
		if p.Role != role {
			continue
		}
		if p.At > at {
			end = p.At
			break
		}
		now, end = p, t.To
	}
	if now.ShareTo != now.Share && end > now.At {
		gone := float64(min(at, end)-now.At) / float64(end-now.At)
		now.Share += (now.ShareTo - now.Share) * gone
	}
	return now
}

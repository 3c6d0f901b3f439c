package vendorsim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Mode is the way in which a faulty call fails. The values are the words used in timeline files.
type Mode string

// The modes of a Fault.
const (
	// Slow answers normally after Delay.
	Slow Mode = "slow"
	// Hang never answers: it ends when the client gives up or the server is closed; Heal does not free it.
	Hang Mode = "hang"
	// Refuse with operation "*" and no Share below 1 closes the port itself: dialling gives "connection refused", and
	// calls under way are cut. Heal listens on the same port again. For one operation, or for a share of the calls, HTTP
	// allows less: the connection is closed before a byte is answered. (Go's transport silently repeats an idempotent
	// request whose reused connection ends so: one call may then count as two hits.)
	Refuse Mode = "refuse"
	// Reset ends the connection with a TCP RST after the request was read.
	Reset Mode = "reset"
	// Truncate announces the length of the real answer, sends half of it and closes. The vendor has done its work.
	Truncate Mode = "truncate"
	// Cut is Truncate without an announced length: the end of the connection is the end of the body, so only the content
	// tells that half is missing. The vendor has done its work.
	Cut Mode = "cut"
	// Drip sends headers at once and then the body of the real answer, one byte per Delay. The vendor has done its work.
	Drip Mode = "drip"
	// Status answers with the HTTP status Status (default 503) and Body (default: a gateway's error page for 5xx, nothing otherwise).
	Status Mode = "status"
	// TooMany answers 429, with Retry-After exactly as given in RetryAfter (absent when empty).
	TooMany Mode = "toomany"
	// HTML answers 200 (or Status) with a Korean maintenance page, whatever the operation's format is.
	HTML Mode = "html"
	// ErrorBody answers 200 (or Status) with the vendor's own error body, or Body.
	ErrorBody Mode = "errorbody"
	// Vendor answers with the vendor's own code Code in the vendor's shape and HTTP status (Status overrides it).
	Vendor Mode = "vendor"
	// Bomb answers 200 with a small gzip body that unpacks to Size bytes (default 16 MiB).
	Bomb Mode = "bomb"
	// Garbage answers with bytes that are not HTTP.
	Garbage Mode = "garbage"
	// Redirect answers 302 to Location (default another host that does not exist).
	Redirect Mode = "redirect"
)

// Modes lists every mode.
func Modes() []Mode {
	return []Mode{Slow, Hang, Refuse, Reset, Truncate, Cut, Drip, Status, TooMany, HTML, ErrorBody, Vendor, Bomb, Garbage, Redirect}
}

// Fault says how an operation fails. The zero value is no valid fault: Mode is needed.
type Fault struct {
	Mode Mode
	// Share of the calls that fail, above 0 and up to 1; 0 means 1. The choice is deterministic: call n fails when the
	// fractional part of n times the golden ratio is below Share. Of any run of calls, and of every second or third call
	// of it, Share fails, within one or two calls.
	Share float64
	// Effect makes the vendor do its work before the fault shows: the code is spent, the token issued, and the caller
	// does not learn it. Zero: the work is not done. Truncate, Cut and Drip always do it.
	Effect bool
	// Delay of Slow, and per byte of Drip.
	Delay time.Duration
	// Status is the HTTP status of Status, HTML, ErrorBody and Vendor; 0: the mode's own.
	Status int
	// RetryAfter is sent unchanged as Retry-After by TooMany and Status; it need not be a valid one.
	RetryAfter string
	// Code of Vendor. Break lists the known ones when it is unknown.
	Code string
	// Body replaces the body of Status, TooMany, HTML, ErrorBody and Vendor; ContentType its type.
	Body        string
	ContentType string
	// Size is the unpacked size of a Bomb in bytes; 0 means 16 MiB, at most 1 GiB.
	Size int
	// Location of Redirect; empty: a host that does not exist.
	Location string
}

const (
	defaultBomb     = 16 << 20
	maxBomb         = 1 << 30
	defaultLocation = "https://elsewhere.invalid/"
)

// check returns all mistakes of f at once.
func (f Fault) check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !slices.Contains(Modes(), f.Mode) {
		wrong("unknown mode %q; known: %s", f.Mode, join(Modes()))
	}
	if !(f.Share >= 0 && f.Share <= 1) { // NaN too
		wrong("share %v is not within 0 and 1", f.Share)
	}
	if f.Delay < 0 || f.Delay == 0 && f.is(Slow, Drip) {
		wrong("mode %q needs a positive delay", f.Mode)
	}
	if f.Delay > 0 && !f.is(Slow, Drip) {
		wrong("delay is of modes slow and drip, not %q", f.Mode)
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		wrong("status %d is not within 200 and 599", f.Status)
	}
	if f.Status != 0 && !f.is(Status, HTML, ErrorBody, Vendor) {
		wrong("status is of modes status, html, errorbody and vendor, not %q", f.Mode)
	}
	if (f.Code != "") != (f.Mode == Vendor) {
		wrong("mode vendor needs a code, and only it has one")
	}
	if f.RetryAfter != "" && !f.is(TooMany, Status) {
		wrong("retry-after is of modes toomany and status, not %q", f.Mode)
	}
	if (f.Body != "" || f.ContentType != "") && !f.is(Status, TooMany, HTML, ErrorBody, Vendor) {
		wrong("body and content type are of modes status, toomany, html, errorbody and vendor, not %q", f.Mode)
	}
	if f.Size < 0 || f.Size > maxBomb || f.Size > 0 && f.Mode != Bomb {
		wrong("size is of mode bomb, at most %d bytes", maxBomb)
	}
	if f.Location != "" && f.Mode != Redirect {
		wrong("location is of mode redirect, not %q", f.Mode)
	}
	for _, v := range []string{f.RetryAfter, f.ContentType, f.Location} {
		if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			wrong("a header value holds a control character")
		}
	}
	return errors.Join(errs...)
}

func (f Fault) is(modes ...Mode) bool { return slices.Contains(modes, f.Mode) }

func join[S ~string](words []S) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(w))
	}
	return b.String()
}

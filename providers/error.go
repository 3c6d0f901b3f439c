package providers

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"time"
)

// Error is what an adapter returns for anything but a value. Its text is
// "provider: op: kind: cause" and holds no URL, token, body or personal data:
// the adapter puts only texts of its own into Code and Err.
type Error struct {
	// Provider is the adapter's package name without the capability, e.g. "kakao".
	Provider string
	// Op is the adapter's operation, e.g. "token".
	Op string
	// Kind is the class; the zero value is Unavailable.
	Kind Kind
	// Code is the vendor's own code, e.g. "KOE320" or "-10"; empty when it gave none.
	Code string
	// Unsent is true only when the request certainly had no effect: it never
	// reached the vendor, or the vendor said that it refused it whole.
	Unsent bool
	// After is how long the vendor asked to be left alone; zero: it did not say.
	After time.Duration
	// Err is the cause. It must not print secrets: see [Cause].
	Err error
}

// Error implements error.
func (e *Error) Error() string {
	parts := make([]string, 0, 5)
	for _, p := range []string{e.Provider, e.Op, e.Kind.String(), e.Code} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Class returns the word by which breaker and fallback know the kind.
func (e *Error) Class() string { return e.Kind.String() }

// Wait returns how long the vendor asked to be left alone; zero: not said.
func (e *Error) Wait() time.Duration { return e.After }

// NotSent reports that the request certainly had no effect at the vendor.
func (e *Error) NotSent() bool { return e.Unsent }

// Unwrap returns the cause, so that errors.Is(err, context.Canceled) works.
func (e *Error) Unwrap() error { return e.Err }

// Is matches a Kind; causes are matched through Unwrap.
func (e *Error) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && k == e.Kind
}

// Cause rebuilds a transport error without what it may print. *url.Error
// prints the whole URL, with keys that sit in its path or query, and
// *net.DNSError and *net.OpError print addresses; what is left is the part of
// the chain that helps: a context error, a system error number, or the sort of
// failure in words.
func Cause(err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return known
		}
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		if dns.IsNotFound {
			return errNoHost
		}
		return errDNS
	}
	var no syscall.Errno
	if errors.As(err, &no) {
		return no
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return errTimeout
	}
	return errTransport
}

var (
	errNoHost    = errors.New("no such host")
	errDNS       = errors.New("name lookup failed")
	errTimeout   = errors.New("timed out")
	errTransport = errors.New("transport failed")
)

var _ interface {
	error
	Class() string
	Wait() time.Duration
	NotSent() bool
} = (*Error)(nil)

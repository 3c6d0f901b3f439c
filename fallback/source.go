package fallback

import (
	"context"
	"time"
)

// DefaultTimeout bounds one attempt at a source that names no Timeout.
const DefaultTimeout = 3 * time.Second

// Source is one way to answer a question. Name and Do are required.
type Source[Q, A any] struct {
	// Name is unique within the chain and appears on every result; at most 64
	// bytes, no control characters.
	Name string
	// Do asks once. It must be safe for concurrent use and return soon after
	// ctx ends: a Do that ignores its context cannot be bounded from outside.
	// With Memory the call may be shared, and then ctx carries no values.
	Do func(ctx context.Context, q Q) (A, error)
	// Upstream is what this source shares with others of its vendor. Nil: no
	// breaker, no shared budget, no capacity.
	Upstream *Upstream
	// Timeout bounds one attempt, the check of the answer included. Zero:
	// DefaultTimeout.
	Timeout time.Duration
	// Retry asks the same source again after a fault. The zero value never
	// does.
	Retry Retry
	// Assurance is the most that an answer of this source is worth. An answer
	// with a method Level() string can only lower it. Zero: Unset.
	Assurance Assurance
	// Traits are the properties of this source.
	Traits Trait
	// Retention is what the terms of the vendor let us keep. Zero: nothing.
	Retention Retention
}

// From returns a Source with the defaults of everything else.
func From[Q, A any](name string, do func(context.Context, Q) (A, error), up *Upstream) Source[Q, A] {
	return Source[Q, A]{Name: name, Do: do, Upstream: up}
}

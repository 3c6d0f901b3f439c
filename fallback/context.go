package fallback

import "context"

// asks is what a caller asks for beside the question. It travels in the
// context as one value, so that a call looks it up once.
type asks struct {
	min     Assurance
	traits  Trait
	session string
}

type asksKey struct{}

// asksOf returns what ctx asks for; the zero value asks for nothing.
func asksOf(ctx context.Context) asks {
	a, _ := ctx.Value(asksKey{}).(*asks)
	if a == nil {
		return asks{}
	}
	return *a
}

// WithMin returns a context whose calls need at least the level. It raises the
// minimum of the chain or flow for this call; it never lowers one, neither
// theirs nor one set by an earlier WithMin. A call with a raised minimum is
// not served from Memory.
func WithMin(ctx context.Context, level Assurance) context.Context {
	a := asksOf(ctx)
	a.min = max(a.min, level)
	return context.WithValue(ctx, asksKey{}, &a)
}

// WithTraits returns a context whose calls need sources with all the traits of
// the set, in addition to those that the chain or flow requires and those of an
// earlier WithTraits. Such a call is not served from Memory.
func WithTraits(ctx context.Context, traits Trait) context.Context {
	a := asksOf(ctx)
	a.traits |= traits
	return context.WithValue(ctx, asksKey{}, &a)
}

// WithSession returns a context whose calls belong to the session id: a ticket
// of a flow begun in one session is not finished in another. The id is never
// shown or kept, only a digest of it.
func WithSession(ctx context.Context, id string) context.Context {
	a := asksOf(ctx)
	a.session = id
	return context.WithValue(ctx, asksKey{}, &a)
}

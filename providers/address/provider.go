package address

import "context"

// Searcher finds addresses by text. It is safe for concurrent use.
type Searcher interface {
	// Search asks once. Its errors carry a class: invalid for a question that
	// Validate refuses (nobody is asked), notfound when there is no such address.
	Search(ctx context.Context, q Query) (Page, error)
}

// Reverser is the optional ability to tell the address of a place.
type Reverser interface {
	// Reverse asks once. A point that is none is invalid, a point outside Korea
	// is notfound, both without asking anybody.
	Reverse(ctx context.Context, at Point) (Page, error)
}

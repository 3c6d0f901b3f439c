package message

// rank orders what one key can have become, from what never arrives to what has.
func (s State) rank() int {
	switch s {
	case Delivered:
		return 3
	case Accepted, Pending:
		return 2
	case Failed:
		return 0
	}
	return 1 // lost, or not understood: it may have arrived
}

// Decides reports whether a says more about a key than b, when a vendor has
// several messages of one: a site that handed the same one over again after it
// had failed. On the phone beats under way, that beats nobody knows, and failed
// is what all of them have to be. It is for the Find of an adapter: the fate of
// a key must not depend on the order of a list.
func Decides(a, b State) bool { return a.rank() > b.rank() }

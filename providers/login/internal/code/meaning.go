package code

import "github.com/detour-go/detour/providers"

// Meaning is what an error of the token endpoint means.
type Meaning struct {
	// Finish is its kind when the code came from a browser.
	Finish providers.Kind
	// Own is its kind when everything in the request is ours.
	Own providers.Kind
	// Alive: a token endpoint that says this to a code that cannot exist works.
	Alive bool
}

// Always is a meaning that does not depend on who caused it.
func Always(k providers.Kind) Meaning { return Meaning{Finish: k, Own: k} }

// words is the table of RFC 6749 section 5.2, with two of section 4.1.2.1 that
// token endpoints use as well. invalid_request is what some say to a code they
// do not like, so a browser can cause it, and it proves an endpoint alive.
func words(word string) (Meaning, bool) {
	switch word {
	case "invalid_grant":
		return Meaning{providers.Denied, providers.Denied, true}, true
	case "access_denied":
		return Always(providers.Denied), true
	case "invalid_request":
		return Meaning{providers.Denied, providers.Refused, true}, true
	case "invalid_client", "unauthorized_client", "unsupported_grant_type", "unsupported_response_type", "invalid_scope":
		return Always(providers.Refused), true
	case "server_error", "temporarily_unavailable":
		return Always(providers.Unavailable), true
	}
	return Meaning{}, false
}

// meaning looks the vendor's code up, then the word. name is what an error may
// print: only what stands in a table does.
func (g *Grant) meaning(vendor, word string) (m Meaning, name string, known bool) {
	if g.cfg.Errors != nil {
		for _, name := range [...]string{vendor, word} {
			if m, known := g.cfg.Errors(name); known {
				return m, name, true
			}
		}
	}
	m, known = words(word)
	if !known {
		return Meaning{}, "", false
	}
	return m, word, true
}

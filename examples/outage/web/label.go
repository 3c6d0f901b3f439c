package web

// Headers in which the Detour site tells what its answers are worth; the citizens of the replay count them.
const (
	HeaderSource      = "X-Detour-Source"      // who said it
	HeaderFreshness   = "X-Detour-Freshness"   // live, cached or stale
	HeaderAge         = "X-Detour-Age"         // seconds since it was said
	HeaderAssurance   = "X-Detour-Assurance"   // of identities
	HeaderAttribution = "X-Detour-Attribution" // of maps, percent-encoded UTF-8
)

// Package settings reads the settings of many chains and flows, and of the
// upstreams behind them, from one JSON file, and puts them in force while the
// site serves.
//
//	{
//	  "parts": {
//	    "address": {
//	      "order": ["juso", "kakao", "list"],
//	      "deadline": "2s",
//	      "hedge": {"after": "300ms", "quantile": 0.95},
//	      "memory": {"fresh": "10m", "stale": "24h"},
//	      "sources": {"juso": {"timeout": "800ms", "retry": {"max": 1}}}
//	    },
//	    "login": {"min_assurance": "low", "ttl": "5m", "sources": {"kakao": {"timeout": "5s"}}}
//	  },
//	  "upstreams": {
//	    "juso": {
//	      "breaker": {"slow_after": "900ms", "open_for": "2s"},
//	      "budget": {"tokens": 300},
//	      "capacity": {"in_flight": 20, "per_second": 50, "per_day": 30000}
//	    }
//	  }
//	}
//
// The names of the fields are those of fallback.Settings, Upstream and Breaker.
// Durations are text with a unit, levels are words.
//
// # What is promised
//
//   - A file is put in force whole or refused whole, with every mistake at its
//     line and column. A refused file changes nothing. What is unknown, stands
//     there twice, is null, has no unit or follows behind the end is a mistake.
//   - What a file does not say is as it was wired. So an empty file ({}) undoes
//     all that files have changed, and the order in which files came is without
//     meaning.
//   - Nothing is forgotten: breakers stay open, forced states, counts, budgets,
//     memory and recent answers stay, and calls in flight end on the settings
//     with which they began. See fallback.Settings and breaker.Reconfigure.
//   - No file can weaken an answer: minimums can only be raised, and only as far
//     as a source reaches. Hosts, keys, levels, traits, terms and recipients are
//     in no file.
//   - What Document returns, written as JSON, is a file that changes nothing.
//
// Parts change one after another, within microseconds; each changes at once.
package settings

package report

import (
	"maps"
	"slices"
	"strings"

	"github.com/detour-go/detour/examples/outage/replay"
)

// fateOf is what each source dies with; a source that needs nobody has an empty list.
func fateOf(sources []replay.Source) map[string][]string {
	m := make(map[string][]string, len(sources))
	for _, s := range sources {
		m[s.Name] = append([]string{}, s.Fate...)
	}
	return m
}

// sharedOf is what takes more than one source with it: company to sources, in their order.
func sharedOf(sources []replay.Source) map[string][]string {
	m := make(map[string][]string)
	for _, s := range sources {
		for _, company := range s.Fate {
			if !slices.Contains(m[company], s.Name) {
				m[company] = append(m[company], s.Name)
			}
		}
	}
	maps.DeleteFunc(m, func(_ string, names []string) bool { return len(names) < 2 })
	return m
}

// fates is the row: kakao: Kakao; own: nobody.
func fates(sources []replay.Source) string {
	var parts []string
	for _, s := range sources {
		on := "nobody"
		if len(s.Fate) > 0 {
			on = strings.Join(s.Fate, " + ")
		}
		parts = append(parts, s.Name+": "+on)
	}
	return orDash(parts)
}

// sharedText is the row: Linkhub (kakao, pass).
func sharedText(sources []replay.Source) string {
	shared := sharedOf(sources)
	if len(shared) == 0 {
		return "nothing"
	}
	var parts []string
	for _, company := range slices.Sorted(maps.Keys(shared)) {
		parts = append(parts, company+" ("+strings.Join(shared[company], ", ")+")")
	}
	return orDash(parts)
}

func orDash(parts []string) string {
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, "; ")
}

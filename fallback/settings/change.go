package settings

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Change is what a file has changed.
type Change struct {
	Differences []Difference // in order of their paths
}

// Difference is one setting that is another now, as it would stand in a file.
type Difference struct {
	Path, From, To string
}

// String returns `PATH: FROM, now TO`.
func (d Difference) String() string { return d.Path + ": " + d.From + ", now " + d.To }

// String returns a line per difference, or "nothing has changed".
func (c Change) String() string {
	if len(c.Differences) == 0 {
		return "nothing has changed"
	}
	lines := make([]string, len(c.Differences))
	for i, d := range c.Differences {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}

// compare returns what differs between two documents that are written out.
func compare(before, after Document) (c Change) {
	was, is := flat(before), flat(after)
	for _, path := range slices.Sorted(maps.Keys(is)) {
		if was[path] != is[path] {
			c.Differences = append(c.Differences, Difference{path, was[path], is[path]})
		}
	}
	return c
}

// flat returns the single settings by their paths.
func flat(d Document) map[string]string {
	all := make(map[string]string)
	var walk func(path string, v any)
	walk = func(path string, v any) {
		if object, ok := v.(map[string]any); ok {
			for name, member := range object {
				walk(strings.TrimPrefix(path+"."+name, "."), member)
			}
			return
		}
		text, _ := json.Marshal(v) //nolint:errchkjson // it was JSON before
		all[path] = string(text)
	}
	var v any
	_ = json.Unmarshal(d.JSON(), &v)
	walk("", v)
	return all
}

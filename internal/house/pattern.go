package house

import (
	"path"
	"strings"
)

// capabilityWord is the word of a pattern that binds: the same everywhere in its row.
const capabilityWord = "<cap>"

// rowOf finds the row of a folder, and what <cap> stands for in it.
func rowOf(folder string) (importRow, string, bool) {
	capability := ""
	if parts := strings.Split(folder, "/"); len(parts) > 1 && parts[0] == "providers" {
		capability = parts[1]
	}
	for _, row := range importTable() {
		if of := expand([]string{row.of}, capability)[0]; matches(folder, of) {
			if !strings.Contains(row.of, capabilityWord) {
				return row, "", true
			}
			return row, capability, true
		}
	}
	return importRow{}, "", false
}

// expand puts the capability into patterns.
func expand(patterns []string, capability string) []string {
	out := make([]string, 0, len(patterns))
	for _, p := range patterns {
		if strings.Contains(p, capabilityWord) && capability == "" {
			p = "\x00" // fits nothing
		}
		out = append(out, strings.ReplaceAll(p, capabilityWord, capability))
	}
	return out
}

// matches compares a path with a pattern.
func matches(p, pattern string) bool {
	if pattern == "**" {
		return true
	}
	if folder, ok := strings.CutSuffix(pattern, "/**"); ok {
		return below(p, folder)
	}
	ok, err := path.Match(pattern, p)
	return ok && err == nil
}

package house

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// Direct lists the modules that the module in a folder requires itself, without versions.
func Direct(folder string) ([]string, error) {
	cmd := exec.Command("go", "mod", "edit", "-json")
	cmd.Dir = folder
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("house: go mod edit: %w", err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		return nil, fmt.Errorf("house: output of go mod edit: %w", err)
	}
	var direct []string
	for _, r := range mod.Require {
		if !r.Indirect {
			direct = append(direct, r.Path)
		}
	}
	slices.Sort(direct)
	return direct, nil
}

// Dependencies complains about what differs between the modules required and the golden list.
func Dependencies(direct []string, golden string) []string {
	var wrong []string
	want := strings.Fields(golden)
	for _, d := range direct {
		if !slices.Contains(want, d) {
			wrong = append(wrong, d+": is required, but not in dependencies.golden: who uses Detour would have to list it")
		}
	}
	for _, w := range want {
		if !slices.Contains(direct, w) {
			wrong = append(wrong, w+": is in dependencies.golden, but not required")
		}
	}
	return wrong
}

// topLevel are the names that the repository's root may hold, besides dotfiles.
func topLevel() []string {
	return []string{
		"breaker", "fallback", "providers", "examples", "internal",
		"go.mod", "go.sum", "README.md", "README.ko.md", "LICENSE", "CHANGELOG.md", "BENCHMARKS.md",
	}
}

// TopLevel complains about names that do not belong into the root. What the
// tools of Go leave behind, and git ignores, is passed over.
func TopLevel(names []string) []string {
	var wrong []string
	for _, n := range names {
		left := n == "bin" || n == "coverage" || strings.HasSuffix(n, ".test") || strings.HasSuffix(n, ".out") || strings.HasSuffix(n, ".prof")
		if !left && !strings.HasPrefix(n, ".") && !slices.Contains(topLevel(), n) {
			wrong = append(wrong, n+": has no place at the top level")
		}
	}
	return wrong
}

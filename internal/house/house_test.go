package house

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the repository, seen from here.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	require.NoError(t, err)
	return dir
}

func tree(t *testing.T) []Package {
	t.Helper()
	pkgs, err := Load(root(t))
	require.NoError(t, err)
	require.NotEmpty(t, pkgs)
	return pkgs
}

func TestTreeKeepsTheImportRules(t *testing.T) {
	pkgs := tree(t)
	edges := map[string][]string{}
	for _, p := range pkgs {
		edges[p.Path] = append(p.Imports, p.TestImports...)
	}
	require.Contains(t, edges["fallback"], "~/breaker", "a tree without edges keeps every rule")
	require.Contains(t, edges["providers/login/kakaologin"], "~/providers/vendorsim")
	none(t, "import table", Imports(pkgs))
	none(t, "forbidden edges", Forbidden(pkgs))
}

func TestTreeNeedsWhatTheGoldenListSays(t *testing.T) {
	direct, err := Direct(root(t))
	require.NoError(t, err)
	golden, err := os.ReadFile("testdata/dependencies.golden")
	require.NoError(t, err)
	none(t, "direct dependencies", Dependencies(direct, string(golden)))
}

func TestTopLevelOfTheTree(t *testing.T) {
	entries, err := os.ReadDir(root(t))
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	none(t, "top level", TopLevel(names))
}

// sourceRules are the rules over one package's code.
func sourceRules() map[string]func(*Source) []string {
	return map[string]func(*Source) []string{
		"no init": Inits, "no mutable package state": Globals, "no shared defaults": Shared,
		"libraries are no programs": Process, "short files": Long, "comments on what is exported": Undocumented,
	}
}

func TestTreeKeepsTheSourceRules(t *testing.T) {
	dir := root(t)
	for _, p := range tree(t) {
		t.Run(p.Path, func(t *testing.T) {
			s, err := ReadSource(dir, p)
			require.NoError(t, err)
			for name, rule := range sourceRules() {
				none(t, name, rule(s))
			}
		})
	}
}

// none prints complaints one by one.
func none(t *testing.T, rule string, wrong []string) {
	t.Helper()
	for _, w := range wrong {
		t.Errorf("%s: %s", rule, w)
	}
}

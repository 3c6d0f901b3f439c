package house

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// rootModule is the module path of the repository.
const rootModule = "github.com/detour-go/detour"

// Package is what the rules know of one package.
type Package struct {
	// Path is the folder below the repository's root, e.g. "providers/login".
	Path string
	// Name is the package's name; "main" for programs.
	Name string
	// Nested says that the package lies in a module of its own.
	Nested bool
	// Imports are the import paths of its code; those of this repository as folders, "~/breaker".
	Imports []string
	// TestImports are those of its tests, inside and outside the package.
	TestImports []string
	// Files are its Go files, below the repository's root.
	Files []string
}

// Load lists the packages of all modules below root.
func Load(root string) ([]Package, error) {
	modules, err := moduleFolders(root)
	if err != nil {
		return nil, err
	}
	var all []Package
	for _, m := range modules {
		// Not -find, which is faster and leaves the imports out. -e: what cannot be downloaded here still has its imports listed.
		cmd := exec.Command("go", "list", "-e", "-json=Dir,Name,Imports,TestImports,XTestImports,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,IgnoredGoFiles", "./...")
		cmd.Dir = filepath.Join(root, m)
		cmd.Env = append(os.Environ(), "GOWORK=off")
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("house: go list in %s: %w", m, err)
		}
		pkgs, err := parse(strings.NewReader(string(out)), root, m != ".")
		if err != nil {
			return nil, err
		}
		all = append(all, pkgs...)
	}
	return all, nil
}

// moduleFolders are the folders with a go.mod, below root.
func moduleFolders(root string) ([]string, error) {
	var all []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.Name() == "go.mod":
			rel, err := filepath.Rel(root, filepath.Dir(p))
			all = append(all, filepath.ToSlash(rel))
			return err
		}
		return nil
	})
	return all, err
}

// parse reads the output of go list -json.
func parse(r io.Reader, root string, nested bool) ([]Package, error) {
	var all []Package
	for dec := json.NewDecoder(r); ; {
		var l struct {
			Dir, Name                                                    string
			Imports, TestImports, XTestImports                           []string
			GoFiles, CgoFiles, TestGoFiles, XTestGoFiles, IgnoredGoFiles []string
		}
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("house: output of go list: %w", err)
		}
		rel, err := filepath.Rel(root, l.Dir)
		if err != nil {
			return nil, err
		}
		p := Package{Path: filepath.ToSlash(rel), Name: l.Name, Nested: nested}
		p.Imports = ours(l.Imports)
		p.TestImports = ours(append(l.TestImports, l.XTestImports...))
		for _, f := range slices.Concat(l.GoFiles, l.CgoFiles, l.TestGoFiles, l.XTestGoFiles, l.IgnoredGoFiles) {
			p.Files = append(p.Files, path.Join(p.Path, f))
		}
		all = append(all, p)
	}
}

// ours shortens the import paths of this repository to "~/folder".
func ours(paths []string) []string {
	short := make([]string, 0, len(paths))
	for _, p := range paths {
		if rest, ok := strings.CutPrefix(p, rootModule+"/"); ok {
			p = "~/" + rest
		}
		short = append(short, p)
	}
	slices.Sort(short)
	return slices.Compact(short)
}

// standard reports an import path of the standard library.
func standard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return first != "~" && !strings.Contains(first, ".")
}

package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Source is a package's parsed code.
type Source struct {
	// Path and Name are as in [Package].
	Path, Name string
	// Set knows the positions.
	Set *token.FileSet
	// Code are the files that users compile; Tests are not among them.
	Code []*ast.File
	// Lines is how long each file is, tests included.
	Lines map[string]int
	// info tells what each name means, as far as this package declares it.
	info *types.Info
}

// maxLines is the hard limit; one idea per file rarely needs more than 250.
const maxLines = 400

// ReadSource parses the files of a package below root.
func ReadSource(root string, p Package) (*Source, error) {
	texts := map[string]string{}
	for _, f := range p.Files {
		text, err := os.ReadFile(filepath.Join(root, f))
		if err != nil {
			return nil, err
		}
		texts[f] = string(text)
	}
	return ParseSource(p.Path, texts)
}

// ParseSource parses texts by file name.
func ParseSource(folder string, texts map[string]string) (*Source, error) {
	s := &Source{Path: folder, Set: token.NewFileSet(), Lines: map[string]int{}}
	for name, text := range texts {
		s.Lines[name] = strings.Count(text, "\n")
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(s.Set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		s.Name = file.Name.Name
		s.Code = append(s.Code, file)
	}
	s.info = &types.Info{Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
	// What comes from other packages stays unknown, and the checker's errors
	// about it are of no interest: the names of this package are resolved.
	checker := types.Config{Importer: noImports{}, Error: func(error) {}}
	_, _ = checker.Check(folder, s.Set, s.Code, s.info)
	return s, nil
}

// noImports makes every import an empty package.
type noImports struct{}

// Import implements types.Importer. The name is guessed as people do: the last
// word that is no version.
func (noImports) Import(p string) (*types.Package, error) {
	name := path.Base(p)
	if strings.Trim(name, "v0123456789") == "" {
		name = path.Base(path.Dir(p))
	}
	pkg := types.NewPackage(p, strings.TrimPrefix(name, "go-"))
	pkg.MarkComplete()
	return pkg, nil
}

// at prints a position.
func (s *Source) at(n ast.Node) string {
	p := s.Set.Position(n.Pos())
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// imported returns the import path and name behind a selector such as http.Get.
func (s *Source) imported(e ast.Expr) (string, string) {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	id, ok := sel.X.(*ast.Ident)
	if !ok {
		return "", ""
	}
	if pkg, ok := s.info.Uses[id].(*types.PkgName); ok {
		return pkg.Imported().Path(), sel.Sel.Name
	}
	return "", ""
}

// library reports code that others import: neither programs nor examples.
func (s *Source) library() bool { return s.Name != "main" && !below(s.Path, "examples") }

package house

import (
	"fmt"
	"go/ast"
	"maps"
	"slices"
)

// shared lists what belongs to the process, not to a library; by import path.
func shared() map[string][]string {
	return map[string][]string{
		"net/http": {"DefaultClient", "DefaultTransport", "DefaultServeMux", "Get", "Head", "Post", "PostForm", "Handle", "HandleFunc", "ListenAndServe", "ListenAndServeTLS"},
	}
}

// process lists what only programs do: reading the environment, printing, exiting.
func process() map[string][]string {
	logs := []string{"Print", "Printf", "Println", "Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln"}
	return map[string][]string{
		"os":       {"Getenv", "LookupEnv", "Environ", "ExpandEnv", "Setenv", "Unsetenv", "Clearenv", "Exit", "Args", "Stdin", "Stdout", "Stderr"},
		"syscall":  {"Getenv", "Environ", "Exit"},
		"fmt":      {"Print", "Printf", "Println"},
		"log":      logs,
		"log/slog": {"Debug", "DebugContext", "Info", "InfoContext", "Warn", "WarnContext", "Error", "ErrorContext", "Log", "LogAttrs", "Default", "SetDefault"},
		"expvar":   {"Publish", "NewInt", "NewFloat", "NewMap", "NewString"},
	}
}

// Shared complains about the default client and its kin, in all code.
func Shared(s *Source) []string {
	return s.selectors(shared(), "belongs to the whole process: take a client, a mux, a server of your own")
}

// Process complains about library code that does what only a program may.
// The house itself lists packages, which takes the environment of the go command.
func Process(s *Source) []string {
	if !s.library() || s.Path == "internal/house" {
		return nil
	}
	return s.selectors(process(), "is for programs: a library takes its settings as values and speaks by errors and events")
}

func (s *Source) selectors(bad map[string][]string, why string) []string {
	var wrong []string
	for _, f := range s.Code {
		ast.Inspect(f, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok {
				if from, name := s.imported(e); slices.Contains(bad[from], name) {
					wrong = append(wrong, fmt.Sprintf("%s: %s.%s %s", s.at(n), from, name, why))
				}
			}
			return true
		})
	}
	return wrong
}

// Long complains about files that hold more than one idea.
func Long(s *Source) []string {
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(s.Lines)) {
		if n := s.Lines[name]; n > maxLines {
			wrong = append(wrong, fmt.Sprintf("%s: %d lines, at most %d: one idea each", name, n, maxLines))
		}
	}
	return wrong
}

// Undocumented complains about exported names without a comment, and about a
// package without one. Programs and examples explain themselves.
func Undocumented(s *Source) []string {
	if !s.library() || len(s.Code) == 0 {
		return nil
	}
	var wrong []string
	said := false
	for _, f := range s.Code {
		said = said || f.Doc != nil
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) {
					wrong = append(wrong, fmt.Sprintf("%s: %s has no comment", s.at(d), d.Name.Name))
				}
			case *ast.GenDecl:
				wrong = append(wrong, s.undocumentedSpecs(d)...)
			}
		}
	}
	if !said {
		wrong = append(wrong, s.Path+": the package has no comment")
	}
	return wrong
}

func (s *Source) undocumentedSpecs(d *ast.GenDecl) []string {
	var wrong []string
	for _, sp := range d.Specs {
		var names []*ast.Ident
		documented := d.Doc != nil
		switch sp := sp.(type) {
		case *ast.TypeSpec:
			names = []*ast.Ident{sp.Name}
			documented = sp.Doc != nil || !d.Lparen.IsValid() && d.Doc != nil
		case *ast.ValueSpec:
			names = sp.Names
			documented = documented || sp.Doc != nil || sp.Comment != nil
		}
		for _, n := range names {
			if n.IsExported() && !documented {
				wrong = append(wrong, fmt.Sprintf("%s: %s has no comment", s.at(n), n.Name))
			}
		}
	}
	return wrong
}

// exportedReceiver reports a function, or a method of an exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}

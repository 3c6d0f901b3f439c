package house

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Inits complains about init functions: importing a package does nothing.
func Inits(s *Source) []string {
	var wrong []string
	for _, f := range s.Code {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				wrong = append(wrong, s.at(fn)+": no init: importing a package does nothing")
			}
		}
	}
	return wrong
}

// Globals complains about mutable state at package level: a variable that some
// function assigns, counts up, fills, or takes the address of, and one whose
// type is there to be changed. Error values, guards and tables may stay.
func Globals(s *Source) []string {
	g := &globals{Source: s}
	for _, f := range s.Code {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				if d.Tok == token.VAR {
					g.declared(d)
				}
			case *ast.FuncDecl:
				ast.Inspect(d, g.visit)
			}
		}
	}
	return g.wrong
}

type globals struct {
	*Source
	wrong []string
}

func (g *globals) say(n ast.Node, format string, args ...any) {
	g.wrong = append(g.wrong, g.at(n)+": "+fmt.Sprintf(format, args...))
}

// declared looks at variables of the package themselves.
func (g *globals) declared(d *ast.GenDecl) {
	for _, sp := range d.Specs {
		spec, ok := sp.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for _, name := range spec.Names {
			if name.IsExported() && !strings.HasPrefix(name.Name, "Err") {
				g.say(name, "%s: an exported variable can be assigned by anybody; only Err... may be one", name.Name)
			}
		}
		if spec.Type != nil {
			g.kept(spec, spec.Type)
		}
		for _, v := range spec.Values {
			g.kept(spec, v)
			// A function literal in a declaration is code like any other.
			ast.Inspect(v, func(n ast.Node) bool {
				if lit, ok := n.(*ast.FuncLit); ok {
					ast.Inspect(lit.Body, g.visit)
					return false
				}
				return true
			})
		}
	}
}

// kept complains about a type or value that only makes sense when it changes.
func (g *globals) kept(spec *ast.ValueSpec, e ast.Expr) {
	name := spec.Names[0].Name
	if name == "_" {
		return
	}
	switch e := e.(type) {
	case *ast.ChanType:
		g.say(spec, "%s: a channel is state", name)
	case *ast.StarExpr:
		g.kept(spec, e.X)
	case *ast.UnaryExpr:
		if e.Op == token.AND {
			g.kept(spec, e.X)
		}
	case *ast.CompositeLit:
		g.kept(spec, e.Type)
	case *ast.IndexExpr: // atomic.Pointer[T]
		g.kept(spec, e.X)
	case *ast.ArrayType:
		g.kept(spec, e.Elt)
	case *ast.MapType:
		g.kept(spec, e.Value)
	case *ast.CallExpr:
		if id, ok := e.Fun.(*ast.Ident); ok && (id.Name == "make" || id.Name == "new") {
			g.say(spec, "%s: made empty, to be filled: that is state", name)
		}
		if from, what := g.imported(e.Fun); slices.Contains(makesState()[from], what) {
			g.say(spec, "%s: what %s.%s makes is state", name, from, what)
		}
	case *ast.SelectorExpr:
		if from, what := g.imported(e); slices.Contains(isState()[from], what) {
			g.say(spec, "%s: %s.%s is state", name, from, what)
		}
	}
}

// isState are types of the standard library whose values live by being changed.
// sync.OnceValue is a function, and not among them: what it yields never changes.
func isState() map[string][]string {
	return map[string][]string{
		"sync":        {"Mutex", "RWMutex", "Once", "Map", "Pool", "WaitGroup", "Cond", "Locker"},
		"sync/atomic": {"Bool", "Int32", "Int64", "Uint32", "Uint64", "Uintptr", "Pointer", "Value"},
		"bytes":       {"Buffer"}, "strings": {"Builder"},
		"net/http":  {"Client", "Transport", "Server", "ServeMux"},
		"math/rand": {"Rand"}, "math/rand/v2": {"Rand"},
	}
}

// makesState are functions that make such values.
func makesState() map[string][]string {
	return map[string][]string{
		"net/http":  {"NewServeMux"},
		"math/rand": {"New"}, "math/rand/v2": {"New"},
		"expvar": {"NewInt", "NewFloat", "NewMap", "NewString"},
		"flag":   {"Bool", "Duration", "Float64", "Int", "Int64", "String", "Uint", "Uint64", "NewFlagSet"},
	}
}

// visit looks at what functions do.
func (g *globals) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			for _, left := range n.Lhs {
				g.changed(left, "assigned")
			}
		}
	case *ast.IncDecStmt:
		g.changed(n.X, "counted")
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			g.changed(n.Key, "assigned")
			g.changed(n.Value, "assigned")
		}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			g.changed(n.X, "handed out by address")
		}
	case *ast.CallExpr:
		id, ok := n.Fun.(*ast.Ident)
		if ok && len(n.Args) > 0 && (id.Name == "delete" || id.Name == "clear" || id.Name == "copy") {
			if _, builtin := g.info.Uses[id].(*types.Builtin); builtin {
				g.changed(n.Args[0], "changed")
			}
		}
	case *ast.SelectorExpr:
		g.byMethod(n)
	}
	return true
}

// byMethod complains about v.method() where the method takes v's address. Types
// of other packages are not known here; see isState for those that matter.
func (g *globals) byMethod(n *ast.SelectorExpr) {
	sel := g.info.Selections[n]
	if sel == nil || sel.Kind() != types.MethodVal {
		return
	}
	sig, ok := sel.Obj().Type().(*types.Signature)
	if !ok || sig.Recv() == nil {
		return
	}
	_, takesAddress := sig.Recv().Type().(*types.Pointer)
	_, isAddress := sel.Recv().Underlying().(*types.Pointer)
	if takesAddress && !isAddress {
		g.changed(n.X, "handed to a method by address")
	}
}

// changed complains when the thing at the root of an expression is a package's variable.
func (g *globals) changed(e ast.Expr, how string) {
	for {
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.SelectorExpr:
			if from, name := g.imported(x); from != "" {
				g.say(e, "%s.%s: another package's variable is %s", from, name, how)
				return
			}
			e = x.X
		case *ast.Ident:
			if v, ok := g.info.Uses[x].(*types.Var); ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
				g.say(e, "%s: a package's variable is %s", x.Name, how)
			}
			return
		default:
			return // literals, calls: a value of their own
		}
	}
}

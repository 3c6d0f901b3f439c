package settings

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/detour-go/detour/fallback"
)

// preparing is a file on its way into force.
type preparing struct {
	loader   *Loader
	root     *node
	steps    steps
	mistakes []Mistake
}

// parts complains about names that nobody has.
func (p *preparing) parts(d Document) {
	for name := range d.Parts {
		if p.loader.parts[name] == nil {
			p.unknown("parts", name, "there is no such part; "+known(slices.Collect(maps.Keys(p.loader.parts))))
		}
	}
	for name := range d.Upstreams {
		if p.loader.upstreams[name] == nil {
			p.unknown("upstreams", name, "there is no such upstream; "+known(slices.Collect(maps.Keys(p.loader.upstreams))))
		}
	}
}

func (p *preparing) unknown(in, name, what string) {
	var b binder
	b.wrong(p.root.member(in).place(name), in+"."+name, "%s", what)
	p.mistakes = append(p.mistakes, b.mistakes...)
}

// all asks every part and upstream, also those that the file does not name:
// they return to what they were.
func (p *preparing) all(d Document) {
	for _, name := range slices.Sorted(maps.Keys(p.loader.parts)) {
		part := p.loader.parts[name]
		apply, err := part.Prepare(d.Parts[name])
		p.steps.others = append(p.steps.others, apply)
		blame(p, "parts", name, err, func(s fallback.Settings) error { _, err := part.Prepare(s); return err })
	}
	for _, name := range slices.Sorted(maps.Keys(p.loader.upstreams)) {
		up := p.loader.upstreams[name]
		err := up.prepare(d.Upstreams[name], &p.steps)
		blame(p, "upstreams", name, err, func(s Upstream) error { return up.prepare(s, new(steps)) })
	}
}

// blame finds out where each mistake stands: at the first setting without which
// it is gone. So the rules stay where they are, and know nothing of files.
func blame[S any](p *preparing, in, name string, err error, prepare func(S) error) {
	if err == nil {
		return
	}
	n := p.root.member(in).member(name)
	if n == nil { // what was wired together with what changed since
		p.mistakes = append(p.mistakes, Mistake{at: p.root.at, Path: in + "." + name, Err: err})
		return
	}
	read := func(skip *node) (s S, places []placed) {
		b := &binder{skip: skip}
		b.bind(n, reflect.ValueOf(&s).Elem(), in+"."+name)
		return s, b.places
	}
	_, places := read(nil)
	slices.SortStableFunc(places, func(a, b placed) int { return a.weight() - b.weight() })
	open := flatten(err)
	for _, place := range places {
		without, _ := read(place.node)
		still := make(map[string]bool)
		for _, err := range flatten(prepare(without)) {
			still[err.Error()] = true
		}
		open = slices.DeleteFunc(open, func(err error) bool {
			gone := !still[err.Error()]
			if gone {
				p.mistakes = append(p.mistakes, Mistake{at: place.node.at, Path: place.path, Err: err})
			}
			return gone
		})
	}
	for _, err := range open { // several settings are each enough for it
		p.mistakes = append(p.mistakes, Mistake{at: n.at, Path: in + "." + name, Err: err})
	}
}

// weight puts single settings before objects, and the order of the sources
// behind the other settings, for it changes the texts of mistakes, too. Of
// objects the inner ones come first.
func (p placed) weight() int {
	switch {
	case !p.leaf:
		return 2 + maxDepth - p.deep
	case strings.HasSuffix(p.path, ".order"):
		return 1
	}
	return 0
}

// flatten returns the single errors of a joined one, each with its own words.
func flatten(err error) (all []error) {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if joined, ok := e.(interface{ Unwrap() []error }); ok { //nolint:errorlint // each layer is looked at
			for _, one := range joined.Unwrap() {
				all = append(all, flatten(one)...)
			}
			return all
		}
	}
	if err != nil {
		all = append(all, err)
	}
	return all
}

// member returns the member of that name, nil when there is none.
func (n *node) member(name string) *node {
	if n == nil {
		return nil
	}
	for _, p := range n.members {
		if p.name == name {
			return p.node
		}
	}
	return nil
}

// place returns where the name of a member stands.
func (n *node) place(name string) int {
	for _, p := range n.members {
		if p.name == name {
			return p.at
		}
	}
	return n.at
}

package settings

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
)

// MaxSize is the greatest file, in bytes.
const MaxSize = 1 << 20

// Config describes a Loader.
type Config struct {
	// Parts are the chains and flows that a file may set, each with a name of its
	// own. Their upstreams may be set too.
	Parts []fallback.Adjustable
	// Upstreams that belong to none of the parts and may be set as well.
	Upstreams []*fallback.Upstream
}

// Loader puts files in force. It is safe for concurrent use; loads run one
// after another.
type Loader struct {
	parts     map[string]fallback.Adjustable
	upstreams map[string]*upstream

	mu sync.Mutex // held while a file is put in force
}

// New returns a Loader, or all the mistakes of c at once. It changes nothing.
// What the breakers are set to now is what they return to when a file does not
// speak of them.
func New(c Config) (*Loader, error) {
	l := &Loader{parts: make(map[string]fallback.Adjustable), upstreams: make(map[string]*upstream)}
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("settings: config: "+format, args...))
	}
	if len(c.Parts) == 0 && len(c.Upstreams) == 0 {
		wrong("no parts")
	}
	var ups []*fallback.Upstream
	for i, p := range c.Parts {
		if v := reflect.ValueOf(p); p == nil || v.Kind() == reflect.Pointer && v.IsNil() {
			wrong("part %d is nil", i)
			continue
		}
		name := p.Inspect().Name
		if l.parts[name] != nil {
			wrong("part %d: the name %q is taken", i, name)
			continue
		}
		l.parts[name] = p
		ups = append(ups, p.Upstreams()...)
	}
	owner := make(map[any]string)
	for _, up := range append(ups, c.Upstreams...) {
		switch known := l.upstreams[nameOf(up)]; {
		case up == nil || up.Name == "" || known != nil && known.Upstream == up:
		case known != nil:
			wrong("two upstreams have the name %q", up.Name)
		default:
			l.upstreams[up.Name] = newUpstream(up, owner)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return l, nil
}

func nameOf(up *fallback.Upstream) string {
	if up == nil {
		return ""
	}
	return up.Name
}

// Document returns the settings in force of all parts and upstreams, written
// out. As a file it changes nothing.
func (l *Loader) Document() Document {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.inForce()
}

func (l *Loader) inForce() Document {
	d := Document{Parts: make(map[string]fallback.Settings), Upstreams: make(map[string]Upstream)}
	for name, p := range l.parts {
		d.Parts[name] = p.Settings()
	}
	for name, up := range l.upstreams {
		if s := up.settings(); s != (Upstream{}) {
			d.Upstreams[name] = s
		}
	}
	return d
}

// Load puts a file in force, whole. The error is an *Error with all that is
// wrong, and then nothing has changed.
func (l *Loader) Load(text []byte) (Change, error) { return l.load("", text) }

// Check says what Load would, and changes nothing.
func (l *Loader) Check(text []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.prepare("", text); err != nil {
		return err
	}
	return nil
}

// LoadFile is Load of the file of that name, a regular one of at most MaxSize.
func (l *Loader) LoadFile(name string) (Change, error) {
	text, err := readFile(name)
	if err != nil {
		return Change{}, fmt.Errorf("settings: %w", err)
	}
	return l.load(name, text)
}

func (l *Loader) load(name string, text []byte) (Change, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	apply, err := l.prepare(name, text)
	if err != nil {
		return Change{}, err
	}
	before := l.inForce()
	if err := l.apply(apply); err != nil {
		return Change{}, fmt.Errorf("settings: %w", err)
	}
	return compare(before, l.inForce()), nil
}

// steps are what is left to do when a file has no mistakes.
type steps struct {
	breakers []change
	others   []func()
}

// change is a breaker and what it will be.
type change struct {
	of *breaker.Breaker
	to breaker.Config
}

// apply does the steps. Only a breaker could refuse, and it was asked before;
// if one does all the same, those before it are set back.
func (l *Loader) apply(s steps) error {
	for i, b := range s.breakers {
		was := b.of.Settings()
		if err := b.of.Reconfigure(b.to); err != nil {
			for _, done := range s.breakers[:i] {
				err = errors.Join(err, done.of.Reconfigure(done.to))
			}
			return err
		}
		s.breakers[i].to = was // for the way back
	}
	for _, do := range s.others {
		do()
	}
	return nil
}

// prepare reads the text and asks all parts and upstreams about it.
func (l *Loader) prepare(name string, text []byte) (steps, error) {
	if len(text) > MaxSize {
		return steps{}, refused(name, nil, []Mistake{{Err: fmt.Errorf("larger than %d bytes", MaxSize)}})
	}
	n, m := parse(text)
	if m != nil {
		return steps{}, refused(name, text, []Mistake{*m})
	}
	var d Document
	b := new(binder)
	b.bind(n, reflect.ValueOf(&d).Elem(), "")
	if len(b.mistakes) > 0 {
		return steps{}, refused(name, text, b.mistakes)
	}
	p := &preparing{loader: l, root: n}
	p.parts(d)
	p.all(d)
	if len(p.mistakes) > 0 {
		return steps{}, refused(name, text, p.mistakes)
	}
	return p.steps, nil
}

// readFile reads a regular file within its bound.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxSize+1))
}

// known lists names for a mistake.
func known(names []string) string {
	if len(names) == 0 {
		return "there are none"
	}
	slices.Sort(names)
	return "there is " + strings.Join(names, ", ")
}

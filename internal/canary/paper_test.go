package canary

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/detour-go/detour/fallback"
)

// paper collects everything that is printed.
type paper struct {
	mu      sync.Mutex
	b       bytes.Buffer
	secrets map[string]bool
}

// seed names what must never be seen here, from the beginning or as it becomes known.
func (p *paper) seed(secrets ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range secrets {
		p.secrets[s] = true
	}
}

// len is how much was printed: events and observers may still be printing.
func (p *paper) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Len()
}

func (p *paper) seeds() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Keys(p.secrets))
}

// seen lists the secrets that were printed, each with what stands around it.
func (p *paper) seen() (leaks []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := p.b.String()
	for secret := range p.secrets {
		for _, form := range forms(secret) {
			if at := find(text, form); at >= 0 {
				leaks = append(leaks, fmt.Sprintf("%s: ...%s...", secret, text[max(0, at-200):min(len(text), at+100)]))
				break
			}
		}
	}
	return leaks
}

// find looks for a form. A short number stands in many a time or digest by chance: it is one only when it stands alone.
func find(text, form string) int {
	short := len(form) <= 10 && strings.Trim(form, "0123456789") == ""
	for from := 0; ; {
		at := strings.Index(text[from:], form)
		if at < 0 {
			return -1
		}
		at += from
		from = at + len(form)
		if !short || !joined(text[:at], true) && !joined(text[from:], false) {
			return at
		}
	}
}

// joined reports a text that ends, or begins, with what belongs to a longer word or number.
func joined(text string, end bool) bool {
	if text == "" {
		return false
	}
	c, also := text[0], byte('0')
	if end {
		c, also = text[len(text)-1], '.' // the parts of a second
	}
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == also
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

// print writes v in every way that a program or a panic would, and an error with all that it wraps.
func (p *paper) print(v any) {
	fmt.Fprintf(p, "%v\n%+v\n%#v\n%s\n%q\n", v, v, v, v, v)
	js, err := json.Marshal(v)
	fmt.Fprintf(p, "%s %v\n", js, err)
	p.log(v)
	switch e := v.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			p.print(inner)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			p.print(inner)
		}
	}
	if err, ok := v.(error); ok {
		var e *fallback.Error
		if errors.As(err, &e) {
			for _, f := range e.Failed {
				p.print(f)
			}
		}
	}
}

// reached is for adapters and what configures them: their keys are not to be found even there.
func (p *paper) reached(all ...any) {
	for _, v := range all {
		p.reach(reflect.ValueOf(v), 0)
	}
}

// reach writes all that reflection reaches from v, through unexported fields and pointers, in types of ours: printers for debugging do
// that, and ask no method.
func (p *paper) reach(v reflect.Value, depth int) {
	if !v.IsValid() || depth > 20 || strings.HasPrefix(v.Type().PkgPath(), "net") || strings.HasPrefix(v.Type().PkgPath(), "sync") {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		p.reach(v.Elem(), depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			p.reach(v.Field(i), depth+1)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			fmt.Fprintf(p, "%q\n", v)
		}
		for i := range v.Len() {
			p.reach(v.Index(i), depth+1)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			p.reach(it.Key(), depth+1)
			p.reach(it.Value(), depth+1)
		}
	default:
		fmt.Fprintf(p, "%v\n", v)
	}
}

// text is print without encoding/json.
func (p *paper) text(v any) {
	fmt.Fprintf(p, "%v\n%+v\n%#v\n%s\n%q\n", v, v, v, v, v)
	p.log(v)
}

func (p *paper) log(v any) {
	slog.New(slog.NewJSONHandler(p, nil)).Info("x", "v", v)
	slog.New(slog.NewTextHandler(p, nil)).Info("x", "v", v)
}

func forms(secret string) []string {
	js, _ := json.Marshal(secret)
	all := []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(js), `"`), fmt.Sprintf("%x", secret),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
	}
	slices.Sort(all)
	return slices.Compact(all)
}

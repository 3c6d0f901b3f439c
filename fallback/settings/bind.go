package settings

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// binder puts nodes into the fields of a Document and collects what does not
// fit.
type binder struct {
	mistakes []Mistake
	deep     int
	skip     *node    // left out, as if it were not in the file
	places   []placed // all that was put somewhere, in the order of the text
}

// placed is a value with its path.
type placed struct {
	path string
	node *node
	leaf bool
	deep int // objects around it
}

func (b *binder) wrong(at int, path, format string, args ...any) {
	b.mistakes = append(b.mistakes, Mistake{at: at, Path: path, Err: fmt.Errorf(format, args...)})
}

// bind puts n into v.
func (b *binder) bind(n *node, v reflect.Value, path string) {
	if n == b.skip {
		return
	}
	if n.value == nil {
		b.wrong(n.at, path, "null: leave out what is to be as it was wired")
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		b.bind(n, v.Elem(), path)
		return
	}
	object := v.Kind() == reflect.Struct || v.Kind() == reflect.Map
	b.places = append(b.places, placed{path, n, !object, b.deep})
	switch {
	case object:
		b.object(n, v, path)
	case v.Addr().Type().Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		b.text(n, v, path)
	default:
		b.plain(n, v, path)
	}
}

// object puts the members of n into the fields of a struct or the entries of a
// map.
func (b *binder) object(n *node, v reflect.Value, path string) {
	if n.value != json.Delim('{') {
		b.wrong(n.at, path, "%s where an object is needed", n.kind())
		return
	}
	b.deep++
	defer func() { b.deep-- }()
	seen := make(map[string]bool)
	for _, p := range n.members {
		at := strings.TrimPrefix(path+"."+p.name, ".")
		if seen[p.name] {
			b.wrong(p.at, at, "it stands there twice")
			continue
		}
		seen[p.name] = true
		if v.Kind() == reflect.Map {
			b.entry(p, v, at)
			continue
		}
		f, known := field(v, p.name)
		if !known {
			b.wrong(p.at, at, "there is no such setting; there is %s", strings.Join(fields(v.Type()), ", "))
			continue
		}
		b.bind(p.node, f, at)
	}
}

func (b *binder) entry(p pair, v reflect.Value, path string) {
	if p.node == b.skip {
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	e := reflect.New(v.Type().Elem()).Elem()
	b.bind(p.node, e, path)
	v.SetMapIndex(reflect.ValueOf(p.name), e)
}

// text reads a duration or a level.
func (b *binder) text(n *node, v reflect.Value, path string) {
	s, ok := n.value.(string)
	if !ok {
		b.wrong(n.at, path, "%s where text is needed, as in %s", n.kind(), sample(v))
		return
	}
	into, _ := v.Addr().Interface().(encoding.TextUnmarshaler)
	if err := into.UnmarshalText([]byte(s)); err != nil {
		b.wrong(n.at, path, "%w", err)
	}
}

func sample(v reflect.Value) string {
	if v.Kind() == reflect.Int64 {
		return `"800ms"`
	}
	return `"low"`
}

// plain reads numbers and lists of names.
func (b *binder) plain(n *node, v reflect.Value, path string) {
	number, _ := n.value.(json.Number)
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(string(number), 10, 64)
		switch {
		case errors.Is(err, strconv.ErrRange) || v.OverflowInt(i):
			b.wrong(n.at, path, "%s is too great", number)
		case err != nil:
			b.wrong(n.at, path, "%s where a whole number is needed", n.kind())
		default:
			v.SetInt(i)
		}
	case reflect.Float64:
		f, err := strconv.ParseFloat(string(number), 64)
		switch {
		case errors.Is(err, strconv.ErrRange):
			b.wrong(n.at, path, "%s is too great", number)
		case err != nil:
			b.wrong(n.at, path, "%s where a number is needed", n.kind())
		default:
			v.SetFloat(f)
		}
	case reflect.Slice:
		if n.value != json.Delim('[') {
			b.wrong(n.at, path, "%s where a list of names is needed", n.kind())
			return
		}
		if len(n.items) == 0 {
			b.wrong(n.at, path, "an empty list: leave it out for the order in which it was wired")
		}
		for i, item := range n.items {
			name, ok := item.value.(string)
			if !ok {
				b.wrong(item.at, fmt.Sprintf("%s[%d]", path, i), "%s where a name is needed", item.kind())
				continue
			}
			v.Set(reflect.Append(v, reflect.ValueOf(name)))
		}
	}
}

// kind says what n is.
func (n *node) kind() string {
	switch v := n.value.(type) {
	case nil:
		return "null"
	case string:
		return "text"
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return "the number " + v.String()
	case json.Delim:
		if v == '{' {
			return "an object"
		}
	}
	return "a list"
}

// field returns the field that stands under name in a file.
func field(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if jsonName(v.Type().Field(i)) == name {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func fields(t reflect.Type) []string {
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = jsonName(t.Field(i))
	}
	return names
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

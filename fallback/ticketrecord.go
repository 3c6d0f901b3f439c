package fallback

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"fmt"
	"reflect"
)

// recordMax bounds claim and challenge of one flow together, in bytes as kept.
const recordMax = 64 << 10

// record is what Tickets keeps of a begun flow: what was asked and what step
// two needs, both as gob, each with its types, since the next process may number
// them differently. Not as JSON, though that is read in a tenth of the time: a
// secret hides itself there, and text that is not UTF-8 comes back changed.
type record struct{ claim, challenge []byte }

// kept lets gob carry any type, pointers that are nil among them.
type kept[T any] struct{ V T }

func pack[T any](v T) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(kept[T]{v})
	return b.Bytes(), err
}

func unpack[T any](data []byte) (T, error) {
	var k kept[T]
	err := gob.NewDecoder(bytes.NewReader(data)).Decode(&k)
	return k.V, err
}

// lossy lists the parts of a type that would not survive gob. A claim that came
// back with a part missing could match the wrong person, so each is a mistake
// of NewFlow and none is found out by a citizen.
func lossy[T any](what string) (errs []error) {
	seen := map[reflect.Type]bool{}
	var walk func(t reflect.Type, path string)
	lost := func(path, why string, t reflect.Type) {
		errs = append(errs, fmt.Errorf("%s (%v) is kept between the steps: %s", path, t, why))
	}
	walk = func(t reflect.Type, path string) {
		if seen[t] {
			return
		}
		seen[t] = true
		if writesItself(t) {
			return
		}
		switch t.Kind() {
		case reflect.Func, reflect.Chan, reflect.UnsafePointer:
			lost(path, "it cannot be", t)
		case reflect.Interface:
			lost(path, "an interface cannot be; use a concrete type", t)
		case reflect.Pointer:
			if k := t.Elem().Kind(); k != reflect.Struct && !writesItself(t.Elem()) {
				lost(path, "a pointer to a zero value comes back nil", t)
			}
			walk(t.Elem(), path)
		case reflect.Slice, reflect.Array:
			walk(t.Elem(), path+"[]")
		case reflect.Map:
			walk(t.Key(), path+"[key]")
			walk(t.Elem(), path+"[]")
		case reflect.Struct:
			for i := range t.NumField() {
				f := t.Field(i)
				switch {
				case f.Name == "_" || f.Type.Size() == 0:
				case !f.IsExported():
					lost(path+"."+f.Name, "an unexported field is lost", f.Type)
				default:
					walk(f.Type, path+"."+f.Name)
				}
			}
		}
	}
	walk(reflect.TypeFor[T](), what)
	return errs
}

// writesItself reports whether gob leaves the encoding to the type.
func writesItself(t reflect.Type) bool {
	if t.Kind() != reflect.Pointer {
		t = reflect.PointerTo(t)
	}
	return t.Implements(reflect.TypeFor[gob.GobEncoder]()) && t.Implements(reflect.TypeFor[gob.GobDecoder]()) ||
		t.Implements(reflect.TypeFor[encoding.BinaryMarshaler]()) && t.Implements(reflect.TypeFor[encoding.BinaryUnmarshaler]())
}

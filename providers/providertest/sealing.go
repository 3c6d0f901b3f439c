package providertest

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"reflect"
	"time"

	"github.com/detour-go/detour/providers"
)

// Sealing says what v, and the zero value of its type, lose on the way through
// encoding/gob, which is how a flow keeps claim and challenge between its two
// steps; nil when nothing is lost. Secrets are compared by their text.
func Sealing(v any) error {
	for _, one := range []reflect.Value{reflect.ValueOf(v), reflect.Zero(reflect.TypeOf(v))} {
		var buf bytes.Buffer
		if err := gob.NewEncoder(&buf).EncodeValue(one); err != nil {
			return fmt.Errorf("%s: %w", one.Type(), err)
		}
		back := reflect.New(one.Type())
		if err := gob.NewDecoder(&buf).DecodeValue(back); err != nil {
			return fmt.Errorf("%s: %w", one.Type(), err)
		}
		if lost := lostIn(one, back.Elem(), one.Type().String()); lost != "" {
			return fmt.Errorf("%s is not what it was", lost)
		}
	}
	return nil
}

// lostIn names the first part in which a and b differ.
func lostIn(a, b reflect.Value, path string) string {
	if !a.CanInterface() { // gob leaves it out
		if !a.IsZero() {
			return path
		}
		return ""
	}
	if s, ok := a.Interface().(providers.Secret); ok {
		if t, _ := b.Interface().(providers.Secret); s.Equal(t) {
			return ""
		}
		return path
	}
	if a.Kind() != reflect.Struct || a.Type() == reflect.TypeFor[time.Time]() {
		if reflect.DeepEqual(a.Interface(), b.Interface()) {
			return ""
		}
		return path
	}
	for i := range a.NumField() {
		if lost := lostIn(a.Field(i), b.Field(i), path+"."+a.Type().Field(i).Name); lost != "" {
			return lost
		}
	}
	return ""
}

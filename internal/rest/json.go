package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds the nesting of a body; no vendor here comes near it.
const maxDepth = 64

var (
	errNotJSON   = errors.New("body is not json")
	errNotObject = errors.New("body is not a json object")
	errTwice     = errors.New("json key appears twice")
	errDepth     = errors.New("json nests too deep")
	errNotUTF8   = errors.New("body is not utf-8")
)

// Decode reads a JSON object into v, strictly where encoding/json is not: the
// body is one object and nothing after it, and no key appears twice in an
// object, in whatever case (encoding/json folds case and takes the last, so
// {"id":"victim","ID":"attacker"} would be the attacker). Unknown keys are
// ignored: vendors add them. Its errors print nothing of the body.
func Decode(body []byte, v any) error {
	if err := check(body); err != nil {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		var typ *json.UnmarshalTypeError
		if errors.As(err, &typ) {
			return errors.New("json field " + typ.Field + " has the wrong type")
		}
		return errNotJSON
	}
	return nil
}

// check walks the tokens once.
func check(body []byte) error {
	if !utf8.Valid(body) { // else an EUC-KR name would pass with replacement characters
		return errNotUTF8
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	first, err := dec.Token()
	if err != nil {
		return errNotJSON
	}
	if first != json.Delim('{') {
		return errNotObject
	}
	// One entry per open object or array; nil for arrays.
	stack := []map[string]bool{{}}
	wantKey := true
	for len(stack) > 0 {
		tok, err := dec.Token()
		if err != nil {
			return errNotJSON
		}
		keys := stack[len(stack)-1]
		switch t := tok.(type) {
		case json.Delim:
			switch t {
			case '{', '[':
				if len(stack) == maxDepth {
					return errDepth
				}
				var next map[string]bool
				if t == '{' {
					next = map[string]bool{}
				}
				stack = append(stack, next)
				wantKey = next != nil
				continue
			default:
				stack = stack[:len(stack)-1]
			}
		case string:
			if keys != nil && wantKey {
				folded := fold(t)
				if keys[folded] {
					return errTwice
				}
				keys[folded] = true
				wantKey = false
				continue
			}
		}
		// A value ended: in an object a key follows.
		wantKey = len(stack) > 0 && stack[len(stack)-1] != nil
	}
	if _, err := dec.Token(); err != io.EOF {
		return errNotJSON
	}
	return nil
}

// fold maps the spellings that encoding/json takes for one key to one string;
// upper before lower also folds U+017F and U+212A.
func fold(key string) string { return strings.ToLower(strings.ToUpper(key)) }

package providertest

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"reflect"
	"strconv"
	"strings"
)

// shortest is how long a secret must be, so that none appears by chance.
const shortest = 6

// leaked looks for a secret, in every form it may have taken, and returns that form's name.
func leaked(text, secret string) string {
	text = strings.ToLower(text)
	for _, f := range forms(secret) {
		if strings.Contains(text, strings.ToLower(f.text)) {
			return f.name
		}
	}
	return ""
}

type form struct{ name, text string }

// forms are the ways in which a text ends up in URLs, headers, bodies and dumps.
func forms(secret string) []form {
	js, _ := json.Marshal(secret) // a string always marshals
	all := []form{
		{"raw", secret},
		{"query-escaped", url.QueryEscape(secret)},
		{"path-escaped", url.PathEscape(secret)},
		{"json-escaped", strings.Trim(string(js), `"`)},
		{"quoted", strings.Trim(strconv.QuoteToASCII(secret), `"`)},
		{"hex", hex.EncodeToString([]byte(secret))},
		{"bytes", strings.Trim(fmt.Sprint([]byte(secret)), "[]")},
	}
	// Inside a longer text, as in "user:secret", base64 has three alignments; the
	// characters that the neighbours share are cut off.
	for shift, cut := range [...]int{0, 2, 3} {
		padded := append(make([]byte, shift), secret...)
		if whole := len(padded) / 3 * 4; whole > cut+shortest {
			all = append(all,
				form{"base64", base64.StdEncoding.EncodeToString(padded)[cut:whole]},
				form{"base64url", base64.URLEncoding.EncodeToString(padded)[cut:whole]})
		}
	}
	return all
}

// printed is everything that a logger may make of an error and of its causes.
func printed(err error) string {
	var all strings.Builder
	for one := range chain(err) {
		fmt.Fprintf(&all, "%s\n%v\n%+v\n%#v\n", one, one, one, one)
		if js, jerr := json.Marshal(one); jerr == nil {
			all.Write(js)
		}
	}
	return all.String()
}

// chain yields an error and all its causes, as errors.Is would find them.
func chain(err error) iter.Seq[error] {
	return func(yield func(error) bool) { walk(err, yield) }
}

func walk(err error, yield func(error) bool) bool {
	if err == nil {
		return true
	}
	if !yield(err) {
		return false
	}
	if isNil(err) {
		return true // its methods would panic
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return walk(e.Unwrap(), yield)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			if !walk(one, yield) {
				return false
			}
		}
	}
	return true
}

// isNil finds a nil pointer that became a non-nil error on its way.
func isNil(err error) bool {
	v := reflect.ValueOf(err)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

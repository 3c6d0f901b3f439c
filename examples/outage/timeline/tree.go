package timeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// node is one JSON value that remembers its line. encoding/json tells the line of a syntax error only, and it takes the last of two equal
// keys and any case of a key: a person who corrects a file needs better than that.
type node struct {
	line   int
	kind   kind
	text   string // of text and number
	fields []field
	items  []node
}

type field struct {
	name  string
	line  int
	value node
}

type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	list
	object
)

func (k kind) String() string {
	return [...]string{"null", "true or false", "a number", "a text", "a list", "an object"}[k]
}

// parseTree returns the value in data. Its error carries the line of the first thing that is no JSON.
func parseTree(file string, data []byte) (node, error) {
	var whole any
	if err := json.Unmarshal(data, &whole); err != nil {
		at := int64(len(data))
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			at = min(syntax.Offset, at)
		}
		return node{}, Mistakes{{File: file, Line: lineAt(data, at), What: "not JSON: " + err.Error()}}
	}
	r := treeReader{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	n, err := r.value()
	if err != nil {
		return node{}, Mistakes{{File: file, Line: r.line(), What: "not JSON: " + err.Error()}}
	}
	return n, nil
}

type treeReader struct {
	data    []byte
	dec     *json.Decoder
	counted int64 // bytes looked at
	lines   int   // line breaks in them
}

// line is that of the token read last; no JSON token spans two lines.
func (r *treeReader) line() int {
	at := r.dec.InputOffset()
	r.lines += bytes.Count(r.data[r.counted:at], []byte{'\n'})
	r.counted = at
	return r.lines + 1
}

func (r *treeReader) value() (node, error) {
	token, err := r.dec.Token()
	if err != nil {
		return node{}, err
	}
	n := node{line: r.line()}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			n.kind = object
			return n, r.object(&n)
		}
		n.kind = list
		return n, r.list(&n)
	case string:
		n.kind, n.text = text, t
	case json.Number:
		n.kind, n.text = number, t.String()
	case bool:
		n.kind = boolean
	}
	return n, nil
}

func (r *treeReader) object(n *node) error {
	for r.dec.More() {
		key, err := r.dec.Token()
		if err != nil {
			return err
		}
		name, ok := key.(string)
		if !ok {
			return fmt.Errorf("unexpected %v: %w", key, io.ErrUnexpectedEOF)
		}
		f := field{name: name, line: r.line()}
		if f.value, err = r.value(); err != nil {
			return err
		}
		n.fields = append(n.fields, f)
	}
	_, err := r.dec.Token()
	return err
}

func (r *treeReader) list(n *node) error {
	for r.dec.More() {
		item, err := r.value()
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, err := r.dec.Token()
	return err
}

func lineAt(data []byte, offset int64) int {
	return bytes.Count(data[:max(0, offset-1)], []byte{'\n'}) + 1
}

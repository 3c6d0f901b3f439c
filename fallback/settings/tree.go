package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// node is a value of the file and where it stands.
type node struct {
	at      int    // offset
	value   any    // string, json.Number, bool, nil; objects and arrays: json.Delim
	members []pair // of an object
	items   []*node
}

// pair is a member of an object.
type pair struct {
	name string
	at   int // of the name
	node *node
}

// maxDepth is far beyond what a file needs.
const maxDepth = 32

// parse reads the whole text as one value.
func parse(text []byte) (*node, *Mistake) {
	if !utf8.Valid(text) {
		at := 0
		for len(text[at:]) > 0 {
			r, n := utf8.DecodeRune(text[at:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			at += n
		}
		return nil, &Mistake{at: at, Err: errors.New("not UTF-8")}
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, &Mistake{Err: errors.New("the file is empty: one that sets nothing is {}")}
	}
	var whole json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil {
		m := &Mistake{at: len(text), Err: errors.New(strings.TrimPrefix(err.Error(), "json: "))}
		if s := (*json.SyntaxError)(nil); errors.As(err, &s) && s.Offset > 0 && !strings.Contains(err.Error(), "unexpected end") {
			m.at = int(s.Offset) - 1
		}
		return nil, m
	}
	d := &decoder{text: text, Decoder: json.NewDecoder(bytes.NewReader(text))}
	d.UseNumber()
	n := d.value(0)
	return n, d.mistake
}

// decoder makes nodes of tokens. The text is known to be JSON.
type decoder struct {
	*json.Decoder
	text    []byte
	mistake *Mistake
}

// next returns the next token and where it begins.
func (d *decoder) next() (json.Token, int) {
	at := int(d.InputOffset())
	for at < len(d.text) && bytes.IndexByte([]byte(" \t\r\n,:"), d.text[at]) >= 0 {
		at++
	}
	t, err := d.Token()
	if err != nil && d.mistake == nil {
		d.mistake = &Mistake{at: at, Err: err}
	}
	return t, at
}

func (d *decoder) value(deep int) *node {
	t, at := d.next()
	n := &node{at: at, value: t}
	if deep > maxDepth && d.mistake == nil {
		d.mistake = &Mistake{at: at, Err: fmt.Errorf("more than %d levels deep", maxDepth)}
	}
	switch t {
	case json.Delim('{'):
		for d.mistake == nil && d.More() {
			name, at := d.next()
			p := pair{at: at}
			p.name, _ = name.(string)
			p.node = d.value(deep + 1)
			n.members = append(n.members, p)
		}
		d.next()
	case json.Delim('['):
		for d.mistake == nil && d.More() {
			n.items = append(n.items, d.value(deep+1))
		}
		d.next()
	}
	return n
}

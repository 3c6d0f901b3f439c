package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// deliver prints what a run found, or puts it into a file.
func deliver(o options, found []byte, to io.Writer) error {
	if o.into == "" {
		_, err := to.Write(found)
		return err
	}
	name := "costs"
	if o.hang {
		name = "outages"
	}
	old, err := os.ReadFile(o.into)
	if err != nil {
		return err
	}
	text, err := between(old, name, found)
	if err != nil {
		return fmt.Errorf("%s: %w", o.into, err)
	}
	return os.WriteFile(o.into, text, 0o644)
}

// between puts found between the marks of that name: <!-- name --> and <!-- /name -->.
func between(text []byte, name string, found []byte) ([]byte, error) {
	begin, end := []byte("<!-- "+name+" -->\n"), []byte("<!-- /"+name+" -->\n")
	before, rest, ok := bytes.Cut(text, begin)
	_, after, ok2 := bytes.Cut(rest, end)
	if !ok || !ok2 {
		return nil, fmt.Errorf("no marks %q and %q", begin, end)
	}
	return bytes.Join([][]byte{before, begin, []byte("\n"), bytes.TrimSpace(found), []byte("\n\n"), end, after}, nil), nil
}

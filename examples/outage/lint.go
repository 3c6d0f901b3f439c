package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/detour-go/detour/fallback"
)

// lint looks at the chains and flows of the Detour site.
func lint(o options, stdout, stderr io.Writer) int {
	r, err := wiring(o)
	if err == nil {
		err = tellLint(r, o.jsonFile, stdout)
	}
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		fmt.Fprintf(stderr, "outage: %v\n", err)
		return exitFailed
	}
	return exitDone
}

// wiring builds the stage, looks at it, and takes it down. Warnings count as well.
func wiring(o options) (r fallback.Report, err error) {
	s, err := build(o)
	if err != nil {
		return r, err
	}
	var parts []fallback.Inspectable
	for _, c := range s.capabilities {
		parts = append(parts, c.Parts...)
	}
	return fallback.Lint{Fail: fallback.SeverityWarning, Exceptions: accepted()}.Check(parts...), errors.Join(err, s.Close())
}

// accepted is what the example lives with, and why.
func accepted() []fallback.Exception {
	return []fallback.Exception{
		{Code: fallback.LintSharedFate, Part: "cert",
			Reason: "both are asked through Barocert, the one broker that is simulated here; a site adds a certificate that is not"},
		{Code: fallback.LintSharedFate, Part: "code",
			Reason: "a code to a telephone needs its carrier, whoever sends it; two other ways to sign in do without"},
		{Code: fallback.LintSharedFateNext, Part: "message", Source: "alimtalk",
			Reason: "it is mostly Kakao that fails, and then the same vendor is the quickest; another one stands behind it"},
		{Code: fallback.LintAbroad, Part: "tiles", Source: "osm", Reason: "a tile says which district somebody looks at, and not who"},
		{Code: fallback.LintCourtesyUncap, Part: "tiles", Source: "osm", Reason: "the server of the replay is a simulator of our own"},
	}
}

func tellLint(r fallback.Report, jsonFile string, stdout io.Writer) error {
	if jsonFile != "-" {
		if err := r.WriteText(stdout); err != nil {
			return err
		}
	}
	if jsonFile == "" {
		return nil
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if jsonFile == "-" {
		_, err := stdout.Write(text)
		return err
	}
	return os.WriteFile(jsonFile, text, 0o644)
}

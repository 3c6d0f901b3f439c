package providertest

import (
	"context"
	"net/http"
	"testing"

	"github.com/detour-go/detour/providers"
)

// T is what the suite needs of a test; *testing.T is one. Fatalf must not
// return, as that of *testing.T does not.
type T interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

// Subject describes one operation of one adapter. New and Healthy are required.
type Subject struct {
	// Name is printed in complaints, e.g. "kakao finish".
	Name string
	// New builds the adapter against base (an http URL of a loopback address)
	// with client, and returns one ask of the operation under test. It is called
	// afresh for each row; the ask may be called often, and at the same time.
	New func(base string, client *http.Client) (ask func(context.Context) error, err error)
	// Healthy answers as the vendor does when all is well. The suite puts its
	// faults in front of it, and cuts and spoils what it says.
	Healthy http.Handler
	// Fault tells which requests the faults hit; nil: all. An ask that takes two
	// requests picks the one under test, by path or header: the body is not to be read.
	Fault func(*http.Request) bool
	// Asks is how many requests one healthy ask makes; 0 means 1.
	Asks int
	// Kinds overrides the expected kind of a row of the common table, by its
	// name, where this vendor truly differs; each needs its entry in Reasons.
	Kinds map[string]providers.Kind
	// Reasons says, per override, why.
	Reasons map[string]string
	// Rows are the vendor's own answers, from its documentation.
	Rows []Row
	// Secrets are canaries that New seeded into configuration and question. None
	// may appear in an error or in the log. Six bytes at least, so that none
	// appears by chance.
	Secrets []string
}

// Row is one answer of the vendor to the request under test.
type Row struct {
	// Name of the subtest; say which rule of the vendor it shows, e.g. "F21 400 -7 maintenance".
	Name string
	// Status of the answer; 0 means 200.
	Status int
	// ContentType of the answer; empty: none is sent.
	ContentType string
	// Header holds further fields.
	Header http.Header
	// Body is sent as it is.
	Body string
	// OK says that this answer is a success; Want and Code are not looked at.
	OK bool
	// Want is the expected kind; the zero value is Unavailable.
	Want providers.Kind
	// Code is the expected Error.Code; empty: any.
	Code string
}

// Run runs the suite, one subtest per row.
func Run(t *testing.T, s Subject) {
	t.Helper()
	newSuite(s).run(t, func(name string, row func(T)) {
		t.Run(name, func(t *testing.T) { row(t) })
	})
}

// Check runs the suite without subtests, so that a test can see a bad adapter fail.
func Check(t T, s Subject) {
	t.Helper()
	newSuite(s).run(t, func(_ string, row func(T)) { row(t) })
}

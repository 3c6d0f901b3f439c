// Package webtest opens sites for tests.
package webtest

import (
	"testing"

	"github.com/detour-go/detour/examples/outage/web"
)

// Sites are two that have an address, the direct one first; they close with the test. Serve them when their pages are there.
func Sites(t testing.TB) (both [2]*web.Site) {
	t.Helper()
	for i, name := range []string{"direct", "detour"} {
		s, err := web.Listen(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		both[i] = s
	}
	return both
}

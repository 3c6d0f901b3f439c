// Package certtest is what every cert.Provider must do, as a test, and a
// provider in memory that does it.
//
//	func TestCertificate(t *testing.T) {
//		certtest.Run(t, certtest.Harness{Open: open})
//	}
//
// Each check is one rule and names it, so that a complaint reads as a sentence.
// The suite imports the standard library, cert and providers only, and judges
// strangers' providers as well.
package certtest

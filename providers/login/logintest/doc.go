// Package logintest is what every login.Provider must do, as a test, and a
// provider in memory that does it.
//
//	func TestLogin(t *testing.T) {
//		logintest.Run(t, logintest.Harness{Open: open, Nonce: true, PKCE: true})
//	}
//
// Each check is one rule and names it, so that a complaint reads as a sentence.
// The suite imports the standard library, login and providers only, and judges
// strangers' providers as well.
package logintest

// Package phonelogin is a login by a code to the phone number of an account, for
// sites that allow it: an offer beside the logins of vendors, worth little, that
// does not die with them.
//
// It is a login.Provider over phone.Codes, with these differences from the
// logins of vendors:
//
//   - Begin sends the code, so it asks the network and can fail like a message.
//     It takes the number from login.Request.Hint. That is the number which the
//     account has registered and the site has looked up, never one typed into the
//     form: whoever types a number would get in with it. For a visitor without an
//     account, or an account without a number, show the same page and send nothing.
//   - Challenge.URL is a page of the site itself, [Config].CodePage with the state.
//     Its form posts back code and state, the names that login.ParseReply reads.
//   - Finish may be asked more than once: give the leg as many Tries as the codes
//     have Checks, 5. A wrong code is Denied with Pending() true while checks are left.
//   - The issuer is the site itself, and the subject a keyed hash of the number:
//     [Provider.Subject]. Numbers change hands: link the two while the citizen is
//     signed in otherwise, and unlink them with the number.
//
// Give the leg the trait Restricted and a level of its own, below that of a
// vendor's login with a second factor and never alone for a high one (NIST SP
// 800-63B names the telephone network restricted). It needs no Upstream, and a
// Timeout longer than the chain of messages takes.
package phonelogin

// Package messagetest says what every message.Sender must do. Each check is one
// rule and names it, so that a failing row reads as a sentence:
//
//	func TestSender(t *testing.T) {
//		messagetest.Run(t, messagetest.Harness{Open: func() (*messagetest.Site, error) { ... }})
//	}
//
// A harness brings a vendor that does as it is told ([Mood]) and a simulated phone
// with an inbox: what counts is what arrives there, and how often. Optional
// abilities (message.Tracker, Finder, Resender, Watcher) are tested when present
// and named when not.
//
// [Reference] is a vendor, a phone and a sender in memory. The package imports
// std, providers and message only, and judges strangers' senders as well; how an
// adapter meets the faults of a network is the suite of package providertest.
package messagetest

// Package replays plays the outages on record at their full length, hours and
// days, on the clock of testing/synctest: the real chains, flows, breakers and
// memories over vendors that behave as the timelines in testdata tell, beside
// the same calls made directly. What the run measures is compared with what was
// worked out by hand beforehand.
//
// Calls come every five seconds to two minutes, as the row says, and five a second from 25 s before to 20 s after
// each moment at which a vendor changes. Each call stands for the time until the
// next one, so an availability is a share of time, as it is worked out by hand.
//
// There is no code here but tests.
package replays

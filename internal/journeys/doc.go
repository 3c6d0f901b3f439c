// Package journeys tests whole journeys of citizens: the real flows, chains,
// breakers and counters around the real adapters, against simulated vendors
// that fail in the middle. What one package promises is tested there; here it is
// what only the parts together can keep: nobody is signed in as another, one
// message is one message, and who was refused by one vendor finds the next.
//
// There is no code here but tests, because no package may import all of these.
package journeys

//go:build race

package replays

const underRace = true

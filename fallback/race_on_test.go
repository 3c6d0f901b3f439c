//go:build race

package fallback_test

// The race detector makes everything about eight times slower.
const manyKeys = 100_000

//go:build !race

package fallback_test

const manyKeys = 1_000_000

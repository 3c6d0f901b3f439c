package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOthers(t *testing.T) {
	before := busy{all: 1000, idle: 500, own: 10}
	require.Equal(t, "Others took 4 % of the processor time meanwhile", others(before, busy{all: 1200, idle: 600, own: 102}))
	require.Contains(t, others(before, busy{all: 1200, idle: 600, own: 60}), "Others took 25 % of the processor time meanwhile: **too much")
	require.Equal(t, "Load unknown", others(busy{}, busy{}))
	require.NotEmpty(t, machine(load(), load()))
}

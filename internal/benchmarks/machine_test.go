package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOthers(t *testing.T) {
	require.Equal(t, "Others took 25 % of the processor time meanwhile", others(busy{all: 1000, idle: 500, own: 10}, busy{all: 1200, idle: 600, own: 60}))
	require.Equal(t, "Load unknown", others(busy{}, busy{}))
	require.NotEmpty(t, machine(load(), load()))
}

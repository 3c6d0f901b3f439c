package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestFewWaitInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		require.NoError(t, run(&out))
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		require.Len(t, lines, 4, out.String())
		require.Regexp(t, `^after 2\.[5-9] s: opened, why: hang$`, lines[0])
		require.Regexp(t, `^after [67]\.\d s: half-opened, why: hang$`, lines[1])
		require.Regexp(t, `^after [67]\.\d s: closed, why: hang$`, lines[2])
		var served, lost, spared int
		_, err := fmt.Sscanf(lines[3], "%d were served, %d waited in vain, %d were told at once and waited for nothing", &served, &lost, &spared)
		require.NoError(t, err)
		require.Equal(t, 1800, served+lost+spared)
		require.Less(t, lost, 200)
		require.Greater(t, spared, 4*lost)
	})
}

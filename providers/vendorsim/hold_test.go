//go:build linux

package vendorsim

import (
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// F05: while a port is closed it is refused, and it is still ours: a server that starts meanwhile is not taken for this one.
func TestAClosedPortIsGivenToNobody(t *testing.T) {
	o, c, tile := startOSM(t)
	require.Equal(t, 200, ask(t, c, "GET", tile, nil, agent...).status)
	require.NoError(t, o.Break("*", Fault{Mode: Refuse}))
	addr := strings.TrimPrefix(o.URL(), "http://")

	// As a port for a server or for a call: the system gives out others.
	for range 300 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NotEqual(t, addr, l.Addr().String())
		_, err = net.Dial("tcp", addr)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		require.NoError(t, l.Close())
	}
	o.Heal("*")
	require.Equal(t, 200, ask(t, c, "GET", tile, nil, agent...).status)
	require.NoError(t, o.Break("*", Fault{Mode: Refuse}))
	o.Close()
	l, err := net.Listen("tcp", addr)
	require.NoError(t, err, "a server that is closed gives its port back")
	require.NoError(t, l.Close())
}

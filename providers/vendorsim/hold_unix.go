//go:build unix

package vendorsim

import (
	"net/netip"
	"syscall"
)

// hold binds a port without listening on it: who connects is refused, and nobody else is given the port meanwhile, as
// happens soon where many servers come and go. What cannot be held is left free.
func hold(addr string) (release func()) {
	at, err := netip.ParseAddrPort(addr)
	if err != nil || !at.Addr().Is4() {
		return func() {}
	}
	syscall.ForkLock.RLock() // no child inherits the socket before it is marked
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return func() {}
	}
	// Connections of before may still be closing on this port.
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	_ = syscall.Bind(fd, &syscall.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()})
	return func() { _ = syscall.Close(fd) }
}

package rest

import (
	"errors"
	"net/netip"
	"syscall"
)

// errPrivate: a public vendor's name led to an address inside our own network.
var errPrivate = errors.New("address is not public")

// notPublic lists what IsPrivate and friends leave out: shared address space
// (RFC 6598), NAT64 (RFC 6052, RFC 8215), "this network", benchmarking,
// documentation and reserved ranges (RFC 6890), and 6to4 (RFC 7526).
var notPublic = [...]netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"),
}

// publicOnly is a net.Dialer.Control: it sees the address after name lookup,
// so a name that changes its answer between check and dial gains nothing.
func publicOnly(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(ap.Addr()) {
		return errPrivate
	}
	return nil
}

// loopbackOnly is the same for a vendor that is a simulator: what localhost means is a matter of lookup, too.
func loopbackOnly(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !ap.Addr().Unmap().IsLoopback() {
		return errPrivate
	}
	return nil
}

func isPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

package providertest

import (
	"net"
	"net/http"
	"os"
	"syscall"

	"github.com/detour-go/detour/providers"
)

// networkFaults happen before the vendor sees anything. They are what package
// net reports; a real refused port could be taken by a neighbour meanwhile.
func networkFaults() []fault {
	dial := func(cause error) func(*http.Request) (*http.Response, error) {
		return func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}, Err: cause}
		}
	}
	const rule = "a vendor that cannot be reached is unavailable: the next one is asked"
	return []fault{
		{name: "F1 no such host", rule: rule, trip: dial(&net.DNSError{Err: "no such host", Name: spoiled + ".example", IsNotFound: true})},
		{name: "F2 name lookup fails", rule: rule, trip: dial(&net.DNSError{Err: "server misbehaving", Name: spoiled + ".example", IsTemporary: true, IsTimeout: true})},
		{name: "F5 refused", rule: rule, trip: dial(os.NewSyscallError("connect", syscall.ECONNREFUSED))},
		{name: "F6 black hole", rule: rule, short: true, trip: func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}},
		{name: "F12 tls handshake hangs", rule: rule, short: true, trip: muteTLS},
	}
}

// trustFaults are peers that cannot prove who they are.
func trustFaults() []fault {
	const rule = "a peer that is not who it says may be an attack: security, never a retry in the clear, never a plain outage (T15)"
	return []fault{
		{name: "F9 certificate expired", rule: rule, want: providers.Security, trip: tlsTrip(expired)},
		{name: "F10 certificate of another host", rule: rule, want: providers.Security, trip: tlsTrip(otherHost)},
		{name: "F11 unknown certificate authority", rule: rule, want: providers.Security, trip: tlsTrip(unknownCA)},
		{name: "T15 plain http on the tls port", rule: rule, want: providers.Security, trip: tlsTrip(plainHTTP)},
	}
}

package providertest

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// What is wrong with a TLS peer, as seen by the client that meets it.
type distrust uint8

const (
	unknownCA distrust = iota
	otherHost
	expired
	plainHTTP
)

// tlsTrip sends the request to a TLS server that the client does not trust. It
// goes through a transport of its own, so it serves adapters of any base.
func tlsTrip(d distrust) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		cfg := &tls.Config{MinVersion: tls.VersionTLS12}
		if d == plainHTTP {
			s.Start()
		} else {
			s.StartTLS()
			cfg.RootCAs = x509.NewCertPool()
		}
		defer s.Close()
		switch d {
		case otherHost:
			cfg.RootCAs.AddCert(s.Certificate())
			cfg.ServerName = "vendor.invalid"
		case expired:
			cfg.RootCAs.AddCert(s.Certificate())
			cfg.Time = func() time.Time { return s.Certificate().NotAfter.Add(time.Hour) }
		}
		_, address, _ := strings.Cut(s.URL, "://")
		return overTLS(r, address, cfg)
	}
}

// muteTLS is a peer that accepts and never shakes hands.
func muteTLS(r *http.Request) (*http.Response, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer l.Close() // connections that wait in its queue end with it
	return overTLS(r, l.Addr().String(), &tls.Config{MinVersion: tls.VersionTLS12})
}

func overTLS(r *http.Request, address string, cfg *tls.Config) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = "https", address, ""
	t := &http.Transport{TLSClientConfig: cfg, DisableKeepAlives: true}
	defer t.CloseIdleConnections()
	return t.RoundTrip(r)
}

// Package certify is the certificates of the example: a simulated Linkhub with Kakao and PASS behind it, the page of both sites on which
// citizens prove who they are, citizens who do, and a few telephones that are in the hands of others.
package certify

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/providers/vendorsim"
)

// Names of the ways to prove oneself, as they stand in labels and forms.
const (
	Kakao = "kakao"
	Pass  = "pass"
)

// Config describes the certificates of one replay. All fields are mandatory.
type Config struct {
	// Phone is all telephones of the citizens. They confirm requests by themselves from now on.
	Phone *vendorsim.Phone
	// Citizens is how many there are, at most people.Most.
	Citizens int
	// Patience is how long a citizen looks at a page that does not come, and waits for his proof.
	Patience time.Duration
	// Direct and Detour are the two sites. Both get their pages here.
	Direct, Detour *web.Site
}

// Certify is the certificates, ready to be replayed. Close it.
type Certify struct {
	config   Config
	vendor   *vendorsim.Barocert
	accounts *accounts
	detour   *detour
	windows  *replay.Windows
	browsers *http.Transport
	read     *reader
	site     [2]string // by replay.Side
	closers  []func() error
}

// New starts the vendor and adds the pages to both sites.
func New(c Config) (*Certify, error) {
	s := &Certify{config: c, windows: new(replay.Windows), browsers: web.NewTransport(), read: newReader()}
	if err := s.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("certify: %w", err), s.Close())
	}
	return s, nil
}

func (s *Certify) start() error {
	var err error
	if s.accounts, err = newAccounts(s.config.Citizens); err != nil {
		return err
	}
	if s.vendor, err = startVendor(s.config.Phone, s.config.Citizens); err != nil {
		return err
	}
	s.closers = append(s.closers, func() error { s.vendor.Close(); return nil })

	// The direct site: one certificate, the client timeout that most sites have, nothing between.
	calls := web.NewTransport()
	s.closers = append(s.closers, idle(calls))
	a, err := newAdapters(s.vendor, &http.Client{Transport: calls, Timeout: 10 * time.Second})
	if err != nil {
		return err
	}
	newPages(s.accounts, newDirect(a.kakao)).mount(s.config.Direct)

	calls = web.NewTransport()
	s.closers = append(s.closers, idle(calls))
	if a, err = newAdapters(s.vendor, &http.Client{Transport: calls}); err != nil {
		return err
	}
	if s.detour, err = newDetour(a, s.windows); err != nil {
		return err
	}
	s.closers = append(s.closers, s.detour.Close)
	newPages(s.accounts, s.detour).mount(s.config.Detour)

	s.site = [2]string{replay.Direct: s.config.Direct.URL(), replay.Detour: s.config.Detour.URL()}
	return nil
}

// Capability is the certificates as the replay wants them.
func (s *Certify) Capability() replay.Capability {
	return replay.Capability{
		Name: "cert",
		Roles: []replay.Role{
			{Name: "cert.primary", Play: playApp(s.vendor, Kakao)},
			{Name: "cert.secondary", Play: playApp(s.vendor, Pass)},
		},
		Sources: []replay.Source{replay.SourceOf(Kakao, s.detour.up[0]), replay.SourceOf(Pass, s.detour.up[1])},
		Breaker: s.detour.up[0].Breaker,
		Windows: s.windows,
		Journey: s.journey,
	}
}

// Close ends the flow, the breakers, then the vendor. It may be called on a half-started one.
func (s *Certify) Close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = nil
	s.browsers.CloseIdleConnections()
	return errors.Join(errs...)
}

func idle(t *http.Transport) func() error {
	return func() error { t.CloseIdleConnections(); return nil }
}

var _ io.Closer = (*Certify)(nil)

// Package signin is the login of the example: two simulated vendors and codes to the telephone, the login pages of both sites, and citizens who want in.
package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/detour-go/detour/examples/outage/notice"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/vendorsim"
)

// Names of the ways to sign in, as they stand in labels, forms and paths.
const (
	Kakao = "kakao"
	Naver = "naver"
	Phone = "phone"
)

// Config describes the login of one replay. All fields are mandatory.
type Config struct {
	Citizens int
	// Linked is the share of citizens who linked a second way in good times: all of these a telephone number, four of five also their Naver
	// account. Everybody has a Kakao account.
	Linked float64
	// Phone is all telephones of the citizens; SendCode brings codes there, and CodeSources is who may do so.
	Phone       *vendorsim.Phone
	SendCode    func(context.Context, message.Message) error
	CodeSources []replay.Source
	// Codes is the chain behind SendCode.
	Codes fallback.Inspectable
	// Patience is how long a citizen looks at a page that does not come before he goes back.
	Patience time.Duration
	// Direct and Detour are the two sites. Both get their login pages here.
	Direct, Detour *web.Site
}

// SignIn is the login, ready to be replayed. Close it.
type SignIn struct {
	config   Config
	vendors  *vendors
	accounts accounts
	guards   *guards
	flow     *loginFlow
	windows  *replay.Windows
	browsers *http.Transport
	read     *reader
	site     [2]string // login page, by replay.Side
	closers  web.Closers
}

// New starts the vendors and adds the pages to both sites.
func New(c Config) (*SignIn, error) {
	s := &SignIn{config: c, windows: new(replay.Windows), read: newReader(), accounts: newAccounts(c.Citizens, c.Linked)}
	s.browsers = s.closers.Transport()
	if err := s.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("signin: %w", err), s.Close())
	}
	return s, nil
}

func (s *SignIn) start() error {
	v, err := startVendors(s.config.Citizens, s.config.Direct.URL(), s.config.Detour.URL())
	if err != nil {
		return err
	}
	s.vendors = v
	s.closers.Add(v.Close)

	// The direct site: one vendor, the client timeout that most sites have, nothing between.
	direct, err := v.providers(s.config.Direct.URL(), s.closers.Client(web.DirectTimeout))
	if err != nil {
		return err
	}
	newPages(s.accounts, nil, newDirect(direct.kakao)).mount(s.config.Direct)

	detour, err := v.providers(s.config.Detour.URL(), s.closers.Client(0))
	if err != nil {
		return err
	}
	flow, err := newDetour(detour, s.config.SendCode, s.config.Codes, s.windows)
	if err != nil {
		return err
	}
	s.guards, s.flow = flow.guards, flow.flow
	s.closers.Add(flow.Close)
	phones, err := s.accounts.linkPhones(s.config.Citizens, s.config.Linked, flow.phone.Subject)
	if err != nil {
		return err
	}
	newPages(s.accounts, phones, flow).mount(s.config.Detour)

	s.site = [2]string{replay.Direct: s.config.Direct.URL(), replay.Detour: s.config.Detour.URL()}
	return nil
}

// Capability is the login as the replay wants it.
func (s *SignIn) Capability() replay.Capability {
	return replay.Capability{
		Name:    "login",
		Roles:   s.vendors.roles(),
		Sources: []replay.Source{{Name: Kakao, Fate: []string{"Kakao"}}, {Name: Naver, Fate: []string{"NAVER"}}, {Name: Phone, Fate: common(s.config.CodeSources)}},
		Parts:   []fallback.Inspectable{s.flow},
		Breaker: s.guards.kakao,
		Windows: s.windows,
		Journey: s.journey,
		Ways:    func(ctx context.Context) []notice.Way { return notice.Offers(s.flow.Offers(ctx)) },
		Words:   words(),
	}
}

// common is what all of them die with: each alone is enough.
func common(sources []replay.Source) []string {
	var fate []string
	for i, s := range sources {
		if i == 0 {
			fate = slices.Clone(s.Fate)
			continue
		}
		fate = slices.DeleteFunc(fate, func(one string) bool { return !slices.Contains(s.Fate, one) })
	}
	return fate
}

// Close ends the breakers, then the vendors. It may be called on a half-started one.
func (s *SignIn) Close() error { return s.closers.Close() }

var _ io.Closer = (*SignIn)(nil)

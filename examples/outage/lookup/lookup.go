// Package lookup is the address field of the example's forms: two simulated address vendors, the look-up of both sites, and citizens who
// fill a form in.
package lookup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/notice"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/sim"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
	"github.com/detour-go/detour/providers/address/jusoaddress"
	"github.com/detour-go/detour/providers/address/kakaoaddress"
	"github.com/detour-go/detour/providers/vendorsim"
)

// Names of the sources, as they stand in labels.
const (
	Kakao = "kakao"
	Juso  = "juso"
)

const (
	kakaoKey = "0123456789abcdef0123456789abcdef"
	jusoKey  = "TESTJUSOGOKR"
	// fresh is short: with longer times hardly anything of a replay would be asked live, and only memory would be tested.
	fresh = time.Second
	// stale is long: an address of last month is still that address.
	stale = 31 * 24 * time.Hour
	// within bounds one ask: two vendors that hang fit into the patience of somebody at a form.
	within = 2 * time.Second
)

// Config describes the address field of one replay. All fields are mandatory.
type Config struct {
	// Direct and Detour are the two sites. Both get their look-up here.
	Direct, Detour *web.Site
}

// Lookup is the address field, ready to be replayed. Close it.
type Lookup struct {
	homes    []vendorsim.SimAddress
	kakao    *vendorsim.KakaoLocal
	juso     *vendorsim.Juso
	guards   []*breaker.Breaker // of kakao, juso
	sources  []replay.Source
	search   *searchChain
	windows  *replay.Windows
	browsers *http.Transport
	site     [2]string // by replay.Side
	closers  web.Closers
}

// New starts the vendors and adds the look-up to both sites.
func New(c Config) (*Lookup, error) {
	l := &Lookup{homes: homes(), windows: new(replay.Windows)}
	l.browsers = l.closers.Transport()
	if err := l.start(c); err != nil {
		return nil, errors.Join(fmt.Errorf("lookup: %w", err), l.Close())
	}
	return l, nil
}

func (l *Lookup) start(c Config) error {
	var err error
	if l.kakao, err = vendorsim.StartKakaoLocal(vendorsim.KakaoLocalConfig{Key: kakaoKey, Addresses: l.homes}); err != nil {
		return err
	}
	l.closers.AddQuiet(l.kakao.Close)
	if l.juso, err = vendorsim.StartJuso(vendorsim.JusoConfig{Key: jusoKey, Addresses: l.homes}); err != nil {
		return err
	}
	l.closers.AddQuiet(l.juso.Close)

	// The direct site: one vendor, the client timeout that most sites have, nothing between.
	primary, err := l.primary(l.closers.Client(web.DirectTimeout))
	if err != nil {
		return err
	}
	c.Direct.Handle("POST /address", directSearch(primary))

	if l.search, err = l.chain(l.closers.Client(0)); err != nil {
		return err
	}
	l.closers.Add(l.search.Close)
	c.Detour.Handle("POST /address", l.detourSearch(l.search))

	l.site = [2]string{replay.Direct: c.Direct.URL(), replay.Detour: c.Detour.URL()}
	return nil
}

func (l *Lookup) primary(client *http.Client) (*kakaoaddress.Provider, error) {
	return kakaoaddress.New(kakaoaddress.Config{Key: providers.NewSecret(kakaoKey), BaseURL: l.kakao.URL(), AllowLoopbackHTTP: true, HTTP: client})
}

type searchChain = fallback.Chain[address.Query, address.Page]

// chain is what the Detour site asks: Kakao, then juso, then what it was told by juso before. Kakao's terms let nobody keep its answers.
func (l *Lookup) chain(client *http.Client) (*searchChain, error) {
	kakao, err := l.primary(client)
	if err != nil {
		return nil, err
	}
	juso, err := jusoaddress.New(jusoaddress.Config{Key: providers.NewSecret(jusoKey), BaseURL: l.juso.URL(), AllowLoopbackHTTP: true, HTTP: client})
	if err != nil {
		return nil, err
	}
	first, err := l.source(Kakao, kakao.Search, kakaoaddress.Retention, "Kakao Corp.", "Kakao")
	if err != nil {
		return nil, err
	}
	second, err := l.source(Juso, juso.Search, jusoaddress.Retention, "Ministry of the Interior and Safety", "Ministry of the Interior and Safety")
	if err != nil {
		return nil, err
	}
	second.Retry.Max = 1 // behind it is only memory, which does not know who was never asked about
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	key, err := address.KeyFunc(secret)
	if err != nil {
		return nil, err
	}
	return fallback.New(fallback.Config[address.Query, address.Page]{
		Name:    "address",
		Sources: []fallback.Source[address.Query, address.Page]{first, second},
		Valid:   address.Query.Validate, Answers: address.Page.Answers, Next: address.Next,
		Memory: &fallback.Memory[address.Query, address.Page]{Key: key, Codec: address.Codec{}, Fresh: fresh, Stale: stale},
	})
}

// source guards one vendor. Its probe is the address of the city hall.
func (l *Lookup) source(name string, ask func(context.Context, address.Query) (address.Page, error), keep time.Duration, company, fate string) (fallback.Source[address.Query, address.Page], error) {
	guard, err := breaker.New(breaker.Config{Name: name, Probe: func(ctx context.Context) error {
		q := question(l.homes[0].RoadAddress())
		page, err := ask(ctx, q)
		if err != nil {
			return err
		}
		return page.Answers(q)
	}})
	if err != nil {
		return fallback.Source[address.Query, address.Page]{}, err
	}
	l.guards = append(l.guards, guard)
	l.closers.Add(guard.Close)
	up := &fallback.Upstream{Name: name + " address", Breaker: guard, Fate: []string{fate}, Recipient: fallback.Recipient{Company: company, Country: "KR"}}
	l.sources = append(l.sources, replay.SourceOf(name, up))
	s := fallback.From(name, ask, up)
	s.Timeout, s.Retention = within, fallback.Retention(keep)
	return s, nil
}

// Capability is the address field as the replay wants it.
func (l *Lookup) Capability() replay.Capability {
	return replay.Capability{
		Name: "address",
		Roles: []replay.Role{
			{Name: "address.primary", Play: sim.Play(l.kakao, "-603", "address")},
			{Name: "address.secondary", Play: sim.Play(l.juso, "-999", "search")},
		},
		Sources: l.sources,
		Parts:   []fallback.Inspectable{l.search},
		Breaker: l.guards[0],
		Windows: l.windows,
		Journey: l.journey,
		Ways: func(context.Context) []notice.Way {
			return []notice.Way{notice.Guarded(Kakao, l.guards[0]), notice.Guarded(Juso, l.guards[1])}
		},
		Words: words(),
	}
}

func words() notice.Words {
	return notice.Words{
		Out:    notice.Text{KO: "{name} 주소 검색이 {since}되지 않습니다.", EN: "Address search by {name} has not been working{since}."},
		Use:    notice.Text{KO: "{list} 자료로 찾아 드리니 평소처럼 입력하시면 됩니다.", EN: "We search the records of {list} instead: go on as usual."},
		None:   notice.Text{KO: "주소를 직접 입력해 주세요. 접수한 뒤 저희가 확인하겠습니다.", EN: "Please type your address in: we check it after you have sent the form."},
		Names:  map[string]notice.Text{Kakao: {KO: "카카오", EN: "Kakao"}, Juso: {KO: "행정안전부", EN: "the Ministry of the Interior and Safety"}},
		Chosen: true,
	}
}

// Close ends the chain, the breakers, then the vendors. It may be called on a half-started one.
func (l *Lookup) Close() error { return l.closers.Close() }

var _ io.Closer = (*Lookup)(nil)

// Package identify is the proof of identity of the example: the certificates of Kakao and of the mobile carriers, the pages of both sites,
// citizens who confirm on their telephones, and impostors who try to.
package identify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/notice"
	"github.com/detour-go/detour/examples/outage/people"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/vendorsim"
)

// Names of the certificates, as they stand in labels and forms.
const (
	Kakao = "kakao"
	Pass  = "pass"
)

// Config describes the certificates of one replay. All fields are mandatory.
type Config struct {
	Citizens int
	// Phone is all telephones of the citizens. Who confirms there, does so after a moment.
	Phone *vendorsim.Phone
	// Direct and Detour are the two sites. Both get their pages here.
	Direct, Detour *web.Site
}

// Identify is the certificates, ready to be replayed. Close it.
type Identify struct {
	citizens int
	vendor   *vendorsim.Barocert
	guards   []*breaker.Breaker // of kakao, pass
	flow     *certFlow
	sources  []replay.Source
	windows  *replay.Windows
	browsers *http.Transport
	button   *regexp.Regexp
	site     [2]string // by replay.Side
	closers  web.Closers
}

// New starts the vendor and adds the pages to both sites.
func New(c Config) (*Identify, error) {
	i := &Identify{citizens: c.Citizens, windows: new(replay.Windows), button: regexp.MustCompile(`<button name="with" value="([a-z]+)"`)}
	if c.Citizens+victims >= people.Most {
		return nil, fmt.Errorf("identify: %d citizens are more than there are", c.Citizens)
	}
	i.browsers = i.closers.Transport()
	if err := i.start(c); err != nil {
		return nil, errors.Join(fmt.Errorf("identify: %w", err), i.Close())
	}
	return i, nil
}

func (i *Identify) start(c Config) error {
	var err error
	if i.vendor, err = startVendor(c.Phone, c.Citizens); err != nil {
		return err
	}
	i.closers.AddQuiet(i.vendor.Close)

	// The direct site: one certificate, the client timeout that most sites have, nothing between.
	a, err := newAdapters(i.vendor, i.closers.Client(web.DirectTimeout))
	if err != nil {
		return err
	}
	newPages(newDirect(a.kakao)).mount(c.Direct)

	if a, err = newAdapters(i.vendor, i.closers.Client(0)); err != nil {
		return err
	}
	flow, err := newDetour(a, i.windows)
	if err != nil {
		return err
	}
	i.closers.Add(flow.Close)
	i.guards, i.sources, i.flow = flow.guards, flow.sources, flow.flow
	newPages(flow).mount(c.Detour)

	i.site = [2]string{replay.Direct: c.Direct.URL(), replay.Detour: c.Detour.URL()}
	return nil
}

// Capability is the certificates as the replay wants them.
func (i *Identify) Capability() replay.Capability {
	return replay.Capability{
		Name:    "cert",
		Roles:   rolesOf(i.vendor),
		Sources: i.sources,
		Parts:   []fallback.Inspectable{i.flow},
		Breaker: i.guards[0],
		Windows: i.windows,
		Journey: i.journey,
		Ways:    func(ctx context.Context) []notice.Way { return notice.Offers(i.flow.Offers(ctx)) },
		Words:   words(),
	}
}

func words() notice.Words {
	return notice.Words{
		Out:   notice.Text{KO: "{name} 인증서를 {since}사용할 수 없습니다.", EN: "The {name} certificate has not been working{since}."},
		Use:   notice.Text{KO: "대신 {list} 인증서를 이용해 주세요.", EN: "Please use the {list} certificate instead."},
		None:  notice.Text{KO: "지금은 온라인으로 본인확인을 할 수 없습니다. 급하시면 " + callCenter + "(으)로 전화해 주세요.", EN: "Your identity cannot be confirmed online now. If it is urgent, please call " + callCenter + "."},
		Names: map[string]notice.Text{Kakao: {KO: "카카오", EN: "Kakao"}, Pass: {KO: "PASS", EN: "PASS"}},
	}
}

// Close ends the breakers, then the vendor. It may be called on a half-started one.
func (i *Identify) Close() error { return i.closers.Close() }

var _ io.Closer = (*Identify)(nil)

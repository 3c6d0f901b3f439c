// Package notify is the messages of the example: simulated vendors of AlimTalk and SMS with the telephones of the citizens, the receipt
// that both sites send for what was handed in, and citizens who wait for it.
package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/detour-go/detour/examples/outage/notice"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/sim"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/vendorsim"
)

// Config describes the messages of one replay. All fields are mandatory.
type Config struct {
	// Phone is all telephones of the citizens.
	Phone *vendorsim.Phone
	// Direct and Detour are the two sites. Both get the page here on which something is handed in.
	Direct, Detour *web.Site
}

// Notify is the messages, ready to be replayed. Close it.
type Notify struct {
	phone    *vendorsim.Phone
	vendors  *vendors
	ways     *ways
	chain    *messageChain
	code     *messageChain
	windows  *replay.Windows
	browsers *http.Transport
	site     [2]string // by replay.Side
	closers  web.Closers
}

// New starts the vendors and adds the page to both sites.
func New(c Config) (*Notify, error) {
	n := &Notify{phone: c.Phone, windows: new(replay.Windows)}
	n.browsers = n.closers.Transport()
	if err := n.start(c); err != nil {
		return nil, errors.Join(fmt.Errorf("notify: %w", err), n.Close())
	}
	return n, nil
}

func (n *Notify) start(c Config) error {
	var err error
	if n.vendors, err = startVendors(c.Phone); err != nil {
		return err
	}
	n.closers.AddQuiet(n.vendors.close)

	// The direct site: AlimTalk through one vendor, the client timeout that most sites have. What the vendor took counts as sent.
	a, err := n.vendors.adapters(n.closers.Client(web.DirectTimeout))
	if err != nil {
		return err
	}
	c.Direct.Handle("POST /receipt", directSend(a.talk))

	if a, err = n.vendors.adapters(n.closers.Client(0)); err != nil {
		return err
	}
	if n.ways, err = newWays(a); err != nil {
		return err
	}
	n.closers.Add(n.ways.Close)
	if n.chain, err = n.ways.receipts(); err != nil {
		return err
	}
	n.closers.Add(n.chain.Close)
	if n.code, err = n.ways.codes(); err != nil {
		return err
	}
	n.closers.Add(n.code.Close)
	c.Detour.Handle("POST /receipt", n.detourSend(n.chain))

	n.site = [2]string{replay.Direct: c.Direct.URL(), replay.Detour: c.Detour.URL()}
	return nil
}

// SendCode sends a code by SMS, through the vendors and breakers of the receipts.
func (n *Notify) SendCode(ctx context.Context, m message.Message) error {
	_, err := n.code.Do(ctx, m)
	return err
}

// Codes is the chain by which they go.
func (n *Notify) Codes() fallback.Inspectable { return n.code }

// CodeSources are those by which codes go.
func (n *Notify) CodeSources() []replay.Source { return n.ways.sources()[1:] }

// Capability is the messages as the replay wants them.
func (n *Notify) Capability() replay.Capability {
	return replay.Capability{
		Name: "message",
		Roles: []replay.Role{
			{Name: "message.primary", Play: n.vendors.playTalk()},
			{Name: "message.secondary", Play: sim.Play(n.vendors.sms, "1024", "send_many")},
		},
		Sources:    n.ways.sources(),
		Parts:      []fallback.Inspectable{n.chain, n.code},
		Breaker:    n.ways.guards[0],
		Windows:    n.windows,
		Journey:    n.journey,
		Duplicates: n.duplicates,
		Ways: func(context.Context) []notice.Way {
			all := make([]notice.Way, len(n.ways.all))
			for i, s := range n.ways.all {
				all[i] = notice.Guarded(s.Name, n.ways.guards[i])
			}
			return all
		},
		Words: words(),
	}
}

func words() notice.Words {
	return notice.Words{
		Out:    notice.Text{KO: "{name}을(를) {since}보내지 못하고 있습니다.", EN: "We have not been able to deliver {name}{since}."},
		Use:    notice.Text{KO: "같은 내용을 {list}(으)로 보내 드립니다.", EN: "We send you the same content as {list} instead."},
		None:   notice.Text{KO: "접수 결과는 이 누리집에서 확인해 주세요.", EN: "Please look for your receipt on this site."},
		Names:  map[string]notice.Text{AlimTalk: {KO: "카카오톡 알림톡", EN: "KakaoTalk notices"}, SMS: {KO: "문자 메시지", EN: "text messages"}, OtherSMS: {KO: "문자 메시지", EN: "text messages"}},
		Chosen: true,
	}
}

// duplicates are the receipts that reached a telephone more than once, by replay.Side.
func (n *Notify) duplicates() (twice [2]int) {
	for _, key := range n.phone.Repeated() {
		for _, side := range []replay.Side{replay.Direct, replay.Detour} {
			if strings.HasPrefix(key, prefix(side)) {
				twice[side]++
			}
		}
	}
	return twice
}

// prefix begins the keys of a site's receipts: the telephones are the same for both.
func prefix(side replay.Side) string { return "receipt-" + side.String() + "-" }

// Close ends the chains, the breakers, then the vendors. It may be called on a half-started one.
func (n *Notify) Close() error { return n.closers.Close() }

var _ io.Closer = (*Notify)(nil)

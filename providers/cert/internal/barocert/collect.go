package barocert

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
)

// The states of a request. Only complete is confirmed by a manual of the
// vendor; the others are those that integrators report. A state that is not
// here is a fault: nobody knows what it means.
const (
	waiting  = 0
	complete = 1
	expired  = 2
	rejected = 3
	failed   = 4
)

var (
	errState   = errors.New("unknown state")
	errOther   = errors.New("the answer is about another request")
	errUnready = errors.New("verified, but not complete")
	errNothing = errors.New("no signature in the answer")
)

// late is how long a request that should have ended may still say that it waits:
// the vendor's clock is not ours.
const late = 30 * time.Second

// korea is the zone of the vendor's dates; it has had no summer time since 1988.
func korea() *time.Location { return time.FixedZone("KST", 9*60*60) }

// Collect asks for the state and, when the request is complete, verifies it, once.
func (c *Client) Collect(ctx context.Context, r cert.Reply) (cert.Proof, error) {
	t := r.Ticket
	who := !c.cfg.VerifyWho || t.Phone != "" && t.Name != ""
	if t.Provider != c.cfg.Provider || !receipt.MatchString(t.ID) || t.Token.IsZero() || !who {
		e := c.api.Fail("status", providers.Denied, "", cert.ErrTicket)
		e.Unsent = true
		return cert.Proof{}, e
	}
	at, err := c.status(ctx, t)
	if err != nil {
		return cert.Proof{}, err
	}
	if !c.spent.take(t.ID) {
		return cert.Proof{}, c.api.Fail("verify", providers.Denied, "", cert.ErrSpent)
	}
	proof, err := c.verify(ctx, t)
	if err != nil {
		// A fault may be asked again: the status is looked at first, and a vendor
		// that had verified it says so there or refuses. Everything else is the end.
		if !errors.Is(err, providers.Denied) {
			c.spent.give(t.ID)
		}
		return cert.Proof{}, err
	}
	proof.At = at
	return proof, nil
}

// status returns when the citizen confirmed, or why there is nothing to verify.
func (c *Client) status(ctx context.Context, t cert.Ticket) (time.Time, error) {
	const op = "status"
	var got struct {
		ReceiptID  string `json:"receiptID"`
		ClientCode string `json:"clientCode"`
		State      *int   `json:"state"`
		CompleteDT string `json:"completeDT"`
		VerifyDT   string `json:"verifyDT"`
	}
	if err := c.get(ctx, op, c.path("Identity", c.cfg.ClientCode, t.ID), &got); err != nil {
		return time.Time{}, c.over(t, err)
	}
	deny := func(why error) (time.Time, error) {
		return time.Time{}, c.api.Fail(op, providers.Denied, "", why)
	}
	switch {
	case got.State == nil:
		return time.Time{}, c.api.Fail(op, providers.Unavailable, "", errState)
	case got.ReceiptID != t.ID || got.ClientCode != "" && got.ClientCode != c.cfg.ClientCode:
		return time.Time{}, c.api.Fail(op, providers.Unavailable, "", errOther)
	}
	switch *got.State {
	case complete:
		if got.VerifyDT != "" {
			return deny(cert.ErrSpent)
		}
		if at, err := time.ParseInLocation("20060102150405", got.CompleteDT, korea()); err == nil {
			return at, nil
		}
		return time.Now().Round(0), nil
	case waiting:
		if !t.Expires.IsZero() && time.Now().After(t.Expires.Add(late)) {
			return deny(cert.ErrExpired)
		}
		return deny(cert.ErrPending)
	case expired:
		return deny(cert.ErrExpired)
	case rejected:
		return deny(cert.ErrRejected)
	case failed:
		return deny(cert.ErrFailed)
	}
	return time.Time{}, c.api.Fail(op, providers.Unavailable, "", errState)
}

// over tells a no about a request whose time is over as what it is: which code says
// so is published nowhere.
func (c *Client) over(t cert.Ticket, err error) error {
	var e *providers.Error
	if !errors.As(err, &e) || e.Kind != providers.Denied || t.Expires.IsZero() || time.Now().Before(t.Expires) {
		return err
	}
	is := *e
	is.Err = cert.ErrExpired
	return &is
}

// result is the answer of verify.
type result struct {
	ReceiptID  string `json:"receiptID"`
	State      *int   `json:"state"`
	SignedData string `json:"signedData"`
	CI         string `json:"ci"`
	Name       string `json:"receiverName"`
	Year       string `json:"receiverYear"`
	Day        string `json:"receiverDay"`
	HP         string `json:"receiverHP"`
	Gender     string `json:"receiverGender"`
}

func (c *Client) verify(ctx context.Context, t cert.Ticket) (cert.Proof, error) {
	const op = "verify"
	var body any
	if c.cfg.VerifyWho {
		hp, err := c.key.seal(t.Phone)
		if err != nil {
			return cert.Proof{}, c.api.Fail(op, providers.Unavailable, "", err)
		}
		name, err := c.key.seal(t.Name)
		if err != nil {
			return cert.Proof{}, c.api.Fail(op, providers.Unavailable, "", err)
		}
		body = map[string]string{"receiverHP": hp, "receiverName": name}
	}
	path := c.path("Identity", "Verify", c.cfg.ClientCode, t.ID)
	if c.cfg.OldVerify {
		path = c.path("Identity", c.cfg.ClientCode, t.ID)
	}
	var got result
	if err := c.post(ctx, op, path, body, &got); err != nil {
		return cert.Proof{}, err
	}
	switch {
	case got.ReceiptID != t.ID:
		return cert.Proof{}, c.api.Fail(op, providers.Unavailable, "", errOther)
	case got.State == nil || *got.State != complete:
		return cert.Proof{}, c.api.Fail(op, providers.Unavailable, "", errUnready)
	case got.SignedData == "":
		return cert.Proof{}, c.api.Fail(op, providers.Unavailable, "", errNothing)
	case !signs(got.SignedData, t.Token.Reveal()):
		return cert.Proof{}, c.api.Fail(op, providers.Denied, "", cert.ErrToken)
	}
	if err := c.open(&got); err != nil {
		return cert.Proof{}, c.api.Fail(op, providers.Refused, "", err)
	}
	return cert.Proof{
		Name: strings.TrimSpace(got.Name), Birthday: birthday(got.Year, got.Day), Gender: gender(got.Gender),
		Phone: digits(got.HP), CI: providers.NewSecret(got.CI), Signed: got.SignedData,
	}, nil
}

// Watch asks for a session token, when none is kept, and for the state of a
// request that cannot exist: a well-formed no is what a service that is alive says.
func (c *Client) Watch(ctx context.Context) error {
	var got struct {
		State *int `json:"state"`
	}
	err := c.get(ctx, "watch", c.path("Identity", c.cfg.ClientCode, nobody), &got)
	if errors.Is(err, providers.Denied) || errors.Is(err, providers.NotFound) || errors.Is(err, providers.Invalid) {
		return nil
	}
	if err == nil && got.State == nil {
		return c.api.Fail("watch", providers.Unavailable, "", errState)
	}
	return err
}

// nobody is the receipt of no request.
const nobody = "00000000000000000000000000000000"

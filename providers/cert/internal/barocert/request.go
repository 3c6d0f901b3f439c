package barocert

import (
	"context"
	"crypto/rand"
	"errors"
	"regexp"
	"time"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
)

var receipt = regexp.MustCompile(`^[0-9]{32}$`)

// maxScheme bounds what an app link may have.
const maxScheme = 2048

var errReceipt = errors.New("no receipt in the answer")

// order is the body of a request. What is personal is sealed.
type order struct {
	ReceiverHP       string `json:"receiverHP"`
	ReceiverName     string `json:"receiverName"`
	ReceiverBirthday string `json:"receiverBirthday"`
	ReqTitle         string `json:"reqTitle"`
	ExtraMessage     string `json:"extraMessage,omitempty"`
	ReqMessage       string `json:"reqMessage,omitempty"`
	CallCenterNum    string `json:"callCenterNum,omitempty"`
	ExpireIn         int    `json:"expireIn"`
	Token            string `json:"token"`
	UserAgreementYN  *bool  `json:"userAgreementYN,omitempty"`
	ReceiverInfoYN   *bool  `json:"receiverInfoYN,omitempty"`
	AppUseYN         bool   `json:"appUseYN"`
}

// Request asks for an identity certificate, once.
func (c *Client) Request(ctx context.Context, s cert.Subject) (cert.Ticket, error) {
	const op = "request"
	if err := s.Validate(); err != nil {
		return cert.Ticket{}, err
	}
	token := rand.Text() // 130 bits; the vendor takes 40 characters
	begun := time.Now()
	wait, ends := c.cfg.lasts(begun)
	body, err := c.order(s, token, wait)
	if err != nil {
		return cert.Ticket{}, c.api.Fail(op, providers.Unavailable, "", err)
	}
	var got struct {
		ReceiptID string `json:"receiptID"`
		Scheme    string `json:"scheme"`
	}
	if err := c.post(ctx, op, c.path("Identity", c.cfg.ClientCode), body, &got); err != nil {
		return cert.Ticket{}, err
	}
	if !receipt.MatchString(got.ReceiptID) || len(got.Scheme) > maxScheme {
		return cert.Ticket{}, c.api.Fail(op, providers.Unavailable, "", errReceipt)
	}
	t := cert.Ticket{
		Provider: c.cfg.Provider, ID: got.ReceiptID, Scheme: got.Scheme,
		Expires: ends.Round(0), Token: providers.NewSecret(token),
	}
	if c.cfg.VerifyWho {
		t.Phone, t.Name = s.Phone, s.Name
	}
	return t, nil
}

// lasts is how long a request made now waits, and when it ends: with the day, where
// the vendor tells nothing about it the next day, so that nobody confirms what
// nobody can collect.
func (cfg Config) lasts(now time.Time) (wait time.Duration, ends time.Time) {
	ends = now.Add(cfg.ExpireIn)
	if cfg.SameDay {
		at := now.In(korea())
		if midnight := time.Date(at.Year(), at.Month(), at.Day(), 23, 59, 59, 0, korea()); midnight.Before(ends) {
			ends = midnight
		}
	}
	return max(ends.Sub(now).Truncate(time.Second), minExpireIn), ends
}

func (c *Client) order(s cert.Subject, token string, wait time.Duration) (order, error) {
	o := order{ReqTitle: s.Title, CallCenterNum: c.cfg.CallCenter, ExpireIn: int(wait / time.Second)}
	message := &o.ExtraMessage
	if c.cfg.VerifyWho { // PASS names it otherwise, and asks whether it may tell who it is
		yes := true
		message, o.UserAgreementYN, o.ReceiverInfoYN = &o.ReqMessage, &yes, &yes
	}
	for _, f := range []struct {
		into *string
		text string
	}{
		{&o.ReceiverHP, s.Phone}, {&o.ReceiverName, s.Name}, {&o.ReceiverBirthday, s.Birthday}, {&o.Token, token}, {message, s.Purpose},
	} {
		if f.text == "" {
			continue
		}
		var err error
		if *f.into, err = c.key.seal(f.text); err != nil {
			return order{}, err
		}
	}
	return o, nil
}

// path joins what was checked to be words and digits.
func (c *Client) path(parts ...string) string {
	p := "/" + c.cfg.Service
	for _, part := range parts {
		p += "/" + part
	}
	return p
}

package messagetest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/messagetest"
)

const secret = "CANARY-api-secret"

// harness puts wrap around a reference.
func harness(alimtalk bool, wrap func(*messagetest.Reference) message.Sender) messagetest.Harness {
	return messagetest.Harness{Open: func() (*messagetest.Site, error) {
		r := messagetest.NewReference()
		if alimtalk {
			r = messagetest.NewAlimTalkReference()
		}
		return &messagetest.Site{
			Sender: wrap(r), Be: r.Be, Inbox: r.Inbox, Asked: r.Asked, Secrets: []string{secret},
			Message: func(key, to string) message.Message {
				m := message.Message{Key: key, To: to, Text: "[Site] 인증번호 " + key}
				if alimtalk {
					m.Template = "code"
				}
				return m
			},
		}, nil
	}}
}

func TestReferenceKeepsEveryRule(t *testing.T) {
	for _, alimtalk := range []bool{false, true} {
		messagetest.Run(t, harness(alimtalk, func(r *messagetest.Reference) message.Sender { return r }))
	}
}

// recorder is a T that only writes down.
type recorder struct{ broken, kept []string }

func (r *recorder) Helper()                    {}
func (r *recorder) Logf(f string, args ...any) { r.kept = append(r.kept, fmt.Sprintf(f, args...)) }
func (r *recorder) Errorf(f string, args ...any) {
	r.broken = append(r.broken, fmt.Sprintf(f, args...))
}

func TestOptionalAbilitiesAreNamed(t *testing.T) {
	var rec recorder
	messagetest.Run(&rec, harness(false, func(r *messagetest.Reference) message.Sender { return only{r} }))
	assert.Empty(t, rec.broken)
	all := strings.Join(rec.kept, "\n")
	for _, want := range []string{"no message.Tracker", "no message.Finder", "no message.Watcher"} {
		assert.Contains(t, all, want)
	}
}

// only is a sender that can nothing else.
type only struct{ r *messagetest.Reference }

func (o only) Send(ctx context.Context, m message.Message) (message.Receipt, error) {
	return o.r.Send(ctx, m)
}

// bad breaks one thing and leaves the rest to the reference.
type bad struct {
	*messagetest.Reference
	send   func(*messagetest.Reference, context.Context, message.Message) (message.Receipt, error)
	status func(*messagetest.Reference, context.Context, message.Receipt) (message.Delivery, error)
	find   func(*messagetest.Reference, context.Context, message.Message) (message.Receipt, bool, error)
	watch  func(*messagetest.Reference, context.Context) error
}

func (b bad) Send(ctx context.Context, m message.Message) (message.Receipt, error) {
	if b.send != nil {
		return b.send(b.Reference, ctx, m)
	}
	return b.Reference.Send(ctx, m)
}

func (b bad) Status(ctx context.Context, r message.Receipt) (message.Delivery, error) {
	if b.status != nil {
		return b.status(b.Reference, ctx, r)
	}
	return b.Reference.Status(ctx, r)
}

func (b bad) Find(ctx context.Context, m message.Message) (message.Receipt, bool, error) {
	if b.find != nil {
		return b.find(b.Reference, ctx, m)
	}
	return b.Reference.Find(ctx, m)
}

func (b bad) Watch(ctx context.Context) error {
	if b.watch != nil {
		return b.watch(b.Reference, ctx)
	}
	return b.Reference.Watch(ctx)
}

type (
	ref     = *messagetest.Reference
	msg     = message.Message
	rcpt    = message.Receipt
	ctxt    = context.Context
	sending = func(ref, ctxt, msg) (rcpt, error)
)

// receipts spoils what a good Send gives.
func receipts(change func(*rcpt)) sending {
	return func(r ref, ctx ctxt, m msg) (rcpt, error) {
		got, err := r.Send(ctx, m)
		if err == nil {
			change(&got)
		}
		return got, err
	}
}

// failures spoils the error of a good Send.
func failures(change func(*providers.Error)) sending {
	return func(r ref, ctx ctxt, m msg) (rcpt, error) {
		got, err := r.Send(ctx, m)
		var e *providers.Error
		if errors.As(err, &e) {
			change(e)
		}
		return got, err
	}
}

func TestBadSendersFailTheRuleTheyBreak(t *testing.T) {
	rows := map[string]struct {
		bad   bad
		rules []string
	}{
		"sends twice": {bad{send: func(r ref, ctx ctxt, m msg) (rcpt, error) {
			_, _ = r.Send(ctx, m)
			return r.Send(ctx, m)
		}}, []string{"arrives", "one request"}},
		"retries what got lost": {bad{send: func(r ref, ctx ctxt, m msg) (rcpt, error) {
			got, err := r.Send(ctx, m)
			if err != nil && m.Validate() == nil && ctx.Err() == nil {
				return r.Send(ctx, m)
			}
			return got, err
		}}, []string{"F77 lost answer", "refused at intake"}},
		"sends another text": {bad{send: func(r ref, ctx ctxt, m msg) (rcpt, error) {
			m.Text = strings.TrimSuffix(m.Text, m.Text[len(m.Text)-1:])
			return r.Send(ctx, m)
		}}, []string{"arrives"}},
		"sends to one phone": {bad{send: func(r ref, ctx ctxt, m msg) (rcpt, error) {
			if m.Validate() == nil {
				m.To = "01012345678"
			}
			return r.Send(ctx, m)
		}}, []string{"arrives"}},
		"says delivered at once": {bad{send: receipts(func(r *rcpt) { r.State = message.Delivered })}, []string{"accepted is not delivered"}},
		"trusts acceptance": {bad{status: func(r ref, ctx ctxt, of rcpt) (message.Delivery, error) {
			d, err := r.Status(ctx, of)
			if err == nil {
				d.State = message.Delivered
			}
			return d, err
		}}, []string{"accepted is not delivered", "F76 failed"}},
		"knows no delivery": {bad{status: func(r ref, ctx ctxt, of rcpt) (message.Delivery, error) {
			d, err := r.Status(ctx, of)
			if err == nil {
				d.State = message.Pending
			}
			return d, err
		}}, []string{"delivered", "F76 failed"}},
		"forgets the key":     {bad{send: receipts(func(r *rcpt) { r.Key = "" })}, []string{"receipt", "arrives"}},
		"has one id for all":  {bad{send: receipts(func(r *rcpt) { r.ID = "M000001" })}, []string{"receipt", "concurrent"}},
		"has no id":           {bad{send: receipts(func(r *rcpt) { r.ID = "" })}, []string{"arrives"}},
		"has no time":         {bad{send: receipts(func(r *rcpt) { r.At = time.Time{} })}, []string{"receipt"}},
		"names no channel":    {bad{send: receipts(func(r *rcpt) { r.Channel = 0 })}, []string{"arrives"}},
		"knows only SMS":      {bad{send: receipts(func(r *rcpt) { r.Channel = message.SMS })}, []string{"bytes"}},
		"says never not sent": {bad{send: failures(func(e *providers.Error) { e.Unsent = false })}, []string{"refused at intake"}},
		"says always not sent": {bad{send: failures(func(e *providers.Error) {
			e.Unsent = true
		})}, []string{"F77 lost answer"}},
		"calls an outage invalid": {bad{send: failures(func(e *providers.Error) { e.Kind = providers.Invalid })}, []string{"down", "F77 lost answer"}},
		"takes a refusal for a success": {bad{send: func(r ref, ctx ctxt, m msg) (rcpt, error) {
			got, err := r.Send(ctx, m)
			if errors.Is(err, providers.Refused) {
				return rcpt{Provider: "reference", ID: "M1", Key: m.Key, Channel: message.SMS, At: time.Now(), State: message.Accepted}, nil
			}
			return got, err
		}}, []string{"refused at intake"}},
		"gives a receipt beside the error": {bad{send: func(r ref, ctx ctxt, m msg) (rcpt, error) {
			got, err := r.Send(ctx, m)
			if err != nil {
				got.Key = m.Key
			}
			return got, err
		}}, []string{"T7 invalid", "refused at intake", "down"}},
		"does not check": {bad{send: func(r ref, ctx ctxt, m msg) (rcpt, error) {
			if m.Validate() != nil {
				_ = r.Watch(ctx)
			}
			return r.Send(ctx, m)
		}}, []string{"T7 invalid"}},
		"ignores its context": {bad{send: func(r ref, _ ctxt, m msg) (rcpt, error) {
			return r.Send(context.Background(), m)
		}}, []string{"F59"}},
		"hides that the caller left": {bad{send: failures(func(e *providers.Error) { e.Err = errors.New("oops") })}, []string{"F59"}},
		"prints the number": {bad{send: func(r ref, ctx ctxt, m msg) (rcpt, error) {
			got, err := r.Send(ctx, m)
			if err != nil {
				err = fmt.Errorf("sending to %s: %w", m.To, err)
			}
			return got, err
		}}, []string{"T17"}},
		"prints its secret": {bad{send: failures(func(e *providers.Error) { e.Err = errors.New(secret) })}, []string{"T17"}},
		"prints an address": {bad{send: failures(func(e *providers.Error) { e.Err = errors.New("https://api.example") })}, []string{"T17"}},
		"prints the text in a status": {bad{status: func(r ref, ctx ctxt, of rcpt) (message.Delivery, error) {
			d, err := r.Status(ctx, of)
			if err == nil {
				d.Code = "[Site] 인증번호 CANARY7391"
			}
			return d, err
		}}, []string{"T17"}},
		"finds nothing": {bad{find: func(r ref, ctx ctxt, m msg) (rcpt, bool, error) {
			_, _, err := r.Find(ctx, m)
			return rcpt{}, false, err
		}}, []string{"F77 found"}},
		"finds by the number": {bad{find: func(r ref, ctx ctxt, m msg) (rcpt, bool, error) {
			key := m.Key
			m.Key = "op-1"
			got, is, err := r.Find(ctx, m)
			if is {
				got.Key = key
			}
			return got, is, err
		}}, []string{"absent", "F77 found"}},
		"an outage is an absence": {bad{find: func(r ref, ctx ctxt, m msg) (rcpt, bool, error) {
			got, is, _ := r.Find(ctx, m)
			return got, is, nil
		}}, []string{"cannot say"}},
		"an absence is an error": {bad{find: func(r ref, ctx ctxt, m msg) (rcpt, bool, error) {
			got, is, err := r.Find(ctx, m)
			if err == nil && !is {
				err = &providers.Error{Provider: "reference", Op: "find", Kind: providers.NotFound}
			}
			return got, is, err
		}}, []string{"absent"}},
		"Find asks twice": {bad{find: func(r ref, ctx ctxt, m msg) (rcpt, bool, error) {
			_, _, _ = r.Find(ctx, m)
			return r.Find(ctx, m)
		}}, []string{"F77 found"}},
		"asks for anybody's receipt": {bad{status: func(r ref, ctx ctxt, of rcpt) (message.Delivery, error) {
			of.Provider = "reference"
			return r.Status(ctx, of)
		}}, []string{"strange receipt"}},
		"an unknown receipt is a failure": {bad{status: func(r ref, ctx ctxt, of rcpt) (message.Delivery, error) {
			d, err := r.Status(ctx, of)
			if errors.Is(err, providers.NotFound) {
				return message.Delivery{State: message.Failed}, nil
			}
			return d, err
		}}, []string{"strange receipt"}},
		"a status in an outage": {bad{status: func(r ref, ctx ctxt, of rcpt) (message.Delivery, error) {
			d, err := r.Status(ctx, of)
			if errors.Is(err, providers.Unavailable) {
				return message.Delivery{State: message.Lost}, nil
			}
			return d, err
		}}, []string{"cannot say"}},
		"watches by sending": {bad{watch: func(r ref, ctx ctxt) error {
			_, err := r.Send(ctx, msg{Key: "watch", To: "01012345678", Text: "인증"})
			return err
		}}, []string{"watch"}},
		"never sees an outage": {bad{watch: func(r ref, ctx ctxt) error { _ = r.Watch(ctx); return ctx.Err() }}, []string{"watch"}},
		"panics":               {bad{watch: func(ref, ctxt) error { panic("x") }}, []string{"watch"}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			var rec recorder
			messagetest.Run(&rec, harness(false, func(r ref) message.Sender { b := row.bad; b.Reference = r; return b }))
			all := strings.Join(rec.broken, "\n")
			for _, want := range row.rules {
				assert.Contains(t, all, "broken rule: "+want)
			}
		})
	}
}

// resender replaces what fails, as a vendor may.
type resender struct {
	*messagetest.Reference
	says   bool
	label  bool
	really bool
}

func (r resender) Resends() bool { return r.says }

func (r resender) Send(ctx context.Context, m message.Message) (message.Receipt, error) {
	got, err := r.Reference.Send(ctx, m)
	if err == nil && r.really {
		if d, _ := r.Reference.Status(ctx, got); d.State == message.Failed {
			_ = r.Be(messagetest.Well)
			m.Key += "-sub"
			_, _ = r.Reference.Send(ctx, m)
			_ = r.Be(messagetest.Undelivered)
		}
	}
	return got, err
}

func (r resender) Status(ctx context.Context, of message.Receipt) (message.Delivery, error) {
	d, err := r.Reference.Status(ctx, of)
	if err == nil && r.really && d.State == message.Failed {
		d.State, d.Replaced = message.Delivered, r.label
	}
	return d, err
}

func TestSubstitutesMustBeDeclared(t *testing.T) {
	for name, row := range map[string]struct {
		resender
		broken string
	}{
		"declared":                  {resender{says: true, label: true, really: true}, ""},
		"secret":                    {resender{label: true, really: true}, "F76 failed"},
		"declared, not labelled":    {resender{says: true, really: true}, "F76 failed"},
		"declared, and never comes": {resender{says: true, label: true}, "F76 failed"},
	} {
		t.Run(name, func(t *testing.T) {
			var rec recorder
			messagetest.Run(&rec, harness(true, func(r ref) message.Sender { s := row.resender; s.Reference = r; return s }))
			var broken []string
			for _, b := range rec.broken {
				if !strings.Contains(b, "one request") { // a second request is how this vendor is made
					broken = append(broken, b)
				}
			}
			if row.broken == "" {
				assert.Empty(t, broken)
				return
			}
			assert.Contains(t, strings.Join(broken, "\n"), "broken rule: "+row.broken)
		})
	}
}

func TestHarnessMustBeWhole(t *testing.T) {
	for _, h := range []messagetest.Harness{
		{Open: func() (*messagetest.Site, error) { return nil, errors.New("no port") }},
		{Open: func() (*messagetest.Site, error) { return &messagetest.Site{}, nil }},
	} {
		var rec recorder
		messagetest.Run(&rec, h)
		assert.NotEmpty(t, rec.broken)
		assert.Empty(t, rec.kept)
	}
}

package message_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/messagetest"
)

// at changes the mood of a vendor after a while.
func at(r *messagetest.Reference, after time.Duration, mood messagetest.Mood) {
	time.AfterFunc(after, func() { _ = r.Be(mood) })
}

func codes(m message.Message) bool { return m.OTP }

func TestDeliver(t *testing.T) {
	rows := map[string]struct {
		cfg    message.DeliverConfig
		otp    bool
		vendor func(*messagetest.Reference)
		took   time.Duration
		asked  int
		inbox  int
		want   error // nil: delivered
		unsent bool
	}{
		"at once":                     {vendor: func(*messagetest.Reference) {}, took: 2 * time.Second, asked: 2, inbox: 1},
		"after a while":               {vendor: func(r *messagetest.Reference) { _ = r.Be(messagetest.Slow); at(r, 11*time.Second, messagetest.Well) }, took: 12 * time.Second, asked: 7, inbox: 1},
		"own times":                   {cfg: message.DeliverConfig{Poll: 100 * time.Millisecond}, vendor: func(*messagetest.Reference) {}, took: 100 * time.Millisecond, asked: 2, inbox: 1},
		"F76 failed after acceptance": {vendor: func(r *messagetest.Reference) { _ = r.Be(messagetest.Undelivered) }, took: 2 * time.Second, asked: 2, want: providers.Unavailable, unsent: true},
		"refused at intake":           {vendor: func(r *messagetest.Reference) { _ = r.Be(messagetest.Refusing) }, asked: 1, want: providers.Refused, unsent: true},
		"F76 no word in time":         {vendor: func(r *messagetest.Reference) { _ = r.Be(messagetest.Slow) }, took: 30 * time.Second, asked: 15, want: providers.Unavailable},
		"F76 no word, a code, the site said so": {cfg: message.DeliverConfig{Again: codes}, otp: true,
			vendor: func(r *messagetest.Reference) { _ = r.Be(messagetest.Slow) }, took: 30 * time.Second, asked: 15, want: providers.Unavailable, unsent: true},
		"F76 no word, no code, the site said so": {cfg: message.DeliverConfig{Again: codes},
			vendor: func(r *messagetest.Reference) { _ = r.Be(messagetest.Slow) }, took: 30 * time.Second, asked: 15, want: providers.Unavailable},
		"F77 answer lost, found, arrived": {vendor: func(r *messagetest.Reference) { _ = r.Be(messagetest.Swallowing) }, took: 4 * time.Second, asked: 3, inbox: 1},
		"F77 never got there: believed after Settle": {vendor: func(r *messagetest.Reference) { _ = r.Be(messagetest.Down); at(r, time.Second, messagetest.Well) },
			took: 6 * time.Second, asked: 4, want: providers.Unavailable, unsent: true},
		"F77 nobody can say": {vendor: func(r *messagetest.Reference) { _ = r.Be(messagetest.Down) }, took: 30 * time.Second, asked: 15, want: providers.Unavailable},
		"F77 never believed": {cfg: message.DeliverConfig{Settle: time.Hour}, vendor: func(r *messagetest.Reference) { _ = r.Be(messagetest.Down); at(r, time.Second, messagetest.Well) },
			took: 30 * time.Second, asked: 15, want: providers.Unavailable},
		"the vendor dies meanwhile": {vendor: func(r *messagetest.Reference) {
			_ = r.Be(messagetest.Slow)
			at(r, 3*time.Second, messagetest.Down)
			at(r, 9*time.Second, messagetest.Well)
		}, took: 10 * time.Second, asked: 6, inbox: 1},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := messagetest.NewReference()
				row.vendor(r)
				m := good()
				m.OTP = row.otp
				began := time.Now()
				got, err := message.Deliver(r, r, row.cfg)(t.Context(), m)
				assert.Equal(t, row.took, time.Since(began))
				assert.LessOrEqual(t, time.Since(began), row.cfg.Longest())
				assert.Equal(t, row.asked, r.Asked())
				assert.Len(t, r.Inbox(m.To), row.inbox)
				if row.want == nil {
					require.NoError(t, err)
					assert.NoError(t, got.Answers(m))
					assert.Equal(t, message.Delivered, got.State)
					return
				}
				assert.Zero(t, got)
				var e *providers.Error
				require.ErrorAs(t, err, &e)
				assert.ErrorIs(t, err, row.want)
				assert.Equal(t, row.unsent, e.NotSent(), err)
			})
		})
	}
}

// double is a vendor of closures.
type double struct {
	send    func(context.Context) (message.Receipt, error)
	status  func(context.Context) (message.Delivery, error)
	resends bool
}

func (d double) Send(ctx context.Context, _ message.Message) (message.Receipt, error) {
	return d.send(ctx)
}
func (d double) Status(ctx context.Context, _ message.Receipt) (message.Delivery, error) {
	return d.status(ctx)
}
func (d double) Resends() bool { return d.resends }

func taken(context.Context) (message.Receipt, error) {
	return message.Receipt{Provider: "v", ID: "1", Key: good().Key, Channel: message.SMS, At: time.Now(), State: message.Accepted}, nil
}

func says(d message.Delivery) func(context.Context) (message.Delivery, error) {
	return func(context.Context) (message.Delivery, error) { return d, nil }
}

func hangs[T any](ctx context.Context) (v T, err error) {
	<-ctx.Done()
	return v, &providers.Error{Provider: "v", Op: "x", Err: ctx.Err()}
}

func fails[T any](e providers.Error) func(context.Context) (T, error) {
	return func(context.Context) (v T, err error) { return v, &e }
}

func deliver(t *testing.T, d double, cfg message.DeliverConfig) *providers.Error {
	t.Helper()
	got, err := message.Deliver(d, d, cfg)(t.Context(), good())
	assert.Zero(t, got)
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	return e
}

func TestDeliverTellsWhyItFailed(t *testing.T) {
	for kind, code := range map[providers.Kind]string{providers.NotFound: "3104", providers.Denied: "3054", providers.Invalid: "3010", providers.Refused: "3059", providers.Unavailable: "3024"} {
		synctest.Test(t, func(t *testing.T) {
			d := double{send: taken, status: says(message.Delivery{State: message.Failed, Kind: kind, Code: code})}
			e := deliver(t, d, message.DeliverConfig{})
			assert.Equal(t, kind, e.Kind)
			assert.True(t, e.NotSent())
			assert.Equal(t, "v: deliver: "+kind.String()+": "+code+": not delivered", e.Error())
			assert.Equal(t, kind == providers.NotFound, message.Next(e), "no KakaoTalk: the next channel")

			d.resends = true
			assert.False(t, deliver(t, d, message.DeliverConfig{Again: func(message.Message) bool { return true }}).NotSent(), "the vendor owns the fall-back")
		})
	}
}

func TestDeliverOfLostIsUnknownAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		d := double{send: taken, status: says(message.Delivery{State: message.Lost, Code: "3005"})}
		e := deliver(t, d, message.DeliverConfig{})
		assert.Equal(t, "v: deliver: unavailable: 3005: fate unknown: nobody knows", e.Error())
		assert.False(t, e.NotSent(), "it may arrive in three days")
		assert.Equal(t, 2*time.Second, time.Since(began))

		d.resends = true
		again := message.DeliverConfig{Again: func(message.Message) bool { return true }}
		assert.False(t, deliver(t, d, again).NotSent(), "the vendor owns the fall-back")
		d.resends = false
		assert.True(t, deliver(t, d, again).NotSent())
	})
}

func TestDeliverBoundsEachAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		e := deliver(t, double{send: hangs[message.Receipt]}, message.DeliverConfig{})
		assert.Equal(t, 5*time.Second, time.Since(began), "no finder: nothing to wait for")
		assert.ErrorIs(t, e, context.DeadlineExceeded)
		assert.False(t, e.NotSent())

		began = time.Now()
		e = deliver(t, double{send: taken, status: hangs[message.Delivery]}, message.DeliverConfig{Poll: time.Second, Wait: 9 * time.Second, Timeout: 2 * time.Second})
		assert.Equal(t, 9*time.Second, time.Since(began))
		assert.Equal(t, "v: deliver: unavailable: fate unknown: context deadline exceeded", e.Error())
	})
}

func TestDeliverKeepsTheKindOfAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for kind, want := range map[providers.Kind]providers.Kind{
			providers.Security: providers.Security, providers.Limited: providers.Limited, providers.Refused: providers.Refused,
			providers.NotFound: providers.Unavailable, providers.Denied: providers.Unavailable,
		} {
			e := deliver(t, double{send: taken, status: fails[message.Delivery](providers.Error{Provider: "v", Op: "status", Kind: kind, After: time.Minute})}, message.DeliverConfig{})
			assert.Equal(t, want, e.Kind, "%s of a status", kind)
			assert.False(t, e.NotSent())
		}
		for _, kind := range []providers.Kind{providers.Invalid, providers.Denied, providers.NotFound} {
			e := deliver(t, double{send: fails[message.Receipt](providers.Error{Provider: "v", Op: "send", Kind: kind})}, message.DeliverConfig{})
			assert.Equal(t, "v: send: "+kind.String(), e.Error(), "an answer is handed on")
		}
		e := deliver(t, double{send: fails[message.Receipt](providers.Error{Provider: "v", Op: "send", Kind: providers.Limited, After: time.Minute})}, message.DeliverConfig{})
		assert.Equal(t, providers.Limited, e.Kind)
		assert.Equal(t, time.Minute, e.Wait())
		assert.False(t, e.NotSent())
	})
}

func TestDeliverAsksNobodyForNothing(t *testing.T) {
	never := double{send: func(context.Context) (message.Receipt, error) { panic("asked") }}
	bad := good()
	bad.To = "112"
	_, err := message.Deliver(never, never, message.DeliverConfig{})(t.Context(), bad)
	assert.ErrorIs(t, err, providers.Invalid)
	for _, f := range []func(context.Context, message.Message) (message.Receipt, error){
		message.Deliver(nil, never, message.DeliverConfig{}), message.Deliver(never, nil, message.DeliverConfig{}),
	} {
		_, err := f(t.Context(), good())
		assert.EqualError(t, err, "message: deliver: refused: no sender or no tracker")
	}
}

func TestDeliverDistrustsAReceiptOfAnotherMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := deliver(t, double{send: func(ctx context.Context) (message.Receipt, error) {
			r, err := taken(ctx)
			r.Key = "another"
			return r, err
		}}, message.DeliverConfig{})
		assert.False(t, e.NotSent())
		assert.Equal(t, "message: deliver: unavailable: fate unknown: receipt of another message", e.Error())
	})
}

// finder is a double that finds something.
type finder struct {
	double
	key string
}

func (f finder) Find(context.Context, message.Message) (message.Receipt, bool, error) {
	r, err := taken(context.Background())
	r.Key = f.key
	return r, true, err
}

func TestDeliverDistrustsAFoundReceiptOfAnotherMessage(t *testing.T) {
	for key, arrived := range map[string]bool{good().Key: true, "another": false} {
		synctest.Test(t, func(t *testing.T) {
			f := finder{double{send: fails[message.Receipt](providers.Error{Provider: "v", Op: "send"}), status: says(message.Delivery{State: message.Delivered})}, key}
			_, err := message.Deliver(f, f, message.DeliverConfig{})(t.Context(), good())
			if arrived {
				assert.NoError(t, err)
				return
			}
			assert.EqualError(t, err, "v: deliver: unavailable: fate unknown")
		})
	}
}

func TestDeliverForgetsAnErrorThatPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		e := deliver(t, double{send: taken, status: func(context.Context) (message.Delivery, error) {
			if asked++; asked == 1 {
				return message.Delivery{}, &providers.Error{Provider: "v", Op: "status", Kind: providers.Refused}
			}
			return message.Delivery{State: message.Pending}, nil
		}}, message.DeliverConfig{})
		assert.Equal(t, "v: deliver: unavailable: fate unknown: no word in time", e.Error())
	})
}

func TestDeliverEndsWithItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		began := time.Now()
		r := messagetest.NewReference()
		_ = r.Be(messagetest.Slow)
		_, err := message.Deliver(r, r, message.DeliverConfig{})(ctx, good())
		assert.Equal(t, 3*time.Second, time.Since(began))
		var says interface{ NotSent() bool }
		require.True(t, errors.As(err, &says))
		assert.False(t, says.NotSent())
	})
}

func TestLongest(t *testing.T) {
	assert.Equal(t, 40*time.Second, message.DeliverConfig{}.Longest())
	assert.Equal(t, 5*time.Second, message.DeliverConfig{Timeout: time.Second, Wait: 3 * time.Second, Poll: -1}.Longest())
}

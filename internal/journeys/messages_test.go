package journeys

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/nhnmessage"
	"github.com/detour-go/detour/providers/message/solapimessage"
	"github.com/detour-go/detour/providers/vendorsim"
)

type messageChain = fallback.Chain[message.Message, message.Receipt]

// The sources of the chain, in their order.
const (
	talk   = "solapi alimtalk"
	text   = "solapi sms"
	second = "nhn sms"
)

const (
	pfID     = "KA01PF000000000000000001"
	template = "KA01TP000000000000000002"
	// step is how long each half of a delivery takes at the vendors.
	step = 4 * time.Millisecond
)

// look is how the site looks after a message: impatiently, so that a test need not wait.
func look() message.DeliverConfig {
	return message.DeliverConfig{Poll: 8 * time.Millisecond, Wait: 240 * time.Millisecond, Timeout: 200 * time.Millisecond, Settle: 60 * time.Millisecond}
}

// vendor is a sender whose messages can be followed.
type vendor interface {
	message.Sender
	message.Tracker
	message.Finder
}

// texts is a site that sends messages: AlimTalk, then SMS by the same vendor, then SMS by another.
type texts struct {
	t      *testing.T
	phone  *vendorsim.Phone
	solapi *vendorsim.Solapi
	kakao  *vendorsim.Solapi // behind AlimTalk: solapi, or a house of its own
	nhn    *vendorsim.NHN
	chain  *messageChain
	config fallback.Config[message.Message, message.Receipt]
	up     map[string]*fallback.Upstream
	direct map[string]vendor
}

// wiring is what differs between sites.
type wiring struct {
	look  message.DeliverConfig
	again bool // a code may arrive twice
	apart bool // AlimTalk has servers of its own, so that it can be dead alone
}

func openTexts(t *testing.T, w wiring) *texts {
	t.Helper()
	s := &texts{t: t, phone: vendorsim.NewPhone(), up: map[string]*fallback.Upstream{}, direct: map[string]vendor{}}
	house := func() *vendorsim.Solapi {
		v, err := vendorsim.StartSolapi(vendorsim.SolapiConfig{
			PfID: pfID, Phone: s.phone, Step: step, Templates: map[string]string{template: "인증번호 #{code}\n타인에게 알려주지 마세요.\n@" + origin + " ##{code}"},
		})
		require.NoError(t, err)
		t.Cleanup(v.Close)
		return v
	}
	s.solapi = house()
	if s.kakao = s.solapi; w.apart {
		s.kakao = house()
	}
	var err error
	s.nhn, err = vendorsim.StartNHN(vendorsim.NHNConfig{Phone: s.phone, Step: step})
	require.NoError(t, err)
	t.Cleanup(s.nhn.Close)

	solapi := solapimessage.Config{APIKey: providers.NewSecret("demo-key"), APISecret: providers.NewSecret("demo-secret"), From: "0212345678", Base: s.solapi.URL(), AllowLoopbackHTTP: true, HTTP: web(t)}
	sms, err := solapimessage.New(solapi)
	require.NoError(t, err)
	solapi.Base, solapi.AlimTalk = s.kakao.URL(), solapimessage.AlimTalk{PfID: pfID, Templates: map[string]string{"code": template}}
	ata, err := solapimessage.New(solapi)
	require.NoError(t, err)
	nhn, err := nhnmessage.NewSMS(nhnmessage.SMSConfig{
		AppKey: providers.NewSecret("demo-sms"), SecretKey: providers.NewSecret("demo-secret"), SendNo: "0212345678", Endpoint: nhnmessage.Endpoint{Base: s.nhn.URL(), AllowLoopbackHTTP: true, HTTP: web(t)},
	})
	require.NoError(t, err)

	if w.again {
		w.look.Again = func(m message.Message) bool { return m.OTP }
	}
	source := func(name string, v vendor) fallback.Source[message.Message, message.Receipt] {
		s.up[name], s.direct[name] = guard(t, name, 3), v
		x := fallback.From(name, message.Deliver(v, v, w.look), s.up[name])
		x.Timeout = w.look.Longest() + time.Second
		x.Find, x.FindTimeout, x.Resends = message.Fate(v), 90*time.Millisecond, fallback.Resends(v)
		return x
	}
	s.config = fallback.Config[message.Message, message.Receipt]{
		Name: "message", Once: true, Valid: message.Message.Validate, Answers: message.Receipt.Answers, Next: message.Next,
		Sources: []fallback.Source[message.Message, message.Receipt]{source(talk, ata), source(text, sms), source(second, nhn)},
	}
	s.chain, err = fallback.New(s.config)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.chain.Close()) })
	return s
}

const citizen = "01012345678"

// code is a message with a code, as package phone makes it.
func code(key string) message.Message {
	return message.Message{
		Key: key, To: citizen, OTP: true, Text: "인증번호 424242\n타인에게 알려주지 마세요.\n@" + origin + " #424242",
		Template: "code", Variables: map[string]string{"code": "424242"},
	}
}

// quiet returns when everything that the vendors took before is on the phone: what is sent now travels the same way behind it.
func (s *texts) quiet() {
	s.t.Helper()
	s.solapi.HealAll()
	s.kakao.HealAll()
	s.nhn.HealAll()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	for round := range 2 {
		for i, name := range []string{talk, text, second} {
			to := fmt.Sprintf("0109999%d%d00", i, round)
			m := code(fmt.Sprintf("quiet-%d-%d", i, round))
			m.To = to
			s.phone.Behave(to, vendorsim.Behaviour{})
			_, err := s.direct[name].Send(ctx, m)
			require.NoError(s.t, err)
			_, err = s.phone.Await(ctx, to, 0)
			require.NoError(s.t, err)
		}
	}
}

// arrived checks what is on the citizen's phone in the end: these vendors and channels, in this order.
func (s *texts) arrived(want ...string) {
	s.t.Helper()
	s.quiet()
	got := []string{}
	for _, x := range s.phone.Inbox(citizen) {
		got = append(got, x.Vendor+" "+x.Channel)
	}
	assert.Equal(s.t, append([]string{}, want...), got)
	assert.Empty(s.t, s.phone.Repeated())
}

func TestAMessageTakesTheFirstChannelThatCan(t *testing.T) {
	dead := vendorsim.Fault{Mode: vendorsim.Vendor, Code: "InternalServerError", Status: 400}
	rows := map[string]struct {
		apart         bool
		line          vendorsim.Trouble
		kakao, solapi vendorsim.Fault // of send_many
		road          string          // code with which AlimTalk is not delivered
		want          []string        // source, what is on the phone
		nhn           int             // requests to the second vendor
	}{
		"all well":           {want: []string{talk, "solapi alimtalk"}},
		"no kakaotalk":       {line: vendorsim.NoKakaoTalk, want: []string{text, "solapi sms"}},
		"blocks the channel": {line: vendorsim.BlocksKakao, want: []string{text, "solapi sms"}},
		// F76: accepted, then reported as failed.
		"F76 alimtalk is not delivered": {apart: true, road: "3012", want: []string{text, "solapi sms"}},
		"alimtalk is refused at intake": {apart: true, kakao: vendorsim.Fault{Mode: vendorsim.Vendor, Code: "1043"}, want: []string{text, "solapi sms"}},
		"no balance for alimtalk":       {apart: true, kakao: vendorsim.Fault{Mode: vendorsim.Vendor, Code: "NotEnoughBalance"}, want: []string{text, "solapi sms"}},
		"solapi refuses everything":     {kakao: vendorsim.Fault{Mode: vendorsim.Vendor, Code: "InvalidAPIKey"}, want: []string{second, "nhn sms"}, nhn: 1},
		"solapi says no as itself":      {kakao: dead, want: []string{second, "nhn sms"}, nhn: 1},
		"F76 solapi delivers nothing":   {road: "3012", want: []string{second, "nhn sms"}, nhn: 1},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openTexts(t, wiring{look: patient(), apart: row.apart})
			s.phone.Behave(citizen, vendorsim.Behaviour{Trouble: row.line})
			if row.kakao.Mode != "" {
				require.NoError(t, s.kakao.Break("send_many", row.kakao))
			}
			if row.road != "" {
				require.NoError(t, s.kakao.Break("deliver", vendorsim.Fault{Mode: vendorsim.Vendor, Code: row.road}))
			}
			r, err := s.chain.Do(t.Context(), code("op-1"))
			require.NoError(t, err)
			assert.Equal(t, row.want[0], r.Source)
			assert.Equal(t, message.Delivered, r.Value.State)
			assert.Equal(t, row.nhn, s.nhn.Hits("sms_auth"))
			s.arrived(row.want[1])
		})
	}
}

// patient waits for as long as a busy machine may need.
func patient() message.DeliverConfig {
	d := look()
	d.Wait, d.Timeout = 5*time.Second, 5*time.Second
	return d
}

// F77: the vendor took the message and the answer got lost. It is looked for by our own key, and nobody sends it again.
func TestF77AMessageWhoseAnswerGotLostIsFound(t *testing.T) {
	for _, mode := range []vendorsim.Mode{vendorsim.Refuse, vendorsim.Reset, vendorsim.Garbage, vendorsim.Truncate, vendorsim.Cut, vendorsim.Status, vendorsim.HTML} {
		fault := vendorsim.Fault{Mode: mode, Effect: true}
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			s := openTexts(t, wiring{look: patient()})
			require.NoError(t, s.solapi.Break("send_many", fault))
			r, err := s.chain.Do(t.Context(), code("op-1"))
			require.NoError(t, err)
			assert.Equal(t, talk, r.Source)
			assert.Equal(t, []int{1, 0}, []int{s.solapi.Hits("send_many"), s.nhn.Hits("sms_auth")}, "sent once")
			s.arrived("solapi alimtalk")
		})
	}
	t.Run("at the second vendor", func(t *testing.T) {
		t.Parallel()
		s := openTexts(t, wiring{look: patient()})
		require.NoError(t, s.solapi.Break("send_many", vendorsim.Fault{Mode: vendorsim.Vendor, Code: "InvalidAPIKey"}))
		require.NoError(t, s.nhn.Break("sms_auth", vendorsim.Fault{Mode: vendorsim.Reset, Effect: true}))
		r, err := s.chain.Do(t.Context(), code("op-1"))
		require.NoError(t, err)
		assert.Equal(t, []any{second, 1}, []any{r.Source, s.nhn.Hits("sms_auth")})
		s.arrived("nhn sms")
	})
	// Nothing was done at the vendor: it says so itself when it is asked, and then another may send it.
	t.Run("nothing was done", func(t *testing.T) {
		t.Parallel()
		s := openTexts(t, wiring{look: patient()})
		require.NoError(t, s.solapi.Break("send_many", vendorsim.Fault{Mode: vendorsim.Reset}))
		r, err := s.chain.Do(t.Context(), code("op-1"))
		require.NoError(t, err)
		assert.Equal(t, second, r.Source)
		require.Len(t, r.Failed, 2)
		for _, f := range r.Failed {
			assert.Equal(t, fallback.EffectAbsent, f.Effect)
		}
		s.arrived("nhn sms")
	})
	// Deliver is not even alive to look: the chain asks in its place.
	t.Run("the chain finds what the source could not", func(t *testing.T) {
		t.Parallel()
		s := openTexts(t, wiring{look: look()})
		cfg := s.config
		cfg.Sources = append([]fallback.Source[message.Message, message.Receipt](nil), cfg.Sources...)
		cfg.Sources[0].Do = func(ctx context.Context, m message.Message) (message.Receipt, error) {
			if _, err := s.direct[talk].Send(ctx, m); err != nil {
				return message.Receipt{}, err
			}
			if _, err := s.phone.Await(ctx, citizen, 0); err != nil {
				return message.Receipt{}, err
			}
			return message.Receipt{}, errors.New("the process died here")
		}
		cfg.Sources[0].FindTimeout = 3 * time.Second
		chain, err := fallback.New(cfg)
		require.NoError(t, err)
		r, err := chain.Do(t.Context(), code("op-1"))
		require.NoError(t, err)
		assert.Equal(t, talk, r.Source)
		require.Len(t, r.Failed, 1)
		assert.Equal(t, fallback.EffectDone, r.Failed[0].Effect)
		s.arrived("solapi alimtalk")
	})
}

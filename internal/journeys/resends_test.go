package journeys

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/nhnmessage"
	"github.com/detour-go/detour/providers/message/solapimessage"
)

// TestAVendorThatResendsIsFoundByCheck: a vendor that was told to replace an
// AlimTalk by an SMS, with another vendor behind it, is one message made two. The
// adapters say so, and Check hears it.
func TestAVendorThatResendsIsFoundByCheck(t *testing.T) {
	key := providers.NewSecret("demo-key")
	for _, resends := range []bool{false, true} {
		solapi, err := solapimessage.New(solapimessage.Config{
			APIKey: key, APISecret: key, From: "0212345678", AlimTalk: solapimessage.AlimTalk{PfID: pfID, VendorResend: resends},
		})
		require.NoError(t, err)
		nhn, err := nhnmessage.NewAlimTalk(nhnmessage.AlimTalkConfig{
			AppKey: key, SecretKey: key, SenderKey: key, VendorResend: resends, ResendSendNo: "0212345678",
		})
		require.NoError(t, err)
		sms, err := nhnmessage.NewSMS(nhnmessage.SMSConfig{AppKey: key, SecretKey: key, SendNo: "0212345678"})
		require.NoError(t, err)
		require.False(t, fallback.Resends(sms))
		for name, v := range map[string]vendor{"solapi": solapi, "nhn": nhn} {
			require.Equal(t, resends, fallback.Resends(v))
			source := func(name string, v vendor) fallback.Source[message.Message, message.Receipt] {
				s := fallback.From(name, message.Deliver(v, v, look()), nil)
				s.Find, s.Resends = message.Fate(v), fallback.Resends(v)
				return s
			}
			c, err := fallback.New(fallback.Config[message.Message, message.Receipt]{
				Name: "message", Once: true, Valid: message.Message.Validate, Answers: message.Receipt.Answers, Next: message.Next,
				Sources: []fallback.Source[message.Message, message.Receipt]{source(name, v), source("sms", sms)},
			})
			require.NoError(t, err)
			var found []fallback.LintCode
			for _, f := range fallback.Check(c).Findings {
				found = append(found, f.Code)
			}
			assert.Equal(t, resends, slices.Contains(found, fallback.LintResends), "%s: %v", name, found)
		}
	}
}

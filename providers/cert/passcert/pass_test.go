package passcert_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/internal/barofake"
	"github.com/detour-go/detour/providers/cert/internal/barosuite"
	"github.com/detour-go/detour/providers/cert/passcert"
)

func pair(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return key
}

func TestWhatIsSent(t *testing.T) {
	fake := &barofake.Server{}
	p := mustStart(t, fake, func(c *passcert.Config) { c.ExpireIn = 1000 * time.Second })
	ticket, err := p.Request(t.Context(), barosuite.Subject())
	require.NoError(t, err)
	assert.JSONEq(t, `{"scope":["partner","441","442","443","444"]}`, fake.Body("token"))
	assert.Equal(t, []string{"01012345678", "홍길동"}, []string{ticket.Phone, ticket.Name}, "verify repeats them")

	var sent map[string]any
	require.NoError(t, json.Unmarshal([]byte(fake.Body("request")), &sent))
	for _, field := range []string{"receiverHP", "receiverName", "receiverBirthday", "reqMessage", "token"} {
		text, _ := sent[field].(string)
		_, err := barofake.Open(text)
		require.NoError(t, err, field)
		delete(sent, field)
	}
	wait, _ := sent["expireIn"].(float64)
	assert.Less(t, wait, 1001.0)
	assert.WithinDuration(t, ticket.Expires, time.Now().Add(time.Duration(wait)*time.Second), time.Minute, "shortly before midnight in Korea it is less")
	delete(sent, "expireIn")
	assert.Equal(t, map[string]any{
		"reqTitle": "CANARY-title", "appUseYN": false, "callCenterNum": "1600-0000", "userAgreementYN": true, "receiverInfoYN": true,
	}, sent, "and nothing else")

	require.NoError(t, fake.Confirm(ticket.ID, barosuite.Person(barosuite.People()[0])))
	_, err = p.Collect(t.Context(), cert.Reply{Ticket: ticket})
	require.NoError(t, err)
	var who map[string]string
	require.NoError(t, json.Unmarshal([]byte(fake.Body("verify")), &who))
	assert.Len(t, who, 2)
	assert.NotContains(t, fake.Body("verify"), "홍길동")
}

func TestT2PersonalDataThatDoNotOpenFailTheClaim(t *testing.T) {
	key := pair(t)
	for name, r := range map[string]struct {
		ours *rsa.PrivateKey
		want error // of Collect; nil: a proof without the fields
	}{
		"no private key": {nil, nil},
		"another key":    {pair(t), providers.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			fake := &barofake.Server{Seal: barosuite.Sealed(&key.PublicKey)}
			p := mustStart(t, fake, func(c *passcert.Config) { c.PrivateKey = r.ours })
			ticket, err := p.Request(t.Context(), barosuite.Subject())
			require.NoError(t, err)
			require.NoError(t, fake.Confirm(ticket.ID, barosuite.Person(barosuite.People()[0])))
			proof, err := p.Collect(t.Context(), cert.Reply{Ticket: ticket})
			if r.want != nil {
				require.ErrorIs(t, err, r.want)
				assert.Zero(t, proof)
				return
			}
			require.NoError(t, err)
			assert.Empty(t, proof.Name+proof.Birthday+proof.Gender+proof.Phone+proof.CI.Reveal())
			require.ErrorIs(t, cert.Match(barosuite.Subject(), proof), providers.Denied)
		})
	}
}

func TestATicketWithoutTheReceiverIsNone(t *testing.T) {
	fake := &barofake.Server{}
	p := mustStart(t, fake, nil)
	ticket, err := p.Request(t.Context(), barosuite.Subject())
	require.NoError(t, err)
	asked := fake.Hits("status")
	for _, edit := range []func(*cert.Ticket){func(t *cert.Ticket) { t.Name = "" }, func(t *cert.Ticket) { t.Phone = "" }} {
		bad := ticket
		edit(&bad)
		_, err := p.Collect(t.Context(), cert.Reply{Ticket: bad})
		require.ErrorIs(t, err, cert.ErrTicket)
	}
	assert.Equal(t, asked, fake.Hits("status"))
}

func TestConfigReportsEveryMistake(t *testing.T) {
	_, err := passcert.New(passcert.Config{PrivateKey: &rsa.PrivateKey{}})
	require.Error(t, err)
	for _, want := range []string{"passcert: ", "call center", "link id", "secret key", "client code", "private key"} {
		assert.Contains(t, err.Error(), want)
	}
	cfg := config("https://barocert.example", nil)
	cfg.CallCenter = "1600-0000-0000"
	_, err = passcert.New(cfg)
	assert.ErrorContains(t, err, "call center")
}

func TestT17ProviderPrintsNoSecret(t *testing.T) {
	key := pair(t)
	cfg := config("https://barocert.example", nil)
	cfg.PrivateKey = key
	p, err := passcert.New(cfg)
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		text := fmt.Sprintf(verb+verb+verb+verb, p, struct{ P *passcert.Provider }{p}, cfg, struct{ C passcert.Config }{cfg})
		assert.NotContains(t, text, barofake.SecretKey)
		assert.NotContains(t, text, key.D.String())
		assert.NotContains(t, text, key.D.Text(16))
	}
}

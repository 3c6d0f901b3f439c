package passcert_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/internal/barofake"
	"github.com/detour-go/detour/providers/cert/internal/barosuite"
	"github.com/detour-go/detour/providers/cert/passcert"
)

func vendor(t *testing.T) barosuite.Vendor {
	return barosuite.Vendor{Name: "pass", Service: "PASS", Who: true, Personal: pair(t), New: func(w barosuite.Wiring) (cert.Provider, error) {
		return passcert.New(passcert.Config{
			LinkID: w.Link, SecretKey: providers.NewSecret(w.Secret), ClientCode: w.Client, CallCenter: "1600-0000", PrivateKey: w.Personal,
			Base: w.Base, AuthBase: w.Base, AllowLoopbackHTTP: true, HTTP: w.HTTP, OldVerifyPath: w.OldVerify, Forwarded: w.Forwarded, Codes: w.Codes,
		})
	}}
}

func TestSuite(t *testing.T) { vendor(t).Run(t) }

func config(base string, client *http.Client) passcert.Config {
	return passcert.Config{
		LinkID: barofake.LinkID, SecretKey: providers.NewSecret(barofake.SecretKey), ClientCode: barofake.ClientCode, CallCenter: "1600-0000",
		Base: base, AuthBase: base, AllowLoopbackHTTP: true, HTTP: client,
	}
}

func mustStart(t *testing.T, fake *barofake.Server, edit func(*passcert.Config)) *passcert.Provider {
	t.Helper()
	v := vendor(t)
	var p *passcert.Provider
	v.New = func(w barosuite.Wiring) (cert.Provider, error) {
		cfg := config(w.Base, w.HTTP)
		if edit != nil {
			edit(&cfg)
		}
		var err error
		p, err = passcert.New(cfg)
		return p, err
	}
	_, stop, err := v.Start(fake, nil)
	require.NoError(t, err)
	t.Cleanup(stop)
	return p
}

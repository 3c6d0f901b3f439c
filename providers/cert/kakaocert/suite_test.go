package kakaocert_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/internal/barofake"
	"github.com/detour-go/detour/providers/cert/internal/barosuite"
	"github.com/detour-go/detour/providers/cert/kakaocert"
)

func vendor() barosuite.Vendor {
	return barosuite.Vendor{Name: "kakao", Service: "KAKAO", New: func(w barosuite.Wiring) (cert.Provider, error) {
		return kakaocert.New(kakaocert.Config{
			LinkID: w.Link, SecretKey: providers.NewSecret(w.Secret), ClientCode: w.Client, Base: w.Base, AuthBase: w.Base, AllowLoopbackHTTP: true,
			HTTP: w.HTTP, OldVerifyPath: w.OldVerify, Forwarded: w.Forwarded, Codes: w.Codes,
		})
	}}
}

func TestSuite(t *testing.T) { vendor().Run(t) }

func config(base string, client *http.Client) kakaocert.Config {
	return kakaocert.Config{
		LinkID: barofake.LinkID, SecretKey: providers.NewSecret(barofake.SecretKey), ClientCode: barofake.ClientCode,
		Base: base, AuthBase: base, AllowLoopbackHTTP: true, HTTP: client,
	}
}

func mustStart(t *testing.T, fake *barofake.Server) *kakaocert.Provider {
	t.Helper()
	p, stop, err := vendor().Start(fake, nil)
	require.NoError(t, err)
	t.Cleanup(stop)
	return p.(*kakaocert.Provider)
}

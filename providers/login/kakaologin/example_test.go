package kakaologin_test

import (
	"context"
	"fmt"
	"net/url"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/kakaologin"
)

// Step one asks nobody: it gives the address to send the browser to, and what
// to keep, sealed, until the browser comes back.
func ExampleProvider_Begin() {
	kakao, err := kakaologin.New(kakaologin.Config{
		ClientID: "rest-api-key", ClientSecret: providers.NewSecret("client-secret"),
		RedirectURI: "https://site.example/login/kakao", Scopes: []string{"openid", "account_email"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := kakao.Begin(context.Background(), login.Request{ReturnTo: "/apply?step=2"})
	if err != nil {
		fmt.Println(err)
		return
	}
	to, _ := url.Parse(c.URL)
	fmt.Println(to.Host, to.Query().Get("scope"))
	fmt.Println(c)
	// Output:
	// kauth.kakao.com openid,account_email
	// login.Challenge{***}
}

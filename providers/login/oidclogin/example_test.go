package oidclogin_test

import (
	"context"
	"fmt"
	"net/url"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/oidclogin"
)

// An issuer is data: its endpoints are written down, so a service starts also
// while the issuer is down.
func ExampleNew() {
	google, err := oidclogin.New(oidclogin.Config{
		Name: "google", Issuer: "https://accounts.google.com",
		AuthURL: "https://accounts.google.com/o/oauth2/v2/auth", TokenURL: "https://oauth2.googleapis.com/token", JWKSURL: "https://www.googleapis.com/oauth2/v3/certs",
		ClientID: "client-id", ClientSecret: providers.NewSecret("client-secret"), RedirectURI: "https://site.example/login/google", Scopes: []string{"email"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := google.Begin(context.Background(), login.Request{})
	if err != nil {
		fmt.Println(err)
		return
	}
	to, _ := url.Parse(c.URL)
	fmt.Println(to.Host, to.Query().Get("scope"), to.Query().Get("code_challenge_method"))
	// Output: accounts.google.com openid email S256
}

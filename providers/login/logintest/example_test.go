package logintest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/logintest"
)

// A whole login in memory, once well and once with the vendor's token endpoint dead.
func ExampleReference() {
	ctx := context.Background()
	vendor := logintest.NewReference("https://issuer.example", "https://site.example/login/demo", login.Identity{Subject: "42", Nickname: "demo"})
	signIn := func() (login.Identity, error) {
		c, _ := vendor.Begin(ctx, login.Request{})
		query, _ := vendor.Agree(ctx, c, 0) // the browser of user 0
		reply, err := login.ParseReply(query)
		if err != nil {
			return login.Identity{}, err
		}
		return vendor.Finish(ctx, reply.Resume(c))
	}
	id, err := signIn()
	fmt.Println(id.Issuer, id.Subject, id.Nickname, err)

	vendor.Break(logintest.TokenEndpoint, nil)
	_, err = signIn()
	fmt.Println(err)
	fmt.Println(errors.Is(err, providers.Unavailable))
	// Output:
	// https://issuer.example 42 demo <nil>
	// reference: token: unavailable: broken by the test
	// true
}

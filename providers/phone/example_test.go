package phone_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/phone"
)

// A code goes out and comes back. On a site, Send is a chain, the counter is
// fallback's, and a flow keeps the challenge between the steps.
func Example() {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	var sms string
	codes, err := phone.New(phone.Config{
		Send: func(_ context.Context, m message.Message) error {
			sms = m.Text
			return nil
		},
		Counter: newCounter(), Key: key, Origin: "example.go.kr",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	c, err := codes.Begin(ctx, phone.Request{Number: "+82 10-2345-6789", Purpose: "login"})
	fmt.Println("sent to", phone.Mask(c.Number), err)

	first, _, _ := strings.Cut(sms, " ")
	code := sms[strings.LastIndex(sms, "#")+1:]
	fmt.Println(first, strings.HasSuffix(sms, "\n@example.go.kr #"+code))

	_, err = codes.Finish(ctx, phone.Reply{Code: providers.NewSecret("12345")}.Resume(c))
	fmt.Println(err)
	p, err := codes.Finish(ctx, phone.Reply{Code: providers.NewSecret(code)}.Resume(c))
	fmt.Println(p, p.Purpose, err)
	_, err = codes.Finish(ctx, phone.Reply{Code: providers.NewSecret(code)}.Resume(c))
	fmt.Println(err)
	// Output:
	// sent to 010-****-6789 <nil>
	// 인증번호 true
	// phone: check: denied: wrong code
	// phone.Proof{***} login <nil>
	// phone: check: denied: no such challenge, or used before
}

package fallback_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
)

// exampleMember is who the citizen says he is, and who the proof says he is.
type exampleMember struct{ Name string }

// A flow offers what works, the citizen chooses, and step two belongs to step one.
func ExampleFlow() {
	begin := func(vendor string) func(context.Context, exampleMember) (string, error) {
		return func(context.Context, exampleMember) (string, error) {
			return "https://" + vendor + ".example/authorize", nil
		}
	}
	finish := func(_ context.Context, code string) (exampleMember, error) { return exampleMember{Name: code}, nil }

	b, _ := breaker.New(breaker.Config{Name: "kakao"})
	defer b.Close()
	kakao := fallback.NewLeg("kakao", begin("kakao"), finish, &fallback.Upstream{Name: "kakao", Breaker: b})
	naver := fallback.NewLeg("naver", begin("naver"), finish, nil)
	kakao.Assurance, naver.Assurance = fallback.Low, fallback.Low

	key := make([]byte, 32)
	rand.Read(key)
	tickets, _ := fallback.NewMemoryCounter(fallback.MemoryCounterConfig{}) // with more than one process: a shared one
	login, err := fallback.NewFlow(fallback.FlowConfig[exampleMember, string, string, exampleMember]{
		Name:    "login",
		Legs:    []fallback.Leg[exampleMember, string, string, exampleMember]{kakao, naver},
		Min:     fallback.Low,
		Keys:    [][]byte{key},
		Tickets: tickets,
		Match: func(claimed, proven exampleMember) error {
			if claimed != proven {
				return errors.New("another person")
			}
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	_ = b.Force(breaker.ForcedOpen, "operator", "kakao announced maintenance", time.Hour)
	ctx := fallback.WithSession(context.Background(), "the session cookie")
	for _, o := range login.Offers(ctx) {
		fmt.Printf("%s: available %v %q\n", o.Source, o.Available, o.Why)
	}

	begun, _ := login.Begin(ctx, "naver", exampleMember{Name: "hong"})
	fmt.Println(begun.Challenge)
	r, err := login.Finish(ctx, begun.Ticket, "hong")
	fmt.Println(r.Value.Name, r.Source, r.Assurance, err)

	_, err = login.Finish(ctx, begun.Ticket, "hong")
	fmt.Println(err)

	begun, _ = login.Begin(ctx, "naver", exampleMember{Name: "hong"})
	_, err = login.Finish(ctx, begun.Ticket, "somebody else")
	fmt.Println(errors.Is(err, fallback.ErrDenied), err)
	// Output:
	// kakao: available false "forced"
	// naver: available true ""
	// https://naver.example/authorize
	// hong naver low <nil>
	// login: denied: naver: denied: ticket: used
	// true login: denied: naver: denied: the proof does not match the claim
}

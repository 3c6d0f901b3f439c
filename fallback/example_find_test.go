package fallback_test

import (
	"context"
	"fmt"
	"time"

	"github.com/detour-go/detour/fallback"
)

// lost is what a provider returns when the answer to something it sent is lost:
// it does not say NotSent.
type lost struct{}

func (lost) Error() string { return "alimtalk: send: unavailable: no answer" }
func (lost) Class() string { return "unavailable" }

// A message whose answer got lost is looked for by our own key before anybody
// else sends it.
func ExampleSource_find() {
	var outbox []string // the vendor's list
	send := func(_ context.Context, key string) (string, error) {
		outbox = append(outbox, key)
		return "", lost{}
	}
	find := func(_ context.Context, key string) (string, bool, error) {
		for _, k := range outbox {
			if k == key {
				return "receipt of " + key, true, nil
			}
		}
		return "", false, nil
	}
	sms := func(_ context.Context, key string) (string, error) { return "sms of " + key, nil }

	alimtalk := fallback.From("alimtalk", send, nil)
	alimtalk.Find, alimtalk.FindTimeout = find, 6*time.Second
	chain, err := fallback.New(fallback.Config[string, string]{
		Name: "message", Once: true,
		Sources: []fallback.Source[string, string]{alimtalk, fallback.From("sms", sms, nil)},
	})
	if err != nil {
		panic(err)
	}
	r, err := chain.Do(context.Background(), "order-7")
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Value, "from", r.Source)
	fmt.Println(r.Failed[0])
	// Output:
	// receipt of order-7 from alimtalk
	// alimtalk: unavailable: alimtalk: send: unavailable: no answer [done]
}

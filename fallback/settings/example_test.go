package settings_test

import (
	"context"
	"fmt"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/fallback/settings"
)

// An operator puts a substitute first and shortens the time of a slow one, while the site serves. A file with a mistake is refused whole.
func Example() {
	ask := func(by string) func(context.Context, string) (string, error) {
		return func(context.Context, string) (string, error) { return by, nil }
	}
	address, err := fallback.New(fallback.Config[string, string]{
		Name:    "address",
		Sources: []fallback.Source[string, string]{fallback.From("juso", ask("juso"), nil), fallback.From("list", ask("list"), nil)},
	})
	if err != nil {
		panic(err)
	}
	loader, err := settings.New(settings.Config{Parts: []fallback.Adjustable{address}})
	if err != nil {
		panic(err)
	}

	change, err := loader.Load([]byte(`{"parts": {"address": {"order": ["list", "juso"], "sources": {"juso": {"timeout": "800ms"}}}}}`))
	fmt.Println(change, err)
	r, _ := address.Do(context.Background(), "세종대로 110")
	fmt.Println(r.Source)

	_, err = loader.Load([]byte(`{"parts": {"address": {
		"deadline": "2",
		"order": "juso"}}}`))
	fmt.Println(err)
	// Output:
	// parts.address.order: ["juso","list"], now ["list","juso"]
	// parts.address.sources.juso.timeout: "3s", now "800ms" <nil>
	// list
	// settings: text:2:15: parts.address.deadline: "2" is no duration: write a number with a unit, as in "800ms", "2s" or "1h30m"
	// settings: text:3:12: parts.address.order: text where a list of names is needed
}

package fallback_test

import (
	"context"
	"fmt"

	"github.com/detour-go/detour/fallback"
)

// Two certificates through one broker are one certificate, as long as nobody says why that is good enough.
func ExampleCheck() {
	ask := func(context.Context, string) (string, error) { return "ok", nil }
	source := func(name, company string) fallback.Source[string, string] {
		return fallback.From(name, ask, &fallback.Upstream{
			Name: name, Fate: []string{"Linkhub"}, Recipient: fallback.Recipient{Company: company, Country: "KR"}, Capacity: &fallback.Capacity{PerSecond: 20}})
	}
	cert, err := fallback.New(fallback.Config[string, string]{
		Name: "cert", Once: true, Again: func(string, error) bool { return false },
		Sources: []fallback.Source[string, string]{source("kakao", "Kakao Corp."), source("pass", "SK Telecom")},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(fallback.Check(cert).Err())

	report := fallback.Lint{Exceptions: []fallback.Exception{
		{Code: fallback.LintSharedFate, Part: "cert", Reason: "the second broker is being bought"},
		{Code: fallback.LintNoBreaker, Part: "cert", Source: "kakao", Reason: "an example"},
		{Code: fallback.LintNoBreaker, Part: "cert", Source: "pass", Reason: "an example"},
	}}.Check(cert)
	fmt.Println(report.Err())
	fmt.Println(report.Losses[0].Parts[0])
	// Output:
	// fallback: check: error shared-fate: cert (kakao, pass): they die together, with Linkhub: to the part they are one provider, and when it is down nobody answers.
	// <nil>
	// unreachable
}

package fallback_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
)

// town is a site whose wiring has nothing to complain about: an address field, messages, codes that go out by some of them, and a login.
type town struct {
	address fallback.Config[int, said]
	message fallback.Config[string, int] // kakaotalk, sms, mail
	codes   fallback.Config[string, int] // sms, mail
	login   idConfig                     // kakao, naver, phone by codes

	parts []fallback.Inspectable // beside those
	made  []fallback.Inspectable // address, message, login, codes
	lint  fallback.Lint
}

func firm(name, company string, fate ...string) *fallback.Upstream {
	guard, err := breaker.New(breaker.Config{Name: name})
	if err != nil {
		panic(err)
	}
	return &fallback.Upstream{
		Name: name, Breaker: guard, Capacity: &fallback.Capacity{PerSecond: 50}, Fate: append([]string{company}, fate...),
		Recipient: fallback.Recipient{Company: company, Country: "KR"},
	}
}

// watched is a vendor whose login page is asked for. The test closes it.
func watched(t *testing.T, name, company string) *fallback.Upstream {
	up := firm(name, company)
	guard, err := breaker.New(breaker.Config{Name: name, Watch: func(context.Context) error { return nil }, WatchEvery: time.Hour})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, guard.Close()) })
	up.Breaker = guard
	return up
}

func send(context.Context, string) (int, error) { return 1, nil }

func sendBy(up *fallback.Upstream) fallback.Source[string, int] {
	return fallback.Source[string, int]{Name: up.Name, Do: send, Upstream: up, Timeout: time.Second, FindTimeout: time.Second,
		Find: func(context.Context, string) (int, bool, error) { return 0, false, nil }}
}

func newTown(t *testing.T) *town {
	talk, sms, mail := firm("kakaotalk", "Kakao"), firm("sms", "Solapi"), firm("mail", "NHN Cloud")
	w := &town{
		address: fallback.Config[int, said]{
			Name: "address", Deadline: 4 * time.Second,
			Sources: []fallback.Source[int, said]{
				{Name: "juso", Do: saying("a"), Upstream: firm("juso", "Ministry"), Retention: fallback.Forever},
				{Name: "naver", Do: saying("a"), Upstream: firm("naver map", "NAVER")},
				{Name: "list", Do: saying("a"), Upstream: &fallback.Upstream{Local: true}},
			},
		},
		message: fallback.Config[string, int]{Name: "message", Once: true, Sources: []fallback.Source[string, int]{sendBy(talk), sendBy(sms), sendBy(mail)}},
		codes:   fallback.Config[string, int]{Name: "codes", Once: true, Sources: []fallback.Source[string, int]{sendBy(sms), sendBy(mail)}},
		login:   newIDSite(t, nil).cfg,
	}
	w.login.Legs[0].Upstream, w.login.Legs[1].Upstream = watched(t, "kakao login", "Kakao"), watched(t, "naver login", "NAVER")
	w.login.Legs[2].Name, w.login.Legs[2].Assurance, w.login.Legs[2].BeginAsks = "phone", fallback.Low, true
	return w
}

// check makes the parts and looks at them.
func (w *town) check(t *testing.T) fallback.Report {
	t.Helper()
	w.address.Warm = 0.01
	address, err := fallback.New(w.address)
	if err != nil { // there is nobody to keep warm
		w.address.Warm = 0
		address, err = fallback.New(w.address)
	}
	require.NoError(t, err)
	message, err := fallback.New(w.message)
	require.NoError(t, err)
	codes, err := fallback.New(w.codes)
	require.NoError(t, err)
	if phone := &w.login.Legs[len(w.login.Legs)-1]; phone.Upstream == nil {
		phone.Upstream = &fallback.Upstream{Name: "codes by phone", Through: codes}
	}
	login, err := fallback.NewFlow(w.login)
	require.NoError(t, err)
	w.made = []fallback.Inspectable{address, message, login, codes}
	return w.lint.Check(append(w.made[:3:3], w.parts...)...)
}

// broken is a part that cannot be looked at.
type broken struct{}

func (broken) Inspect() fallback.Inspection { panic("broken") }

func partOf(t *testing.T, name string, sources ...fallback.Source[int, said]) *fallback.Chain[int, said] {
	t.Helper()
	c, err := fallback.New(fallback.Config[int, said]{Name: name, Sources: sources})
	require.NoError(t, err)
	return c
}

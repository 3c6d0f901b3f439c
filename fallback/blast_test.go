package fallback_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/fallback"
)

// tired is the town with a certificate beside it and some things to complain about.
func tired(t *testing.T) *town {
	w := newTown(t)
	w.address.Memory = &fallback.Memory[int, said]{Key: func(int) string { return "k" }, Fresh: time.Second, Stale: 31 * 24 * time.Hour}
	w.address.Sources = w.address.Sources[:2]
	w.address.Sources[0].Upstream.Fate = []string{"Ministry", "gateway"}
	w.address.Sources[1].Upstream.Fate = []string{"NAVER", "data centre of Pangyo", "gateway"}
	w.login.Legs[0].Upstream.Fate = []string{"Kakao", "data centre of Pangyo"}
	w.login.Legs[1].Assurance, w.login.Legs[1].Upstream.Recipient.Country = fallback.Substantial, "US"
	w.login.Legs[2].Traits = fallback.PersonVerified | fallback.Restricted
	cert := newIDSite(t, nil).cfg
	cert.Name, cert.Min = "cert", fallback.High
	cert.Legs = cert.Legs[:2]
	for i, name := range []string{"kakao cert", "pass"} {
		l := &cert.Legs[i]
		l.Name, l.Assurance, l.BeginAsks = name, fallback.High, true
		l.Upstream = firm(name, []string{"Kakao", "SK Telecom"}[i], "Linkhub")
	}
	flow, err := fallback.NewFlow(cert)
	require.NoError(t, err)
	w.parts = append(w.parts, flow)
	w.lint.Exceptions = []fallback.Exception{{Code: fallback.LintSharedFate, Part: "cert", Reason: "a second broker is being bought"}}
	return w
}

func TestTheReportIsTheSameForTheSameWiring(t *testing.T) {
	r := tired(t).check(t)
	for range 20 {
		require.Equal(t, r.String(), tired(t).check(t).String())
	}
}

// The golden files are the documentation of the text and of the JSON.
func TestReportGolden(t *testing.T) {
	r := tired(t).check(t)
	text, err := json.MarshalIndent(r, "", "  ")
	require.NoError(t, err)
	for name, got := range map[string][]byte{"report.txt": []byte(r.String()), "report.json": append(text, '\n')} {
		want, err := os.ReadFile("testdata/" + name)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), name)
	}
	var again fallback.Report
	require.NoError(t, json.Unmarshal(text, &again))
	assert.Equal(t, r, again)
}

// Capability 7 of the research: tiles, login and codes in one domain; an independent link clears it.
func TestBlastRadiusTellsSinglePoints(t *testing.T) {
	w := newTown(t)
	for _, up := range []*fallback.Upstream{w.address.Sources[0].Upstream, w.address.Sources[1].Upstream, w.codes.Sources[0].Upstream, w.codes.Sources[1].Upstream, w.login.Legs[0].Upstream, w.login.Legs[1].Upstream} {
		up.Fate = append(up.Fate, "one data centre")
	}
	w.address.Sources = w.address.Sources[:2]
	r := w.check(t)
	require.NotEmpty(t, r.SinglePoints)
	assert.Equal(t, fallback.SinglePoint{
		Of: []fallback.Cause{{Kind: "fate", Name: "one data centre"}}, Parts: []string{"address", "login", "codes"}}, r.SinglePoints[0])
	assert.Equal(t, r.SinglePoints[0].Of, r.Losses[0].Of, "the worst first")
	var states []fallback.Fallout
	for _, p := range r.Losses[0].Parts {
		states = append(states, p.State)
	}
	assert.Equal(t, []fallback.Fallout{fallback.FalloutUnreachable, fallback.FalloutUnreachable, fallback.FalloutUnreachable, fallback.FalloutWeakened}, states)

	for _, up := range []*fallback.Upstream{w.address.Sources[1].Upstream, w.codes.Sources[1].Upstream, w.login.Legs[1].Upstream} {
		up.Fate = up.Fate[:1]
	}
	r = w.check(t)
	assert.Empty(t, r.SinglePoints)
	assert.Equal(t, []fallback.Left{{Source: "naver", Rank: 1, Level: fallback.Unset}}, r.Losses[0].Parts[0].Left)
}

func TestAPartAskedThroughItselfIsNoEndlessLoop(t *testing.T) {
	up := firm("a", "A")
	c := partOf(t, "x", fallback.Source[int, said]{Name: "a", Do: saying("a"), Upstream: up}, fallback.Source[int, said]{Name: "b", Do: saying("b"), Upstream: firm("b", "B")})
	up.Through = c
	r := fallback.Check(c)
	assert.Equal(t, []string{"x"}, r.Parts)
	assert.Equal(t, "x", c.Inspect().Sources[0].Through)
}

// full is a disk.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errors.New("full")
	}
	return len(b), nil
}

func TestReportTextTellsWhenItCannotBeWritten(t *testing.T) {
	r := tired(t).check(t)
	assert.EqualError(t, r.WriteText(&full{room: 200}), "full")
	var b bytes.Buffer
	require.NoError(t, r.WriteText(&b))
	assert.Equal(t, r.String(), b.String())
}

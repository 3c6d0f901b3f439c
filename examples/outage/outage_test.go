package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/report"
	"github.com/detour-go/detour/examples/outage/timeline"
	"github.com/detour-go/detour/fallback"
)

// site is one site in the JSON report, as far as it is judged here.
type site struct {
	Requests     int
	Availability float64
	Sources      map[string]struct{ Share float64 }
	Wrong        int   `json:"wrong_account"`
	Below        int   `json:"below_assurance"`
	Duplicates   int   `json:"duplicates"`
	WrongProofs  int   `json:"wrong_proofs"`
	OpenAfter    int64 `json:"open_after_ms"`
	BackAfter    int64 `json:"back_after_ms"`
}

type result struct {
	Timeline    string
	ScheduleLag struct {
		P99 float64 `json:"p99_ms"`
	} `json:"schedule_lag"`
	Capabilities map[string]struct{ Direct, Detour site }
	Notices      struct {
		All []struct {
			Capability, KO, EN string
			Use                []string
		}
	}
}

// An outage of a few seconds in real time, on real servers. Of a machine that does not keep up only what must hold at any speed is asked.
func TestReplayEndToEnd(t *testing.T) {
	dir := t.TempDir()
	file, out := filepath.Join(dir, "mine.json"), filepath.Join(dir, "out.json")
	require.NoError(t, os.WriteFile(file, []byte(`{
		"name": "mine", "title": "a short one", "from": "0h", "to": "10h",
		"phases": [
			{"at": "2h", "role": "login.primary", "mode": "fail", "confidence": "assumed"},
			{"at": "2h", "role": "tiles.primary", "mode": "refuse", "confidence": "assumed"},
			{"at": "2h", "role": "address.primary", "mode": "html", "confidence": "assumed"},
			{"at": "2h", "role": "message.primary", "mode": "fail", "confidence": "assumed"},
			{"at": "2h", "role": "cert.primary", "mode": "fail", "confidence": "assumed"},
			{"at": "7h", "role": "login.primary", "mode": "ok", "confidence": "assumed"},
			{"at": "7h", "role": "tiles.primary", "mode": "ok", "confidence": "assumed"},
			{"at": "7h", "role": "address.primary", "mode": "ok", "confidence": "assumed"},
			{"at": "7h", "role": "message.primary", "mode": "ok", "confidence": "assumed"},
			{"at": "7h", "role": "cert.primary", "mode": "ok", "confidence": "assumed"}
		]}`), 0o600))
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"-timeline", file, "-short", "-duration", "5s", "-journeys", "60", "-json", out}, &stdout, &stderr)
	require.Equal(t, exitDone, code, stderr.String())

	assert.Contains(t, stdout.String(), "LOGIN")
	assert.Contains(t, stdout.String(), "TILES")
	assert.Regexp(t, regexp.MustCompile(`(?m)^  1 s +\d+h\S* \| login \S+.*: .* direct \d+/\d+ \| tiles `), stderr.String(), "a line each second")
	assert.NotContains(t, stderr.String(), "\x1b", "plain lines when nobody watches")

	data, err := os.ReadFile(out)
	require.NoError(t, err)
	var r result
	require.NoError(t, json.Unmarshal(data, &r))
	assert.Equal(t, "mine", r.Timeline)
	late := r.ScheduleLag.P99 > float64(report.KeptUp.Milliseconds())
	t.Logf("arrivals late by %.0f ms (p99)", r.ScheduleLag.P99)
	for _, name := range []string{"login", "tiles", "address", "message", "cert"} {
		c := r.Capabilities[name]
		assert.Equal(t, 60, c.Direct.Requests, name)
		assert.Equal(t, 60, c.Detour.Requests, name)
		assert.Zero(t, c.Direct.Wrong+c.Detour.Wrong+c.Detour.Below+c.Detour.Duplicates+c.Detour.WrongProofs, name)
		if late {
			continue
		}
		assert.GreaterOrEqual(t, c.Detour.Availability, c.Direct.Availability, name)
		if name != "login" && name != "cert" { // there citizens try again, and on a slow machine they wait the two seconds out
			assert.Less(t, c.Direct.Availability, 1.0, name)
		}
		assert.GreaterOrEqual(t, c.Detour.OpenAfter, int64(0), "%s: the breaker opened", name)
	}
	if late {
		t.Skipf("the machine did not keep up: arrivals late by %.0f ms", r.ScheduleLag.P99)
	}
	require.Len(t, r.Notices.All, 5, "all were out for hours")
	for _, n := range r.Notices.All {
		assert.NotEmpty(t, n.Use, n.Capability)
		assert.Contains(t, stdout.String(), n.KO)
		assert.Contains(t, n.EN, " since ", n.Capability)
	}
	assert.Positive(t, r.Capabilities["login"].Detour.Sources["naver"].Share)
	assert.Positive(t, r.Capabilities["tiles"].Detour.Sources["osm"].Share)
	assert.Positive(t, r.Capabilities["address"].Detour.Sources["juso"].Share)
	assert.Positive(t, r.Capabilities["message"].Detour.Sources["sms"].Share)
	assert.Positive(t, r.Capabilities["cert"].Detour.Sources["pass"].Share)
}

func TestInterruptedReplayTellsThePartUntilThen(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"-journeys", "200", "-check"}, &stdout, &stderr)
	assert.Equal(t, exitInterrupted, code)
	assert.Contains(t, stdout.String(), "INTERRUPTED after")
	assert.Contains(t, stdout.String(), "LOGIN")
}

// The wiring of the example is good, or it is said why not; what is said is asked by nobody of a vendor.
func TestTheWiringOfTheExample(t *testing.T) {
	out := filepath.Join(t.TempDir(), "lint.json")
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitDone, run(t.Context(), []string{"-lint", "-json", out}, &stdout, &stderr), stderr.String())
	assert.Empty(t, stderr.String())
	for _, line := range []string{
		`6 parts looked at: 0 errors, 0 warnings`,
		`login    degraded to naver, phone`,
		`cert     unreachable at level high`,
		`  Linkhub: cert`,
		`because a code to a telephone needs its carrier`,
	} {
		assert.Contains(t, stdout.String(), line)
	}
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	var r fallback.Report
	require.NoError(t, json.Unmarshal(text, &r))
	assert.Equal(t, []string{"login", "code", "tiles", "address", "message", "cert"}, r.Parts)
	assert.Len(t, r.Excepted, 5)
	assert.Empty(t, r.Unstated)

	stdout.Reset()
	require.Equal(t, exitDone, run(t.Context(), []string{"-lint", "-json", "-"}, &stdout, &stderr))
	assert.JSONEq(t, string(text), stdout.String())
	assert.Equal(t, exitUsage, run(t.Context(), []string{"-lint", "-json", t.TempDir()}, &stdout, &stderr))
}

func TestUsage(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.json")
	require.NoError(t, os.WriteFile(bad, []byte("{\n\"name\": \"x\",\n\"phases\": [\n{\"at\": \"1h\", \"role\": \"map\"}]\n}"), 0o600))
	for name, c := range map[string]struct {
		args []string
		code int
		want []string
	}{
		"help":          {[]string{"-h"}, exitDone, []string{"usage: outage", "-linked", "130 interrupted"}},
		"unknown flag":  {[]string{"-fast"}, exitUsage, []string{"-fast"}},
		"argument":      {[]string{"now"}, exitUsage, []string{`unexpected argument "now"`}},
		"all mistakes":  {[]string{"-linked", "2", "-patience", "1h", "-duration", "1ms", "-journeys", "-1"}, exitUsage, []string{"-linked 2", "-patience 1h", "-duration 1ms", "-journeys -1"}},
		"linked NaN":    {[]string{"-linked", "NaN"}, exitUsage, []string{"-linked NaN"}},
		"too many":      {[]string{"-journeys", "100000"}, exitUsage, []string{"-journeys 100000 must be"}},
		"no timeline":   {[]string{"-timeline", "kakao-1999"}, exitUsage, []string{"kakao-1999", "kakao-2022-10-15, flapping"}},
		"bad timeline":  {[]string{"-timeline", bad}, exitUsage, []string{"bad.json:1: the file: title is missing", `bad.json:4: phase: unknown role "map"`, "bad.json:4: phase: confidence is missing"}},
		"json nowhere":  {[]string{"-json", filepath.Join(t.TempDir(), "no", "out.json")}, exitUsage, []string{"outage: -json: ", "no such file or directory"}},
		"list of built": {[]string{"-timeline", "list"}, exitDone, timeline.Names()},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			assert.Equal(t, c.code, run(t.Context(), c.args, &out, &out))
			for _, want := range c.want {
				assert.Contains(t, out.String(), want)
			}
		})
	}
}

func TestJudgement(t *testing.T) {
	for name, c := range map[string]struct {
		found report.Report
		code  int
		says  string
	}{
		"held":   {report.Report{}, exitDone, "all promises held\n"},
		"broken": {report.Report{Result: replay.Result{Planned: 3, Capabilities: []replay.Found{{Name: "login"}}}}, exitFailed, "promise broken: login: 0 and 0 of 3 journeys were counted\n"},
		"busy machine": {report.Report{Result: replay.Result{Lag: replay.Lag{P99: 2 * time.Second, Own: 0.1}, Capabilities: []replay.Found{{Name: "login"}}}}, exitDone,
			"nobody was harmed; NOT JUDGED how many were served and how fast, because the machine was busy"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			assert.Equal(t, c.code, judge(c.found, &out))
			assert.Contains(t, out.String(), c.says)
		})
	}
}

func TestJourneysAreProportional(t *testing.T) {
	for args, want := range map[string]int{"": 2000, "-short": 273, "-duration 22s": 1000, "-duration 92s": 2000, "-short -journeys 50": 50} {
		o, err := parse(strings.Fields(args), &bytes.Buffer{})
		require.NoError(t, err)
		assert.Equal(t, want, o.journeys, args)
	}
}

// Roles are written down twice: here for the parser, which runs before anything is started, and where they are played.
func TestEveryRoleIsPlayed(t *testing.T) {
	o, err := parse(nil, &bytes.Buffer{})
	require.NoError(t, err)
	s, err := build(o)
	require.NoError(t, err)
	var played []string
	for _, c := range s.capabilities {
		for _, r := range c.Roles {
			played = append(played, r.Name)
		}
	}
	assert.ElementsMatch(t, roles(), played)
	assert.NoError(t, s.Close())
}

package timeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/examples/outage/timeline"
)

func knownRoles() []string {
	var roles []string
	for _, capability := range []string{"login", "tiles", "address", "message", "cert"} {
		roles = append(roles, capability+".primary", capability+".secondary")
	}
	return roles
}

func TestBuiltInTimelinesAreRight(t *testing.T) {
	assert.Equal(t, []string{"kakao-2022-10-15", "flapping", "kakao-2020-03-02", "kakao-2024-07-18", "last-resorts"}, timeline.Names())
	for _, name := range timeline.Names() {
		tl, err := timeline.Load(name, knownRoles())
		require.NoError(t, err)
		assert.Equal(t, name, tl.Name)
		for _, role := range tl.Roles() {
			assert.True(t, tl.Now(role, tl.From).Well(), "%s: %s begins well, so that the opening can be measured", name, role)
			if name == timeline.Default && role == "message.primary" {
				continue // AlimTalk came back after what is replayed
			}
			assert.True(t, tl.Now(role, tl.To).Well(), "%s: %s ends well, so that the return can be measured", name, role)
		}
	}
}

func TestDefaultTimelineIsTheOneOfRecord(t *testing.T) {
	tl, err := timeline.Load(timeline.Default, knownRoles())
	require.NoError(t, err)
	assert.Equal(t, 52*time.Hour, tl.Span())
	for _, c := range []struct {
		at    time.Duration
		role  string
		mode  timeline.Mode
		share float64
	}{
		{-time.Minute, "login.primary", timeline.OK, 1},
		{0, "login.primary", timeline.Refuse, 1},
		{time.Hour, "login.primary", timeline.Hang, 1},
		{18 * time.Hour, "login.primary", timeline.Fail, 1},
		{19 * time.Hour, "login.primary", timeline.Fail, 0.3},
		{20 * time.Hour, "login.primary", timeline.OK, 1},
		{16 * time.Hour, "tiles.primary", timeline.Fail, 1},
		{19*time.Hour + 45*time.Minute, "tiles.primary", timeline.Fail, 0.35}, // half-way from 0.6 to 0.1
		{23 * time.Hour, "tiles.primary", timeline.OK, 1},
		{5 * time.Hour, "tiles.secondary", timeline.OK, 1},
		{time.Hour, "message.primary", timeline.Fail, 1},
		{50 * time.Hour, "message.primary", timeline.Fail, 1},
		{22 * time.Hour, "cert.primary", timeline.Fail, 1},
		{26*time.Hour + 30*time.Minute, "cert.primary", timeline.Fail, 0.35},
		{30 * time.Hour, "cert.primary", timeline.OK, 1},
		{16 * time.Hour, "address.primary", timeline.Fail, 1},
		{17 * time.Hour, "address.primary", timeline.Fail, 0.6 - 0.5*0.5/6.5},
		{23 * time.Hour, "address.primary", timeline.OK, 1},
	} {
		p := tl.Now(c.role, c.at)
		assert.Equal(t, c.mode, p.Mode, "%s at %v", c.role, c.at)
		assert.InDelta(t, c.share, p.Share, 1e-9, "%s at %v", c.role, c.at)
	}
}

func TestLoadReadsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.json")
	require.NoError(t, os.WriteFile(path, []byte(file(`{"at": "1m", "role": "login.primary", "mode": "slow", "delay": "2s", "confidence": "assumed"}`)), 0o600))
	tl, err := timeline.Load(path, knownRoles())
	require.NoError(t, err)
	assert.Equal(t, []timeline.Phase{{
		At: time.Minute, Role: "login.primary", Mode: timeline.Slow, Share: 1, ShareTo: 1, Delay: 2 * time.Second,
		Confidence: timeline.Assumed, Line: 6,
	}}, tl.Phases)

	_, err = timeline.Load(filepath.Join(t.TempDir(), "none.json"), knownRoles())
	require.ErrorContains(t, err, "neither built in")
	require.ErrorIs(t, err, os.ErrNotExist)
}

// file puts phases at line 6 of a file that is otherwise right.
func file(phases ...string) string {
	return "{\n\"name\": \"x\",\n\"title\": \"t\",\n\"from\": \"-1h\", \"to\": \"2h\",\n\"phases\": [\n" + strings.Join(phases, ",\n") + "\n]}\n"
}

func phase(rest string) string {
	return `{"at": "0h", "role": "login.primary", "confidence": "assumed", ` + rest + `}`
}

func TestMistakes(t *testing.T) {
	const well = `"mode": "ok"`
	for name, c := range map[string]struct {
		data string
		want []string
	}{
		"empty file":      {"", []string{"f:1: not JSON: unexpected end of JSON input"}},
		"cut off":         {"{\n\"name\": \"x\",\n", []string{"f:2: not JSON: unexpected end of JSON input"}},
		"syntax":          {"{\n\"name\": \"x\"\n\"title\": \"y\"}", []string{`f:3: not JSON: invalid character '"' after object key:value pair`}},
		"two documents":   {file(phase(well)) + "{}", []string{"f:8: not JSON: invalid character '{' after top-level value"}},
		"not an object":   {"\n[]", []string{"f:2: the file must be an object, not a list"}},
		"nothing in it":   {"{}", []string{"f:1: the file: name is missing", "f:1: the file: title is missing", "f:1: the file: from is missing", "f:1: the file: to is missing", "f:1: the file: phases is missing"}},
		"no phases":       {file(), []string{"f:5: phases has 0 entries, want 1 to 2000"}},
		"wrong type":      {strings.Replace(file(phase(well)), `"x"`, `7`, 1), []string{"f:2: the file: name must be a text, not a number"}},
		"empty name":      {strings.Replace(file(phase(well)), `"x"`, `" "`, 1), []string{"f:2: the file: name is empty"}},
		"unknown field":   {strings.Replace(file(phase(well)), `"name"`, `"Name"`, 1), []string{`f:1: the file: name is missing`, `f:2: the file: unknown field "Name", known are name, title, zero, from, to, phases`}},
		"bad zero":        {strings.Replace(file(phase(well)), `"title"`, `"zero": "yesterday", "title"`, 1), []string{`f:3: zero "yesterday" is no moment such as 2022-10-15T15:30:00+09:00`}},
		"to before from":  {strings.Replace(file(phase(well)), `"2h"`, `"-2h"`, 1), []string{"f:4: to must be after from, at most a year"}},
		"phase no object": {file(`"0h"`), []string{"f:6: phase must be an object, not a text"}},
		"unknown role":    {file(strings.Replace(phase(well), "login.primary", "login", 1)), []string{`f:6: phase: unknown role "login", known are ` + strings.Join(knownRoles(), ", ")}},
		"unknown mode":    {file(phase(`"mode": "dead"`)), []string{`f:6: phase: unknown mode "dead", known are ok, slow, hang, refuse, reset, truncate, fail, quota, html, maintenance`}},
		"unknown key":     {file(phase(`"mode": "ok", "provider": "kakao"`)), []string{`f:6: phase: unknown field "provider", known are at, role, mode, share, share_to, delay, status, retry_after, confidence, source, note`}},
		"key twice":       {file(phase("\"mode\": \"ok\",\n\"mode\": \"fail\"")), []string{`f:7: phase: field "mode" is there twice (line 6)`}},
		"no confidence":   {file(`{"at": "0h", "role": "login.primary", "mode": "ok"}`), []string{"f:6: phase: confidence is missing"}},
		"bad confidence":  {file(`{"at": "0h", "role": "login.primary", "mode": "ok", "confidence": "sure"}`), []string{`f:6: phase: unknown confidence "sure", known are official, press, single, unconfirmed, assumed`}},
		"no source":       {file(`{"at": "0h", "role": "login.primary", "mode": "ok", "confidence": "press"}`), []string{"f:6: phase: source is missing"}},
		"bad time":        {file(`{"at": "18.5", "role": "login.primary", "mode": "ok", "confidence": "assumed"}`), []string{`f:6: phase: at "18.5" is no duration such as -2h, 18h30m or 86m`}},
		"time overflow":   {file(`{"at": "9999999h", "role": "login.primary", "mode": "ok", "confidence": "assumed"}`), []string{`f:6: phase: at "9999999h" is no duration such as -2h, 18h30m or 86m`}},
		"outside":         {file(`{"at": "3h", "role": "login.primary", "mode": "ok", "confidence": "assumed"}`), []string{"f:6: at 3h lies outside from -1h to 2h"}},
		"share above 1":   {file(phase(`"mode": "fail", "share": 1.2`)), []string{"f:6: phase: share 1.2 must be above 0 and at most 1"}},
		"share zero":      {file(phase(`"mode": "fail", "share": 0`)), []string{"f:6: phase: share 0 must be above 0 and at most 1"}},
		"share below 0":   {file(phase(`"mode": "fail", "share_to": -0.5`)), []string{"f:6: phase: share_to -0.5 must be above 0 and at most 1"}},
		"share as text":   {file(phase(`"mode": "fail", "share": "all"`)), []string{"f:6: phase: share must be a number, not a text"}},
		"share of ok":     {file(phase(`"mode": "ok", "share": 0.5`)), []string{`f:6: phase: share has no meaning with mode "ok"`}},
		"slow, how much":  {file(phase(`"mode": "slow"`)), []string{"f:6: phase: delay is missing"}},
		"slow for ever":   {file(phase(`"mode": "slow", "delay": "2h"`)), []string{"f:6: phase: delay 2h0m0s must be above 0 and at most 1m0s"}},
		"delay of fail":   {file(phase(`"mode": "fail", "delay": "2s"`)), []string{`f:6: phase: delay has no meaning with mode "fail"`}},
		"status 200":      {file(phase(`"mode": "fail", "status": 200`)), []string{"f:6: phase: status 200 must be 500 to 599"}},
		"status 503.5":    {file(phase(`"mode": "fail", "status": 503.5`)), []string{"f:6: phase: status 503.5 must be 500 to 599"}},
		"order": {file(
			`{"at": "1h", "role": "login.primary", "mode": "fail", "confidence": "assumed"}`,
			`{"at": "30m", "role": "tiles.primary", "mode": "fail", "confidence": "assumed"}`),
			[]string{"f:7: at 30m comes after 1h (line 6): phases must be in the order of time"}},
		"twice at once": {file(phase(`"mode": "fail"`), phase(`"mode": "ok"`)), []string{"f:7: phase 2: login.primary changes twice at 0s (line 6)"}},
		"all at once": {file(
			`{"at": "x", "role": "y", "mode": "z", "confidence": "assumed"}`,
			`{"at": "1h", "role": "login.primary", "mode": "fail", "share": 7}`),
			[]string{
				`f:6: phase: at "x" is no duration such as -2h, 18h30m or 86m`,
				`f:6: phase: unknown role "y", known are ` + strings.Join(knownRoles(), ", "),
				`f:6: phase: unknown mode "z", known are ok, slow, hang, refuse, reset, truncate, fail, quota, html, maintenance`,
				"f:7: phase: confidence is missing",
				"f:7: phase: share 7 must be above 0 and at most 1",
			}},
		"too large": {strings.Repeat(" ", 1<<20+1), []string{"f:1: larger than 1048576 bytes"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := timeline.Parse("f", []byte(c.data), knownRoles())
			require.Error(t, err)
			assert.Equal(t, c.want, strings.Split(err.Error(), "\n"))
			var one timeline.Mistake
			require.ErrorAs(t, err, &one)
			assert.Positive(t, one.Line)
		})
	}
}

func FuzzParseNeverPanics(f *testing.F) {
	f.Add([]byte(file(phase(`"mode": "ok"`))))
	f.Add([]byte("{\"phases\":[[{}]]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if tl, err := timeline.Parse("f", data, knownRoles()); err == nil {
			for _, p := range tl.Phases {
				share := tl.Now(p.Role, p.At).Share
				if share < 0 || share > 1 {
					t.Fatalf("share %v", share)
				}
			}
		}
	})
}

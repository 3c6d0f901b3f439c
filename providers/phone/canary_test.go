package phone_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/phone"
)

// show prints in every way there is.
func show(t *testing.T, out *bytes.Buffer, v any) {
	t.Helper()
	p := reflect.New(reflect.TypeOf(v))
	p.Elem().Set(reflect.ValueOf(v))
	holder := struct {
		In   any
		List []any
	}{v, []any{p.Interface()}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(out, verb+verb+verb+"\n", v, p.Interface(), holder)
	}
	for _, l := range []*slog.Logger{slog.New(slog.NewTextHandler(out, nil)), slog.New(slog.NewJSONHandler(out, nil))} {
		l.Info("x", "v", v, "p", p.Interface(), "holder", holder)
	}
	if _, isConfig := v.(phone.Config); !isConfig { // functions are no JSON
		js, err := json.Marshal(holder)
		require.NoError(t, err)
		out.Write(js)
	}
}

// T17: no number, code or key in anything that is printed, and none in the counter.
func TestT17NothingIsPrintedOrKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := []byte("CANARY-of-the-key-CANARY-of-the-")
		require.Len(t, k, 32)
		var out bytes.Buffer
		s := open(t, func(c *phone.Config) { c.Key = k })
		q := phone.Request{Number: number, Purpose: "login", Session: secretWord}
		c, err := s.codes.Begin(t.Context(), q)
		require.NoError(t, err)
		code := s.code()
		r := phone.Reply{Code: providers.NewSecret(code), Challenge: c}
		cfg := whole()
		cfg.Key = k
		for _, v := range []any{q, c, r, phone.Proof{Number: number, Purpose: code}, cfg, s.codes} {
			show(t, &out, v)
		}
		var errs []error
		note := func(_ any, err error) {
			require.Error(t, err)
			errs = append(errs, err)
		}
		note(s.finish(c, other(code)))
		note(s.codes.Begin(t.Context(), q))
		s.counter.before = dead("checks")
		note(s.finish(c, code))
		s.counter.before = nil
		_, err = s.finish(c, code)
		require.NoError(t, err)
		note(s.finish(c, code))
		time.Sleep(time.Hour)
		note(s.finish(c, code))
		note(s.codes.Resend(t.Context(), c))
		s.fail = &sendError{"unavailable", true}
		note(s.codes.Begin(t.Context(), q))
		note(nil, phone.Match(phone.Request{}, phone.Proof{Number: number}))
		note(nil, phone.Request{Number: number + code}.Validate())
		for _, err := range errs {
			fmt.Fprintf(&out, "%v %+v %#v %s %q %v\n", err, err, err, err, err, fmt.Errorf("wrapped: %w", err))
			slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "err", err)
		}
		for _, m := range s.inbox {
			out.WriteString(m.Key)
		}
		for _, key := range s.counter.keys {
			out.WriteString(key + "\n")
		}
		for _, secret := range []string{number, number[3:], number[7:] + "\n", code, string(k), secretWord, s.code()} {
			for _, form := range []string{secret, url.QueryEscape(secret), fmt.Sprintf("%x", secret), base64.StdEncoding.EncodeToString([]byte(secret))} {
				if at := strings.Index(out.String(), form); at >= 0 {
					t.Errorf("printed: %s", out.String()[max(0, at-80):at+len(form)])
				}
			}
		}
		assert.NotContains(t, out.String(), "[67 65 78", "a key in bytes")
	})
}

func TestEverythingSurvivesSealing(t *testing.T) {
	s := open(t, nil)
	c := s.begin()
	var buf bytes.Buffer
	require.NoError(t, gob.NewEncoder(&buf).Encode(c))
	assert.NotContains(t, buf.String(), s.code(), "there is no code in a challenge")
	var back phone.Challenge
	require.NoError(t, gob.NewDecoder(&buf).Decode(&back))
	_, err := s.finish(back, s.code())
	assert.NoError(t, err)

	buf.Reset()
	q := phone.Request{Number: number, Purpose: "login", Session: "s"}
	require.NoError(t, gob.NewEncoder(&buf).Encode(q))
	var again phone.Request
	require.NoError(t, gob.NewDecoder(&buf).Decode(&again))
	assert.True(t, q == again)
}

// A million codes: each digit at each place, and each first half, as often as
// chance has it. The bounds are six standard deviations away.
func TestCodesAreUniform(t *testing.T) {
	t.Parallel()
	const codes = 1_000_000
	var digits [6][10]int
	var halves [1000]int
	seen, distinct := make([]bool, 1_000_000), 0
	phone.Sample(codes, func(code string) {
		n := 0
		for place := range 6 {
			d := int(code[place] - '0')
			digits[place][d]++
			n = n*10 + d
		}
		halves[n/1000]++
		if !seen[n] {
			seen[n] = true
			distinct++
		}
	})
	chi := func(counts []int) (sum float64) {
		want := float64(codes) / float64(len(counts))
		for _, n := range counts {
			sum += (float64(n) - want) * (float64(n) - want) / want
		}
		return sum
	}
	for place := range digits {
		assert.Less(t, chi(digits[place][:]), 9+6*4.25, "place %d", place)
	}
	assert.Less(t, chi(halves[:]), 999+6*44.7)
	assert.Greater(t, chi(halves[:]), 999-6*44.7, "too even to be chance")
	// Of a million draws out of a million 1-1/e are seen.
	assert.InDelta(t, 632_121, distinct, 3_000)
}

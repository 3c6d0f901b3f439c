package fallback_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

func TestFlowObserverHearsOfEachStepOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []fallback.Outcome
		s := newIDSite(t, func(c *idConfig) {
			c.Observe = fallback.ObserverFunc(func(o fallback.Outcome) { told = append(told, o) })
		})
		ticket := s.mustBegin(t, bgCtx, "naver").Ticket
		_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
		require.NoError(t, err)
		_, err = s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
		require.Error(t, err)
		_, err = s.flow.Begin(bgCtx, "nobody", idClaim{Person: "kim"})
		require.Error(t, err)
		_, err = s.flow.Finish(bgCtx, s.mustBegin(t, bgCtx, "pass").Ticket, idReply{Code: "of lee"})
		require.Error(t, err)
		require.NoError(t, s.flow.Close())
		require.NoError(t, s.flow.Close())

		var lines []string
		for _, o := range told {
			require.Equal(t, time.Now(), o.At)
			for i := range o.Failed {
				require.NotContains(t, o.Failed[i].String(), idCanary)
			}
			lines = append(lines, fmt.Sprintln(o.Chain, o.Op, o.Verdict, o.Source, o.Rank, o.Freshness, o.Assurance, o.Attempts, len(o.Failed)))
		}
		require.Equal(t, `login begin ok naver 1 live low 1 0
login finish ok naver 1 live low 1 0
login finish denied  0 none unset 0 1
login begin invalid  0 none unset 0 0
login begin ok pass 2 live high 1 0
login finish denied  0 none unset 1 1
`, strings.Join(lines, ""))
		require.NotContains(t, fmt.Sprintf("%+v", told), idCanary)
	})
}

func TestFlowCloseWaitsForTheObserverNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan bool)
		s := newIDSite(t, func(c *idConfig) { c.Observe = fallback.ObserverFunc(func(fallback.Outcome) { <-stuck }) })
		s.mustBegin(t, bgCtx, "kakao")
		start := time.Now()
		require.ErrorContains(t, s.flow.Close(), "login: close")
		require.Equal(t, time.Second, time.Since(start))
		close(stuck)
		require.NoError(t, s.flow.Close())
	})
}

func TestFlowPrintsNoSecret(t *testing.T) {
	s := newIDSite(t, func(c *idConfig) {
		c.Keys = [][]byte{[]byte(idCanary + strings.Repeat("k", 32-len(idCanary)))}
		c.Legs[0].Finish = failingVendor(errors.New(idCanary)).Finish
	})
	b := s.mustBegin(t, fallback.WithSession(bgCtx, idCanary), "kakao")
	_, err := s.flow.Finish(fallback.WithSession(bgCtx, idCanary), b.Ticket, idReply{Code: "of " + idCanary})
	require.Error(t, err)
	_, config := fallback.NewFlow(idConfig{Name: "x", Keys: [][]byte{[]byte(idCanary)}})
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	logger.Info("x", "flow", s.flow, "config", s.cfg, "begun", b, "err", err)
	logger = slog.New(slog.NewTextHandler(&log, nil))
	logger.Info("x", "flow", s.flow, "config", s.cfg, "begun", b, "err", err)
	seen := log.String()
	for _, v := range []any{s.flow, s.cfg, &s.cfg, b, &b, err, config, []any{b, s.flow, s.cfg}, map[string]any{"b": b, "c": s.cfg}} {
		seen += fmt.Sprintf("%v %+v %#v %s %q\n", v, v, v, v, v)
	}
	require.NotContains(t, seen, idCanary)
	require.NotContains(t, seen, fmt.Sprint([]byte(idCanary))[1:20])
	require.NotContains(t, seen, fmt.Sprintf("%#v", []byte(idCanary))[7:40])
	require.NotContains(t, seen, b.Ticket)
	require.NotContains(t, seen, b.Challenge.URL)
	require.Contains(t, seen, "begun kakao, low, until 2")
	require.Contains(t, seen, "flow login")
	require.Equal(t, "flow config login", fmt.Sprint(s.cfg))
	require.Contains(t, seen, `"config":"login"`)
	require.Contains(t, seen, `"begun":{"source":"kakao","assurance":"low","expires":"2`)
	require.Equal(t, "login", s.flow.Name())

	j, err := json.Marshal(b)
	require.NoError(t, err)
	require.Contains(t, string(j), b.Ticket, "who wants it on purpose gets it")
}

// failingVendor is one whose second step fails like that.
func failingVendor(err error) *idVendor {
	return &idVendor{finish: func(context.Context, idReply) error { return err }}
}

func TestOffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, nil)
		b := s.guard(t, breaker.Config{Name: "kakao", OpenFor: time.Minute})
		kr := fallback.Recipient{Company: "Kakao", Country: "KR"}
		naver := fallback.Offer{Unproven: true, Source: "naver", Available: true, Admitted: 1, Assurance: fallback.Low}
		pass := fallback.Offer{Unproven: true, Source: "pass", Available: true, Admitted: 1, Assurance: fallback.High, Traits: fallback.PersonVerified}
		kakao := fallback.Offer{Unproven: true, Source: "kakao", Available: true, Admitted: 1, Assurance: fallback.Low, Recipient: kr}
		require.Equal(t, []fallback.Offer{kakao, naver, pass}, s.flow.Offers(bgCtx))
		require.Equal(t, []fallback.Offer{pass}, s.flow.Offers(fallback.WithMin(bgCtx, fallback.Substantial)))
		require.Equal(t, []fallback.Offer{pass}, s.flow.Offers(fallback.WithTraits(bgCtx, fallback.PersonVerified)))
		require.Empty(t, s.flow.Offers(fallback.WithTraits(bgCtx, fallback.Signature)))

		since := time.Now()
		s.open(t, b)
		down := kakao
		down.Available, down.Admitted, down.Why, down.Since = false, 0, "faults", since
		got := s.flow.Offers(bgCtx)
		require.WithinRange(t, got[0].RetryAt, since.Add(48*time.Second), since.Add(time.Minute))
		down.RetryAt = got[0].RetryAt
		require.Equal(t, []fallback.Offer{down, naver, pass}, got)

		time.Sleep(10 * time.Second)
		require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "maintenance", time.Hour))
		forced := kakao
		forced.Available, forced.Admitted, forced.Why, forced.Since, forced.RetryAt = false, 0, "forced", time.Now(), time.Now().Add(time.Hour)
		require.Equal(t, forced, s.flow.Offers(bgCtx)[0])
		time.Sleep(59 * time.Minute)
		require.False(t, s.flow.Offers(bgCtx)[0].Available, "forced is not tried")
		require.NoError(t, b.Force(breaker.ForcedClosed, "kim", "we know better", time.Hour))
		require.Equal(t, kakao, s.flow.Offers(bgCtx)[0])
		require.EqualValues(t, 5, s.kakao.begins.Load(), "looking asks nobody")
	})
}

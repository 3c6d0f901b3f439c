package fallback_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// idCanary is in every secret of these tests; it must never be seen in anything that is printed.
const idCanary = "CANARY-7f3a"

// idSecret hides itself from text and JSON, as providers.Secret does; a ticket must keep it all the same.
type idSecret string

func (idSecret) MarshalText() ([]byte, error) { return []byte("***"), nil }
func (idSecret) String() string               { return "***" }

type idClaim struct {
	Person string
	Page   string
	At     time.Time
}

type idChallenge struct {
	URL   string
	State idSecret
}

type idReply struct {
	Code      string
	Challenge idChallenge
}

type idProof struct {
	Person string
	State  idSecret
}

type (
	idLeg    = fallback.Leg[idClaim, idChallenge, idReply, idProof]
	idConfig = fallback.FlowConfig[idClaim, idChallenge, idReply, idProof]
	idFlow   = fallback.Flow[idClaim, idChallenge, idReply, idProof]
)

// idVendor is an identity provider: who holds the code "of NAME" is NAME.
type idVendor struct {
	name             string
	begins, finishes atomic.Int32
	mu               sync.Mutex
	codes            []string
	begin            func(ctx context.Context) error
	finish           func(ctx context.Context, r idReply) error
}

func (v *idVendor) Begin(ctx context.Context, q idClaim) (idChallenge, error) {
	v.begins.Add(1)
	if v.begin != nil {
		if err := v.begin(ctx); err != nil {
			return idChallenge{}, err
		}
	}
	return idChallenge{URL: "https://" + v.name + ".example/authorize", State: idSecret(idCanary + " state of " + v.name)}, nil
}

func (v *idVendor) Finish(ctx context.Context, r idReply) (idProof, error) {
	v.finishes.Add(1)
	v.mu.Lock()
	v.codes = append(v.codes, r.Code)
	v.mu.Unlock()
	if v.finish != nil {
		if err := v.finish(ctx, r); err != nil {
			return idProof{Person: "half an answer"}, err
		}
	}
	return idProof{Person: r.Code[len("of "):], State: r.Challenge.State}, nil
}

// idError is the error of an adapter.
type idError struct {
	class                      string
	unsent, hearsay, undecided bool
}

func (e *idError) Error() string { return "adapter: " + e.class }
func (e *idError) Class() string { return e.class }
func (e *idError) NotSent() bool { return e.unsent }
func (e *idError) Hearsay() bool { return e.hearsay }
func (e *idError) Pending() bool { return e.undecided }

func idKey(n byte) []byte {
	k := bytes.Repeat([]byte{n}, 32)
	k[0] = ^n
	return k
}

func idMatch(q idClaim, a idProof) error {
	if q.Person != a.Person {
		return errors.New(idCanary + " " + q.Person + " is not " + a.Person)
	}
	return nil
}

// idSite is a flow over kakao, naver and pass (the strongest), with all its parts in reach.
type idSite struct {
	cfg                idConfig
	flow               *idFlow
	kakao, naver, pass *idVendor
	tickets            *fallback.MemoryCounter
}

func newIDSite(t testing.TB, change func(*idConfig)) *idSite {
	t.Helper()
	s := &idSite{kakao: &idVendor{name: "kakao"}, naver: &idVendor{name: "naver"}, pass: &idVendor{name: "pass"}, tickets: memoryCounter(t, 0, 0)}
	s.cfg = idConfig{
		Name: "login", Match: idMatch, Min: fallback.Low, Keys: [][]byte{idKey(1)}, Tickets: s.tickets,
		Join: func(r idReply, c idChallenge) idReply { r.Challenge = c; return r },
	}
	for _, v := range []*idVendor{s.kakao, s.naver, s.pass} {
		l := fallback.NewLeg(v.name, v.Begin, v.Finish, nil)
		l.Assurance = fallback.Low
		s.cfg.Legs = append(s.cfg.Legs, l)
	}
	s.cfg.Legs[2].Assurance, s.cfg.Legs[2].Traits = fallback.High, fallback.PersonVerified
	if change != nil {
		change(&s.cfg)
	}
	f, err := fallback.NewFlow(s.cfg)
	require.NoError(t, err)
	s.flow = f
	return s
}

func (s *idSite) vendors() []*idVendor { return []*idVendor{s.kakao, s.naver, s.pass} }

func (s *idSite) asked() (n int) {
	for _, v := range s.vendors() {
		n += int(v.finishes.Load())
	}
	return n
}

// guard gives kakao a breaker.
func (s *idSite) guard(t testing.TB, c breaker.Config) *breaker.Breaker {
	t.Helper()
	b, err := breaker.New(c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	s.cfg.Legs[0].Upstream = &fallback.Upstream{Name: "kakao", Breaker: b, Recipient: fallback.Recipient{Company: "Kakao", Country: "KR"}}
	s.remake(t)
	return b
}

// remake is a new process of the site: same keys, same Tickets.
func (s *idSite) remake(t testing.TB) {
	t.Helper()
	f, err := fallback.NewFlow(s.cfg)
	require.NoError(t, err)
	s.flow = f
}

func (s *idSite) mustBegin(t testing.TB, ctx context.Context, source string) fallback.Begun[idChallenge] {
	t.Helper()
	b, err := s.flow.Begin(ctx, source, idClaim{Person: "kim"})
	require.NoError(t, err)
	return b
}

// fails checks verdict and cause of an error at once.
func flowFails(t testing.TB, err, verdict error, causes ...error) *fallback.Error {
	t.Helper()
	var e *fallback.Error
	require.ErrorAs(t, err, &e)
	for _, v := range []error{fallback.ErrUnavailable, fallback.ErrLimited, fallback.ErrRefused, fallback.ErrSecurity, fallback.ErrInvalid, fallback.ErrDenied, fallback.ErrNotFound, fallback.ErrCancelled} {
		require.Equal(t, v == verdict, errors.Is(err, v), "%v: is %v", err, v)
	}
	for _, c := range causes {
		require.ErrorIs(t, err, c)
	}
	require.NotContains(t, err.Error(), idCanary)
	require.NotContains(t, err.Error(), "kim")
	return e
}

var bgCtx = context.Background()

func TestFlowBothSteps(t *testing.T) {
	for rank, name := range []string{"kakao", "naver", "pass"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newIDSite(t, nil)
				b := s.mustBegin(t, bgCtx, name)
				require.Equal(t, name, b.Source)
				require.Equal(t, "https://"+name+".example/authorize", b.Challenge.URL)
				require.Equal(t, time.Now().Add(10*time.Minute).UnixMilli(), b.Expires.UnixMilli())
				require.Equal(t, s.cfg.Legs[rank].Assurance, b.Assurance)
				require.Less(t, len(b.Ticket), 1024)

				time.Sleep(time.Minute)
				r, err := s.flow.Finish(bgCtx, b.Ticket, idReply{Code: "of kim"})
				require.NoError(t, err)
				require.Equal(t, fallback.Result[idProof]{
					Value:  idProof{"kim", idSecret(idCanary + " state of " + name)}, // step two had what step one kept, secrets too
					Source: name, Rank: rank, Freshness: fallback.Live, ObtainedAt: time.Now(), Assurance: b.Assurance, Attempts: 1,
				}, r)
				require.Equal(t, 1, s.asked())
			})
		})
	}
}

func TestFlowWithoutJoinGetsTheReplyAsItCame(t *testing.T) {
	s := newIDSite(t, func(c *idConfig) { c.Join = nil })
	b := s.mustBegin(t, bgCtx, "kakao")
	r, err := s.flow.Finish(bgCtx, b.Ticket, idReply{Code: "of kim", Challenge: idChallenge{State: "as it came"}})
	require.NoError(t, err)
	require.EqualValues(t, "as it came", r.Value.State)
}

func TestNewFlowListsAllMistakes(t *testing.T) {
	s := newIDSite(t, nil)
	for name, c := range map[string]struct {
		change func(c *idConfig)
		says   []string
	}{
		"empty":       {func(c *idConfig) { *c = idConfig{} }, []string{"name: missing", "match", "min is unset", "tickets", "keys: 0", "no legs"}},
		"min":         {func(c *idConfig) { c.Min = 9 }, []string{"min: no such level"}},
		"ttl":         {func(c *idConfig) { c.TTL = -1 }, []string{"ttl"}},
		"ttl of days": {func(c *idConfig) { c.TTL = 48 * time.Hour }, []string{"ttl"}},
		"keys": {func(c *idConfig) {
			c.Keys = [][]byte{idKey(1), make([]byte, 16), nil, bytes.Repeat([]byte{7}, 32), idKey(1)}
		}, []string{"key 1: 16 bytes", "key 2: 0 bytes", "key 3: all its bytes", "key 4: the same as key 0"}},
		"too many keys": {func(c *idConfig) {
			for i := range byte(9) {
				c.Keys = append(c.Keys, idKey(i+10))
			}
		}, []string{"keys: 10 of them"}},
		"legs": {func(c *idConfig) {
			c.Legs[0] = idLeg{Name: "naver", Timeout: -1, Tries: -1, Assurance: fallback.Low, Upstream: &fallback.Upstream{Capacity: &fallback.Capacity{InFlight: -1}}}
			c.Legs[2].Name, c.Legs[2].Assurance, c.Legs[2].Tries = "", 77, 1001
		}, []string{`leg 0 "naver": begin is missing`, "finish is missing", "timeout", "tries", "in flight", `leg 1 "naver": the name is taken`, `leg 2 "": name: missing`, "no such level"}},
		"leg below min":      {func(c *idConfig) { c.Min = fallback.Substantial }, []string{`leg 0 "kakao": its assurance (low)`, `leg 1 "naver"`}},
		"leg without trait":  {func(c *idConfig) { c.Require = fallback.PersonVerified }, []string{`leg 0 "kakao"`, "could never be offered"}},
		"leg that is unset":  {func(c *idConfig) { c.Min = fallback.None; c.Legs[0].Assurance = fallback.Unset }, []string{`leg 0 "kakao": its assurance (unset)`}},
		"name with newlines": {func(c *idConfig) { c.Name = "log\nin" }, []string{"name: holds a control"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := s.cfg
			cfg.Legs = append([]idLeg(nil), s.cfg.Legs...)
			c.change(&cfg)
			f, err := fallback.NewFlow(cfg)
			require.Nil(t, f)
			for _, says := range c.says {
				require.ErrorContains(t, err, says)
			}
		})
	}
}

func TestNewFlowRefusesWhatATicketCannotKeep(t *testing.T) {
	type inner struct {
		hidden int //lint:ignore U1000 what gob loses is the point
	}
	type fine struct {
		At    time.Time
		When  *time.Time
		Self  *fine
		Names map[string][]string
		_     struct{}
		Mark  struct{}
	}
	type bad struct {
		Inner  inner
		Func   func()
		Chan   []chan int
		Any    map[string]any
		Number *int
		secret string //lint:ignore U1000 what gob loses is the point
	}
	_, err := fallback.NewFlow(fallback.FlowConfig[bad, *bad, idReply, idProof]{})
	for _, says := range []string{"claim.Inner.hidden (int)", "claim.Func", "claim.Chan[]", "claim.Any[]", "claim.Number", "claim.secret", "challenge.secret"} {
		require.ErrorContains(t, err, says)
	}
	_, err = fallback.NewFlow(fallback.FlowConfig[fine, *fine, idReply, idProof]{})
	require.NotContains(t, err.Error(), "is kept between the steps")
	_, err = fallback.NewFlow(fallback.FlowConfig[any, string, idReply, idProof]{})
	require.ErrorContains(t, err, "claim (interface {})")
	_, err = fallback.NewFlow(fallback.FlowConfig[struct{}, []byte, idReply, idProof]{})
	require.NotContains(t, err.Error(), "is kept between the steps")
}

func TestNewFlowKeepsItsOwnCopies(t *testing.T) {
	s := newIDSite(t, nil)
	b := s.mustBegin(t, bgCtx, "kakao")
	clear(s.cfg.Keys[0])
	clear(s.cfg.Legs)
	_, err := s.flow.Finish(bgCtx, b.Ticket, idReply{Code: "of kim"})
	require.NoError(t, err)
}

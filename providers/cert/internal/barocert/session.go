package barocert

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
)

// grant is a session token and how long it may be used, from now.
type grant struct {
	token string
	life  time.Duration
}

const (
	maxToken  = 4096
	maxLife   = 24 * time.Hour
	maxMargin = time.Minute

	doubtAfter = time.Minute
)

// session keeps the token. The zero value with an ask is empty.
type session struct {
	provider string // in errors
	ask      func(context.Context) (grant, error)

	mu     sync.Mutex
	token  string
	since  time.Time // when token came; monotonic, as until
	until  time.Time
	flight *flight
}

// flight is an ask under way; its fields are set before done is closed.
type flight struct {
	done  chan struct{}
	grant grant
	err   error
	left  bool // the caller who asked has gone: it says nothing to the others
}

// get gives the token, and whether it was asked for just now.
func (s *session) get(ctx context.Context) (token string, fresh bool, err error) {
	for {
		s.mu.Lock()
		if s.token != "" && time.Now().Before(s.until) {
			token = s.token
			s.mu.Unlock()
			return token, false, nil
		}
		f, mine := s.flight, s.flight == nil
		if mine {
			f = &flight{done: make(chan struct{}), left: true}
			s.flight = f
		}
		s.mu.Unlock()
		if mine {
			s.fly(ctx, f)
			return f.grant.token, true, f.err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return "", false, &providers.Error{Provider: s.provider, Op: "token", Unsent: true, Err: providers.Cause(ctx.Err())}
		}
		if !f.left {
			return f.grant.token, true, f.err
		}
		// Whoever comes first asks now, with a context of its own.
	}
}

// fly asks within the caller's own context, so nothing outlives the call. The
// flight ends in any case, also by a panic of the transport.
func (s *session) fly(ctx context.Context, f *flight) {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.flight = nil
		if f.err == nil && f.grant.token != "" {
			s.token, s.since = f.grant.token, time.Now()
			s.until = s.since.Add(f.grant.life)
		}
		close(f.done)
	}()
	f.grant, f.err = s.ask(ctx)
	f.left = f.err != nil && ctx.Err() != nil
}

// drop forgets a token that was refused, unless another has come since.
func (s *session) drop(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == token {
		s.token = ""
	}
}

// doubt forgets a token that is older than a minute: a no that may be about it
// must not last as long as the token does, nor cost a token each.
func (s *session) doubt(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == token && time.Since(s.since) >= doubtAfter {
		s.token = ""
	}
}

// askToken asks Linkhub for a session token, once.
func askToken(ctx context.Context, auth *rest.Client, k *key, cfg Config) (grant, error) {
	body, err := json.Marshal(struct {
		Scope []string `json:"scope"`
	}{cfg.Scopes})
	if err != nil {
		return grant{}, auth.Fail("token", providers.Invalid, "", errors.New("request could not be built"))
	}
	date := stamp(time.Now())
	h := http.Header{}
	h.Set("X-Lh-Date", date)
	h.Set("X-Lh-Version", linkVersion)
	if cfg.Forwarded != "" {
		h.Set("X-Lh-Forwarded", cfg.Forwarded)
	}
	h.Set("Authorization", "LINKHUB "+cfg.LinkID+" "+k.link(body, date, cfg.Forwarded))
	a, err := auth.Do(ctx, rest.Ask{Op: "token", Path: tokenPath, JSON: json.RawMessage(body), Header: h})
	if err != nil {
		return grant{}, err
	}
	if a.Status != http.StatusOK {
		return grant{}, judgeToken(auth, a, cfg.Codes)
	}
	var got struct {
		Token      string `json:"session_token"`
		Expiration string `json:"expiration"`
	}
	if err := auth.Object("token", a, &got); err != nil {
		return grant{}, err
	}
	ends, err := time.Parse(time.RFC3339, got.Expiration)
	if err != nil || got.Token == "" || len(got.Token) > maxToken || strings.ContainsFunc(got.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return grant{}, auth.Fail("token", providers.Unavailable, "", errors.New("no session token in the answer"))
	}
	return grant{got.Token, life(ends, a.Header)}, nil
}

// life is how long a token may be used, counted by the answer's own date where
// it has one, so that our clock does not matter. A tenth of it, at most a
// minute, is left as a margin; an end that lies behind gives nothing, and the
// token serves the one call.
func life(ends time.Time, h http.Header) time.Duration {
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	d := min(ends.Sub(now), maxLife)
	return max(d-min(d/10, maxMargin), 0)
}

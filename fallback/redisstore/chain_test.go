package redisstore_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/fallback/redisstore"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// ear hears of every command that is handed to a client by a call, and how long
// it took of the time that it was given. That is the bound which a test can
// hold a call to on any machine.
type ear struct {
	mu   sync.Mutex
	took []time.Duration
}

// DialHook hears nothing.
func (e *ear) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessPipelineHook hears nothing: go-redis itself uses pipelines, for a new
// connection.
func (e *ear) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// ProcessHook hears what our calls ask; the pings of the probe are behind
// everybody's back, and go-redis greets on new connections.
func (e *ear) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		given := time.Hour
		if end, ok := ctx.Deadline(); ok {
			given = time.Until(end)
		}
		started := time.Now()
		err := next(ctx, cmd)
		switch cmd.Name() {
		case "getrange", "set", "del", "evalsha", "eval":
			e.mu.Lock()
			e.took = append(e.took, min(given, time.Since(started)))
			e.mu.Unlock()
		}
		return err
	}
}

// heard returns what was heard since the last time.
func (e *ear) heard() []time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.took
	e.took = nil
	return all
}

// ways in which a Redis that was well fails: from a server and a proxy before it.
var ways = map[string]func(*server, *proxy){
	"F50 dead": func(s *server, p *proxy) { s.kill(); p.cut() },
	"F51 slow": func(_ *server, p *proxy) { p.delay.Store(int64(slow)) },
}

type page struct{ Text string }

// Cacheable is what a chain wants to see of an answer before it remembers it.
func (page) Cacheable() bool { return true }

// A chain whose memory lies in a Redis that dies or becomes slow: every answer
// comes, no call gives it more than 5ms, Load and Save together, and after five it gets none.
func TestF50F51AChainOverARedisThatFails(t *testing.T) {
	for name, fail := range ways {
		t.Run(name, func(t *testing.T) {
			server := own(t)
			p := through(t, server.addr)
			e := new(ear)
			c := client(t, p.addr)
			c.AddHook(e)
			s := store(t, redisstore.Config{Client: c})
			warm(t, s)
			require.Eventually(t, closed(s.Breaker()), patiently, 10*time.Millisecond)
			source := fallback.From("only", func(_ context.Context, q string) (page, error) { return page{q}, nil }, nil)
			source.Retention = fallback.Retention(time.Hour)
			chain, err := fallback.New(fallback.Config[string, page]{
				Name: "pages", Sources: []fallback.Source[string, page]{source},
				Memory: &fallback.Memory[string, page]{Key: func(q string) string { return q }, Fresh: time.Minute, Stale: time.Hour, Store: s},
			})
			require.NoError(t, err)
			defer chain.Close()

			fail(server, p)
			e.heard()
			before := s.Stats()
			var asking, asked int // calls that gave it time, and the last of them
			for i := range 200 {
				r, err := chain.Do(context.Background(), strconv.Itoa(i))
				require.NoError(t, err)
				require.Equal(t, strconv.Itoa(i), r.Value.Text)
				var added time.Duration
				for _, took := range e.heard() {
					added += took
				}
				require.LessOrEqual(t, added, 5*time.Millisecond, "call %d", i)
				if added > 0 {
					asking, asked = asking+1, i
				}
			}
			require.Positive(t, asking)
			require.LessOrEqual(t, asking, inARow)
			require.Less(t, asked, 2*inARow, "then none")
			require.LessOrEqual(t, s.Stats().Calls-before.Calls, uint64(inARow))
			require.Equal(t, breaker.Open, s.Breaker().Snapshot().State)
		})
	}
}

// A login by a code whose tickets and tries lie in a Redis that dies or becomes
// slow between the sending of the code and its coming back: nothing is begun,
// and no code is looked at, the right one neither (F50: code attempts fail
// closed). Each ask is bounded, and after five nobody waits.
func TestF50F51CodesFailClosed(t *testing.T) {
	type claim struct{ Number string }
	type code struct{ Text string }
	for name, fail := range ways {
		t.Run(name, func(t *testing.T) {
			server := own(t)
			p := through(t, server.addr)
			e := new(ear)
			c := client(t, p.addr)
			c.AddHook(e)
			n := counter(t, redisstore.Config{Client: c})
			require.Eventually(t, func() bool { return n.Put(context.Background(), "warm", []byte("v"), time.Hour) == nil }, patiently, 10*time.Millisecond)
			require.Eventually(t, closed(n.Breaker()), patiently, 10*time.Millisecond)
			looked := 0
			leg := fallback.NewLeg("sms",
				func(context.Context, claim) (code, error) { return code{"sent"}, nil },
				func(_ context.Context, r code) (code, error) { looked++; return r, nil }, nil)
			leg.Assurance, leg.Tries = fallback.Low, 5
			flow, err := fallback.NewFlow(fallback.FlowConfig[claim, code, code, code]{
				Name: "phone", Legs: []fallback.Leg[claim, code, code, code]{leg}, Min: fallback.Low, Tickets: n,
				Keys: [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, Match: func(claim, code) error { return nil },
			})
			require.NoError(t, err)
			var tickets []string
			for len(tickets) < 20 { // a busy machine may need more than one try
				if b, err := flow.Begin(context.Background(), "sms", claim{"010"}); err == nil {
					tickets = append(tickets, b.Ticket)
				}
			}

			fail(server, p)
			e.heard()
			before := n.Stats()
			for _, ticket := range tickets {
				r, err := flow.Finish(context.Background(), ticket, code{"right"})
				require.ErrorIs(t, err, fallback.ErrTickets)
				require.ErrorIs(t, err, fallback.ErrUnavailable)
				require.Zero(t, r)
				_, err = flow.Begin(context.Background(), "sms", claim{"010"})
				require.ErrorIs(t, err, fallback.ErrTickets)
			}
			require.Zero(t, looked, "no code was looked at")
			heard := e.heard()
			require.NotEmpty(t, heard)
			require.LessOrEqual(t, len(heard), inARow)
			for _, took := range heard {
				require.LessOrEqual(t, took, 50*time.Millisecond)
			}
			require.LessOrEqual(t, n.Stats().Calls-before.Calls, uint64(inARow))
		})
	}
}

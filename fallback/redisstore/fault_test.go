package redisstore_test

import (
	"context"
	"net"
	"runtime"
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

const (
	inARow = 5 // faults that open the breaker
	slow   = 200 * time.Millisecond
	// soon is far above Wait and far below slow: what took longer waited for Redis.
	soon = 150 * time.Millisecond
	// patiently bounds what is only a matter of time, on a busy machine.
	patiently = 30 * time.Second
)

// warm asks until there is a connection and an answer.
func warm(t *testing.T, s fallback.Store) {
	t.Helper()
	require.Eventually(t, func() bool { return s.Save(context.Background(), "warm", []byte("v"), time.Hour) == nil }, patiently, 10*time.Millisecond)
}

func closed(b *breaker.Breaker) func() bool {
	return func() bool { return b.Snapshot().State == breaker.Closed }
}

// fewAsked: of so many calls no more than needed to find out asked Redis, in vain.
// (Less, when the busy machine had made it slow before.)
func fewAsked(t *testing.T, before, after redisstore.Stats, calls uint64) {
	t.Helper()
	asked := after.Calls - before.Calls
	require.LessOrEqual(t, asked, uint64(inARow))
	require.Equal(t, asked, after.Faults-before.Faults)
	require.Equal(t, calls-asked, after.LeftOut-before.LeftOut)
}

// F50: the first five calls find out, for a few milliseconds each; then none
// asks, and none is a trial when Redis comes back.
func TestF50ADeadRedisIsLeftOut(t *testing.T) {
	ctx := context.Background()
	port := freePort(t)
	need(t)
	server, err := start(port)
	require.NoError(t, err)
	defer func() { server.kill() }()
	c := client(t, server.addr)
	s, n := store(t, redisstore.Config{Client: c}), counter(t, redisstore.Config{Client: c})
	warm(t, s)
	require.Eventually(t, func() bool { return n.Put(ctx, "ticket", []byte("v"), time.Hour) == nil }, patiently, 10*time.Millisecond)
	require.Eventually(t, func() bool { _, err := n.Add(ctx, "tries", 1, time.Hour); return err == nil }, patiently, 10*time.Millisecond)
	require.Eventually(t, closed(s.Breaker()), patiently, 10*time.Millisecond)
	require.Eventually(t, closed(n.Breaker()), patiently, 10*time.Millisecond)
	server.kill() // between the counting of a try and the look at the code

	stored, counted := s.Stats(), n.Stats()
	for range 100 {
		_, found, err := s.Load(ctx, "warm")
		require.Error(t, err)
		require.False(t, found)
		require.NotContains(t, err.Error(), strconv.Itoa(port))
		data, found, err := n.Take(ctx, "ticket")
		require.Error(t, err) // closed
		require.False(t, found)
		require.Nil(t, data)
		sum, err := n.Add(ctx, "tries", 1, time.Hour)
		require.Error(t, err)
		require.Zero(t, sum)
	}
	fewAsked(t, stored, s.Stats(), 100)
	fewAsked(t, counted, n.Stats(), 200)
	_, _, err = s.Load(ctx, "warm")
	require.ErrorIs(t, err, breaker.ErrOpen)

	server, err = start(port)
	require.NoError(t, err)
	stored, counted = s.Stats(), n.Stats()
	require.Eventually(t, closed(s.Breaker()), patiently, 10*time.Millisecond)
	require.Eventually(t, closed(n.Breaker()), patiently, 10*time.Millisecond)
	require.Equal(t, stored.Calls, s.Stats().Calls)
	require.Equal(t, counted.Calls, n.Stats().Calls)
	require.Eventually(t, func() bool {
		_, found, err := n.Take(ctx, "ticket") // Redis has forgotten it: unknown, so closed
		require.False(t, found)
		return err == nil
	}, patiently, 10*time.Millisecond)
}

// F51: 200 ms slow. A read is ended by its time, with our Wait and with a
// shorter one of the chain.
func TestF51ASlowRedisIsLeftOut(t *testing.T) {
	for name, given := range map[string]time.Duration{"wait": 0, "the chain's time": 5 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			p := through(t, address(t))
			conf := redisstore.Config{Client: client(t, p.addr), Prefix: prefix(t)}
			if given != 0 {
				conf.Wait = unhurried
			}
			s := store(t, conf)
			warm(t, s)
			require.Eventually(t, closed(s.Breaker()), patiently, 10*time.Millisecond)
			p.delay.Store(int64(slow))
			before := s.Stats()
			for i := range 200 {
				ctx, cancel := context.Background(), func() {}
				if given != 0 {
					ctx, cancel = context.WithTimeout(ctx, given)
				}
				started := time.Now()
				_, found, err := s.Load(ctx, "warm")
				require.Error(t, err)
				require.False(t, found)
				require.Less(t, time.Since(started), soon, "call %d waited for Redis", i)
				cancel()
			}
			fewAsked(t, before, s.Stats(), 200)
			p.delay.Store(0)
			require.Eventually(t, closed(s.Breaker()), patiently, 10*time.Millisecond)
			warm(t, s)
		})
	}
}

// A Redis that answers, but later than Wait, stays out: the probe is not content
// with any answer.
func TestTheProbeWantsAnAnswerInTime(t *testing.T) {
	p := through(t, address(t))
	s := store(t, redisstore.Config{Client: client(t, p.addr), Prefix: prefix(t)})
	warm(t, s)
	p.delay.Store(int64(slow))
	require.Eventually(t, func() bool {
		_, _, err := s.Load(context.Background(), "k")
		return err != nil && !closed(s.Breaker())()
	}, patiently, time.Millisecond)
	require.Never(t, closed(s.Breaker()), 3*time.Second, 5*time.Millisecond)
}

// A reply that is lost is not asked for again: an Add sent twice counts twice.
func TestNothingIsSentTwice(t *testing.T) {
	ctx := context.Background()
	for name, options := range map[string]func(*redis.Options){
		"as go-redis comes": func(*redis.Options) {},
		"eager to retry":    func(o *redis.Options) { o.MaxRetries, o.MaxRetryBackoff = 10, time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			p := through(t, address(t))
			o := &redis.Options{Addr: p.addr, ContextTimeoutEnabled: true}
			options(o)
			c := redis.NewClient(o)
			defer c.Close()
			pre := prefix(t)
			n := counter(t, redisstore.Config{Client: c, Prefix: pre, Wait: unhurried})
			_, err := n.Add(ctx, "k", 1, time.Hour)
			require.NoError(t, err)
			p.lose.Store(true)
			_, err = n.Add(ctx, "k", -1, time.Hour)
			require.Error(t, err)
			require.False(t, p.lose.Load())
			sum, err := n.Add(ctx, "k", 0, time.Hour)
			require.NoError(t, err)
			require.Zero(t, sum, "it was given back more than once")
		})
	}
}

// F53: flushed, and the scripts with it.
func TestF53AFlushedRedis(t *testing.T) {
	ctx := context.Background()
	server := own(t)
	c := client(t, server.addr)
	conf := redisstore.Config{Client: c, Wait: unhurried}
	s, n := store(t, conf), counter(t, conf)
	for range 3 {
		_, found, err := s.Load(ctx, "k")
		require.NoError(t, err)
		require.False(t, found)
		_, found, err = n.Take(ctx, "k")
		require.NoError(t, err)
		require.False(t, found)
		sum, err := n.Add(ctx, "k", 1, time.Hour)
		require.NoError(t, err)
		require.EqualValues(t, 1, sum)
		require.NoError(t, s.Save(ctx, "k", []byte("v"), time.Hour))
		require.NoError(t, n.Put(ctx, "k", []byte("v"), time.Hour))
		require.NoError(t, c.FlushAll(ctx).Err())
		require.NoError(t, c.ScriptFlush(ctx).Err())
	}
	require.Zero(t, s.Stats().Faults+n.Stats().Faults)
}

// A caller who leaves says nothing about Redis. (go-redis does not see that he
// left before Wait is over: it has an ear for deadlines only.)
func TestACallerWhoLeftIsNoFault(t *testing.T) {
	p := through(t, address(t))
	s := store(t, redisstore.Config{Client: client(t, p.addr), Prefix: prefix(t), Wait: slow / 4})
	warm(t, s)
	require.Eventually(t, closed(s.Breaker()), patiently, 10*time.Millisecond)
	p.delay.Store(int64(slow))
	before := s.Stats()
	var g sync.WaitGroup
	for range 3 * inARow {
		g.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			stop := time.AfterFunc(time.Millisecond, cancel)
			defer stop.Stop()
			if _, _, err := s.Load(ctx, "k"); err == nil {
				t.Error("an answer from a slow Redis")
			}
		})
	}
	g.Wait()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	calls := s.Stats().Calls
	_, _, err := s.Load(ctx, "k")
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, calls, s.Stats().Calls)
	require.Equal(t, before.Faults, s.Stats().Faults)
	require.True(t, closed(s.Breaker())())
}

// A Redis that is not there at all, from the beginning, in the shape of a port
// where nobody listens: the constructors do not mind, and nothing is left over.
func TestNothingIsLeftOver(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	before := runtime.NumGoroutine()
	c := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true})
	s, err := redisstore.NewStore(redisstore.Config{Client: c})
	require.NoError(t, err)
	n, err := redisstore.NewCounter(redisstore.Config{Client: c})
	require.NoError(t, err)
	for range 50 {
		require.Error(t, s.Save(context.Background(), "k", nil, time.Hour))
		require.Error(t, n.Put(context.Background(), "k", nil, time.Hour))
	}
	require.EqualValues(t, inARow, s.Stats().Calls)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	require.NoError(t, n.Close())
	require.NoError(t, c.Close())
	for until := time.Now().Add(patiently); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		require.True(t, time.Now().Before(until), "goroutines: %d, before %d", runtime.NumGoroutine(), before)
	}
}

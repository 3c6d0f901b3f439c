package redisstore_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/fallback/redisstore"
	"github.com/detour-go/detour/fallback/storetest"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// unhurried is a Wait for tests of anything but time, on a busy machine.
const unhurried = time.Second

func store(t testing.TB, c redisstore.Config) *redisstore.Store {
	t.Helper()
	s, err := redisstore.NewStore(c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func counter(t testing.TB, c redisstore.Config) *redisstore.Counter {
	t.Helper()
	s, err := redisstore.NewCounter(c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestStoreKeepsTheRules(t *testing.T) {
	t.Parallel() // it mostly waits
	c := client(t, address(t))
	storetest.Store(t, func() fallback.Store {
		return store(t, redisstore.Config{Client: c, Prefix: prefix(t), Wait: unhurried})
	}, storetest.Tick(150*time.Millisecond))
}

func TestCounterKeepsTheRules(t *testing.T) {
	t.Parallel() // it mostly waits
	c := client(t, address(t))
	storetest.Counter(t, func() fallback.Counter {
		return counter(t, redisstore.Config{Client: c, Prefix: prefix(t), Wait: unhurried, Secret: []byte("0123456789abcdef")})
	}, storetest.Tick(150*time.Millisecond))
}

// A cluster of one, over a cluster client: the same rules.
func TestClusterKeepsTheRules(t *testing.T) {
	t.Parallel() // it mostly waits
	s := own(t, "--cluster-enabled", "yes")
	ctx := context.Background()
	require.NoError(t, client(t, s.addr).Do(ctx, "cluster", "addslotsrange", 0, 16383).Err())
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{s.addr}, ContextTimeoutEnabled: true, PoolSize: 128})
	t.Cleanup(func() { _ = c.Close() })
	require.Eventually(t, func() bool { return c.Set(ctx, "up", 1, 0).Err() == nil }, 20*time.Second, 50*time.Millisecond)
	counts := counter(t, redisstore.Config{Client: c, Wait: unhurried})
	require.NoError(t, counts.Check(ctx))
	t.Run("store", func(t *testing.T) {
		t.Parallel()
		storetest.Store(t, func() fallback.Store {
			return store(t, redisstore.Config{Client: c, Prefix: prefix(t), Wait: unhurried})
		}, storetest.Tick(150*time.Millisecond))
	})
	t.Run("counter", func(t *testing.T) {
		t.Parallel()
		storetest.Counter(t, func() fallback.Counter {
			return counter(t, redisstore.Config{Client: c, Prefix: prefix(t), Wait: unhurried})
		}, storetest.Tick(150*time.Millisecond))
	})
}

// Two clients are two processes, as far as Redis can tell.
func TestOneStepOverTwoClients(t *testing.T) {
	ctx := context.Background()
	p := prefix(t)
	var both [2]*redisstore.Counter
	for i := range both {
		both[i] = counter(t, redisstore.Config{Client: client(t, address(t)), Prefix: p, Wait: unhurried})
	}
	var sums [101]atomic.Int32
	together(100, func(i int) {
		n, err := both[i%2].Add(ctx, "k", 1, time.Hour)
		if err != nil || n < 1 || n > 100 {
			t.Errorf("%d, %v", n, err)
			return
		}
		sums[n].Add(1)
	})
	for n := 1; n <= 100; n++ {
		require.EqualValues(t, 1, sums[n].Load(), "the sum %d", n)
	}
	for round := range 20 {
		require.NoError(t, both[round%2].Put(ctx, "ticket", []byte("v"), time.Hour))
		var found atomic.Int32
		together(100, func(i int) {
			_, ok, err := both[i%2].Take(ctx, "ticket")
			if err != nil {
				t.Error(err)
			}
			if ok {
				found.Add(1)
			}
		})
		require.EqualValues(t, 1, found.Load(), "round %d", round)
	}
}

func together(n int, call func(i int)) {
	var g sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		g.Go(func() {
			<-start
			call(i)
		})
	}
	close(start)
	g.Wait()
}

// T10: no key lies in Redis, and a secret keys the digests.
func TestNoKeyLiesInRedis(t *testing.T) {
	ctx := context.Background()
	c := client(t, address(t))
	const canary = "Sejong-daero 110"
	p := prefix(t)
	names := map[string]bool{}
	for _, secret := range []string{"", "0123456789abcdef", "0123456789abcdeF"} {
		conf := redisstore.Config{Client: c, Prefix: p, Wait: unhurried, Secret: []byte(secret)}
		s, n := store(t, conf), counter(t, conf)
		_, found, err := s.Load(ctx, canary)
		require.NoError(t, err)
		require.False(t, found, "found what was saved under another secret")
		require.NoError(t, s.Save(ctx, canary, []byte("v"), time.Hour))
		require.NoError(t, n.Put(ctx, canary, []byte("v"), time.Hour))
		_, err = n.Add(ctx, canary, 1, time.Hour)
		require.NoError(t, err)
	}
	keys, err := c.Keys(ctx, p+":*").Result()
	require.NoError(t, err)
	for _, k := range keys {
		names[k] = true
		require.NotContains(t, k, "Sejong")
		v, err := c.Get(ctx, k).Result()
		require.NoError(t, err)
		require.NotContains(t, v, "Sejong")
		ttl, err := c.PTTL(ctx, k).Result()
		require.NoError(t, err)
		require.Greater(t, ttl, 59*time.Minute)
		require.LessOrEqual(t, ttl, time.Hour)
	}
	require.Len(t, names, 9)
}

func TestConfigMistakesAreListed(t *testing.T) {
	bad := redisstore.Config{Prefix: "a b" + strings.Repeat("x", 64), Secret: []byte("short"), MaxValue: -1, Wait: 2 * time.Second}
	for _, err := range []error{second(redisstore.NewStore(bad)), second(redisstore.NewCounter(bad))} {
		for _, want := range []string{"Client is missing", "Prefix has 67 bytes", `Prefix contains ' '`, "Secret has 5 bytes", "MaxValue", "Wait"} {
			require.ErrorContains(t, err, want)
		}
	}
}

// F51: without ContextTimeoutEnabled a deadline of 25 ms does not end a read of 200 ms.
func TestF51AClientThatIgnoresDeadlinesIsRefused(t *testing.T) {
	var none *redis.Client
	for name, c := range map[string]redis.UniversalClient{
		"client":   redis.NewClient(&redis.Options{}),
		"cluster":  redis.NewClusterClient(&redis.ClusterOptions{}),
		"ring":     redis.NewRing(&redis.RingOptions{}),
		"failover": redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "m"}),
	} {
		require.ErrorContains(t, second(redisstore.NewStore(redisstore.Config{Client: c})), "ContextTimeoutEnabled", name)
		require.ErrorContains(t, second(redisstore.NewCounter(redisstore.Config{Client: c})), "ContextTimeoutEnabled", name)
		_ = c.Close()
	}
	require.ErrorContains(t, second(redisstore.NewStore(redisstore.Config{Client: none})), "Client is missing")

	ring := redis.NewRing(&redis.RingOptions{ContextTimeoutEnabled: true})
	defer ring.Close()
	require.NoError(t, second(redisstore.NewStore(redisstore.Config{Client: ring})))
	require.ErrorContains(t, second(redisstore.NewCounter(redisstore.Config{Client: ring})), "Ring")
	wrapped := struct{ redis.UniversalClient }{ring} // cannot be seen: taken at its word
	require.NoError(t, second(redisstore.NewStore(redisstore.Config{Client: wrapped})))
}

func second[A any](_ A, err error) error { return err }

func TestTooLargeValuesAreRefused(t *testing.T) {
	ctx := context.Background()
	c := client(t, address(t))
	conf := redisstore.Config{Client: c, Prefix: prefix(t), Wait: unhurried, MaxValue: 10}
	s, n := store(t, conf), counter(t, conf)
	require.NoError(t, s.Save(ctx, "k", make([]byte, 10), time.Hour))
	require.ErrorIs(t, s.Save(ctx, "k", make([]byte, 11), time.Hour), fallback.ErrStoreTooLarge)
	require.NoError(t, n.Put(ctx, "k", make([]byte, 10), time.Hour))
	require.ErrorIs(t, n.Put(ctx, "k", make([]byte, 11), time.Hour), fallback.ErrStoreTooLarge)
	_, found, err := s.Load(ctx, "k")
	require.NoError(t, err)
	require.True(t, found)
	require.EqualValues(t, 1, s.Stats().Refused)
	require.EqualValues(t, 1, n.Stats().Refused)
}

// T21, F48: others write what they like.
func TestT21GarbageInStore(t *testing.T) {
	ctx := context.Background()
	c := client(t, address(t))
	p := prefix(t)
	s := store(t, redisstore.Config{Client: c, Prefix: p, Wait: unhurried, MaxValue: 1000})
	require.NoError(t, s.Save(ctx, "k", []byte("value"), time.Hour))
	name := raw(t, c, p, "s")
	good, err := c.Get(ctx, name).Result()
	require.NoError(t, err)
	for i, spoil := range spoils(good) {
		require.NoError(t, c.Del(ctx, name).Err())
		require.NoError(t, spoil(ctx, c, name))
		data, found, err := s.Load(ctx, "k")
		require.NoError(t, err, i)
		require.False(t, found, i)
		require.Empty(t, data, i)
		require.EqualValues(t, i+1, s.Stats().Corrupt)
		require.NoError(t, s.Save(ctx, "k", []byte("value"), time.Hour), i) // whatever was there
		_, found, err = s.Load(ctx, "k")
		require.NoError(t, err, i)
		require.True(t, found, i)
	}
	// Moved to another key.
	require.NoError(t, s.Save(ctx, "other", []byte("its value"), time.Hour))
	keys, err := c.Keys(ctx, p+":*").Result()
	require.NoError(t, err)
	require.Len(t, keys, 2)
	other := strings.Trim(strings.Replace(strings.Join(keys, " "), name, "", 1), " ")
	require.NoError(t, c.Copy(ctx, other, name, 0, true).Err())
	_, found, err := s.Load(ctx, "k")
	require.NoError(t, err)
	require.False(t, found)
	require.Zero(t, s.Stats().Faults)
}

// spoils are ways to put something else into a key.
func spoils(good string) []func(context.Context, *redis.Client, string) error {
	set := func(v string) func(context.Context, *redis.Client, string) error {
		return func(ctx context.Context, c *redis.Client, key string) error {
			return c.Set(ctx, key, v, time.Hour).Err()
		}
	}
	flip := []byte(good)
	flip[len(flip)-1] ^= 1
	return []func(context.Context, *redis.Client, string) error{
		set("garbage"), set("7"), set(good[:len(good)-1]), set(good + "x"), set(string(flip)), set("\x02" + good[1:]), set(good[:16]),
		set(strings.Repeat("x", 10<<20)),
		func(ctx context.Context, c *redis.Client, key string) error { return c.LPush(ctx, key, good).Err() },
		func(ctx context.Context, c *redis.Client, key string) error { return c.HSet(ctx, key, "f", good).Err() },
		func(ctx context.Context, c *redis.Client, key string) error { return c.SAdd(ctx, key, good).Err() },
	}
}

func TestT21GarbageInCounter(t *testing.T) {
	ctx := context.Background()
	c := client(t, address(t))
	p := prefix(t)
	n := counter(t, redisstore.Config{Client: c, Prefix: p, Wait: unhurried, MaxValue: 1000})
	require.NoError(t, n.Put(ctx, "k", []byte("value"), time.Hour))
	name := raw(t, c, p, "v")
	good, err := c.Get(ctx, name).Result()
	require.NoError(t, err)
	for i, spoil := range spoils(good) {
		require.NoError(t, c.Del(ctx, name).Err())
		require.NoError(t, spoil(ctx, c, name))
		data, found, err := n.Take(ctx, "k")
		require.Error(t, err, i)
		require.False(t, found, i)
		require.Empty(t, data, i)
		require.NotContains(t, err.Error(), name)
		require.NoError(t, n.Put(ctx, "k", []byte("value"), time.Hour), i)
		_, found, err = n.Take(ctx, "k")
		require.NoError(t, err, i)
		require.True(t, found, i)
	}

	_, err = n.Add(ctx, "k", 1, time.Hour)
	require.NoError(t, err)
	name = raw(t, c, p, "n")
	for i, spoil := range spoils(good) {
		if i == 1 { // a number: Redis cannot tell whose
			continue
		}
		require.NoError(t, c.Del(ctx, name).Err())
		require.NoError(t, spoil(ctx, c, name))
		sum, err := n.Add(ctx, "k", 1, time.Hour)
		require.Error(t, err, i)
		require.Zero(t, sum)
		require.NotContains(t, err.Error(), name)
	}
	require.NoError(t, c.Set(ctx, name, fmt.Sprint(math.MinInt64), time.Hour).Err())
	_, err = n.Add(ctx, "k", -1, time.Hour)
	require.Error(t, err)
	require.Zero(t, n.Stats().Faults, "answers are no faults")
	require.Zero(t, n.Breaker().Snapshot().Openings)
}

// T21: of a huge value no more is read than one of ours may have.
func TestT21AHugeValueIsNotRead(t *testing.T) {
	ctx := context.Background()
	direct := client(t, address(t))
	way := through(t, address(t))
	p := prefix(t)
	conf := redisstore.Config{Client: client(t, way.addr), Prefix: p, Wait: unhurried, MaxValue: 1000}
	s, n := store(t, conf), counter(t, conf)
	require.NoError(t, s.Save(ctx, "k", nil, time.Hour))
	require.NoError(t, n.Put(ctx, "k", nil, time.Hour))
	for _, kind := range []string{"s", "v"} {
		require.NoError(t, direct.Set(ctx, raw(t, direct, p, kind), strings.Repeat("x", 10<<20), time.Hour).Err())
	}
	way.bytes.Store(0)
	_, found, err := s.Load(ctx, "k")
	require.NoError(t, err)
	require.False(t, found)
	_, found, err = n.Take(ctx, "k")
	require.Error(t, err)
	require.False(t, found)
	require.Less(t, way.bytes.Load(), int64(10_000))
}

// A number without a time would lock somebody out for ever.
func TestANumberGetsItsTimeBack(t *testing.T) {
	ctx := context.Background()
	c := client(t, address(t))
	p := prefix(t)
	n := counter(t, redisstore.Config{Client: c, Prefix: p, Wait: unhurried})
	_, err := n.Add(ctx, "k", 1, time.Hour)
	require.NoError(t, err)
	name := raw(t, c, p, "n")
	require.NoError(t, c.Persist(ctx, name).Err())
	sum, err := n.Add(ctx, "k", 1, time.Minute)
	require.NoError(t, err)
	require.EqualValues(t, 2, sum)
	ttl, err := c.PTTL(ctx, name).Result()
	require.NoError(t, err)
	require.Greater(t, ttl, 50*time.Second)
}

func TestCheckSeesARedisThatForgets(t *testing.T) {
	ctx := context.Background()
	s := own(t, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
	c := client(t, s.addr)
	n := counter(t, redisstore.Config{Client: c, Wait: unhurried})
	require.ErrorIs(t, n.Check(ctx), redisstore.ErrForgets)
	require.NoError(t, c.ConfigSet(ctx, "maxmemory-policy", "noeviction").Err())
	require.NoError(t, n.Check(ctx))
	require.NoError(t, counter(t, redisstore.Config{Client: client(t, address(t)), Wait: unhurried}).Check(ctx)) // no bound at all
	require.Zero(t, n.Stats().Faults)
}

// A full Redis refuses new keys and is not left out: what it holds is served.
func TestAFullRedisIsNotLeftOut(t *testing.T) {
	ctx := context.Background()
	s := own(t)
	c := client(t, s.addr)
	n := counter(t, redisstore.Config{Client: c, Wait: unhurried})
	require.NoError(t, n.Put(ctx, "k", []byte("v"), time.Hour))
	require.NoError(t, c.ConfigSet(ctx, "maxmemory", "1").Err())
	for range 20 {
		err := n.Put(ctx, "new", []byte("v"), time.Hour)
		require.ErrorContains(t, err, "OOM")
		_, err = n.Add(ctx, "new", 1, time.Hour)
		require.Error(t, err)
	}
	require.Zero(t, n.Stats().Faults)
	require.NoError(t, c.ConfigSet(ctx, "maxmemory", "0").Err())
	_, found, err := n.Take(ctx, "k")
	require.NoError(t, err)
	require.True(t, found)
}

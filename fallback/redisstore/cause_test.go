package redisstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// answered is an error as go-redis hands on what Redis answered.
type answered string

func (a answered) Error() string { return string(a) }
func (answered) RedisError()     {}

func TestCauses(t *testing.T) {
	secret := &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 6379}
	for _, c := range []struct {
		err   error
		shown string
		well  bool
	}{
		{nil, "", true},
		{&net.OpError{Op: "dial", Net: "tcp", Addr: secret, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "connection refused", false},
		{&net.OpError{Op: "read", Net: "tcp", Addr: secret, Err: os.ErrDeadlineExceeded}, "context deadline exceeded", false},
		{&net.DNSError{Name: "redis.10.1.2.3.internal", Err: "no such host"}, "no connection", false},
		{fmt.Errorf("10.1.2.3: %w", context.DeadlineExceeded), "context deadline exceeded", false},
		{fmt.Errorf("10.1.2.3: %w", context.Canceled), "context canceled", false},
		{fmt.Errorf("10.1.2.3: %w", io.EOF), "unexpected EOF", false},
		{fmt.Errorf("10.1.2.3: %w", redis.ErrClosed), "redis: client is closed", false},
		{errors.New("10.1.2.3 is odd"), "no connection", false},
		{answered("ERR unknown command 'x', with args beginning with: '10.1.2.3'"), "redis answered ERR", true},
		{answered("WRONGTYPE Operation against a key"), "redis answered WRONGTYPE", true},
		{answered("OOM command not allowed"), "redis answered OOM", true},
		{answered("READONLY You can't write against a read only replica."), "redis answered READONLY", true},
		{answered("LOADING Redis is loading the dataset in memory"), "redis answered LOADING", false},
		{answered("BUSY Redis is busy running a script"), "redis answered BUSY", false},
		{answered("MASTERDOWN Link with MASTER is down"), "redis answered MASTERDOWN", false},
		{answered("CLUSTERDOWN The cluster is down"), "redis answered CLUSTERDOWN", false},
		{answered("10.1.2.3 MOVED"), "redis answered an error", true},
		{answered(""), "redis answered an error", true},
		{errChanged, "value cut, changed or of another key", true},
		{errOdd, "odd reply", true},
	} {
		got := causeOf(c.err)
		require.Equal(t, c.well, well(got), "%v", c.err)
		if c.err == nil {
			require.NoError(t, got)
			continue
		}
		require.EqualError(t, got, c.shown)
		require.NotContains(t, got.Error(), "10.1.2.3")
	}
}

func TestMilliseconds(t *testing.T) {
	for d, want := range map[time.Duration]int64{
		1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, time.Hour: 3_600_000, 1<<63 - 1: 9_223_372_036_855,
	} {
		require.Equal(t, want, milliseconds(d), d)
	}
}

func TestNamesAndFrames(t *testing.T) {
	r := keyring{prefix: "detour:1:"}
	seen := map[string]bool{}
	for _, of := range []kind{entries, numbers, values} {
		for _, key := range []string{"", "a", "A", "s:a", "a\x00"} {
			seen[r.name(of, key)] = true
		}
	}
	require.Len(t, seen, 15)
	name := r.name(entries, "k")
	for _, data := range [][]byte{nil, {}, []byte("v"), make([]byte, 100_000)} {
		got, ok := r.unframe(name, string(r.frame(name, data)))
		require.True(t, ok)
		require.Len(t, got, len(data))
		_, ok = r.unframe(r.name(values, "k"), string(r.frame(name, data)))
		require.False(t, ok)
	}
	framed := r.frame(name, []byte("value"))
	for i := range framed {
		framed[i] ^= 1
		_, ok := r.unframe(name, string(framed))
		require.False(t, ok, i)
		framed[i] ^= 1
		_, ok = r.unframe(name, string(framed[:i]))
		require.False(t, ok, i)
	}
}

func FuzzUnframe(f *testing.F) {
	r := keyring{prefix: "detour:1:", secret: []byte("0123456789abcdef")}
	name := r.name(entries, "k")
	f.Add("")
	f.Add(string(r.frame(name, []byte("v"))[:frameSize]))
	f.Fuzz(func(t *testing.T, framed string) {
		if data, ok := r.unframe(name, framed); ok {
			t.Fatalf("%q was made without the secret: %q", framed, data)
		}
	})
}

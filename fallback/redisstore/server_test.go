package redisstore_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// shared is the server of all tests that harm none; each uses its own prefix.
var shared *server

func TestMain(m *testing.M) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		fmt.Fprintln(os.Stderr, "\n*** redis-server is not on the PATH: NOTHING of this package is tested against a Redis.\n*** Debian: apt-get install redis-server")
		if os.Getenv("CI") != "" {
			os.Exit(1)
		}
	}
	code := m.Run()
	if shared != nil {
		shared.kill()
	}
	os.Exit(code)
}

// server is a redis-server of ours on a free port.
type server struct {
	addr string
	cmd  *exec.Cmd
	dir  string
}

// start starts a server that keeps nothing on the disk.
func start(port int, args ...string) (*server, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "redisstore")
	if err != nil {
		return nil, err
	}
	s := &server{addr: fmt.Sprint("127.0.0.1:", port), dir: dir}
	s.cmd = exec.Command(path, append([]string{"--port", fmt.Sprint(port), "--bind", "127.0.0.1",
		"--save", "", "--appendonly", "no", "--dir", dir, "--logfile", "redis.log", "--daemonize", "no"}, args...)...)
	if err := s.cmd.Start(); err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	client := redis.NewClient(&redis.Options{Addr: s.addr})
	defer client.Close()
	for range 100 {
		if err = client.Ping(context.Background()).Err(); err == nil {
			return s, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.kill()
	return nil, err
}

// kill ends the server as a dead machine does. It is ours, by its process.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	_ = os.RemoveAll(s.dir)
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func need(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("NOT TESTED: redis-server is not on the PATH")
	}
}

// own starts a server for one test.
func own(t testing.TB, args ...string) *server {
	t.Helper()
	need(t)
	s, err := start(freePort(t), args...)
	require.NoError(t, err)
	t.Cleanup(s.kill)
	return s
}

// address returns the address of the shared server.
func address(t testing.TB) string {
	t.Helper()
	need(t)
	if shared == nil {
		var err error
		shared, err = start(freePort(t))
		require.NoError(t, err)
	}
	return shared.addr
}

func client(t testing.TB, addr string) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true, PoolSize: 128})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

var prefixes atomic.Int64

// prefix is one that no other test uses.
func prefix(t testing.TB) string {
	t.Helper()
	return fmt.Sprint("t", prefixes.Add(1))
}

// raw returns the only key of Redis with a prefix and a kind.
func raw(t testing.TB, c *redis.Client, prefix, kind string) string {
	t.Helper()
	keys, err := c.Keys(context.Background(), prefix+":1:"+kind+":*").Result()
	require.NoError(t, err)
	require.Len(t, keys, 1, strings.Join(keys, " "))
	return keys[0]
}

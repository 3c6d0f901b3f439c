package redisstore_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// proxy stands between a client and a server, is slow, and loses connections at
// will.
type proxy struct {
	addr   string
	delay  atomic.Int64 // of each reply, ns
	lose   atomic.Bool  // the connection of the next reply, with the reply
	bytes  atomic.Int64 // of replies
	target string
	mu     sync.Mutex
	open   []net.Conn
}

func through(t testing.TB, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{addr: l.Addr().String(), target: target}
	var g sync.WaitGroup
	g.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", p.target)
			if err != nil {
				_ = from.Close()
				continue
			}
			p.mu.Lock()
			p.open = append(p.open, from, to)
			p.mu.Unlock()
			g.Go(func() { carry(to, from, func(int) bool { return true }) })
			g.Go(func() {
				carry(from, to, func(n int) bool {
					p.bytes.Add(int64(n))
					time.Sleep(time.Duration(p.delay.Load()))
					return !p.lose.CompareAndSwap(true, false)
				})
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		g.Wait()
	})
	return p
}

// cut closes all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.open {
		_ = c.Close()
	}
}

func carry(to io.WriteCloser, from io.ReadCloser, before func(bytes int) bool) {
	defer to.Close()
	defer from.Close()
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if err != nil || !before(n) {
			return
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

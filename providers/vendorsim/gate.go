package vendorsim

import (
	"net"
	"sync"
	"time"
)

// gate is a listener whose port can be shut and opened again while an http.Server serves it. It knows every connection,
// so that shutting cuts them all, as a power cut does.
type gate struct {
	mu       sync.Mutex
	addr     string
	inner    net.Listener  // nil while shut
	opened   chan struct{} // closed as soon as inner is there
	conns    map[*conn]struct{}
	release  func() // gives the port back that a shut gate holds; nil: none held
	shut     bool   // wanted
	retrying bool
	closed   bool
	done     chan struct{}
	retries  sync.WaitGroup
}

func newGate() (*gate, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &gate{addr: l.Addr().String(), inner: l, opened: make(chan struct{}), conns: map[*conn]struct{}{}, done: make(chan struct{})}
	close(g.opened)
	return g, nil
}

// Accept waits over shut times for the next connection; it fails only when the gate is closed or the system fails.
func (g *gate) Accept() (net.Conn, error) {
	for {
		g.mu.Lock()
		l, opened, closed := g.inner, g.opened, g.closed
		g.mu.Unlock()
		switch {
		case closed:
			return nil, net.ErrClosed
		case l == nil:
			select {
			case <-opened:
			case <-g.done:
			}
			continue
		}
		raw, err := l.Accept()
		if err != nil {
			if g.holds(l) {
				return nil, err
			}
			continue // shut or closed meanwhile
		}
		if c := g.track(raw, l); c != nil {
			return c, nil
		}
	}
}

func (g *gate) holds(l net.Listener) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inner == l && !g.closed
}

// track admits a connection, or cuts it when the gate was shut while it was being accepted.
func (g *gate) track(raw net.Conn, from net.Listener) *conn {
	tcp, ok := raw.(*net.TCPConn)
	if !ok {
		_ = raw.Close()
		return nil
	}
	c := &conn{TCPConn: tcp, gate: g}
	g.mu.Lock()
	admitted := g.inner == from && !g.closed
	if admitted {
		g.conns[c] = struct{}{}
	}
	g.mu.Unlock()
	if !admitted {
		c.cut()
		return nil
	}
	return c
}

// cutOff shuts the port and cuts what is connected.
func (g *gate) cutOff() {
	g.mu.Lock()
	g.shut = true
	l := g.inner
	if l != nil {
		g.inner, g.opened = nil, make(chan struct{})
	}
	cut := make([]*conn, 0, len(g.conns))
	for c := range g.conns {
		cut = append(cut, c)
	}
	g.mu.Unlock()
	if l != nil {
		_ = l.Close()
		g.keep()
	}
	for _, c := range cut {
		c.cut()
	}
}

// keep holds the port of a shut gate.
func (g *gate) keep() {
	release := hold(g.addr)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inner != nil || g.closed || g.release != nil {
		release()
		return
	}
	g.release = release
}

// letGo is called with mu held.
func (g *gate) letGo() {
	if g.release != nil {
		g.release()
		g.release = nil
	}
}

// open listens on the same port again. Another process may hold the port for a moment; then a background attempt goes on
// until it succeeds or the gate is shut or closed.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = false
	if g.listen() || g.retrying {
		return
	}
	g.retrying = true
	g.retries.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-g.done:
			}
			g.mu.Lock()
			if g.listen() {
				g.retrying = false
				g.mu.Unlock()
				return
			}
			g.mu.Unlock()
		}
	})
}

// listen is called with mu held; it reports whether nothing is left to do.
func (g *gate) listen() bool {
	if g.closed || g.shut || g.inner != nil {
		return true
	}
	l, err := net.Listen("tcp", g.addr)
	if err != nil && g.release != nil { // where a held port cannot be listened on as well
		g.letGo()
		l, err = net.Listen("tcp", g.addr)
	}
	if err != nil {
		return false
	}
	g.inner = l
	g.letGo()
	close(g.opened)
	return true
}

// Close ends the gate for good; connections are the http.Server's to close.
func (g *gate) Close() error {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return nil
	}
	g.closed = true
	close(g.done)
	l := g.inner
	g.inner = nil
	g.letGo()
	g.mu.Unlock()
	if l != nil {
		_ = l.Close()
	}
	g.retries.Wait()
	return nil
}

// Addr is the address the gate listens on, also while shut.
func (g *gate) Addr() net.Addr {
	a, _ := net.ResolveTCPAddr("tcp", g.addr)
	return a
}

// conn is a connection the gate can cut.
type conn struct {
	*net.TCPConn
	gate *gate
	once sync.Once
	err  error
}

func (c *conn) Close() error {
	c.once.Do(func() {
		c.gate.mu.Lock()
		delete(c.gate.conns, c)
		c.gate.mu.Unlock()
		c.err = c.TCPConn.Close()
	})
	return c.err
}

// cut closes with a TCP RST.
func (c *conn) cut() {
	_ = c.SetLinger(0)
	_ = c.Close()
}

var _ net.Listener = (*gate)(nil)

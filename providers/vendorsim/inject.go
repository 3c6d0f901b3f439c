package vendorsim

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.calls.Add(1)
	defer s.calls.Done()
	op := s.route(r)
	sc := op.script.Load()
	if sc == nil {
		sc = s.all.Load()
	}
	struck := sc != nil && sc.concerns(op) && sc.strikes()
	op.hits.Add(1) // after the choice: who has seen the hit may Heal, and changes nothing about it
	s.total.Add(1)
	limit := int64(maxBody)
	if op.limit > 0 {
		limit = op.limit
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	if struck {
		s.strike(w, r, op, sc)
		return
	}
	a := op.do(r)
	s.note(op, r.Method, a.status, "")
	a.write(w)
}

func (s *Server) strike(w http.ResponseWriter, r *http.Request, op *operation, sc *script) {
	f := sc.fault
	// A body left unread would hide from the server that the client has gone.
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	var real answer
	if f.Effect || f.is(Truncate, Cut, Drip) {
		real = op.do(r)
		r.Body = io.NopCloser(bytes.NewReader(body)) // the vendor's own error may depend on it
	}
	switch f.Mode {
	case Hang, Refuse, Reset, Garbage:
		s.note(op, r.Method, 0, f.Mode)
		if f.Mode == Hang {
			s.wait(r, -1)
		}
		abort(w, f.Mode)
	case Slow:
		if !s.wait(r, f.Delay) {
			s.note(op, r.Method, 0, f.Mode)
			abort(w, Refuse)
			return
		}
		if !f.Effect {
			real = op.do(r)
		}
		s.note(op, r.Method, real.status, f.Mode)
		real.write(w)
	case Truncate, Cut, Drip:
		if len(real.body) == 0 {
			real.body = bytes.Repeat([]byte(" "), 64) // a redirect has no body that could be cut
		}
		s.note(op, r.Method, real.status, f.Mode)
		s.deform(w, r, real, f)
	default:
		a := sc.answer(r, op)
		s.note(op, r.Method, a.status, f.Mode)
		a.write(w)
	}
}

// deform sends a real answer in a way that no client should accept, or has the patience for.
func (s *Server) deform(w http.ResponseWriter, r *http.Request, a answer, f Fault) {
	half := a.body[:len(a.body)/2]
	a.head(w.Header())
	switch f.Mode {
	case Cut:
		head := bytes.NewBufferString(fmt.Sprintf("HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status)))
		_ = w.Header().Write(head)
		head.WriteString("Connection: close\r\n\r\n")
		head.Write(half)
		raw(w, head.Bytes())
	case Truncate: // net/http closes the connection of a handler that wrote less than it announced
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
		w.WriteHeader(a.status)
		_, _ = w.Write(half)
	case Drip:
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
		w.WriteHeader(a.status)
		out := http.NewResponseController(w)
		_ = out.Flush()
		for i := range a.body {
			if !s.wait(r, f.Delay) {
				return
			}
			if _, err := w.Write(a.body[i : i+1]); err != nil || out.Flush() != nil {
				return
			}
		}
	}
}

// wait reports whether d has passed; the client's leaving and Close end it early. A negative d never passes.
func (s *Server) wait(r *http.Request, d time.Duration) bool {
	var passed <-chan time.Time
	if d >= 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		passed = t.C
	}
	select {
	case <-passed:
		return true
	case <-r.Context().Done():
	case <-s.done:
	}
	return false
}

// abort ends the connection without an answer.
func abort(w http.ResponseWriter, m Mode) {
	if m == Garbage {
		raw(w, []byte("\x16\x03\x01\x02\x00 this is not http \x00\xff\r\n\r\n"))
		return
	}
	nc, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if c, ok := nc.(*conn); ok && m == Reset {
		c.cut()
		return
	}
	_ = nc.Close()
}

// raw sends bytes past net/http and closes.
func raw(w http.ResponseWriter, data []byte) {
	nc, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_ = nc.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_, _ = nc.Write(data)
	_ = nc.Close()
}

package providertest

import (
	"bytes"
	"io"
	"log"
	"sync"
)

// logtap listens to the standard log, which log/slog writes to as well until told otherwise.
type logtap struct {
	mu   sync.Mutex
	next io.Writer
	text bytes.Buffer
	off  bool
}

func tapLog() *logtap {
	tap := &logtap{next: log.Writer()}
	log.SetOutput(tap)
	return tap
}

// Write implements io.Writer.
func (l *logtap) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.off {
		l.text.Write(p)
	}
	return l.next.Write(p)
}

// close stops listening and returns what was heard. When another tap sits on
// top of this one, this one stays in between and only passes on.
func (l *logtap) close() string {
	if log.Writer() == io.Writer(l) {
		log.SetOutput(l.next)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.off = true
	return l.text.String()
}

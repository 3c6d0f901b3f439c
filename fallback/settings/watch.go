package settings

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	defaultEvery = 5 * time.Second
	minEvery     = 100 * time.Millisecond
	maxEvery     = time.Hour
	closeTime    = time.Second
)

// WatchConfig describes a Watcher.
type WatchConfig struct {
	// Every is the time between two looks at the file, 100ms to 1h. Zero: 5s.
	Every time.Duration
	// Told hears of every file that was put in force, and of every one that was
	// refused or could not be read, once: one at a time, first before Watch
	// returns and then from the goroutine of the watcher. One that panics is not
	// told of that. Nil: nobody is told.
	Told func(Change, error)
}

// Watcher looks at a file again and again.
type Watcher struct {
	loader *Loader
	file   string
	told   func(Change, error)
	stop   chan struct{}
	ended  chan struct{}
	once   sync.Once

	seen bool
	sum  [sha256.Size]byte // of the file that was seen last
	fail string            // why it could not be read
}

// Watch loads the file now, and again whenever what is in it changes. A file
// that is wrong or gone changes nothing, is told of, and is looked at on: a site
// starts and goes on with what it has. To refuse to start instead call LoadFile
// first.
//
// It reads the file at every look and compares a digest, since the time and the
// size of a file may stay when it is written twice or when a mount is swapped.
// So a file may be written in place: what was read half is refused and read
// again. The error is about c. End it with Close.
func (l *Loader) Watch(file string, c WatchConfig) (*Watcher, error) {
	if c.Every == 0 {
		c.Every = defaultEvery
	}
	if c.Every < minEvery || c.Every > maxEvery {
		return nil, fmt.Errorf("settings: watch: every must be between %v and %v: %v", minEvery, maxEvery, c.Every)
	}
	w := &Watcher{loader: l, file: file, told: c.Told, stop: make(chan struct{}), ended: make(chan struct{})}
	w.look()
	go func() {
		defer close(w.ended)
		tick := time.NewTicker(c.Every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				w.look()
			case <-w.stop:
				return
			}
		}
	}()
	return w, nil
}

// look loads the file when it is another than before.
func (w *Watcher) look() {
	text, err := readFile(w.file)
	if err != nil {
		if w.fail != err.Error() {
			w.seen, w.fail = false, err.Error()
			w.tell(Change{}, fmt.Errorf("settings: %w", err))
		}
		return
	}
	w.fail = ""
	sum := sha256.Sum256(text)
	if w.seen && sum == w.sum {
		return
	}
	w.seen, w.sum = true, sum
	w.tell(w.loader.load(w.file, text))
}

func (w *Watcher) tell(c Change, err error) {
	if w.told == nil {
		return
	}
	defer func() { _ = recover() }()
	w.told(c, err)
}

// Close ends the watching and waits for a look that is under way, at most a
// second. What is in force stays. It may be called again.
func (w *Watcher) Close() error {
	w.once.Do(func() { close(w.stop) })
	timer := time.NewTimer(closeTime)
	defer timer.Stop()
	select {
	case <-w.ended:
		return nil
	case <-timer.C:
		return errors.New("settings: watch: close: a look at the file is still under way")
	}
}

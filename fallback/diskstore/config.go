package diskstore

import (
	"errors"
	"fmt"
	"path/filepath"
)

const (
	defaultBytes    = 1 << 30
	defaultEntries  = 100_000
	defaultInFlight = 32
	// block is what file systems hand out: a file of one byte takes as much.
	block = 4096
)

// Config of a Store. Dir is needed; the rest has defaults for one site on a
// disk of its own. It is copied by New.
type Config struct {
	// Dir is the directory, which is made with mode 0700 when it is missing. The
	// store keeps to a folder "v1" in it and touches nothing else. Nobody but
	// this service should be able to write to it.
	Dir string
	// Secret, when set, makes names HMAC-SHA256 of keys instead of SHA-256, so
	// that nobody can confirm a guessed key by looking for its file; at least 16
	// bytes. Another secret is another store: the old entries are never found
	// again and go when their time is over.
	Secret []byte
	// MaxBytes bounds what the entries take on the disk, counted in blocks of
	// 4 KiB; 0: 1 GiB. The room of directories and file records is not in it.
	MaxBytes int64
	// MaxEntries bounds the entries; 0: 100,000. Each costs about 200 bytes of
	// memory.
	MaxEntries int
	// InFlight bounds the operations at one time, which each hold a file and,
	// while the disk works, a thread; 0: 32. Above it a call waits for its turn
	// as long as its context lets it.
	InFlight int
	// NoSync leaves out the flush (fsync) before a new entry takes its place.
	// It makes Save ten to a thousand times faster. A killed process loses
	// nothing by it; after a power failure the entries of the last seconds are
	// gone or torn, which is seen and counted.
	NoSync bool
}

// check lists all mistakes of c at once.
func (c *Config) check() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("fallback: disk store: config: "+format, args...))
	}
	if c.Dir == "" {
		bad("Dir is missing")
	}
	if n := len(c.Secret); n > 0 && n < 16 {
		bad("Secret has %d bytes, at least 16 are needed", n)
	}
	if c.MaxBytes < 0 {
		bad("MaxBytes %d is negative", c.MaxBytes)
	} else if c.MaxBytes > 0 && c.MaxBytes < block {
		bad("MaxBytes %d is less than one block of %d", c.MaxBytes, block)
	}
	if c.MaxEntries < 0 {
		bad("MaxEntries %d is negative", c.MaxEntries)
	}
	if c.InFlight < 0 {
		bad("InFlight %d is negative", c.InFlight)
	}
	return errors.Join(errs...)
}

// settled returns a checked c with its defaults.
func (c Config) settled() (Config, error) {
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultBytes
	}
	if c.MaxEntries == 0 {
		c.MaxEntries = defaultEntries
	}
	if c.InFlight == 0 {
		c.InFlight = defaultInFlight
	}
	c.Secret = append([]byte(nil), c.Secret...)
	dir, err := filepath.Abs(c.Dir) // the process may change its directory later
	if err != nil {
		return c, fmt.Errorf("fallback: disk store: config: Dir: %w", plain(err))
	}
	c.Dir = dir
	return c, nil
}

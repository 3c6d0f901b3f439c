package diskstore

import (
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// faulty is a disk whose steps fail when told to.
type faulty struct {
	system
	mu    sync.Mutex
	fails map[string]error // by step: whole create write sync stamp rename remove mkdir list close
	asked atomic.Int64
	stuck chan struct{} // whole waits for it
}

func (d *faulty) set(step string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails == nil {
		d.fails = map[string]error{}
	}
	if err != nil {
		err = &fs.PathError{Op: step, Path: "/srv/cache/secret place", Err: err}
	}
	d.fails[step] = err
}

func (d *faulty) fail(step string) error {
	d.asked.Add(1)
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.fails[step]
}

func (d *faulty) whole(path string, most int64) ([]byte, error) {
	if d.stuck != nil {
		<-d.stuck
	}
	if err := d.fail("whole"); err != nil {
		return nil, err
	}
	return d.system.whole(path, most)
}

func (d *faulty) create(path string) (file, error) {
	if err := d.fail("create"); err != nil {
		return nil, err
	}
	f, err := d.system.create(path)
	return &faultyFile{f, d}, err
}

func (d *faulty) rename(from, to string) error {
	return errors.Join(d.fail("rename"), d.unless("rename", func() error { return d.system.rename(from, to) }))
}

func (d *faulty) remove(path string) error {
	return errors.Join(d.fail("remove"), d.unless("remove", func() error { return d.system.remove(path) }))
}

func (d *faulty) mkdir(path string) error {
	return errors.Join(d.fail("mkdir"), d.unless("mkdir", func() error { return d.system.mkdir(path) }))
}

func (d *faulty) stamp(path string, t time.Time) error {
	return errors.Join(d.fail("stamp"), d.unless("stamp", func() error { return d.system.stamp(path, t) }))
}

func (d *faulty) list(path string) ([]fs.DirEntry, error) {
	if err := d.fail("list"); err != nil {
		return nil, err
	}
	return d.system.list(path)
}

func (d *faulty) unless(step string, do func() error) error {
	d.mu.Lock()
	failed := d.fails[step] != nil
	d.mu.Unlock()
	if failed {
		return nil
	}
	return do()
}

type faultyFile struct {
	file
	d *faulty
}

// Write writes half of it before it fails, as a full disk does.
func (f *faultyFile) Write(b []byte) (int, error) {
	if err := f.d.fail("write"); err != nil {
		n, _ := f.file.Write(b[:len(b)/2])
		return n, err
	}
	return f.file.Write(b)
}

func (f *faultyFile) Sync() error  { return errors.Join(f.d.fail("sync"), f.file.Sync()) }
func (f *faultyFile) Close() error { return errors.Join(f.d.fail("close"), f.file.Close()) }

func faultyStore(t *testing.T, c Config) (*Store, *faulty) {
	t.Helper()
	d := &faulty{}
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	s, err := open(c, d)
	require.NoError(t, err)
	return s, d
}

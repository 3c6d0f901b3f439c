package diskstore

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// disk is what the store needs of a file system; tests put faults into it.
type disk interface {
	// whole returns the bytes of a file, nil when it is larger than most.
	whole(path string, most int64) ([]byte, error)
	// create makes a file that is not there yet, for us alone, and marks it as
	// being written by a living process.
	create(path string) (file, error)
	rename(from, to string) error
	remove(path string) error
	mkdir(path string) error
	list(path string) ([]fs.DirEntry, error)
	stamp(path string, mtime time.Time) error
	// sweep removes a file made by create unless a living process is writing it.
	sweep(path string) (removed bool)
}

type file interface {
	io.WriteCloser
	Sync() error
}

// errTaken: another process is just looking whether a new file is abandoned.
var errTaken = errors.New("taken by another process")

// system is the disk of the operating system.
type system struct{}

func (system) whole(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > most {
		return nil, nil
	}
	b := make([]byte, st.Size())
	if _, err := io.ReadFull(f, b); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // cut while we read it: not by us
			return nil, nil
		}
		return nil, err
	}
	return b, nil
}

func (system) create(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if hold(f) != nil {
		_ = f.Close()
		return nil, errTaken
	}
	return f, nil
}

func (system) rename(from, to string) error { return os.Rename(from, to) }
func (system) remove(path string) error     { return os.Remove(path) }
func (system) mkdir(path string) error      { return os.MkdirAll(path, 0o700) }

// list does not sort, as os.ReadDir would.
func (system) list(path string) ([]fs.DirEntry, error) {
	d, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.ReadDir(-1)
}

func (system) stamp(path string, mtime time.Time) error { return os.Chtimes(path, mtime, mtime) }

func (system) sweep(path string) bool { return sweepHalf(path) }

// plain returns the cause of an error of the os package without its path.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	var s *os.SyscallError
	if errors.As(err, &s) {
		return s.Err
	}
	return err
}

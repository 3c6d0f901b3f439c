package diskstore

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"
)

// halfDir is where files are written before they are renamed into their place.
const halfDir = "half"

// tries is how often a file is written when it is taken away under our hands:
// by somebody who clears the directory, or by a process that opens it in the
// instant between the making and the holding of a file.
const tries = 16

var errNoRoom = errors.New("no room: everything is being written")

// room reserves cost for a new file and removes what has to go for it.
func (s *Store) room(n name, cost int64) (r reservation, err error) {
	r, victims, ok := s.index.reserve(n, cost)
	for i, v := range victims {
		if err := s.evict(v.name); err != nil {
			for _, kept := range victims[i:] {
				s.index.found(kept.name, kept.cost, kept.ends)
			}
			s.index.release(r)
			return r, err
		}
		s.index.gone()
	}
	if !ok {
		return r, errNoRoom
	}
	return r, nil
}

// evict removes the file of an entry that is out of the index, unless somebody
// saved it again meanwhile.
func (s *Store) evict(n name) error {
	lock := s.lock(n)
	defer lock.Unlock()
	if s.index.has(n) {
		return nil
	}
	return s.unlink(n)
}

// bury removes the file of n if it is really of no use: it may have been saved
// again since we looked, here or by another process.
func (s *Store) bury(n name) {
	lock := s.lock(n)
	defer lock.Unlock()
	file, err := s.disk.whole(s.path(n), s.cfg.MaxBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.index.forget(n)
		return
	case err != nil: // unreadable: nothing is lost with it
		s.loadFaults.Add(1)
	default:
		_, ends, is := read(file, n, time.Now().UnixNano())
		switch is {
		case sound, early:
			s.index.found(n, costOf(int64(len(file))), ends)
			return
		case corrupt:
			s.corrupt.Add(1)
		}
	}
	if s.unlink(n) != nil {
		s.saveFaults.Add(1)
	}
}

// unlink removes the file of n and forgets it. The caller holds the lock of n.
func (s *Store) unlink(n name) error {
	if err := s.disk.remove(s.path(n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return plain(err)
	}
	s.index.forget(n)
	return nil
}

// replace writes a file beside its place and renames it into it.
func (s *Store) replace(ctx context.Context, n name, head, data []byte, ends int64, done func()) (err error) {
	for range tries {
		path := s.halfPath()
		if err = s.write(ctx, path, head, data, ends); err == nil {
			err = s.place(path, n, done)
		}
		if err == nil {
			return nil
		}
		_ = s.disk.remove(path)
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errTaken) {
			return err
		}
		if err := s.disk.mkdir(filepath.Dir(path)); err != nil {
			return err
		}
	}
	return err
}

func (s *Store) write(ctx context.Context, path string, head, data []byte, ends int64) error {
	f, err := s.disk.create(path)
	if err != nil {
		return err
	}
	steps := []func() error{
		func() error { _, err := f.Write(head); return err },
		func() error { _, err := f.Write(data); return err },
		// The end is the file's time too, so that opening need not read files. It
		// is a hint: what the file says counts.
		func() error { return s.disk.stamp(path, time.Unix(0, ends)) },
		func() error {
			if s.cfg.NoSync {
				return nil
			}
			return f.Sync()
		},
	}
	for _, step := range steps {
		if err = ctx.Err(); err != nil {
			break
		}
		if err = step(); err != nil {
			break
		}
	}
	return errors.Join(err, f.Close())
}

// place renames a written file into its place.
func (s *Store) place(half string, n name, done func()) error {
	lock := s.lock(n)
	defer lock.Unlock()
	to := s.path(n)
	err := s.disk.rename(half, to)
	if errors.Is(err, fs.ErrNotExist) { // the first of its folder, nearly always
		if err := s.disk.mkdir(filepath.Dir(to)); err != nil {
			return err
		}
		err = s.disk.rename(half, to)
	}
	if err == nil {
		done()
	}
	return err
}

package diskstore

import (
	"cmp"
	"encoding/hex"
	"io/fs"
	"path/filepath"
	"slices"
)

// ready opens the directory if that has not been done yet.
func (s *Store) ready() error {
	if s.opened.Load() {
		return nil
	}
	s.opening.Lock()
	defer s.opening.Unlock()
	if s.opened.Load() {
		return nil
	}
	if err := s.disk.mkdir(filepath.Join(s.root, halfDir)); err != nil {
		return plain(err)
	}
	if err := s.clear(); err != nil {
		return plain(err)
	}
	if err := s.scan(); err != nil {
		return plain(err)
	}
	s.opened.Store(true)
	return nil
}

// clear removes half files of dead processes, as far as it may.
func (s *Store) clear() error {
	dir := filepath.Join(s.root, halfDir)
	files, err := s.disk.list(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(dir, f.Name())
		if b, err := hex.DecodeString(f.Name()); err == nil && len(b) == 16 && s.disk.sweep(path) {
			s.halves.Add(1)
		}
	}
	return nil
}

// scan learns what is in the directory, from names, sizes and times: no file
// is opened. What ends last counts as used last, and what is above the bounds
// goes.
func (s *Store) scan() error {
	folders, err := s.disk.list(s.root)
	if err != nil {
		return err
	}
	var all []entry
	for _, folder := range folders {
		if len(folder.Name()) != 2 || !folder.IsDir() {
			continue
		}
		files, err := s.disk.list(filepath.Join(s.root, folder.Name()))
		if err != nil {
			return err
		}
		for _, f := range files {
			if e, ok := known(folder.Name(), f); ok {
				all = append(all, e)
			}
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.ends, b.ends) })
	s.index.learn(all)
	for {
		v, ok := s.index.surplus()
		if !ok {
			return nil
		}
		if err := s.evict(v.name); err != nil {
			s.index.found(v.name, v.cost, v.ends)
			return nil // a disk that cannot be written can be read; the next Save tries again
		}
		s.index.gone()
	}
}

// known reads a directory entry; what is not ours by its name is left alone.
func known(folder string, f fs.DirEntry) (e entry, ok bool) {
	b, err := hex.DecodeString(f.Name())
	if err != nil || len(b) != len(e.name) || f.Name()[:2] != folder || !f.Type().IsRegular() {
		return e, false
	}
	st, err := f.Info()
	if err != nil { // gone meanwhile
		return e, false
	}
	e.name, e.cost = name(b), costOf(st.Size())
	if m := st.ModTime(); m.Year() < 2262 {
		e.ends = m.UnixNano()
	} else {
		e.ends = endless
	}
	return e, true
}

package diskstore

import "errors"

// Stats is what a Store did since New, and how it is now.
type Stats struct {
	Entries int   // known files, those over their time and not yet buried included
	Bytes   int64 // what they and the files being written take, in blocks of 4 KiB

	Hits    uint64 // loads that found something
	Misses  uint64 // loads that did not
	Evicted uint64 // entries that had to go to make room
	Corrupt uint64 // torn, changed or foreign files that were deleted
	Halves  uint64 // half files of dead processes that were removed on opening
	Refused uint64 // entries larger than the whole store

	LoadFaults uint64 // what the disk did wrong when asked for an entry
	SaveFaults uint64 // what it did wrong when something had to be written or removed
	Away       uint64 // calls answered with ErrOff, without asking the disk

	LoadsOff error // why the disk is not read now; nil: it is
	SavesOff error // why it is not written now; nil: it is
}

// Stats tells how the store is. It does not touch the disk.
func (s *Store) Stats() Stats {
	st := Stats{
		Hits: s.hits.Load(), Misses: s.misses.Load(), Corrupt: s.corrupt.Load(), Halves: s.halves.Load(), Refused: s.refused.Load(),
		LoadFaults: s.loadFaults.Load(), SaveFaults: s.saveFaults.Load(), Away: s.away.Load(),
		LoadsOff: s.loading.cause(), SavesOff: s.saving.cause(),
	}
	st.Entries, st.Bytes, st.Evicted = s.index.totals()
	if s.closed.Load() {
		st.LoadsOff, st.SavesOff = errors.Join(ErrClosed, st.LoadsOff), errors.Join(ErrClosed, st.SavesOff)
	}
	return st
}

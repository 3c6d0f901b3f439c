package diskstore

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// F46: full, read-only, broken; in every step of a Save.
func TestF46AFaultInAnyStepLeavesWhatWasThere(t *testing.T) {
	for step, cause := range map[string]error{
		"create": syscall.EROFS, "write": syscall.ENOSPC, "sync": syscall.EIO, "stamp": syscall.EPERM, "rename": syscall.EDQUOT, "close": syscall.EIO,
	} {
		t.Run(step, func(t *testing.T) {
			ctx := context.Background()
			s, d := faultyStore(t, Config{})
			require.NoError(t, s.Save(ctx, "k", []byte("old"), time.Hour))
			before := s.Stats()
			d.set(step, cause)
			err := s.Save(ctx, "k", []byte("new"), time.Hour)
			require.ErrorIs(t, err, cause)
			require.NotContains(t, err.Error(), "secret place")
			data, found, err := s.Load(ctx, "k")
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, "old", string(data))
			st := s.Stats()
			require.EqualValues(t, 1, st.SaveFaults)
			require.Equal(t, before.Bytes, st.Bytes) // what was reserved is given back
			require.Equal(t, 1, st.Entries)
			half, err := os.ReadDir(filepath.Join(s.root, halfDir))
			require.NoError(t, err)
			require.Empty(t, half)

			d.set(step, nil)
			require.NoError(t, s.Save(ctx, "k", []byte("new"), time.Hour))
			require.NoError(t, s.Stats().SavesOff)
		})
	}
}

// F46: the cache goes off and the service stays on.
func TestF46OffAfterThreeFaultsAskedOnceASecond(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		s, d := faultyStore(t, Config{Dir: dir})
		require.NoError(t, s.Save(ctx, "k", []byte("v"), time.Hour))
		d.set("create", syscall.ENOSPC)
		for range faultsInARow {
			require.ErrorIs(t, s.Save(ctx, "new", []byte("v"), time.Hour), syscall.ENOSPC)
		}
		asked := d.asked.Load()
		for range 100 {
			err := s.Save(ctx, "new", []byte("v"), time.Hour)
			require.ErrorIs(t, err, ErrOff)
			require.ErrorIs(t, err, syscall.ENOSPC)
		}
		require.Equal(t, asked, d.asked.Load(), "the disk was asked")
		require.EqualValues(t, 100, s.Stats().Away)
		require.ErrorIs(t, s.Stats().SavesOff, syscall.ENOSPC)

		_, found, err := s.Load(ctx, "k") // a full disk can be read
		require.NoError(t, err)
		require.True(t, found)

		time.Sleep(offFor)
		require.NotErrorIs(t, s.Save(ctx, "new", []byte("v"), time.Hour), ErrOff) // one trial, which fails
		require.ErrorIs(t, s.Save(ctx, "new", []byte("v"), time.Hour), ErrOff)
		d.set("create", nil)
		time.Sleep(offFor)
		require.NoError(t, s.Save(ctx, "new", []byte("v"), time.Hour))
		require.NoError(t, s.Save(ctx, "new", []byte("v"), time.Hour))
		require.NoError(t, s.Stats().SavesOff)
	})
}

func TestF46ReadFaults(t *testing.T) {
	ctx := context.Background()
	s, d := faultyStore(t, Config{})
	require.NoError(t, s.Save(ctx, "k", []byte("v"), time.Hour))
	d.set("whole", syscall.EACCES)
	for range faultsInARow {
		_, found, err := s.Load(ctx, "k")
		require.ErrorIs(t, err, syscall.EACCES)
		require.False(t, found)
		require.False(t, strings.Contains(err.Error(), "secret place"))
	}
	_, _, err := s.Load(ctx, "k")
	require.ErrorIs(t, err, ErrOff)
	require.NoError(t, s.Save(ctx, "other", []byte("v"), time.Hour)) // the other way is open
}

// A bad sector under one entry costs that entry, not the cache.
func TestABadSectorIsLetGo(t *testing.T) {
	ctx := context.Background()
	s, d := faultyStore(t, Config{})
	require.NoError(t, s.Save(ctx, "k", []byte("v"), time.Hour))
	d.set("whole", syscall.EIO)
	_, _, err := s.Load(ctx, "k")
	require.ErrorIs(t, err, syscall.EIO)
	d.set("whole", nil)
	_, found, err := s.Load(ctx, "k")
	require.NoError(t, err)
	require.False(t, found)
	require.Zero(t, s.Stats().Entries)
}

func TestAServiceStartsOnABrokenDisk(t *testing.T) {
	for step, cause := range map[string]error{"mkdir": syscall.EROFS, "list": syscall.EIO} {
		t.Run(step, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				ctx := context.Background()
				d := &faulty{}
				d.set(step, cause)
				s, err := open(Config{Dir: dir}, d)
				require.NoError(t, err)
				require.ErrorIs(t, s.Stats().LoadsOff, cause)
				_, _, err = s.Load(ctx, "k")
				require.ErrorIs(t, err, ErrOff)
				d.set(step, nil)
				time.Sleep(offFor)
				require.NoError(t, s.Save(ctx, "k", []byte("v"), time.Hour))
				_, found, err := s.Load(ctx, "k")
				require.NoError(t, err)
				require.True(t, found)
			})
		})
	}
}

// A victim that cannot be removed stays counted: the bound is not lost sight of.
func TestAVictimThatStays(t *testing.T) {
	ctx := context.Background()
	s, d := faultyStore(t, Config{MaxEntries: 2, NoSync: true})
	require.NoError(t, s.Save(ctx, "a", nil, time.Hour))
	require.NoError(t, s.Save(ctx, "b", nil, time.Hour))
	d.set("remove", syscall.EPERM)
	require.ErrorIs(t, s.Save(ctx, "c", nil, time.Hour), syscall.EPERM)
	require.ErrorIs(t, s.Delete(ctx, "a"), syscall.EPERM)
	require.Equal(t, 2, s.Stats().Entries)
	require.EqualValues(t, 2*block, s.Stats().Bytes)
	d.set("remove", nil)
	require.NoError(t, s.Save(ctx, "c", nil, time.Hour))
	require.Equal(t, 2, s.Stats().Entries)
}

// A disk that hangs holds InFlight callers; the others leave with their time.
func TestAHangingDiskHoldsNoMoreThanItsPlaces(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, d := faultyStore(t, Config{Dir: dir, InFlight: 2})
		d.stuck = make(chan struct{})
		var g sync.WaitGroup
		for range 2 {
			g.Go(func() { _, _, _ = s.Load(context.Background(), "k") })
		}
		synctest.Wait()
		started := time.Now()
		for range faultsInARow {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
			_, _, err := s.Load(ctx, "k")
			require.ErrorIs(t, err, context.DeadlineExceeded)
			cancel()
		}
		require.Equal(t, faultsInARow*5*time.Millisecond, time.Since(started))
		_, _, err := s.Load(context.Background(), "k") // and then it is left out
		require.ErrorIs(t, err, ErrOff)
		close(d.stuck)
		g.Wait()
	})
}

// F48: a bit flip anywhere, a cut anywhere, another's bytes, another version.
func TestF48AChangedFileIsAMissAndGoes(t *testing.T) {
	ctx := context.Background()
	s, _ := faultyStore(t, Config{NoSync: true, MaxBytes: 1 << 20})
	path := s.path(s.name("k"))
	changed := func(what string, change func([]byte) []byte) {
		t.Helper()
		require.NoError(t, s.Save(ctx, "k", []byte("the value"), time.Hour))
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, change(b), 0o600))
		before := s.Stats().Corrupt
		data, found, err := s.Load(ctx, "k")
		require.NoError(t, err, what)
		require.False(t, found, "%s: %q", what, data)
		require.NoFileExists(t, path, what)
		require.Equal(t, before+1, s.Stats().Corrupt, what)
		require.Zero(t, s.Stats().Entries)
	}
	size := headerSize + len("the value")
	for i := range size {
		for _, bit := range []byte{1, 0x80} {
			changed("bit flip", func(b []byte) []byte { b[i] ^= bit; return b })
		}
		changed("cut", func(b []byte) []byte { return b[:i] })
	}
	changed("longer", func(b []byte) []byte { return append(b, 0) })
	changed("zeros", func(b []byte) []byte { return make([]byte, len(b)) })
	changed("huge", func(b []byte) []byte { return make([]byte, 1<<20+1) })
	changed("of another key", func([]byte) []byte {
		require.NoError(t, s.Save(ctx, "other", []byte("its value"), time.Hour))
		b, err := os.ReadFile(s.path(s.name("other")))
		require.NoError(t, err)
		require.NoError(t, s.Delete(ctx, "other"))
		return b
	})
}

// Between the choice of a victim and its removal it may have been saved again.
func TestWhatWasSavedAgainStays(t *testing.T) {
	ctx := context.Background()
	s, _ := faultyStore(t, Config{NoSync: true})
	require.NoError(t, s.Save(ctx, "k", []byte("v"), time.Hour))
	n := s.name("k")
	require.NoError(t, s.evict(n))
	require.FileExists(t, s.path(n))
	s.bury(n)
	require.FileExists(t, s.path(n))
	require.Equal(t, 1, s.Stats().Entries)

	s.index.forget(n) // saved by another process, and thought dead by us
	s.bury(n)
	require.FileExists(t, s.path(n))
	require.Equal(t, 1, s.Stats().Entries)
	require.EqualValues(t, block, s.Stats().Bytes)
}

// A half file of a dead process goes on opening, one of a living does not.
func TestF47HalfFilesOfTheDeadAreRemoved(t *testing.T) {
	s, d := faultyStore(t, Config{})
	living := s.halfPath()
	f, err := d.create(living)
	require.NoError(t, err)
	dead := s.halfPath()
	require.NoError(t, os.WriteFile(dead, []byte("DTD1 and no mo"), 0o600))
	foreign := filepath.Join(s.root, halfDir, "README")
	require.NoError(t, os.WriteFile(foreign, nil, 0o600))

	again, err := New(Config{Dir: s.cfg.Dir})
	require.NoError(t, err)
	require.EqualValues(t, 1, again.Stats().Halves)
	require.NoFileExists(t, dead)
	require.FileExists(t, living)
	require.FileExists(t, foreign)

	require.NoError(t, f.Close())
	again, err = New(Config{Dir: s.cfg.Dir})
	require.NoError(t, err)
	require.EqualValues(t, 1, again.Stats().Halves)
	require.NoFileExists(t, living)
}

func TestTheDirectoryIsClearedUnderOurHands(t *testing.T) {
	ctx := context.Background()
	s, _ := faultyStore(t, Config{})
	require.NoError(t, s.Save(ctx, "k", []byte("v"), time.Hour))
	require.NoError(t, os.RemoveAll(s.cfg.Dir))
	_, found, err := s.Load(ctx, "k")
	require.NoError(t, err)
	require.False(t, found)
	require.Zero(t, s.Stats().Entries)
	require.NoError(t, s.Save(ctx, "k", []byte("v"), time.Hour))
	_, found, err = s.Load(ctx, "k")
	require.NoError(t, err)
	require.True(t, found)
	require.NoError(t, s.Stats().SavesOff)
}

// FuzzRead: whatever lies in a file, it is taken apart without a panic, and
// only what was written by header is sound.
func FuzzRead(f *testing.F) {
	n := name{1, 2, 3}
	f.Add(append(header(n, []byte("v"), 1, endless), 'v'))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, file []byte) {
		data, ends, is := read(file, n, 0)
		if is == sound && string(append(header(n, data, int64(be(file[8:])), ends), data...)) != string(file) {
			t.Fatalf("%x", file)
		}
	})
}

func be(b []byte) (v uint64) {
	for _, c := range b[:8] {
		v = v<<8 | uint64(c)
	}
	return v
}

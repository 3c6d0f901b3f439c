package diskstore

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func save(t *testing.T, s *Store, key string, size int, ttl time.Duration) {
	t.Helper()
	require.NoError(t, s.Save(context.Background(), key, make([]byte, size), ttl))
}

// living returns which of the keys are found.
func living(t *testing.T, s *Store, keys ...string) (all []string) {
	t.Helper()
	for _, key := range keys {
		_, found, err := s.Load(context.Background(), key)
		require.NoError(t, err)
		if found {
			all = append(all, key)
		}
	}
	return all
}

// An entry that is saved again has its new size and its new end.
func TestSavedAgainIsCountedAnew(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, _ := faultyStore(t, Config{Dir: dir, NoSync: true})
		for _, blocks := range []int64{1, 3, 1, 2} {
			save(t, s, "k", int(blocks*block)-headerSize, 3*time.Hour)
			require.Equal(t, blocks*block, s.Stats().Bytes)
			require.Equal(t, 1, s.Stats().Entries)
		}
		save(t, s, "other", 1, 2*time.Hour)
		save(t, s, "k", 1, time.Minute)
		time.Sleep(2 * time.Minute)
		save(t, s, "new", 1, time.Hour)
		require.Equal(t, 2, s.Stats().Entries, "it was buried at its new end")
	})
}

// An operation gives back its place, whatever became of it.
func TestPlacesAreGivenBack(t *testing.T) {
	s, d := faultyStore(t, Config{InFlight: 1, NoSync: true})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for range 2 {
		save(t, s, "k", 1, time.Hour)
		require.Equal(t, []string{"k"}, living(t, s, "k"))
		for range 2 {
			require.NoError(t, s.Delete(ctx, "k"))
		}
		require.Empty(t, living(t, s, "k"))
	}
	st := s.Stats()
	require.EqualValues(t, 2, st.Hits)
	require.EqualValues(t, 2, st.Misses)

	d.set("remove", syscall.EROFS)
	save(t, s, "k", 1, time.Hour)
	require.ErrorIs(t, s.Save(ctx, "k", nil, 0), syscall.EROFS, "to keep it for no time is to delete it")

	d = new(faulty)
	d.set("mkdir", syscall.EACCES)
	broken, err := open(Config{Dir: t.TempDir(), InFlight: 1}, d)
	require.NoError(t, err)
	require.ErrorIs(t, broken.Stats().LoadsOff, syscall.EACCES)
	require.ErrorIs(t, broken.Stats().SavesOff, syscall.EACCES)
	broken.loading.well()
	for range faultsInARow {
		_, _, err := broken.Load(ctx, "k")
		require.ErrorIs(t, err, syscall.EACCES)
	}
}

// Faults that are not in a row shut nothing, and while a shut disk is tried by
// one caller the others are not let through.
func TestOnlyFaultsInARowShutTheDisk(t *testing.T) {
	s, d := faultyStore(t, Config{NoSync: true})
	ctx := context.Background()
	save(t, s, "there", 1, time.Hour)
	for i := range 4 {
		d.set("whole", syscall.ESTALE)
		d.set("remove", syscall.EROFS)
		for range faultsInARow - 1 {
			_, _, err := s.Load(ctx, "k")
			require.ErrorIs(t, err, syscall.ESTALE)
			require.NotErrorIs(t, err, ErrOff)
			err = s.Delete(ctx, "k")
			require.ErrorIs(t, err, syscall.EROFS)
			require.NotErrorIs(t, err, ErrOff)
		}
		d.set("whole", nil)
		d.set("remove", nil)
		require.Len(t, living(t, s, []string{"there", "not there"}[i%2]), 1-i%2)
		require.NoError(t, s.Delete(ctx, "k"))
	}
	synctest.Test(t, func(t *testing.T) {
		var g gate
		for range faultsInARow {
			g.fault(syscall.EIO)
		}
		time.Sleep(offFor)
		require.NoError(t, g.enter())
		require.ErrorIs(t, g.enter(), ErrOff)
		time.Sleep(offFor)
		require.NoError(t, g.enter())
	})
}

// While everything there is is being written there is no room for more.
func TestNoRoomBesideWhatIsWritten(t *testing.T) {
	x := newIndex(10*block, 1)
	r, victims, ok := x.reserve(name{1}, block)
	require.True(t, ok)
	require.Empty(t, victims)
	_, victims, ok = x.reserve(name{2}, block)
	require.False(t, ok)
	require.Empty(t, victims)
	x.release(r)
	_, _, ok = x.reserve(name{2}, block)
	require.True(t, ok)

	s, _ := faultyStore(t, Config{MaxEntries: 1})
	_, _, ok = s.index.reserve(name{1}, block)
	require.True(t, ok)
	require.ErrorIs(t, s.Save(context.Background(), "k", nil, time.Hour), errNoRoom)
}

// A secret tells keys apart as no secret does, and is the store's own.
func TestASecretTellsKeysApart(t *testing.T) {
	secret := []byte("0123456789abcdef")
	s, _ := faultyStore(t, Config{Secret: secret, NoSync: true})
	save(t, s, "a", 1, time.Hour)
	require.Equal(t, []string{"a"}, living(t, s, "a", "b"))
	clear(secret)
	require.Equal(t, []string{"a"}, living(t, s, "a"))
}

// What fills the store to the last byte is kept, and found again on opening.
func TestFullToTheLastBlock(t *testing.T) {
	c := Config{Dir: t.TempDir(), MaxBytes: 2 * block, NoSync: true}
	s, _ := faultyStore(t, c)
	save(t, s, "k", 2*block-headerSize, time.Hour)
	s, _ = faultyStore(t, c)
	require.Equal(t, []string{"k"}, living(t, s, "k"))
	require.EqualValues(t, 2*block, s.Stats().Bytes)
}

// On opening with less room those stay that end last, the endless among them.
func TestOpeningKeepsWhatEndsLast(t *testing.T) {
	c := Config{Dir: t.TempDir(), NoSync: true}
	s, _ := faultyStore(t, c)
	keys := []string{"d", "b", "endless", "g", "a", "f", "c", "e"}
	for i, key := range keys {
		ttl := time.Duration(i*5%8+1) * time.Hour
		if key == "endless" {
			ttl = math.MaxInt64
		}
		save(t, s, key, 1, ttl)
	}
	c.MaxEntries = 3
	d := &faulty{}
	d.set("remove", syscall.EROFS)
	s, err := open(c, d)
	require.NoError(t, err)
	require.Equal(t, len(keys), s.Stats().Entries, "it can be read, though")
	s, _ = faultyStore(t, c)
	require.EqualValues(t, 5, s.Stats().Evicted)
	ends := map[string]int{}
	for i, key := range keys {
		ends[key] = i*5%8 + 1
	}
	ends["endless"] = 100
	slices.SortFunc(keys, func(a, b string) int { return ends[b] - ends[a] })
	got := living(t, s, keys...)
	require.Equal(t, keys[:3], got)
}

// What is not ours by its name is left alone, wherever it lies.
func TestForeignFilesAreLeftAlone(t *testing.T) {
	c := Config{Dir: t.TempDir(), NoSync: true}
	s, _ := faultyStore(t, c)
	save(t, s, "k", 1, time.Hour)
	n := s.name("k")
	folder := filepath.Dir(s.path(n))
	foreign := []string{
		filepath.Join(s.root, "zz"), filepath.Join(s.root, halfDir, "note"), filepath.Join(s.root, halfDir, "abcd"),
		filepath.Join(folder, n.String()[:2]+"cd"), filepath.Join(folder, n.String()[:63]+"z"), filepath.Join(folder, hex.EncodeToString(make([]byte, 33))),
	}
	for _, path := range foreign {
		require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
	}
	s, _ = faultyStore(t, c)
	require.NoError(t, s.Stats().LoadsOff)
	require.Equal(t, 1, s.Stats().Entries)
	require.Zero(t, s.Stats().Halves)
	for _, path := range foreign {
		require.FileExists(t, path)
	}
}

// The disk of the operating system says what went wrong.
func TestSystemTellsWhatWentWrong(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(path, []byte("four"), 0o600))
	data, err := system{}.whole(path, 4)
	require.NoError(t, err)
	require.Equal(t, "four", string(data))
	data, err = system{}.whole(path, 3)
	require.NoError(t, err)
	require.Nil(t, data)
	data, err = system{}.whole(dir, math.MaxInt64)
	require.NoError(t, err)
	require.Nil(t, data, "a directory is no file")
	for name, err := range map[string]error{
		"whole":  func() error { _, err := system{}.whole(filepath.Join(path, "x"), 4); return err }(),
		"list":   func() error { _, err := system{}.list(filepath.Join(path, "x")); return err }(),
		"create": func() error { _, err := system{}.create(filepath.Join(path, "x")); return err }(),
		"mkdir":  system{}.mkdir(filepath.Join(path, "x")),
		"remove": system{}.remove(filepath.Join(path, "x")),
		"rename": system{}.rename(path, filepath.Join(path, "x")),
	} {
		require.ErrorIs(t, err, syscall.ENOTDIR, name)
		require.NotContains(t, plain(fmt.Errorf("x: %w", err)).Error(), dir, name)
	}
	require.Equal(t, syscall.EMFILE, plain(os.NewSyscallError("dup", syscall.EMFILE)))
	require.ErrorIs(t, system{}.remove(filepath.Join(dir, "none")), fs.ErrNotExist)
	require.Equal(t, errors.ErrUnsupported, plain(errors.ErrUnsupported))
}

package diskstore_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/fallback/diskstore"
	"github.com/detour-go/detour/fallback/storetest"
	"github.com/stretchr/testify/require"
)

func open(t testing.TB, c diskstore.Config) *diskstore.Store {
	t.Helper()
	s, err := diskstore.New(c)
	require.NoError(t, err)
	return s
}

func TestKeepsTheRules(t *testing.T) {
	for name, c := range map[string]diskstore.Config{
		"plain":  {NoSync: true},
		"synced": {},
		"secret": {NoSync: true, Secret: []byte("0123456789abcdef")},
		"narrow": {NoSync: true, InFlight: 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				n := 0
				storetest.Store(t, func() fallback.Store {
					n++
					c.Dir = filepath.Join(dir, fmt.Sprint(n))
					return open(t, c)
				})
			})
		})
	}
}

// Whoever opens anew for every call finds what the one before left.
func TestKeepsTheRulesOverRestarts(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		storetest.Store(t, func() fallback.Store {
			n++
			return restarting{func() *diskstore.Store {
				return open(t, diskstore.Config{Dir: filepath.Join(dir, fmt.Sprint(n)), NoSync: true})
			}}
		})
	})
}

type restarting struct{ open func() *diskstore.Store }

func (r restarting) Load(ctx context.Context, key string) ([]byte, bool, error) {
	return r.open().Load(ctx, key)
}

func (r restarting) Save(ctx context.Context, key string, data []byte, ttl time.Duration) error {
	return r.open().Save(ctx, key, data, ttl)
}

func (r restarting) Delete(ctx context.Context, key string) error { return r.open().Delete(ctx, key) }

func TestConfigMistakesAreListed(t *testing.T) {
	_, err := diskstore.New(diskstore.Config{Secret: []byte("short"), MaxBytes: -1, MaxEntries: -2, InFlight: -3})
	for _, want := range []string{"Dir is missing", "Secret has 5 bytes", "MaxBytes -1", "MaxEntries -2", "InFlight -3"} {
		require.ErrorContains(t, err, want)
	}
	_, err = diskstore.New(diskstore.Config{Dir: t.TempDir(), MaxBytes: 4095})
	require.ErrorContains(t, err, "less than one block")
}

func TestEvictsTheLeastRecentlyUsed(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]diskstore.Config{
		"entries": {MaxEntries: 3},
		"bytes":   {MaxBytes: 3 * 4096},
	} {
		t.Run(name, func(t *testing.T) {
			c.Dir, c.NoSync = t.TempDir(), true
			s := open(t, c)
			for _, k := range []string{"a", "b", "c"} {
				require.NoError(t, s.Save(ctx, k, []byte("1"), time.Hour))
			}
			require.Equal(t, "a", alive(t, s, "a")) // b is now the oldest
			require.NoError(t, s.Save(ctx, "d", []byte("2"), time.Hour))
			require.Equal(t, "a c d", alive(t, s, "a", "b", "c", "d"))
			st := s.Stats()
			require.EqualValues(t, 1, st.Evicted)
			require.Equal(t, 3, st.Entries)
			require.EqualValues(t, 3*4096, st.Bytes)
			require.Len(t, files(t, c.Dir), 3)
			require.ErrorIs(t, s.Save(ctx, "large", make([]byte, 1<<31), time.Hour), fallback.ErrStoreTooLarge)
		})
	}
}

func TestReplacingNeedsNoOtherToGo(t *testing.T) {
	ctx := context.Background()
	s := open(t, diskstore.Config{Dir: t.TempDir(), MaxEntries: 2, NoSync: true})
	for range 5 {
		require.NoError(t, s.Save(ctx, "a", []byte("1"), time.Hour))
		require.NoError(t, s.Save(ctx, "b", []byte("1"), time.Hour))
	}
	require.Equal(t, "a b", alive(t, s, "a", "b"))
	require.Zero(t, s.Stats().Evicted)
}

func TestBoundHoldsUnderLoad(t *testing.T) {
	ctx := context.Background()
	const most = 64 * 4096
	dir := t.TempDir()
	s := open(t, diskstore.Config{Dir: dir, MaxBytes: most, NoSync: true})
	var g sync.WaitGroup
	for w := range 8 {
		g.Go(func() {
			for i := range 200 {
				if err := s.Save(ctx, fmt.Sprint(w, i%50), make([]byte, i*37%20000), time.Hour); err != nil {
					t.Error(err)
				}
				if st := s.Stats(); st.Bytes > most {
					t.Errorf("%d bytes", st.Bytes)
				}
			}
		})
	}
	g.Wait()
	var bytes int64
	all := files(t, dir)
	for _, f := range all {
		st, err := os.Stat(f)
		require.NoError(t, err)
		bytes += (st.Size() + 4095) / 4096 * 4096
	}
	require.LessOrEqual(t, bytes, int64(most))
	require.Equal(t, bytes, s.Stats().Bytes)
	require.Len(t, all, s.Stats().Entries)
}

// What ends soonest goes first after a restart with smaller bounds, and what is
// not ours is left alone.
func TestOpeningWithSmallerBounds(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, diskstore.Config{Dir: dir, NoSync: true})
	for i, k := range []string{"c", "a", "d", "b"} {
		require.NoError(t, s.Save(ctx, k, []byte(k), time.Duration(1+i*7%4)*time.Hour)) // c 1h, b 2h, d 3h, a 4h
	}
	foreign := filepath.Join(filepath.Dir(files(t, dir)[0]), "README")
	require.NoError(t, os.WriteFile(foreign, []byte("mine"), 0o600))
	s = open(t, diskstore.Config{Dir: dir, MaxEntries: 2})
	require.Equal(t, "a d", alive(t, s, "a", "b", "c", "d"))
	require.FileExists(t, foreign)
	require.EqualValues(t, 2, s.Stats().Evicted)
}

func TestTheDeadAreBuriedBeforeTheLivingGo(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		c := diskstore.Config{Dir: dir, MaxEntries: 20, NoSync: true}
		s := open(t, c)
		require.NoError(t, s.Save(ctx, "old and alive", []byte("1"), time.Hour))
		for i := range 19 {
			require.NoError(t, s.Save(ctx, fmt.Sprint(i), []byte("1"), time.Minute))
		}
		time.Sleep(2 * time.Minute)
		s = open(t, c)
		require.NoError(t, s.Save(ctx, "new", []byte("1"), time.Hour))
		require.NoError(t, s.Save(ctx, "newer", []byte("1"), time.Hour))
		require.Equal(t, "old and alive new", alive(t, s, "old and alive", "new"))
		require.Len(t, files(t, dir), 3)
		require.Zero(t, s.Stats().Evicted)
	})
}

func TestClosed(t *testing.T) {
	ctx := context.Background()
	s := open(t, diskstore.Config{Dir: t.TempDir()})
	require.NoError(t, s.Save(ctx, "k", []byte("v"), time.Hour))
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	_, _, err := s.Load(ctx, "k")
	require.ErrorIs(t, err, diskstore.ErrClosed)
	require.ErrorIs(t, s.Save(ctx, "k", nil, time.Hour), diskstore.ErrClosed)
	require.ErrorIs(t, s.Delete(ctx, "k"), diskstore.ErrClosed)
	require.ErrorIs(t, s.Stats().LoadsOff, diskstore.ErrClosed)
}

func TestNothingIsDoneForACallerWhoLeft(t *testing.T) {
	s := open(t, diskstore.Config{Dir: t.TempDir()})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 10 {
		require.ErrorIs(t, s.Save(ctx, "k", []byte("v"), time.Hour), context.Canceled)
		_, _, err := s.Load(ctx, "k")
		require.ErrorIs(t, err, context.Canceled)
	}
	require.NoError(t, s.Stats().SavesOff)
	require.Zero(t, s.Stats().SaveFaults)
}

// T10: neither names nor contents say what was asked, and only we may look.
func TestNoKeyLiesOnTheDisk(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "cache")
	s := open(t, diskstore.Config{Dir: dir})
	const canary = "Sejong-daero 110, Jung-gu"
	require.NoError(t, s.Save(ctx, canary, []byte("v"), time.Hour))
	require.NoError(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		require.NotContains(t, p, "Sejong")
		if d.IsDir() {
			require.Equal(t, fs.FileMode(0o700), info.Mode().Perm(), p)
			return nil
		}
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), p)
		b, err := os.ReadFile(p)
		require.NoError(t, err)
		require.False(t, bytes.Contains(b, []byte("Sejong")))
		return nil
	}))
}

func TestAnotherSecretIsAnotherStore(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	a := open(t, diskstore.Config{Dir: dir, Secret: []byte("0123456789abcdef")})
	require.NoError(t, a.Save(ctx, "k", []byte("v"), time.Hour))
	require.Empty(t, alive(t, open(t, diskstore.Config{Dir: dir}), "k"))
	require.Empty(t, alive(t, open(t, diskstore.Config{Dir: dir, Secret: []byte("0123456789abcdeF")}), "k"))
	require.Equal(t, "k", alive(t, a, "k"))
}

func TestTheClockWasSetBack(t *testing.T) {
	dir := t.TempDir()
	ctx := context.Background()
	s := open(t, diskstore.Config{Dir: dir})
	require.NoError(t, s.Save(ctx, "k", []byte("v"), 100*365*24*time.Hour))
	synctest.Test(t, func(t *testing.T) { // it is the year 2000 here
		past := open(t, diskstore.Config{Dir: dir})
		require.Empty(t, alive(t, past, "k"))
	})
	require.Equal(t, "k", alive(t, s, "k"))
}

func alive(t testing.TB, s fallback.Store, keys ...string) string {
	t.Helper()
	var found []string
	for _, k := range keys {
		_, ok, err := s.Load(context.Background(), k)
		require.NoError(t, err)
		if ok {
			found = append(found, k)
		}
	}
	return strings.Join(found, " ")
}

// files lists the entries on the disk, and fails when a half file lies there.
func files(t testing.TB, dir string) (all []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			require.NotEqual(t, "half", filepath.Base(filepath.Dir(p)), p)
			all = append(all, p)
		}
		return err
	}))
	return all
}

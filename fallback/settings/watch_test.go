package settings_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/fallback/settings"
)

// heard is what a watcher told.
type heard struct {
	mu   sync.Mutex
	says []string
}

func (h *heard) told(c settings.Change, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		var refused *settings.Error
		if errors.As(err, &refused) {
			h.says = append(h.says, "refused")
			return
		}
		h.says = append(h.says, "not read")
		return
	}
	h.says = append(h.says, c.String())
}

func (h *heard) since() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	says := h.says
	h.says = nil
	return says
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		file := filepath.Join(t.TempDir(), "detour.json")
		h := &heard{}
		w, err := s.loader.Watch(file, settings.WatchConfig{Every: time.Second, Told: h.told})
		require.NoError(t, err, "a file that is not there yet is no reason not to start")
		defer func() { assert.NoError(t, w.Close()) }()
		next := func() []string {
			time.Sleep(time.Second)
			synctest.Wait()
			return h.since()
		}
		assert.Equal(t, []string{"not read"}, h.since())
		assert.Empty(t, next(), "once")
		write(t, file, `{"parts": {"address": {"deadline": "2s"}}}`)
		assert.Equal(t, []string{`parts.address.deadline: "4s", now "2s"`}, next())
		assert.Empty(t, next())
		info, err := os.Stat(file)
		require.NoError(t, err)
		write(t, file, `{"parts": {"address": {"deadline": "3s"}}}`)
		require.NoError(t, os.Chtimes(file, info.ModTime(), info.ModTime()))
		assert.Equal(t, []string{`parts.address.deadline: "2s", now "3s"`}, next(), "of the same size and time")
		write(t, file, `{"parts": {"address": {"deadline": `)
		assert.Equal(t, []string{"refused"}, next())
		assert.Empty(t, next(), "once")
		assert.Equal(t, 3*time.Second, s.address.Longest(), "the old settings stay")
		write(t, file, `{"parts":{"address":{"deadline":"3s"}}}`)
		assert.Equal(t, []string{"nothing has changed"}, next())
		require.NoError(t, os.Remove(file))
		assert.Equal(t, []string{"not read"}, next())
		assert.Equal(t, 3*time.Second, s.address.Longest())
		write(t, file, `{}`)
		assert.Equal(t, []string{`parts.address.deadline: "3s", now "4s"`}, next())

		require.NoError(t, w.Close())
		write(t, file, good)
		assert.Empty(t, next())
		require.NoError(t, w.Close(), "again")
	})
}

func TestWatchLoadsBeforeItReturns(t *testing.T) {
	s := newSite(t)
	w, err := s.loader.Watch(write(t, "x.json", good), settings.WatchConfig{Every: time.Hour, Told: func(settings.Change, error) { panic("x") }})
	require.NoError(t, err)
	assert.Equal(t, 2*time.Second, s.address.Longest())
	require.NoError(t, w.Close())
	w, err = s.loader.Watch(write(t, "x.json", "{}"), settings.WatchConfig{})
	require.NoError(t, err)
	assert.Equal(t, 4*time.Second, s.address.Longest(), "with nobody to tell")
	require.NoError(t, w.Close())
}

func TestWatchConfig(t *testing.T) {
	s := newSite(t)
	for _, every := range []time.Duration{-1, 99 * time.Millisecond, time.Hour + 1} {
		_, err := s.loader.Watch("x", settings.WatchConfig{Every: every})
		assert.ErrorContains(t, err, "settings: watch: every must be between 100ms and 1h0m0s")
	}
}

func TestCloseDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		free := make(chan struct{})
		told := 0
		file := write(t, "x.json", "{}")
		w, err := s.loader.Watch(file, settings.WatchConfig{Every: time.Second, Told: func(settings.Change, error) {
			if told++; told == 2 {
				<-free
			}
		}})
		require.NoError(t, err)
		write(t, file, good)
		time.Sleep(time.Second)
		synctest.Wait()
		began := time.Now()
		assert.EqualError(t, w.Close(), "settings: watch: close: a look at the file is still under way")
		assert.Equal(t, time.Second, time.Since(began))
		close(free)
		assert.NoError(t, w.Close())
	})
}

// Fault 66: reload in traffic.
func TestF66ReloadInTraffic(t *testing.T) {
	s := newSite(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				r, err := s.address.Do(context.Background(), 1)
				assert.NoError(t, err)
				assert.Equal(t, r.Source, string(r.Value))
				b, err := s.login.Begin(context.Background(), "kakao", "q")
				assert.NoError(t, err)
				_, err = s.login.Finish(context.Background(), b.Ticket, "r")
				assert.NoError(t, err)
			}
		})
	}
	for i := range 200 {
		_, err := s.loader.Load([]byte([]string{good, "{}", s.loaderText()}[i%3]))
		assert.NoError(t, err)
	}
	close(stop)
	wg.Wait()
}

func (s *site) loaderText() string { return string(s.loader.Document().JSON()) }

package oidclogin_test

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
)

func TestKeysAreFetchedWhenFirstNeededAndKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := virtual(t, nil)
		assert.Zero(t, w.fetches.Load(), "New asks nobody")
		for range 50 {
			_, err := finish(t, p)
			require.NoError(t, err)
			time.Sleep(time.Minute)
		}
		assert.EqualValues(t, 1, w.fetches.Load())
		time.Sleep(11 * time.Minute) // past the hour
		_, err := finish(t, p)
		require.NoError(t, err)
		assert.EqualValues(t, 2, w.fetches.Load())
	})
}

func TestF72RotationCostsOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := virtual(t, nil)
		_, err := finish(t, p)
		require.NoError(t, err)
		time.Sleep(20 * time.Second)
		w.use("two", ecKeys()[1])
		_, err = finish(t, p)
		require.NoError(t, err, "an unknown kid fetches at once")
		assert.EqualValues(t, 2, w.fetches.Load())

		w.use("three", ecKeys()[0])
		_, err = finish(t, p)
		assert.ErrorIs(t, err, providers.Unavailable, "within the floor it cannot be known")
		assert.EqualValues(t, 2, w.fetches.Load())
		time.Sleep(10 * time.Second)
		_, err = finish(t, p)
		require.NoError(t, err)
	})
}

func TestF72RotationWithoutKeyIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := virtual(t, nil)
		w.use("", ecKeys()[0])
		_, err := finish(t, p)
		require.NoError(t, err)
		time.Sleep(20 * time.Second)
		w.use("", ecKeys()[1])
		_, err = finish(t, p)
		require.NoError(t, err)
		assert.EqualValues(t, 2, w.fetches.Load())
	})
}

func TestF72TenThousandRandomKeyIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := virtual(t, nil)
		_, err := finish(t, p)
		require.NoError(t, err)
		began := time.Now()
		for range 10_000 {
			time.Sleep(4 * time.Millisecond)                                       // 40s in all
			forged := b64([]byte(`{"alg":"ES256","kid":"`+rand.Text()+`"}`)) + "." // a signature costs time, and none is looked at
			w.sign = func(p []byte) string { return forged + b64(p) + "." + b64(make([]byte, 64)) }
			_, err := finish(t, p)
			assert.ErrorIs(t, err, providers.Unavailable)
		}
		assert.Equal(t, 40*time.Second, time.Since(began))
		assert.LessOrEqual(t, w.fetches.Load(), int32(1+4), "one per floor of 10s")
		w.signAs("one", ecKeys()[0])
		_, err = finish(t, p)
		require.NoError(t, err, "known keys never suffer from it")
	})
}

func TestF71LastGoodKeysServeForABoundedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := virtual(t, nil)
		_, err := finish(t, p)
		require.NoError(t, err)
		w.dead.Store(true)
		for range 23 {
			time.Sleep(time.Hour)
			_, err := finish(t, p)
			require.NoError(t, err)
			require.NoError(t, p.Watch(t.Context()), "no reason to send anybody elsewhere")
		}
		time.Sleep(time.Hour)
		_, err = finish(t, p)
		require.Error(t, err, "then fail closed")
		assert.ErrorIs(t, err, providers.Unavailable)
		assert.ErrorIs(t, p.Watch(t.Context()), providers.Unavailable)

		before := w.fetches.Load()
		for range 100 {
			_, err = finish(t, p)
			require.Error(t, err)
		}
		assert.LessOrEqual(t, w.fetches.Load()-before, int32(1), "a dead key set is asked once a second at most")
		w.dead.Store(false)
		time.Sleep(time.Second)
		require.NoError(t, p.Watch(t.Context()), "the watch brings them back")
		_, err = finish(t, p)
		require.NoError(t, err)
	})
}

func TestF13HangingKeySetHoldsUpOneCitizenAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := virtual(t, nil)
		_, err := finish(t, p)
		require.NoError(t, err)
		w.hang.Store(true)
		time.Sleep(2 * time.Hour)
		var late atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				began := time.Now()
				_, err := finish(t, p)
				assert.NoError(t, err)
				if time.Since(began) > 0 {
					late.Add(1)
					assert.Equal(t, 3*time.Second, time.Since(began))
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 1, late.Load())
	})
}

func TestF13HangingKeySetAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := virtual(t, nil)
		w.hang.Store(true)
		began := time.Now()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				_, err := finish(t, p)
				assert.ErrorIs(t, err, providers.Unavailable)
			})
		}
		all.Wait()
		assert.Equal(t, 3*time.Second, time.Since(began), "all end together")
		assert.EqualValues(t, 1, w.fetches.Load())
		w.hang.Store(false)
		time.Sleep(time.Second)
		_, err := finish(t, p)
		require.NoError(t, err)
	})
}

func TestF59WhoLeavesWhileKeysAreFetchedHarmsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := virtual(t, nil)
		w.hang.Store(true)
		c, err := p.Begin(t.Context(), login.Request{})
		require.NoError(t, err)
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		began := time.Now()
		_, err = p.Finish(ctx, login.Reply{Code: c.Nonce, State: c.State.Reveal(), Challenge: c})
		assert.ErrorIs(t, err, providers.Unavailable)
		assert.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, time.Second, time.Since(began))
		w.hang.Store(false)
		_, err = finish(t, p)
		require.NoError(t, err, "the next one may fetch at once")
	})
}

func TestRefreshedIDTokenMustNameTheSameAccount(t *testing.T) {
	w, p := virtual(t, nil)
	id, err := finish(t, p)
	require.NoError(t, err)
	id.Token.Refresh = providers.NewSecret("refresh")
	fresh, err := p.Refresh(t.Context(), id.Token)
	require.NoError(t, err)
	assert.NotEqual(t, id.Token.ID.Reveal(), fresh.ID.Reveal())
	assert.Equal(t, "refresh", fresh.Refresh.Reveal())

	with(map[string]any{"sub": "another"})(w.issuer)
	_, err = p.Refresh(t.Context(), id.Token)
	assert.ErrorIs(t, err, providers.Security)
	with(map[string]any{"aud": "another"})(w.issuer)
	_, err = p.Refresh(t.Context(), id.Token)
	assert.ErrorIs(t, err, providers.Security)
}

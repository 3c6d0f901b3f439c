package breaker_test

import (
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// A closed breaker that nobody fights over costs at most 1.5 KiB and no goroutine, and little more as a member of a group.
func TestMemory(t *testing.T) {
	const n = 2000
	weigh := func(most int64, fill func(i int) any) {
		all := make([]any, n)
		goroutines := runtime.NumGoroutine()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range all {
			all[i] = fill(i)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / n
		t.Logf("%d bytes each", each)
		require.LessOrEqual(t, each, most)
		require.LessOrEqual(t, runtime.NumGoroutine(), goroutines)
		runtime.KeepAlive(all)
	}
	weigh(1536, func(int) any {
		b := mustNew(t, breaker.Config{Name: "kakao"})
		_ = b.Do(bg, callOK)
		return b
	})
	g, err := breaker.NewGroup(breaker.GroupConfig{Max: n})
	require.NoError(t, err)
	weigh(1536+256, func(i int) any {
		b := g.Of(strconv.Itoa(i))
		_ = b.Do(bg, callOK)
		return b
	})
}

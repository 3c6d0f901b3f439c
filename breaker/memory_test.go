package breaker_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// A closed breaker that nobody fights over costs at most 1.5 KiB and no goroutine.
func TestMemory(t *testing.T) {
	const n = 2000
	all := make([]*breaker.Breaker, n)
	goroutines := runtime.NumGoroutine()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range all {
		all[i] = mustNew(t, breaker.Config{Name: "kakao"})
		_ = all[i].Do(bg, callOK)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.LessOrEqual(t, (int64(after.HeapAlloc)-int64(before.HeapAlloc))/n, int64(1536))
	require.LessOrEqual(t, runtime.NumGoroutine(), goroutines)
	runtime.KeepAlive(all)
}

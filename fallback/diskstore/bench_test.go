package diskstore_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/detour-go/detour/fallback/diskstore"
	"github.com/stretchr/testify/require"
)

// BenchmarkOpen100000 opens a full store. Filling it takes some seconds first.
func BenchmarkOpen100000(b *testing.B) {
	c := diskstore.Config{Dir: b.TempDir(), NoSync: true}
	s := open(b, c)
	var g sync.WaitGroup
	for w := range 4 {
		g.Go(func() {
			for i := w; i < 100_000; i += 4 {
				if err := s.Save(context.Background(), fmt.Sprint(i), []byte("value"), time.Hour); err != nil {
					b.Error(err)
				}
			}
		})
	}
	g.Wait()
	for b.Loop() {
		require.Equal(b, 100_000, open(b, c).Stats().Entries)
	}
}

func BenchmarkLoad15KiB(b *testing.B) {
	s := open(b, diskstore.Config{Dir: b.TempDir()})
	require.NoError(b, s.Save(context.Background(), "k", make([]byte, 15<<10), time.Hour))
	b.ReportAllocs()
	for b.Loop() {
		if _, found, err := s.Load(context.Background(), "k"); !found || err != nil {
			b.Fatal(found, err)
		}
	}
}

func BenchmarkSave15KiB(b *testing.B) {
	for name, c := range map[string]diskstore.Config{"synced": {}, "nosync": {NoSync: true}} {
		b.Run(name, func(b *testing.B) {
			c.Dir = b.TempDir()
			s := open(b, c)
			data := make([]byte, 15<<10)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := s.Save(context.Background(), fmt.Sprint(i%1000), data, time.Hour); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package main

import (
	"context"
	"errors"
	"hash/crc32"
	"time"

	"github.com/detour-go/detour/fallback"
)

const (
	crcName  = "CRC32C over it"
	tileSize = 15 << 10 // a map tile
)

// tile is remembered as the bytes that it is.
type tile struct{ data []byte }

func (tile) Cacheable() bool { return true }

type tileCodec struct{}

func (tileCodec) Encode(t tile) ([]byte, error)    { return t.data, nil }
func (tileCodec) Decode(data []byte) (tile, error) { return tile{data}, nil }

func memoryRows() []row {
	return []row{
		{fromMemory, detourName, false, answers, detourMemory},
		{fromMemory, crcName, true, answers, checksumAlone},
	}
}

func someTile() []byte {
	data := make([]byte, tileSize)
	for i := range data {
		data[i] = byte(i * i)
	}
	return data
}

// detourMemory has been asked once before: each answer is remembered, and its checksum verified.
func detourMemory(vendor call) (*subject, error) {
	data := someTile()
	s := fallback.From("vworld", func(ctx context.Context, _ string) (tile, error) { return tile{data}, vendor(ctx) }, nil)
	s.Retention = fallback.Forever
	c, err := fallback.New(fallback.Config[string, tile]{
		Name:    "map",
		Sources: []fallback.Source[string, tile]{s},
		Memory: &fallback.Memory[string, tile]{
			Key: func(q string) string { return q }, Codec: tileCodec{}, Fresh: time.Hour,
		},
	})
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	if _, err := c.Do(ctx, "12/3492/1586"); err != nil {
		return nil, err
	}
	return &subject{
		worker: each(func() error {
			r, err := c.Do(ctx, "12/3492/1586")
			if err == nil && (r.Freshness != fallback.Cached || len(r.Value.data) != tileSize) {
				return errors.New("not from memory")
			}
			return err
		}),
		stop: func() { _ = c.Close() },
	}, nil
}

func checksumAlone(call) (*subject, error) {
	data, castagnoli := someTile(), crc32.MakeTable(crc32.Castagnoli)
	want := crc32.Checksum(data, castagnoli)
	return &subject{worker: each(func() error {
		if crc32.Checksum(data, castagnoli) != want {
			return errors.New("not the same bytes")
		}
		return nil
	})}, nil
}

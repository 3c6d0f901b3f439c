package tiles

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/detour-go/detour/providers"
)

// MaxBytes is the most that the data of one tile may be: 1 MiB, some ten times what vendors send.
const MaxBytes = 1 << 20

// Provider gives one tile. It is safe for concurrent use.
type Provider interface {
	// Tile asks once. Its errors carry a class: invalid for a number outside the
	// grid, notfound for a tile that the provider does not cover.
	Tile(ctx context.Context, id ID) (Tile, error)
}

// Revalidator is the optional ability of a provider to renew a tile that it
// gave before, without sending it again if it has not changed (RFC 9110
// section 13). It answers with a whole tile either way: the same data with
// new caching labels, or a new tile.
type Revalidator interface {
	Revalidate(ctx context.Context, have Tile) (Tile, error)
}

// Tile is one tile and its labels. Data is shared: nobody may change it.
type Tile struct {
	// ID is the number of the tile that the data shows.
	ID ID
	// Data is the picture or vector tile, without any content coding (never gzip).
	Data []byte
	// ContentType is [PNG], [JPEG], [WebP] or [MVT].
	ContentType string
	// ETag and LastModified are the vendor's validators (RFC 9110 section 8.8), as sent; empty: none.
	ETag, LastModified string
	// MaxAge is for how long the tile is fresh, from when it was given: what the
	// vendor says, or what the adapter documents where it says nothing. Zero: not at all.
	MaxAge time.Duration
	// NoStore is true when the vendor forbids keeping the tile, or using a kept
	// one without asking again, which a memory does.
	NoStore bool
	// NoStale is true when the vendor forbids serving the tile after MaxAge, even
	// when it cannot be asked (RFC 9111 section 4.2.4).
	NoStale bool
	// Attribution is whose map it is, as plain text to be shown beside it; never empty.
	Attribution string
}

// Cacheable reports whether a memory may keep the tile.
func (t Tile) Cacheable() bool { return !t.NoStore && len(t.Data) > 0 }

// FreshFor returns MaxAge, as a memory wants to be told it:
//
//	fallback.Memory[tiles.ID, tiles.Tile]{Key: tiles.Key, Codec: tiles.Codec{}, FreshFor: tiles.Tile.FreshFor, StaleFor: tiles.Tile.StaleFor, ...}
func (t Tile) FreshFor() time.Duration { return t.MaxAge }

// StaleFor returns the age up to which a kept tile may stand in while no vendor can be asked: MaxAge where must-revalidate and its kin
// forbid more (RFC 9111 section 4.2.4), else without an end, which leaves it to the memory and the vendor's terms.
func (t Tile) StaleFor() time.Duration {
	if t.NoStale {
		return t.MaxAge
	}
	return math.MaxInt64
}

// Answers reports why t is not the tile asked for, as an error of class
// unavailable; nil: it is. The number must be the one asked for, the data of at
// most [MaxBytes], of the type that its label says, complete from its first to
// its last byte, with nothing behind it but zeros, and a picture a square of
// 256 or 512 pixels. It is the check of a chain of tiles:
//
//	fallback.Config[tiles.ID, tiles.Tile]{Valid: tiles.ID.Validate, Answers: tiles.Tile.Answers, ...}
func (t Tile) Answers(id ID) error {
	if err := t.check(id); err != nil {
		return wrong("answer", providers.Unavailable, err)
	}
	return nil
}

func (t Tile) check(id ID) error {
	switch {
	case t.ID != id:
		return errOther
	case len(t.Data) == 0:
		return errEmpty
	case len(t.Data) > MaxBytes:
		return errTooLarge
	case t.Attribution == "":
		return errNobody
	}
	f, known := formatOf(t.ContentType)
	if !known {
		return errType
	}
	if !f.magic(t.Data) {
		return errMagic
	}
	return f.check(t.Data)
}

var (
	errOther    = errors.New("another tile than the one asked for")
	errEmpty    = errors.New("empty tile")
	errTooLarge = fmt.Errorf("tile of more than %d bytes", MaxBytes)
	errNobody   = errors.New("tile without attribution")
	errType     = errors.New("content type is not that of a tile")
	errMagic    = errors.New("data is not of its content type")
)

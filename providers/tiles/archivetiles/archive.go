package archivetiles

import (
	"context"
	"database/sql"
	"errors"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/tiles"
)

// Config of an Archive. Path is the only required field.
type Config struct {
	// Path of the MBTiles file.
	Path string
	// Attribution replaces the one in the file; required when the file has none.
	Attribution string
	// Timeout of one lookup; zero: 2 s. A context that ends earlier wins.
	Timeout time.Duration
}

const (
	defaultTimeout = 2 * time.Second
	// readers is how many lookups run at once; each has a page cache of some 2 MB.
	readers  = 4
	provider = "archive"
	op       = "tile"
)

// lookup gives the length of a tile, and the tile if that is within bounds: SQLite allows a gigabyte.
const lookup = `SELECT length(tile_data), CASE WHEN length(tile_data) <= ?4 THEN tile_data END
FROM tiles WHERE zoom_level = ?1 AND tile_column = ?2 AND tile_row = ?3 LIMIT 1`

// Archive is an open MBTiles file. Close it when done.
type Archive struct {
	db      *sql.DB
	find    *sql.Stmt
	meta    Metadata
	timeout time.Duration
}

// New opens the file, and reports all the mistakes of the configuration and of
// the file's metadata at once. It reads the metadata, no tile.
func New(cfg Config) (*Archive, error) {
	var mistakes []error
	if cfg.Timeout < 0 {
		mistakes = append(mistakes, errors.New("archive: timeout is negative"))
	}
	if err := checkFile(cfg.Path); err != nil {
		return nil, errors.Join(append(mistakes, err)...)
	}
	a := &Archive{timeout: cfg.Timeout}
	if a.timeout == 0 {
		a.timeout = defaultTimeout
	}
	mistakes = append(mistakes, a.open(cfg)...)
	if len(mistakes) > 0 {
		_ = a.Close()
		return nil, errors.Join(mistakes...)
	}
	return a, nil
}

func (a *Archive) open(cfg Config) (mistakes []error) {
	defer func() { // a damaged file must not take the service down while it starts
		if recover() != nil {
			mistakes = append(mistakes, errDamaged)
		}
	}()
	source, err := dsn(cfg.Path)
	if err != nil {
		return []error{errUnreadable}
	}
	if a.db, err = sql.Open("sqlite", source); err != nil {
		return []error{errUnreadable}
	}
	a.db.SetMaxOpenConns(readers)
	a.db.SetMaxIdleConns(readers)
	ctx, cancel := context.WithTimeout(context.Background(), max(a.timeout, defaultTimeout))
	defer cancel()
	if a.find, err = a.db.PrepareContext(ctx, lookup); err != nil {
		mistakes = append(mistakes, errNoTiles)
	}
	values, err := readMetadata(ctx, a.db)
	if err != nil {
		return append(mistakes, errNoMetadata)
	}
	meta, wrong := parseMetadata(values, cfg.Attribution)
	a.meta = meta
	return append(mistakes, wrong...)
}

// Metadata is what the file says about itself.
func (a *Archive) Metadata() Metadata { return a.meta }

// Close closes the file; lookups under way end first. Tiles asked for later are unavailable.
func (a *Archive) Close() error {
	if a.db == nil {
		return nil
	}
	if a.find != nil {
		_ = a.find.Close()
	}
	if a.db.Close() != nil {
		return errors.New("archive: close failed")
	}
	return nil
}

// Tile looks one tile up.
func (a *Archive) Tile(ctx context.Context, id tiles.ID) (tiles.Tile, error) {
	if err := id.Validate(); err != nil {
		return tiles.Tile{}, err
	}
	if id.Z < a.meta.MinZoom || id.Z > a.meta.MaxZoom {
		return tiles.Tile{}, fail(providers.NotFound, errZoom)
	}
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	data, err := a.read(ctx, id)
	if err != nil {
		return tiles.Tile{}, err
	}
	t, err := tiles.FromStore(id, data, a.meta.Attribution)
	if err != nil {
		return tiles.Tile{}, fail(providers.Unavailable, errors.Unwrap(err))
	}
	return t, nil
}

// read is the lookup, with everything that SQLite may say put into words of our own: its texts show statements and paths.
func (a *Archive) read(ctx context.Context, id tiles.ID) (data []byte, err error) {
	defer func() {
		if recover() != nil {
			data, err = nil, fail(providers.Unavailable, errDamaged)
		}
	}()
	var size sql.NullInt64
	err = a.find.QueryRowContext(ctx, id.Z, id.X, id.TMSRow(), tiles.MaxBytes).Scan(&size, &data)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fail(providers.NotFound, errNoTile)
	case err != nil && ctx.Err() != nil:
		return nil, fail(providers.Unavailable, ctx.Err())
	case err != nil:
		return nil, fail(providers.Unavailable, errRead)
	case size.Int64 > tiles.MaxBytes:
		return nil, fail(providers.Unavailable, errTooLarge)
	}
	return data, nil
}

func fail(kind providers.Kind, cause error) error {
	return &providers.Error{Provider: provider, Op: op, Kind: kind, Err: cause}
}

var (
	errZoom     = errors.New("zoom is outside the archive")
	errNoTile   = errors.New("no such tile")
	errRead     = errors.New("file cannot be read")
	errTooLarge = errors.New("tile is too large")
)

var _ tiles.Provider = (*Archive)(nil)

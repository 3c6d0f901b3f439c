package tiles

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/detour-go/detour/providers"
)

// FSConfig says how a directory of tiles is laid out.
type FSConfig struct {
	// Layout is the path of a tile within the file system, with each of {z}, {x}
	// and {y} once; {-y} in place of {y} counts rows from the south, as TMS does.
	// Empty: "{z}/{x}/{y}.png".
	Layout string
	// Attribution is whose map it is, as plain text. Required.
	Attribution string
	// MaxAge is the freshness that each tile claims. Zero: none.
	MaxAge time.Duration
}

// FS serves a directory of one's own tiles: the reference provider, and a last
// resort that no outage of the network reaches. It is safe for concurrent use
// when its file system is.
type FS struct {
	files       fs.FS
	layout      string
	attribution string
	maxAge      time.Duration
}

// FromFS serves the tiles of a file system, such as an embed.FS or that of an
// os.Root, which links cannot leave (os.DirFS follows them). The
// content type is what each file is, whatever its name says. It reads nothing
// yet, and reports all mistakes of the configuration at once.
func FromFS(files fs.FS, cfg FSConfig) (*FS, error) {
	var mistakes []error
	if files == nil {
		mistakes = append(mistakes, errors.New("tiles: file system is missing"))
	}
	if cfg.Layout == "" {
		cfg.Layout = "{z}/{x}/{y}.png"
	}
	for _, hole := range [][]string{{"{z}"}, {"{x}"}, {"{y}", "{-y}"}} {
		n := 0
		for _, h := range hole {
			n += strings.Count(cfg.Layout, h)
		}
		if n != 1 {
			mistakes = append(mistakes, fmt.Errorf("tiles: layout must have %s once", strings.Join(hole, " or ")))
		}
	}
	if !fs.ValidPath(fill(cfg.Layout, ID{})) {
		mistakes = append(mistakes, errors.New("tiles: layout is not a path within the file system"))
	}
	if cfg.Attribution == "" {
		mistakes = append(mistakes, errors.New("tiles: attribution is missing"))
	}
	if cfg.MaxAge < 0 {
		mistakes = append(mistakes, errors.New("tiles: max age is negative"))
	}
	if len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	return &FS{files: files, layout: cfg.Layout, attribution: cfg.Attribution, maxAge: cfg.MaxAge}, nil
}

// Tile reads one file. A missing file is notfound; one that is no whole tile is
// unavailable: somebody's disk is damaged, and the next source should be asked.
func (f *FS) Tile(ctx context.Context, id ID) (Tile, error) {
	if err := id.Validate(); err != nil {
		return Tile{}, err
	}
	if err := ctx.Err(); err != nil {
		return Tile{}, wrong("file", providers.Unavailable, err)
	}
	data, err := f.read(fill(f.layout, id))
	if errors.Is(err, fs.ErrNotExist) {
		return Tile{}, wrong("file", providers.NotFound, errNoTile)
	}
	if err != nil {
		return Tile{}, wrong("file", providers.Unavailable, errRead) // its own text would show paths
	}
	t, err := FromStore(id, data, f.attribution)
	if err != nil {
		return Tile{}, err
	}
	t.MaxAge = f.maxAge
	return t, nil
}

// read stops one byte above the bound, so that the check sees it is too large.
func (f *FS) read(name string) ([]byte, error) {
	file, err := f.files.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, MaxBytes+1))
}

var (
	errNoTile = errors.New("no such tile")
	errRead   = errors.New("file cannot be read")
)

func fill(layout string, id ID) string {
	return strings.NewReplacer("{z}", strconv.Itoa(id.Z), "{x}", strconv.Itoa(id.X), "{y}", strconv.Itoa(id.Y), "{-y}", strconv.Itoa(id.TMSRow())).Replace(layout)
}

var _ Provider = (*FS)(nil)

package tilestest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/tiles"
)

// silent makes every kind of error that a healthy provider can give, and prints all there is.
func silent(s Subject) (string, error) {
	if len(s.Secrets) == 0 {
		return "it has no secret", nil
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	late, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	var errs []error
	for _, ctx := range []context.Context{gone, late} {
		_, err := s.Provider.Tile(ctx, s.Known[0].ID)
		errs = append(errs, err)
	}
	for _, id := range append(outOfGrid(), s.Outside...) {
		_, err := ask(s, id)
		errs = append(errs, err)
	}
	t, err := ask(s, s.Known[0].ID)
	if err != nil {
		return "", errors.New("a known tile failed")
	}
	t.Data = nil
	var all strings.Builder
	for _, v := range []any{s.Provider, t, errors.Join(errs...)} {
		fmt.Fprintf(&all, "%v %+v %#v\n", v, v, v)
	}
	for _, err := range errs {
		for ; err != nil; err = errors.Unwrap(err) {
			fmt.Fprintf(&all, "%v %+v %#v\n", err, err, err)
		}
	}
	for i, secret := range s.Secrets {
		if strings.Contains(all.String(), secret) {
			return "", fmt.Errorf("secret number %d appears", i) // it is not repeated here
		}
	}
	return "", nil
}

func revalidated(s Subject) (string, error) {
	r, able := s.Provider.(tiles.Revalidator)
	if !able {
		return "it is no tiles.Revalidator", nil
	}
	have, err := ask(s, s.Known[0].ID)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	bare := have
	bare.ETag, bare.LastModified = "", ""
	broken := have
	broken.Data = nil
	hostile := have
	hostile.ETag, hostile.LastModified = "\"a\"\r\nX-Injected: 1", "\x00"
	for name, old := range map[string]tiles.Tile{"a tile of before": have, "one without validators": bare, "one without data": broken, "one with hostile validators": hostile} {
		var now tiles.Tile
		n := s.asked(func() { now, err = r.Revalidate(ctx, old) })
		switch {
		case err != nil:
			return "", fmt.Errorf("%s: %w", name, err)
		case s.Asked != nil && n != 1:
			return "", fmt.Errorf("%s: it asked %d times", name, n)
		case !bytes.Equal(now.Data, have.Data):
			return "", fmt.Errorf("%s: the bytes are others", name)
		}
		if err := fits(now, s.Known[0]); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, id := range outOfGrid() {
		var t tiles.Tile
		if n := s.asked(func() { t, err = r.Revalidate(ctx, tiles.Tile{ID: id}) }); n != 0 {
			return "", fmt.Errorf("tile %s: the vendor was asked", id)
		}
		if err := refused(t, err, providers.Invalid); err != nil {
			return "", fmt.Errorf("tile %s: %w", id, err)
		}
	}
	return "", nil
}

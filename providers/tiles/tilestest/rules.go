package tilestest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"sync"
	"time"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/tiles"
)

// rule is one sentence of the law. The note of a check says why it did not apply.
type rule struct {
	name  string
	says  string
	check func(Subject) (note string, err error)
}

func rules() []rule {
	return []rule{
		{"known tile", "a tile that it has comes whole, as the number asked for, of the right type and bytes", known},
		{"attribution", "attribution travels with every tile", attributed},
		{"asks once", "one tile is one question", asksOnce},
		{"keeps nothing", "what a caller does to the bytes of one answer does not show in the next", keepsNothing},
		{"caching labels", "caching labels make sense, and a tile survives its codec", labelled},
		{"T11 outside the grid", "a number outside the grid is invalid, and nobody is asked", outsideGrid},
		{"outside the coverage", "a tile that it does not cover is notfound", outsideCoverage},
		{"F59 cancelled before", "for a caller who has gone nobody is asked, and it is no answer", cancelled},
		{"concurrent", "it is safe for concurrent use, and does not mix up tiles", concurrent},
		{"T17 secrets", "no secret appears in an error, a tile or a printed provider", silent},
		{"revalidation", "a tile can be renewed: it comes whole, in one question, with the rules of Tile", revalidated},
	}
}

// ask bounds every question, so that a broken provider fails its test instead of hanging it.
func ask(s Subject, id tiles.ID) (tiles.Tile, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return s.Provider.Tile(ctx, id)
}

func known(s Subject) (string, error) {
	for _, k := range s.Known {
		t, err := ask(s, k.ID)
		if err != nil {
			return "", err
		}
		if err := fits(t, k); err != nil {
			return "", err
		}
	}
	return "", nil
}

// fits reports how t is not the sample.
func fits(t tiles.Tile, k Sample) error {
	if err := t.Answers(k.ID); err != nil {
		return fmt.Errorf("tile %s: %w", k.ID, err)
	}
	if t.ContentType != k.ContentType {
		return fmt.Errorf("tile %s is %s, want %s", k.ID, t.ContentType, k.ContentType)
	}
	if k.Data != nil && !bytes.Equal(t.Data, k.Data) {
		return fmt.Errorf("tile %s has other bytes", k.ID)
	}
	return nil
}

func attributed(s Subject) (string, error) {
	for _, k := range s.Known {
		t, err := ask(s, k.ID)
		if err != nil {
			return "", err
		}
		if t.Attribution != s.Attribution {
			return "", fmt.Errorf("tile %s says %q", k.ID, t.Attribution)
		}
	}
	return "", nil
}

func asksOnce(s Subject) (string, error) {
	if s.Asked == nil {
		return "it is local", nil
	}
	var err error
	n := s.asked(func() { _, err = ask(s, s.Known[0].ID) })
	if err != nil {
		return "", err
	}
	if n != 1 {
		return "", fmt.Errorf("it asked %d times", n)
	}
	return "", nil
}

func keepsNothing(s Subject) (string, error) {
	k := s.Known[0]
	first, err := ask(s, k.ID)
	if err != nil {
		return "", err
	}
	want := bytes.Clone(first.Data)
	clear(first.Data)
	second, err := ask(s, k.ID)
	if err != nil {
		return "", err
	}
	if !bytes.Equal(second.Data, want) {
		return "", errors.New("the next answer is spoiled")
	}
	return "", nil
}

func labelled(s Subject) (string, error) {
	t, err := ask(s, s.Known[0].ID)
	if err != nil {
		return "", err
	}
	if t.MaxAge < 0 {
		return "", fmt.Errorf("MaxAge is %s", t.MaxAge)
	}
	b, err := tiles.Codec{}.Encode(t)
	if err != nil {
		return "", err
	}
	back, err := tiles.Codec{}.Decode(b)
	if err != nil {
		return "", err
	}
	if !reflect.DeepEqual(t, back) {
		return "", errors.New("the codec changed it")
	}
	return "", nil
}

// outOfGrid are numbers of no tile: negative, beyond the last, and such as overflow a careless shift.
func outOfGrid() []tiles.ID {
	return []tiles.ID{
		{Z: -1}, {Z: 99}, {Z: tiles.MaxZoom + 1}, {Z: 64, X: 1}, {Z: 12, X: 1 << 12}, {Z: 12, Y: 1 << 12}, {Z: 12, X: -1}, {Z: 12, Y: -1},
		{Z: 12, X: math.MaxInt}, {Z: 12, Y: math.MinInt}, {Z: math.MinInt}, {Z: math.MaxInt, X: math.MaxInt, Y: math.MaxInt},
	}
}

func outsideGrid(s Subject) (string, error) {
	for _, id := range outOfGrid() {
		var t tiles.Tile
		var err error
		n := s.asked(func() { t, err = ask(s, id) })
		if n != 0 {
			return "", fmt.Errorf("tile %s: the vendor was asked", id)
		}
		if err := refused(t, err, providers.Invalid); err != nil {
			return "", fmt.Errorf("tile %s: %w", id, err)
		}
	}
	return "", nil
}

func outsideCoverage(s Subject) (string, error) {
	for _, id := range s.Outside {
		t, err := ask(s, id)
		if err := refused(t, err, providers.NotFound); err != nil {
			return "", fmt.Errorf("tile %s: %w", id, err)
		}
	}
	if len(s.Outside) == 0 {
		return "it covers the world", nil
	}
	return "", nil
}

func cancelled(s Subject) (string, error) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var t tiles.Tile
	var err error
	if n := s.asked(func() { t, err = s.Provider.Tile(ctx, s.Known[0].ID) }); n != 0 {
		return "", errors.New("the vendor was asked")
	}
	if err := refused(t, err, providers.Unavailable); err != nil {
		return "", err
	}
	if !errors.Is(err, context.Canceled) {
		return "", fmt.Errorf("the error hides that the caller left: %w", err)
	}
	return "", nil
}

// refused reports how an outcome is not an error of that kind, with no tile beside it.
func refused(t tiles.Tile, err error, want providers.Kind) error {
	var has interface{ Class() string }
	switch {
	case err == nil:
		return fmt.Errorf("it was a success, want %s", want)
	case !errors.As(err, &has):
		return fmt.Errorf("the error has no class, want %s: %w", want, err)
	case has.Class() != want.String():
		return fmt.Errorf("class is %s, want %s: %w", has.Class(), want, err)
	case !reflect.DeepEqual(t, tiles.Tile{}):
		return errors.New("a tile came beside the error")
	}
	return nil
}

func concurrent(s Subject) (string, error) {
	const askers = 16
	failed := make([]error, askers)
	var all sync.WaitGroup
	for i := range failed {
		all.Go(func() {
			k := s.Known[i%len(s.Known)]
			t, err := ask(s, k.ID)
			if err == nil {
				err = fits(t, k)
			}
			failed[i] = err
		})
	}
	all.Wait()
	return "", errors.Join(failed...)
}

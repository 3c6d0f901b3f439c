package addresstest

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
)

// rule is one sentence of the law. The note of a check says why it did not apply.
type rule struct {
	name  string
	says  string
	check func(Subject) (note string, err error)
}

func rules() []rule {
	return []rule{
		{"known address", "an address that it has is found, in the form and with the codes that all vendors share", known},
		{"spellings", "the same question in another spelling of the same characters finds the same", spellings},
		{"not found", "nothing found is an error of kind notfound, never an empty success", notFound},
		{"invalid", "a question that is none is invalid, and nobody is asked", invalid},
		{"require", "an item without a required field is no answer; one that no item has is notfound with ErrLacking", require},
		{"pages", "pages are of the size asked for, and do not overlap", pages},
		{"asks once", "one question is one request, and one more for each point that is required", asksOnce},
		{"keeps nothing", "what a caller does to one page does not show in the next, and a page survives its codec", keepsNothing},
		{"F59 cancelled before", "for a caller who has gone nobody is asked, and it is no answer", cancelled},
		{"concurrent", "it is safe for concurrent use, and does not mix up addresses", concurrent},
		{"T17 secrets", "no secret and no word of a question appears in an error, an answer or a printed provider", silent},
		{"reverse", "a place has its address, by the same rules as a search", reversed},
		{"reverse refuses", "a point that is none is invalid, one abroad is notfound, and nobody is asked", reverseRefuses},
	}
}

// ask bounds every question, so that a broken provider fails its test instead of hanging it.
func ask(s Subject, q address.Query) (address.Page, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return s.Searcher.Search(ctx, q)
}

func notFound(s Subject) (string, error) {
	for i, q := range s.Missing {
		p, err := ask(s, q)
		if err := refused(p, err, providers.NotFound); err != nil {
			return "", fmt.Errorf("missing address %d: %w", i, err)
		}
		if errors.Is(err, address.ErrLacking) {
			return "", fmt.Errorf("missing address %d: nothing was found, so nothing lacks a field", i)
		}
	}
	return "", nil
}

// odd are questions that are none.
func odd() []address.Query {
	return []address.Query{
		{}, {Text: " "}, {Text: "가"}, {Text: "04524"}, {Text: "110-2"}, {Text: "%%%"}, {Text: "'; --"}, {Text: "\u3164\u3164\u200b"},
		{Text: strings.Repeat("가", address.MaxWidth/2+1)}, {Text: strings.Repeat("a", address.MaxWidth+1)}, {Text: strings.Repeat("세종대로 ", 10_000)},
		{Text: "세종대로 12345678901"}, {Text: "세종대로\x00110"}, {Text: "세종\x1b[2J대로"}, {Text: "세종대로 \xb1\xb2"},
		{Text: "세종대로", Page: -1}, {Text: "세종대로", Page: address.MaxPage + 1}, {Text: "세종대로", Size: -1}, {Text: "세종대로", Size: address.MaxSize + 1},
		{Text: "세종대로", Require: address.AllFields + 1},
	}
}

func invalid(s Subject) (string, error) {
	for i, q := range odd() {
		var p address.Page
		var err error
		if n := s.asked(func() { p, err = ask(s, q) }); n != 0 {
			return "", fmt.Errorf("odd question %d: the vendor was asked", i)
		}
		if err := refused(p, err, providers.Invalid); err != nil {
			return "", fmt.Errorf("odd question %d: %w", i, err)
		}
	}
	return "", nil
}

func require(s Subject) (string, error) {
	k := s.Known[0]
	for i := range bits.Len16(uint16(address.AllFields)) {
		f := address.Fields(1 << i)
		q := address.Query{Text: k.Text, Require: f}
		p, err := ask(s, q)
		if !s.Fills.Has(f) {
			if err := refused(p, err, providers.NotFound); err != nil {
				return "", fmt.Errorf("%s, which it does not have: %w", f, err)
			}
			if !errors.Is(err, address.ErrLacking) {
				return "", fmt.Errorf("%s, which it does not have: no ErrLacking: %w", f, err)
			}
			continue
		}
		if err == nil {
			err = p.Answers(q)
		}
		if err != nil && k.Want.Filled().Has(f) {
			return "", fmt.Errorf("%s: %w", f, err)
		}
	}
	return "", nil
}

func pages(s Subject) (string, error) {
	if s.Many == "" {
		return "no text that finds many is known", nil
	}
	var seen []string
	for page := 1; page <= 2; page++ {
		q := address.Query{Text: s.Many, Page: page, Size: 1}
		p, err := ask(s, q)
		if err == nil {
			err = p.Answers(q)
		}
		switch {
		case err != nil:
			return "", fmt.Errorf("page %d: %w", page, err)
		case p.Total < 3 || p.Last:
			return "", fmt.Errorf("page %d: %d in total, last %t", page, p.Total, p.Last)
		case slices.Contains(seen, p.Items[0].Road+p.Items[0].Jibun):
			return "", fmt.Errorf("page %d has an item of the page before", page)
		}
		seen = append(seen, p.Items[0].Road+p.Items[0].Jibun)
	}
	p, err := ask(s, address.Query{Text: s.Many, Page: address.MaxPage, Size: address.MaxSize})
	if err := refused(p, err, providers.NotFound); err != nil {
		return "", fmt.Errorf("a page beyond the last: %w", err)
	}
	return "", nil
}

func asksOnce(s Subject) (string, error) {
	if s.Asked == nil {
		return "it is local", nil
	}
	for name, one := range map[string]struct {
		q    address.Query
		want int
	}{
		"a known address":          {address.Query{Text: s.Known[0].Text}, 1},
		"a missing one":            {s.Missing[0], 1},
		"a known one with a point": {address.Query{Text: s.Known[0].Text, Require: address.FieldPoint & s.Fills}, 1 + s.Located},
	} {
		if n := s.asked(func() { _, _ = ask(s, one.q) }); n != one.want {
			return "", fmt.Errorf("%s: it asked %d times, want %d", name, n, one.want)
		}
	}
	return "", nil
}

func keepsNothing(s Subject) (string, error) {
	q := address.Query{Text: s.Known[0].Text}
	first, err := ask(s, q)
	if err != nil {
		return "", err
	}
	b, err := address.Codec{}.Encode(first)
	if err != nil {
		return "", err
	}
	clear(first.Items)
	second, err := ask(s, q)
	if err != nil {
		return "", err
	}
	back, err := address.Codec{}.Decode(b)
	if err != nil {
		return "", err
	}
	if !reflect.DeepEqual(second, back) {
		return "", errors.New("the next answer, or what was kept of the first, is spoiled")
	}
	return "", nil
}

func cancelled(s Subject) (string, error) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var p address.Page
	var err error
	if n := s.asked(func() { p, err = s.Searcher.Search(ctx, address.Query{Text: s.Known[0].Text}) }); n != 0 {
		return "", errors.New("the vendor was asked")
	}
	if err := refused(p, err, providers.Unavailable); err != nil {
		return "", err
	}
	if !errors.Is(err, context.Canceled) {
		return "", fmt.Errorf("the error hides that the caller left: %w", err)
	}
	return "", nil
}

// refused reports how an outcome is not an error of that kind, with no page beside it.
func refused(p address.Page, err error, want providers.Kind) error {
	var has interface{ Class() string }
	switch {
	case err == nil:
		return fmt.Errorf("it was a success, want %s", want)
	case !errors.As(err, &has):
		return fmt.Errorf("the error has no class, want %s: %w", want, err)
	case has.Class() != want.String():
		return fmt.Errorf("class is %s, want %s: %w", has.Class(), want, err)
	case !reflect.DeepEqual(p, address.Page{}):
		return errors.New("a page came beside the error")
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
			failed[i] = finds(s, address.Query{Text: k.Text}, k.Want, s.Fills&^address.FieldPoint)
		})
	}
	all.Wait()
	return "", errors.Join(failed...)
}

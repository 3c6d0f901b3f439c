package address

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/detour-go/detour/providers"
)

// List looks up addresses of one's own, such as those of the offices of a
// city: the reference provider, and a last resort that no outage reaches. It
// reads its list from end to end, which is fast enough for some ten thousand
// items. It is safe for concurrent use.
type List struct {
	items []Address
	words [][]string // of each item
}

// FromList serves these addresses, in their order. All that are not in the
// common form are reported at once, by their place in the list. The list is copied.
func FromList(items []Address) (*List, error) {
	var mistakes []error
	l := &List{items: slices.Clone(items), words: make([][]string, len(items))}
	for i, a := range items {
		if err := a.check(); err != nil {
			mistakes = append(mistakes, fmt.Errorf("address: list: item %d: %w", i, err))
		}
		l.words[i] = words(strings.Join([]string{
			a.Road, a.Jibun, a.English, a.Postcode, a.BuildingName, a.Sido, a.Sigungu, a.Dong, ShortSido(a.Sido), ShortSido(a.Sido) + "시",
		}, " "))
	}
	if len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	return l, nil
}

// Search finds the items in which each word of the text begins a word; a word
// that ends with a digit must be the whole of it, so that number 11 does not
// find number 110.
func (l *List) Search(ctx context.Context, q Query) (Page, error) {
	if err := q.Validate(); err != nil {
		return Page{}, err
	}
	if err := ctx.Err(); err != nil {
		return Page{}, wrong("list", providers.Unavailable, err)
	}
	q = q.Tidy()
	asked := words(q.Text)
	var found []Address
	for i, a := range l.items {
		if has(l.words[i], asked) {
			found = append(found, a)
		}
	}
	from := min((q.Page-1)*q.Size, len(found))
	to := min(from+q.Size, len(found))
	p := Page{Items: found[from:to], Total: len(found), Page: q.Page, Last: to == len(found)}
	if len(p.Items) == 0 {
		return Page{}, wrong("list", providers.NotFound, errNone)
	}
	return Settle("address", "list", q, p.clone())
}

// nearby is how far the address of a place may be from it, in metres.
const nearby = 100

// Reverse finds the item nearest to a place, within 100 metres.
func (l *List) Reverse(ctx context.Context, at Point) (Page, error) {
	if err := at.Validate(); err != nil {
		return Page{}, err
	}
	if err := ctx.Err(); err != nil {
		return Page{}, wrong("list", providers.Unavailable, err)
	}
	best, away := -1, float64(nearby)
	for i, a := range l.items {
		if a.Point == (Point{}) {
			continue
		}
		if d := a.Point.Distance(at); d <= away {
			best, away = i, d
		}
	}
	if best < 0 {
		return Page{}, wrong("list", providers.NotFound, errNone)
	}
	return Page{Items: []Address{l.items[best]}, Total: 1, Page: 1, Last: true}, nil
}

// words are the words of a text, for comparing.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(tidy(text)), func(r rune) bool { return strings.ContainsRune(" ,()", r) })
}

func has(words, asked []string) bool {
	for _, w := range asked {
		if !slices.ContainsFunc(words, func(word string) bool { return begins(word, w) }) {
			return false
		}
	}
	return len(asked) > 0
}

func begins(word, w string) bool {
	last := w[len(w)-1]
	return word == w || strings.HasPrefix(word, w) && (last < '0' || last > '9')
}

var errNone = errors.New("no such address")

var (
	_ Searcher = (*List)(nil)
	_ Reverser = (*List)(nil)
)

package address

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/detour-go/detour/providers"
)

// Page is what was found, best first. It masks itself when printed.
type Page struct {
	// Items are the addresses; there is at least one.
	Items []Address
	// Total is how many the vendor says there are on all pages, also those that
	// were dropped because they lack a required field.
	Total int
	// Page is the number of this page, from 1.
	Page int
	// Last says that no page comes after this one.
	Last bool
}

// Cacheable reports that a memory may keep it, as far as the type goes:
// addresses are public records. Whether the terms of the vendor allow it is the
// Retention of its source.
func (p Page) Cacheable() bool { return len(p.Items) > 0 }

// Having is the page with only the items that are addresses and have all of f.
func (p Page) Having(f Fields) Page {
	items := p.Items
	p.Items = nil
	for _, a := range items {
		if a.IsAddress() && a.Filled().Has(f) {
			p.Items = append(p.Items, a)
		}
	}
	return p
}

// Answers reports why p does not answer q; nil: it does. It is the page asked
// for, of one item at least and q.Size at most, each an address in the common
// form that has every field of q.Require. The error is of class notfound with
// [ErrLacking] when only a required field is missing, else unavailable, also
// for an empty page: an empty success is no answer. It is the check of a chain:
//
//	fallback.Config[address.Query, address.Page]{Valid: address.Query.Validate, Answers: address.Page.Answers, ...}
func (p Page) Answers(q Query) error {
	q = q.Tidy()
	if p.Page != q.Page {
		return wrong("answer", providers.Unavailable, errOtherPage)
	}
	return p.fits(q.Size, q.Require)
}

// AnswersAt reports why p does not answer a question for the address of a
// place, as Answers does for a text. An item that says where it is, is within a
// kilometre.
func (p Page) AnswersAt(at Point) error {
	for _, a := range p.Items {
		if a.Point != (Point{}) && !(a.Point.Distance(at) <= maxAway) {
			return wrong("answer", providers.Unavailable, errElsewhere)
		}
	}
	return p.fits(MaxSize, 0)
}

// maxAway is generous: in the mountains the next lot is far.
const maxAway = 1000

func (p Page) fits(size int, require Fields) error {
	if err := p.check(size); err != nil {
		return wrong("answer", providers.Unavailable, err)
	}
	for _, a := range p.Items {
		if !a.Filled().Has(require) {
			return wrong("answer", providers.NotFound, ErrLacking)
		}
	}
	return nil
}

func (p Page) check(size int) error {
	switch {
	case len(p.Items) == 0:
		return errEmpty
	case len(p.Items) > size:
		return errTooMany
	case p.Total < len(p.Items):
		return errTotal
	}
	for _, a := range p.Items {
		if err := a.check(); err != nil {
			return err
		}
	}
	return nil
}

// Settle is the last step of an adapter: it drops the items that lack a
// required field, and returns the page if it answers, else an error in the
// name of the adapter.
func Settle(provider, op string, q Query, p Page) (Page, error) {
	return settled(provider, op, p.Having(q.Require), func(p Page) error { return p.Answers(q) })
}

// SettleAt is Settle for the address of a place.
func SettleAt(provider, op string, at Point, p Page) (Page, error) {
	return settled(provider, op, p.Having(0), func(p Page) error { return p.AnswersAt(at) })
}

func settled(provider, op string, p Page, check func(Page) error) (Page, error) {
	if len(p.Items) == 0 {
		return Page{}, &providers.Error{Provider: provider, Op: op, Kind: providers.NotFound, Err: ErrLacking}
	}
	err := check(p)
	if err == nil {
		return p, nil
	}
	own := providers.Error{Provider: provider, Op: op, Err: err}
	var e *providers.Error
	if errors.As(err, &e) {
		own.Kind, own.Err = e.Kind, e.Err
	}
	return Page{}, &own
}

// clone is a page that shares nothing.
func (p Page) clone() Page {
	p.Items = slices.Clone(p.Items)
	return p
}

var (
	errOtherPage = errors.New("another page than the one asked for")
	errElsewhere = errors.New("an address somewhere else")
	errEmpty     = errors.New("empty page")
	errTooMany   = errors.New("more items than asked for")
	errTotal     = errors.New("fewer in total than on this page")
)

// Format shows how many there are, and none of them.
func (p Page) Format(f fmt.State, _ rune) { mask(f, p.masked()) }

// LogValue implements slog.LogValuer.
func (p Page) LogValue() slog.Value { return slog.StringValue(p.masked()) }

func (p Page) masked() string {
	return fmt.Sprintf("address.Page{*** %d of %d, page %d}", len(p.Items), p.Total, p.Page)
}

package addresstest

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/detour-go/detour/providers/address"
)

func known(s Subject) (string, error) {
	for _, k := range s.Known {
		if err := finds(s, address.Query{Text: k.Text}, k.Want, s.Fills&^address.FieldPoint); err != nil {
			return "", err
		}
		if !(s.Fills & k.Want.Filled()).Has(address.FieldPoint) {
			continue
		}
		if err := finds(s, address.Query{Text: k.Text, Require: address.FieldPoint}, k.Want, s.Fills); err != nil {
			return "", fmt.Errorf("with its point: %w", err)
		}
	}
	return "", nil
}

// finds reports how the answer to q does not have the address.
func finds(s Subject, q address.Query, want address.Address, fields address.Fields) error {
	p, err := ask(s, q)
	if err != nil {
		return err
	}
	if err := p.Answers(q); err != nil {
		return err
	}
	return among(p, want, fields)
}

// among reports how no item is the address, by the road and lot that both have.
func among(p address.Page, want address.Address, fields address.Fields) error {
	for _, a := range p.Items {
		if a.Road == want.Road || a.Road == "" && a.Jibun == want.Jibun {
			return same(a, want, fields)
		}
	}
	return fmt.Errorf("%q is not among what it found", want.Road)
}

func same(a, want address.Address, fields address.Fields) error {
	if lacking := fields & want.Filled() &^ a.Filled(); lacking != 0 {
		return fmt.Errorf("it has no %s", lacking)
	}
	got, wanted := reflect.ValueOf(a), reflect.ValueOf(want)
	for i, n := 0, got.NumField(); i < n; i++ {
		f := address.Fields(1 << i)
		if f == address.FieldPoint || !(fields & want.Filled()).Has(f) {
			continue
		}
		if got.Field(i).String() != wanted.Field(i).String() {
			return fmt.Errorf("its %s is %q, want %q", f, got.Field(i).String(), wanted.Field(i).String())
		}
	}
	if a.Point != (address.Point{}) && want.Point != (address.Point{}) && !(a.Point.Distance(want.Point) <= Within) {
		return fmt.Errorf("its point is %.0f metres away", a.Point.Distance(want.Point))
	}
	return nil
}

func spellings(s Subject) (string, error) {
	k := s.Known[0]
	for name, text := range map[string]string{
		"with more white space": "  " + strings.ReplaceAll(k.Text, " ", " \t\u3000") + "\r\n",
		"in full width":         fullWidth(k.Text),
		"decomposed":            decomposed(k.Text),
		"with invisible marks":  "\ufeff" + strings.ReplaceAll(k.Text, " ", " \u200b"),
	} {
		if err := finds(s, address.Query{Text: text}, k.Want, s.Fills&^address.FieldPoint); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
	}
	return "", nil
}

// fullWidth writes ASCII as Korean and Japanese keyboards can.
func fullWidth(text string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r + 0xfee0
		}
		return r
	}, text)
}

// decomposed writes syllables as macOS names its files: in letters (UAX 15, NFD).
func decomposed(text string) string {
	var b strings.Builder
	for _, r := range text {
		n := r - 0xac00
		if n < 0 || n >= 11172 {
			b.WriteRune(r)
			continue
		}
		b.WriteRune(0x1100 + n/588)
		b.WriteRune(0x1161 + n%588/28)
		if n%28 > 0 {
			b.WriteRune(0x11a7 + n%28)
		}
	}
	return b.String()
}

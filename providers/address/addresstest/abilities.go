package addresstest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
)

// silent makes every kind of error that a healthy provider can give, and prints all there is.
func silent(s Subject) (string, error) {
	const told = "카나리아로 8282"
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	late, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	var errs []error
	for _, ctx := range []context.Context{gone, late} {
		_, err := s.Searcher.Search(ctx, address.Query{Text: told})
		errs = append(errs, err)
	}
	for _, q := range []address.Query{{Text: told}, {Text: told + "\x00"}, {Text: told, Page: -1}, {Text: told, Require: address.AllFields}, {Text: strings.Repeat(told, 20)}} {
		_, err := ask(s, q)
		errs = append(errs, err)
	}
	k := s.Known[0]
	p, err := ask(s, address.Query{Text: k.Text})
	if err != nil {
		return "", errors.New("a known address failed")
	}
	var all, provider bytes.Buffer
	q := address.Query{Text: k.Text}
	printed(&provider, s.Searcher)
	printed(&all, p, p.Items[0], p.Items[0].Point, q)
	if js, err := json.Marshal(q); err == nil {
		all.Write(js)
	}
	for _, err := range errs {
		for ; err != nil; err = errors.Unwrap(err) {
			fmt.Fprintf(&all, "%v %+v %#v\n", err, err, err)
		}
	}
	// A provider may be its own addresses, so those are looked for in what it gives only.
	for i, secret := range append([]string{"카나리아로", "8282", k.Text, k.Want.Road}, s.Secrets...) {
		if leaks(all.String(), secret) || leaks(provider.String(), secret) && secret != k.Text && secret != k.Want.Road {
			return "", fmt.Errorf("secret number %d appears", i) // it is not repeated here
		}
	}
	return "", nil
}

func printed(to *bytes.Buffer, values ...any) {
	log := slog.New(slog.NewTextHandler(to, nil))
	for _, v := range values {
		fmt.Fprintf(to, "%v %+v %#v %s\n", v, v, v, v)
		log.Info("x", "v", v)
	}
}

func leaks(text, secret string) bool {
	return strings.Contains(text, secret) || strings.Contains(text, url.QueryEscape(secret))
}

func askAt(s Subject, r address.Reverser, at address.Point) (p address.Page, asked int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	asked = s.asked(func() { p, err = r.Reverse(ctx, at) })
	return p, asked, err
}

func reversed(s Subject) (string, error) {
	r, able := s.Searcher.(address.Reverser)
	if !able {
		return "it is no address.Reverser", nil
	}
	for i, place := range s.Places {
		p, n, err := askAt(s, r, place.At)
		if err == nil {
			err = p.AnswersAt(place.At)
		}
		if err == nil {
			// A reverse lookup knows less: what it has must be right.
			err = among(p, place.Want, s.Fills&(address.FieldRoad|address.FieldJibun|address.FieldPostcode|address.FieldSido|address.FieldSigungu|address.FieldDong))
		}
		if err == nil && s.Asked != nil && n != 1 {
			err = fmt.Errorf("it asked %d times", n)
		}
		if err != nil {
			return "", fmt.Errorf("place %d: %w", i, err)
		}
	}
	for i, at := range s.Nowhere {
		p, _, err := askAt(s, r, at)
		if err := refused(p, err, providers.NotFound); err != nil {
			return "", fmt.Errorf("nowhere %d: %w", i, err)
		}
	}
	if len(s.Places) == 0 {
		return "no place is known", nil
	}
	return "", nil
}

func reverseRefuses(s Subject) (string, error) {
	r, able := s.Searcher.(address.Reverser)
	if !able {
		return "it is no address.Reverser", nil
	}
	hall := CityHall().Want.Point
	for want, points := range map[providers.Kind][]address.Point{
		providers.Invalid: {
			{}, {Lat: math.NaN(), Lon: 127}, {Lat: 37, Lon: math.Inf(1)}, {Lat: 91, Lon: 127}, {Lat: 37, Lon: -181},
			{Lat: hall.Lon, Lon: hall.Lat}, // mixed up: no latitude is 126
		},
		providers.NotFound: {{Lat: 35.6895, Lon: 139.6917}, {Lat: -37.5, Lon: -127}, {Lat: 0, Lon: 127}},
	} {
		for i, at := range points {
			p, n, err := askAt(s, r, at)
			if n != 0 {
				return "", fmt.Errorf("%s point %d: the vendor was asked", want, i)
			}
			if err := refused(p, err, want); err != nil {
				return "", fmt.Errorf("%s point %d: %w", want, i, err)
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var p address.Page
	var err error
	if n := s.asked(func() { p, err = r.Reverse(ctx, hall) }); n != 0 {
		return "", errors.New("a caller who had gone: the vendor was asked")
	}
	if err := refused(p, err, providers.Unavailable); err != nil {
		return "", fmt.Errorf("a caller who had gone: %w", err)
	}
	return "", nil
}

package addresstest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
	"github.com/detour-go/detour/providers/address/addresstest"
)

const canary = "CANARY-addresstest-51"

// vendor is a good provider; each test spoils one thing of it.
type vendor struct {
	list    *address.List
	asked   atomic.Int64
	search  func(ctx context.Context, v *vendor, q address.Query) (address.Page, error) // nil: well behaved
	reverse func(ctx context.Context, v *vendor, at address.Point) (address.Page, error)
}

func (v *vendor) Search(ctx context.Context, q address.Query) (address.Page, error) {
	if v.search != nil {
		return v.search(ctx, v, q)
	}
	return v.well(ctx, q)
}

func (v *vendor) well(ctx context.Context, q address.Query) (address.Page, error) {
	if err := q.Validate(); err != nil {
		return address.Page{}, err
	}
	if ctx.Err() == nil {
		v.asked.Add(1)
	}
	return v.list.Search(ctx, q)
}

// able has the optional ability as well.
type able struct{ *vendor }

func (a able) Reverse(ctx context.Context, at address.Point) (address.Page, error) {
	if a.reverse != nil {
		return a.reverse(ctx, a.vendor, at)
	}
	return a.wellAt(ctx, at)
}

func (v *vendor) wellAt(ctx context.Context, at address.Point) (address.Page, error) {
	if err := at.Validate(); err != nil {
		return address.Page{}, err
	}
	if at.InKorea() && ctx.Err() == nil {
		v.asked.Add(1)
	}
	return v.list.Reverse(ctx, at)
}

func around() []address.Address {
	one := addresstest.CityHall().Want
	all := []address.Address{one}
	for i, number := range []string{"112", "114", "116"} {
		one.BuildingName, one.English, one.Road, one.Jibun = "", "", "서울특별시 중구 세종대로 "+number, "서울특별시 중구 태평로1가 "+number
		one.Point.Lat += 0.001 * float64(i+1)
		all = append(all, one)
	}
	return all
}

func newVendor(t *testing.T) *vendor {
	t.Helper()
	l, err := address.FromList(around())
	require.NoError(t, err)
	return &vendor{list: l}
}

func subject(v *vendor, s address.Searcher) addresstest.Subject {
	return addresstest.Subject{
		Name: "vendor", Searcher: s, Fills: address.AllFields, Secrets: []string{canary},
		Known:   []addresstest.Sample{addresstest.CityHall(), {Text: "세종대로 114", Want: around()[2]}},
		Missing: []address.Query{{Text: "없는로 99999"}}, Many: "중구 세종대로",
		Places:  []addresstest.Place{{At: addresstest.CityHall().Want.Point, Want: around()[0]}},
		Nowhere: []address.Point{{Lat: 33.5, Lon: 126.5}}, Asked: func() int { return int(v.asked.Load()) },
	}
}

func TestGoodProvidersPass(t *testing.T) {
	v := newVendor(t)
	addresstest.Run(t, subject(v, able{v}))
	addresstest.Run(t, subject(v, v))
	local := subject(v, v)
	local.Asked, local.Many, local.Places, local.Nowhere = nil, "", nil, nil
	addresstest.Run(t, local)
}

// recorder stands in for *testing.T.
type recorder struct{ said, noted []string }

func (r *recorder) Helper() {}
func (r *recorder) Logf(format string, args ...any) {
	r.noted = append(r.noted, fmt.Sprintf(format, args...))
}
func (r *recorder) Errorf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}

func TestAbilitiesThatAreNotThereAreNamed(t *testing.T) {
	v := newVendor(t)
	var rec recorder
	addresstest.Check(&rec, subject(v, v))
	assert.Empty(t, rec.said)
	assert.Contains(t, strings.Join(rec.noted, "\n"), "it is no address.Reverser")
}

func TestBadProvidersFailTheRuleTheyBreak(t *testing.T) {
	type spoiler = func(ctx context.Context, v *vendor, q address.Query) (address.Page, error)
	after := func(edit func(*address.Page)) spoiler {
		return func(ctx context.Context, v *vendor, q address.Query) (address.Page, error) {
			p, err := v.well(ctx, q)
			if err == nil {
				edit(&p)
			}
			return p, err
		}
	}
	instead := func(kind providers.Kind, err error) spoiler {
		return func(ctx context.Context, v *vendor, q address.Query) (address.Page, error) {
			p, e := v.well(ctx, q)
			if errors.Is(e, kind) && ctx.Err() == nil {
				return p, err
			}
			return p, e
		}
	}
	shared := address.Page{Items: make([]address.Address, 1)}
	rows := map[string]struct {
		rule  string
		spoil spoiler
	}{
		"short province":               {"all vendors share", after(func(p *address.Page) { p.Items[0].Sido = "서울" })},
		"short province in the text":   {"all vendors share", after(func(p *address.Page) { p.Items[0].Road = "서울 중구 세종대로 110" })},
		"another postcode":             {"all vendors share", after(func(p *address.Page) { p.Items[0].Postcode = "04525" })},
		"no legal dong":                {"all vendors share", after(func(p *address.Page) { p.Items[0].LegalDong = "" })},
		"lot with the building's name": {"all vendors share", after(func(p *address.Page) { p.Items[0].Jibun += " 서울특별시청" })},
		"a point next door":            {"all vendors share", after(func(p *address.Page) { p.Items[0].Point.Lat += 0.0004 })},
		"latitude and longitude mixed": {"all vendors share", after(func(p *address.Page) { q := p.Items[0].Point; p.Items[0].Point = address.Point{Lat: q.Lon, Lon: q.Lat} })},
		"another page":                 {"all vendors share", after(func(p *address.Page) { p.Page++ })},
		"one address for all": {"does not mix up", func(ctx context.Context, v *vendor, q address.Query) (address.Page, error) {
			return v.well(ctx, hallFor(q))
		}},
		"spelled as it came":         {"in another spelling", spelled},
		"empty success":              {"never an empty success", instead(providers.NotFound, nil)},
		"not found without a class":  {"never an empty success", instead(providers.NotFound, errors.New("nope"))},
		"not found is a fault":       {"never an empty success", instead(providers.NotFound, &providers.Error{})},
		"not found for a lack":       {"never an empty success", instead(providers.NotFound, &providers.Error{Kind: providers.NotFound, Err: address.ErrLacking})},
		"odd questions are notfound": {"nobody is asked", instead(providers.Invalid, &providers.Error{Kind: providers.NotFound})},
		"asks odd questions": {"nobody is asked", func(ctx context.Context, v *vendor, q address.Query) (address.Page, error) {
			v.asked.Add(1)
			return v.list.Search(ctx, q)
		}},
		"cuts bytes without looking": {"nobody is asked", func(ctx context.Context, v *vendor, q address.Query) (address.Page, error) {
			_ = q.Text[:3]
			return v.well(ctx, q)
		}},
		"drops what is required": {"without a required field", after(func(p *address.Page) { p.Items[0].RoadCode = "" })},
		"ignores the size": {"do not overlap", func(ctx context.Context, v *vendor, q address.Query) (address.Page, error) {
			q.Size = 0
			return v.well(ctx, q)
		}},
		"gives the first page twice": {"do not overlap", func(ctx context.Context, v *vendor, q address.Query) (address.Page, error) {
			n := max(q.Page, 1)
			q.Page = min(q.Page, 1)
			p, err := v.well(ctx, q)
			if err == nil {
				p.Page = n
			}
			return p, err
		}},
		"says last too early": {"do not overlap", after(func(p *address.Page) { p.Last = true })},
		"asks twice": {"one question is one request", func(ctx context.Context, v *vendor, q address.Query) (address.Page, error) {
			_, _ = v.well(ctx, q)
			return v.well(ctx, q)
		}},
		"shares its items": {"does not show in the next", func(ctx context.Context, v *vendor, q address.Query) (address.Page, error) {
			p, err := v.well(ctx, q)
			if err == nil && shared.Page == 0 {
				shared = p
			}
			if err == nil && q.Text == addresstest.CityHall().Text && q.Size == 0 {
				return shared, nil
			}
			return p, err
		}},
		"ignores its context": {"who has gone", func(_ context.Context, v *vendor, q address.Query) (address.Page, error) {
			return v.well(context.Background(), q)
		}},
		"hides why it ended": {"who has gone", func(ctx context.Context, v *vendor, q address.Query) (address.Page, error) {
			if ctx.Err() != nil {
				return address.Page{}, &providers.Error{Err: errors.New("ended")}
			}
			return v.well(ctx, q)
		}},
		"prints its key": {"no secret", func(ctx context.Context, v *vendor, q address.Query) (address.Page, error) {
			p, err := v.well(ctx, q)
			if err != nil {
				err = fmt.Errorf("get https://vendor/?key=%s: %w", canary, err)
			}
			return p, err
		}},
		"prints the question": {"no word of a question", func(ctx context.Context, v *vendor, q address.Query) (address.Page, error) {
			p, err := v.well(ctx, q)
			if err != nil {
				err = fmt.Errorf("%q: %w", q.Text, err)
			}
			return p, err
		}},
		"a page beside the error": {"never an empty success", func(ctx context.Context, v *vendor, q address.Query) (address.Page, error) {
			p, err := v.well(ctx, q)
			p.Page = 1
			return p, err
		}},
		"what is lacking is a fault": {"notfound with ErrLacking", func(ctx context.Context, v *vendor, q address.Query) (address.Page, error) {
			p, err := v.well(ctx, q)
			if errors.Is(err, address.ErrLacking) {
				err = &providers.Error{}
			}
			return p, err
		}},
		"what is lacking does not say": {"notfound with ErrLacking", func(ctx context.Context, v *vendor, q address.Query) (address.Page, error) {
			p, err := v.well(ctx, q)
			if errors.Is(err, address.ErrLacking) {
				err = &providers.Error{Kind: providers.NotFound}
			}
			return p, err
		}},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			v := newVendor(t)
			v.search = r.spoil
			s := subject(v, v)
			if strings.HasPrefix(name, "what is lacking") { // a vendor that has no road code
				s.Fills &^= address.FieldRoadCode
				bare := around()
				for i := range bare {
					bare[i].RoadCode = ""
				}
				var err error
				v.list, err = address.FromList(bare)
				require.NoError(t, err)
			}
			var rec recorder
			addresstest.Check(&rec, s)
			all := strings.Join(rec.said, "\n")
			assert.Contains(t, all, r.rule)
			assert.NotContains(t, all, canary)
		})
	}
}

// hallFor answers every text that is a good one with the city hall.
func hallFor(q address.Query) address.Query {
	if q.Validate() == nil && !strings.Contains(q.Text, "없는로") {
		q.Text = addresstest.CityHall().Text
	}
	return q
}

// spelled compares what came with what it has, character by character.
func spelled(ctx context.Context, v *vendor, q address.Query) (address.Page, error) {
	p, err := v.well(ctx, q)
	if err == nil && q.Tidy().Text != q.Text {
		return address.Page{}, &providers.Error{Kind: providers.NotFound}
	}
	return p, err
}

func TestBadReversersFail(t *testing.T) {
	type spoiler = func(ctx context.Context, v *vendor, at address.Point) (address.Page, error)
	for name, r := range map[string]struct {
		rule  string
		spoil spoiler
	}{
		"mixes up x and y": {"a place has its address", func(ctx context.Context, v *vendor, at address.Point) (address.Page, error) {
			return v.wellAt(ctx, address.Point{Lat: at.Lon, Lon: at.Lat})
		}},
		"the address next door": {"a place has its address", func(ctx context.Context, v *vendor, at address.Point) (address.Page, error) {
			at.Lat += 0.001
			return v.wellAt(ctx, at)
		}},
		"asks twice": {"a place has its address", func(ctx context.Context, v *vendor, at address.Point) (address.Page, error) {
			_, _ = v.wellAt(ctx, at)
			return v.wellAt(ctx, at)
		}},
		"nothing and no error": {"a place has its address", func(ctx context.Context, v *vendor, at address.Point) (address.Page, error) {
			p, err := v.wellAt(ctx, at)
			if errors.Is(err, providers.NotFound) {
				err = nil
			}
			return p, err
		}},
		"asks about anything": {"nobody is asked", func(ctx context.Context, v *vendor, at address.Point) (address.Page, error) {
			v.asked.Add(1)
			return v.list.Reverse(ctx, at)
		}},
		"calls abroad invalid": {"one abroad is notfound", func(ctx context.Context, v *vendor, at address.Point) (address.Page, error) {
			if !at.InKorea() {
				return address.Page{}, &providers.Error{Kind: providers.Invalid}
			}
			return v.wellAt(ctx, at)
		}},
		"ignores its context": {"nobody is asked", func(_ context.Context, v *vendor, at address.Point) (address.Page, error) {
			return v.wellAt(context.Background(), at)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVendor(t)
			v.reverse = r.spoil
			var rec recorder
			addresstest.Check(&rec, subject(v, able{v}))
			assert.Contains(t, strings.Join(rec.said, "\n"), r.rule)
		})
	}
}

func TestSubjectMustBeDescribed(t *testing.T) {
	var rec recorder
	addresstest.Check(&rec, addresstest.Subject{Name: "empty"})
	require.Len(t, rec.said, 1)
	assert.Contains(t, rec.said[0], "a subject has")
}

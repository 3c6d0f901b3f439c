package journeys

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
	"github.com/detour-go/detour/providers/address/jusoaddress"
	"github.com/detour-go/detour/providers/address/kakaoaddress"
	"github.com/detour-go/detour/providers/vendorsim"
)

const juso = "juso"

// field is the address field of a form: Kakao, then juso, then what juso said before.
type field struct {
	t     *testing.T
	kakao *vendorsim.KakaoLocal
	juso  *vendorsim.Juso
	chain *fallback.Chain[address.Query, address.Page]
	up    map[string]*fallback.Upstream
}

func openField(t *testing.T) *field {
	t.Helper()
	s := &field{t: t, up: map[string]*fallback.Upstream{kakao: guard(t, kakao, 100), juso: guard(t, juso, 100)}}
	const kakaoKey, jusoKey = "0123456789abcdef0123456789abcdef", "TESTJUSOGOKR"
	var err error
	s.kakao, err = vendorsim.StartKakaoLocal(vendorsim.KakaoLocalConfig{Key: kakaoKey})
	require.NoError(t, err)
	t.Cleanup(s.kakao.Close)
	s.juso, err = vendorsim.StartJuso(vendorsim.JusoConfig{Key: jusoKey})
	require.NoError(t, err)
	t.Cleanup(s.juso.Close)
	k, err := kakaoaddress.New(kakaoaddress.Config{Key: providers.NewSecret(kakaoKey), BaseURL: s.kakao.URL(), AllowLoopbackHTTP: true, HTTP: web(t)})
	require.NoError(t, err)
	j, err := jusoaddress.New(jusoaddress.Config{Key: providers.NewSecret(jusoKey), BaseURL: s.juso.URL(), AllowLoopbackHTTP: true, HTTP: web(t)})
	require.NoError(t, err)

	first, second := fallback.From(kakao, k.Search, s.up[kakao]), fallback.From(juso, j.Search, s.up[juso])
	first.Retention, second.Retention = fallback.Retention(kakaoaddress.Retention), fallback.Retention(jusoaddress.Retention)
	named, err := address.KeyFunc(key('a'))
	require.NoError(t, err)
	s.chain, err = fallback.New(fallback.Config[address.Query, address.Page]{
		Name: "address", Sources: []fallback.Source[address.Query, address.Page]{first, second},
		Valid: address.Query.Validate, Answers: address.Page.Answers, Next: address.Next,
		Memory: &fallback.Memory[address.Query, address.Page]{Key: named, Codec: address.Codec{}, Stale: time.Hour},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.chain.Close()) })
	return s
}

// dies makes a vendor answer with its own word for maintenance.
func (s *field) dies(vendor string) {
	s.t.Helper()
	if vendor == kakao {
		require.NoError(s.t, s.kakao.Break("address", vendorsim.Fault{Mode: vendorsim.Vendor, Code: "-603"})) // with status 400
		return
	}
	require.NoError(s.t, s.juso.Break("search", vendorsim.Fault{Mode: vendorsim.Vendor, Code: "-999"})) // with status 200
}

func (s *field) heals() {
	s.kakao.HealAll()
	s.juso.HealAll()
}

func (s *field) ask(q address.Query) (fallback.Result[address.Page], error) {
	return s.chain.Do(s.t.Context(), q)
}

// finds asks for one place and returns it.
func (s *field) finds(text string) (address.Address, fallback.Result[address.Page]) {
	s.t.Helper()
	r, err := s.ask(address.Query{Text: text, Size: 1})
	require.NoError(s.t, err)
	require.Len(s.t, r.Value.Items, 1)
	return r.Value.Items[0], r
}

// homes are the places that both vendors know.
func homes() []vendorsim.SimAddress {
	var all []vendorsim.SimAddress
	for _, a := range vendorsim.SimAddresses() {
		if a.Road != "" {
			all = append(all, a)
		}
	}
	return all
}

// shared is the address without what only one of the vendors tells.
func shared(a address.Address) address.Address {
	a.English, a.RoadCode, a.BuildingNo, a.Point = "", "", "", address.Point{}
	return a
}

func TestTheSameAddressFromWhoeverAnswers(t *testing.T) {
	s := openField(t)
	for _, home := range homes() {
		for _, text := range []string{home.RoadAddress(), home.LotAddress()} {
			s.heals()
			first, r := s.finds(text)
			assert.Equal(t, []any{kakao, fallback.Live, 0}, []any{r.Source, r.Freshness, len(r.Failed)})
			s.dies(kakao)
			then, r := s.finds(text)
			assert.Equal(t, []any{juso, fallback.Live, 1, 1}, []any{r.Source, r.Freshness, r.Rank, len(r.Failed)})
			s.dies(juso)
			last, r := s.finds(text)
			assert.Equal(t, []any{juso, fallback.Stale, 2}, []any{r.Source, r.Freshness, len(r.Failed)})
			assert.Positive(t, r.Age)
			assert.True(t, r.Degraded())

			assert.Equal(t, home.RoadAddress(), first.Road)
			assert.Equal(t, home.Zone, first.Postcode)
			assert.Equal(t, shared(first), shared(then), "the citizen sees the same address")
			assert.Equal(t, then, last)
		}
	}
}

// Kakao's terms let nobody keep its answers: with both down there is nothing of it.
func TestWhatMayNotBeKeptIsNotThere(t *testing.T) {
	s := openField(t)
	home := homes()[0].RoadAddress()
	s.finds(home)
	s.dies(kakao)
	s.dies(juso)
	r, err := s.ask(address.Query{Text: home, Size: 1})
	require.ErrorIs(t, err, fallback.ErrUnavailable)
	assert.Empty(t, r.Value.Items)
	assert.Equal(t, []int{2, 1}, []int{s.kakao.Hits("address"), s.juso.Hits("search")}, "T20: each is asked once")
}

// Found, not found, and could not ask are three things, and none of them is remembered as another.
func TestNotFoundIsNotCouldNotAsk(t *testing.T) {
	nowhere := address.Query{Text: "서울특별시 중구 세종대로 99999"}
	hall := address.Query{Text: homes()[0].RoadAddress(), Size: 1}
	code := hall
	code.Require = address.FieldRoadCode
	point := hall
	point.Require = address.FieldPoint
	garbage := vendorsim.Fault{Mode: vendorsim.HTML}
	rows := map[string]struct {
		q          address.Query
		kakao      *vendorsim.Fault
		juso       *vendorsim.Fault
		err        error
		source     string
		atK, atJ   int
		afterwards string // who answers when all is well again
	}{
		"nobody has it":                      {q: nowhere, err: fallback.ErrNotFound, atK: 1},
		"kakao down, juso has nothing":       {q: nowhere, kakao: &garbage, err: fallback.ErrIncomplete, atK: 1, atJ: 1},
		"both down":                          {q: nowhere, kakao: &garbage, juso: &garbage, err: fallback.ErrUnavailable, atK: 1, atJ: 1},
		"both down, and it is there":         {q: hall, kakao: &garbage, juso: &garbage, err: fallback.ErrUnavailable, atK: 1, atJ: 1, afterwards: kakao},
		"kakao never has the code of a road": {q: code, source: juso, atJ: 1, afterwards: juso},
		"and juso is down":                   {q: code, juso: &garbage, err: fallback.ErrIncomplete, atJ: 1, afterwards: juso},
		"juso has no coordinates":            {q: point, source: kakao, atK: 1, afterwards: kakao},
		"and kakao is down":                  {q: point, kakao: &garbage, err: fallback.ErrIncomplete, atK: 1, afterwards: kakao},
		"no question at all":                 {q: address.Query{Text: "04524"}, err: fallback.ErrInvalid},
		"T11 a key refused for a moment":     {q: hall, kakao: &garbage, juso: &vendorsim.Fault{Mode: vendorsim.Vendor, Code: "E0001"}, err: fallback.ErrUnavailable, atK: 1, atJ: 1, afterwards: kakao},
		"kakao's quota, by its own word":     {q: hall, kakao: &vendorsim.Fault{Mode: vendorsim.Vendor, Code: "-10"}, source: juso, atK: 1, atJ: 1, afterwards: kakao},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			s := openField(t)
			if row.kakao != nil {
				require.NoError(t, s.kakao.Break("address", *row.kakao))
			}
			if row.juso != nil {
				require.NoError(t, s.juso.Break("search", *row.juso))
			}
			r, err := s.ask(row.q)
			assert.Equal(t, []int{row.atK, row.atJ}, []int{s.kakao.Hits("address"), s.juso.Hits("search")})
			if row.err != nil {
				require.ErrorIs(t, err, row.err)
				assert.Empty(t, r.Value.Items)
				for _, v := range []error{fallback.ErrNotFound, fallback.ErrIncomplete, fallback.ErrUnavailable, fallback.ErrInvalid, fallback.ErrLimited, fallback.ErrRefused} {
					assert.Equal(t, v == row.err, errors.Is(err, v), "%v", v)
				}
			} else {
				require.NoError(t, err)
				assert.Equal(t, row.source, r.Source)
			}
			s.heals()
			require.NoError(t, s.up[kakao].Breaker.Force(breaker.ForcedClosed, "operator", "over", time.Minute))
			require.NoError(t, s.up[juso].Breaker.Force(breaker.ForcedClosed, "operator", "over", time.Minute))
			r, err = s.ask(row.q)
			if row.afterwards == "" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err, "no failure is remembered as an answer")
			assert.Equal(t, []any{row.afterwards, fallback.Live}, []any{r.Source, r.Freshness})
		})
	}
}

// A question that both vendors answer with a fault of another sort each: every mode, from both, is an outage and never an answer.
func TestNoFaultIsAnAddress(t *testing.T) {
	for _, mode := range vendorsim.Modes() {
		if mode == vendorsim.Slow || mode == vendorsim.Hang || mode == vendorsim.Drip || mode == vendorsim.Vendor {
			continue
		}
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			s := openField(t)
			home := homes()[3].RoadAddress()
			f := vendorsim.Fault{Mode: mode}
			require.NoError(t, s.kakao.Break("address", f))
			want, _ := s.finds(home)
			require.NoError(t, s.juso.Break("search", f))
			got, r := s.finds(home)
			assert.Equal(t, fallback.Stale, r.Freshness)
			assert.Equal(t, want, got)
			_, err := s.ask(address.Query{Text: homes()[4].RoadAddress(), Size: 1})
			require.Error(t, err)
			assert.False(t, errors.Is(err, fallback.ErrNotFound) || errors.Is(err, fallback.ErrInvalid) || errors.Is(err, fallback.ErrDenied), "%v", err)
		})
	}
}

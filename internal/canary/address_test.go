package canary

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
	"github.com/detour-go/detour/providers/address/jusoaddress"
	"github.com/detour-go/detour/providers/address/kakaoaddress"
	"github.com/detour-go/detour/providers/vendorsim"
)

// addresses plays the address field: where a citizen lives is nobody's business.
func addresses(s *stage) {
	const kakaoKey, jusoKey, coordKey, hmacKey = "c0ffee00c0ffee11c0ffee22c0ffee33", "CANARYjusokey6t=", "CANARYcoordkey8u=", "CANARYaddresskey-32-bytes-long-0"
	home := vendorsim.SimAddresses()[0]
	s.out.seed(kakaoKey, jusoKey, coordKey, hmacKey, home.RoadAddress(), home.LotAddress(), "세종대로", "태평로1가", "Sejong-daero", home.BuildingNo, home.RoadCode)
	kakao, err := vendorsim.StartKakaoLocal(vendorsim.KakaoLocalConfig{Key: kakaoKey})
	require.NoError(s, err)
	defer kakao.Close()
	juso, err := vendorsim.StartJuso(vendorsim.JusoConfig{Key: jusoKey, CoordKey: coordKey})
	require.NoError(s, err)
	defer juso.Close()
	kakaoConfig := kakaoaddress.Config{Key: providers.NewSecret(kakaoKey), BaseURL: kakao.URL(), AllowLoopbackHTTP: true, HTTP: s.client}
	k, err := kakaoaddress.New(kakaoConfig)
	require.NoError(s, err)
	jusoConfig := jusoaddress.Config{Key: providers.NewSecret(jusoKey), Coordinates: 1, CoordinateKey: providers.NewSecret(coordKey), BaseURL: juso.URL(), AllowLoopbackHTTP: true, HTTP: s.client}
	j, err := jusoaddress.New(jusoConfig)
	require.NoError(s, err)
	key, err := address.KeyFunc([]byte(hmacKey))
	require.NoError(s, err)
	second := fallback.From("juso", j.Search, s.guard("juso"))
	second.Retention = fallback.Retention(jusoaddress.Retention)
	chain, err := fallback.New(fallback.Config[address.Query, address.Page]{
		Name: "address", Valid: address.Query.Validate, Answers: address.Page.Answers, Next: address.Next, Observe: s.heard,
		Sources: []fallback.Source[address.Query, address.Page]{fallback.From("kakao", k.Search, s.guard("kakao")), second},
		Memory:  &fallback.Memory[address.Query, address.Page]{Key: key, Codec: address.Codec{}, Stale: time.Nanosecond},
	})
	require.NoError(s, err)
	found := 0
	search := func(ctx context.Context, q address.Query) {
		s.out.print(q)
		s.out.print(key(q))
		r, err := chain.Do(ctx, q)
		if err != nil {
			s.out.print(err)
			return
		}
		found++
		s.out.text(r) // encoding/json is how a site sends an address to its citizen
		s.out.text(r.Value)
		s.out.text(r.Value.Items[0])
	}
	at := address.Point{Lat: home.Lat, Lon: home.Lon}
	s.out.seed("37.56668", "126.978414")
	all := func() {
		for _, require := range []address.Fields{0, address.FieldRoadCode, address.FieldPoint | address.FieldRoadCode} {
			s.try(func(ctx context.Context) {
				search(ctx, address.Query{Text: home.RoadAddress(), Size: 1, Require: require})
			})
		}
		s.try(func(ctx context.Context) {
			p, err := k.Reverse(ctx, at)
			s.out.text(p)
			s.tell(nil, err)
		})
	}
	all()
	require.Equal(s, 3, found, "when all is well it works, or the rest proves nothing")
	for _, bad := range []string{"", home.RoadAddress() + "\x00", home.RoadAddress() + home.RoadAddress() + home.RoadAddress() + home.RoadAddress(), home.LotAddress() + " 99999", home.RoadAddress() + "' OR 1=1 --"} {
		s.try(func(ctx context.Context) { search(ctx, address.Query{Text: bad}) })
	}
	s.outages(kakao, map[string]string{"address": "-603", "coord2address": "-10"}, all)
	require.NoError(s, kakao.Break("*", vendorsim.Fault{Mode: vendorsim.Status}))
	s.outages(juso, map[string]string{"search": "E0001", "coord": "-999"}, all)
	for _, v := range []any{chain.Inspect(), kakaoConfig, jusoConfig, k, j} {
		s.out.print(v)
	}
	s.out.reached(kakaoConfig, jusoConfig, k, j)
	s.out.text(at)
	require.NoError(s, chain.Close())
}

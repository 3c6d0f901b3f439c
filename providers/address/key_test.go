package address_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers/address"
)

func TestT10KeysTellQuestionsApartAndSayNothing(t *testing.T) {
	secret := []byte(strings.Repeat("s", 32))
	base := address.Query{Text: "세종대로 110"}
	key := address.Key(secret, base)
	assert.Len(t, key, 43)
	for _, same := range []address.Query{{Text: " 세종대로\u3000１１０ "}, {Text: "세종대로 110", Page: 1, Size: 10}, {Text: "\u1109\u1166\u110c\u1169\u11bc대로 110"}} {
		assert.Equal(t, key, address.Key(secret, same), "%s", same.Text)
	}
	seen := map[string]string{key: "base"}
	for name, q := range map[string]address.Query{
		"text": {Text: "세종대로 111"}, "spaces": {Text: "세종 대로 110"}, "page": {Text: "세종대로 110", Page: 2}, "size": {Text: "세종대로 110", Size: 11},
		"require": {Text: "세종대로 110", Require: address.FieldPoint}, "require more": {Text: "세종대로 110", Require: address.FieldPoint | address.FieldPostcode},
		"page and size": {Text: "세종대로 110", Page: 10, Size: 1}, "digits": {Text: "세종대로 1101"},
	} {
		k := address.Key(secret, q)
		assert.Empty(t, seen[k], name)
		seen[k] = name
	}
	assert.NotEqual(t, key, address.Key([]byte(strings.Repeat("t", 32)), base))
	for _, q := range []address.Query{{}, {Text: "04524"}, {Text: "세종\x00대로"}, {Text: "세종대로", Page: 99}, {Text: "세종대로", Require: 1 << 14}} {
		assert.Empty(t, address.Key(secret, q), "an invalid question is not remembered")
	}
	assert.Empty(t, address.Key(secret[:31], base))
	assert.Empty(t, address.Key(nil, base))
}

func TestKeyFunc(t *testing.T) {
	secret := []byte(strings.Repeat("s", 32))
	key, err := address.KeyFunc(secret)
	require.NoError(t, err)
	want := address.Key(secret, address.Query{Text: "세종대로 110"})
	clear(secret)
	assert.Equal(t, want, key(address.Query{Text: "세종대로 110"}), "the secret was copied")
	_, err = address.KeyFunc([]byte("short"))
	assert.EqualError(t, err, "address: the secret of keys is shorter than 32 bytes")
}

func TestKeyAt(t *testing.T) {
	secret := []byte(strings.Repeat("s", 32))
	at := address.Point{Lat: 37.566680, Lon: 126.978414}
	key := address.KeyAt(secret, at)
	assert.Len(t, key, 43)
	assert.Equal(t, key, address.KeyAt(secret, address.Point{Lat: at.Lat + 1e-9, Lon: at.Lon}))
	assert.NotEqual(t, key, address.KeyAt(secret, address.Point{Lat: at.Lat + 1e-6, Lon: at.Lon}))
	assert.NotEqual(t, key, address.KeyAt(secret, address.Point{Lat: at.Lat, Lon: at.Lon + 1e-6}))
	assert.NotEqual(t, address.KeyAt(secret, address.Point{Lat: -at.Lat, Lon: at.Lon}), key)
	assert.Empty(t, address.KeyAt(secret, address.Point{}))
	assert.Empty(t, address.KeyAt(secret[1:], at))
}

package address_test

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
)

func full() address.Page {
	return address.Page{Items: []address.Address{hall(), {Jibun: "서울특별시 중구 태평로1가 31"}}, Total: 1234567, Page: 45, Last: true}
}

func TestCodecGivesBackEveryField(t *testing.T) {
	want := full()
	require.Equal(t, address.AllFields, want.Items[0].Filled(), "the sample has every field, so that a new one is not forgotten")
	require.Equal(t, 4, reflect.TypeFor[address.Page]().NumField(), "a new field belongs into the codec")
	for _, last := range []bool{true, false} {
		want.Last = last
		b, err := address.Codec{}.Encode(want)
		require.NoError(t, err)
		got, err := address.Codec{}.Decode(b)
		require.NoError(t, err)
		clear(b)
		assert.Equal(t, want, got, "and nothing in it points into the bytes")
	}
	b, err := address.Codec{}.Encode(address.Page{})
	require.NoError(t, err)
	got, err := address.Codec{}.Decode(b)
	require.NoError(t, err)
	assert.Equal(t, address.Page{}, got)
}

func TestCodecRefusesWhatItCouldNotReadBack(t *testing.T) {
	for name, spoil := range map[string]func(*address.Page){
		"page": func(p *address.Page) { p.Page = -1 }, "total": func(p *address.Page) { p.Total = math.MinInt }, "huge": func(p *address.Page) { p.Total = math.MaxInt },
		"items": func(p *address.Page) { p.Items = make([]address.Address, 101) }, "text": func(p *address.Page) { p.Items[0].English = strings.Repeat("e", 2049) },
	} {
		p := full()
		spoil(&p)
		_, err := address.Codec{}.Encode(p)
		assert.ErrorIs(t, err, providers.Invalid, name)
	}
}

func TestF48CodecNoticesCutsTailsAndVersions(t *testing.T) {
	b, err := address.Codec{}.Encode(full())
	require.NoError(t, err)
	for n := range b {
		_, err := address.Codec{}.Decode(b[:n])
		assert.ErrorIs(t, err, providers.Unavailable, "cut at %d", n)
	}
	for name, in := range map[string][]byte{
		"tail": append(bytes.Clone(b), 'x'), "version": append([]byte{2}, b[1:]...), "flag": append([]byte{1, 0x80}, b[2:]...),
		"items": {1, 0, 1, 1, 101}, "promised": {1, 0, 1, 1, 100}, "number": {1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
	} {
		got, err := address.Codec{}.Decode(in)
		assert.ErrorIs(t, err, providers.Unavailable, name)
		assert.Equal(t, address.Page{}, got, name)
	}
}

func FuzzCodec(f *testing.F) {
	b, err := address.Codec{}.Encode(full())
	require.NoError(f, err)
	f.Add(b)
	f.Add(b[:40])
	f.Add([]byte{1, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := address.Codec{}.Decode(in)
		if err != nil {
			if !reflect.DeepEqual(got, address.Page{}) {
				t.Fatal("half a page beside an error")
			}
			return
		}
		again, err := address.Codec{}.Encode(got)
		require.NoError(t, err, "what was read can be written")
		twice, err := address.Codec{}.Decode(again)
		require.NoError(t, err)
		third, err := address.Codec{}.Encode(twice)
		require.NoError(t, err)
		if !bytes.Equal(again, third) { // bytes, because NaN is not itself
			t.Fatal("it changed")
		}
	})
}

package tiles_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/tiles"
)

func full() tiles.Tile {
	return tiles.Tile{
		ID: cityHall, Data: []byte("\x89PNG and so on"), ContentType: tiles.PNG, ETag: `"e"`, LastModified: "Sun, 06 Nov 1994 08:49:37 GMT",
		MaxAge: 7 * 24 * time.Hour, NoStale: true, Attribution: "공간정보 오픈플랫폼 브이월드",
	}
}

func TestCodecGivesBackEveryField(t *testing.T) {
	want := full()
	for i := range reflect.TypeFor[tiles.Tile]().NumField() {
		f := reflect.TypeFor[tiles.Tile]().Field(i)
		require.True(t, f.Name == "NoStore" || !reflect.ValueOf(want).Field(i).IsZero(), "%s must be in the sample, so that a new field is not forgotten", f.Name)
	}
	for _, noStore := range []bool{false, true} {
		want.NoStore = noStore
		b, err := tiles.Codec{}.Encode(want)
		require.NoError(t, err)
		got, err := tiles.Codec{}.Decode(b)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.Same(t, &b[len(b)-1], &got.Data[len(got.Data)-1], "the data is not copied")
		assert.Equal(t, len(got.Data), cap(got.Data), "appending to it does not write into the entry")
	}
	b, err := tiles.Codec{}.Encode(tiles.Tile{})
	require.NoError(t, err)
	got, err := tiles.Codec{}.Decode(b)
	require.NoError(t, err)
	assert.Empty(t, got.Data)
}

func TestCodecAllocations(t *testing.T) {
	tl := full()
	b, err := tiles.Codec{}.Encode(tl)
	require.NoError(t, err)
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = tiles.Codec{}.Encode(tl) }), 1.0)
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = tiles.Codec{}.Decode(b) }), 3.0, "one per text that is not a known type")
}

func TestCodecRefusesWhatItCouldNotReadBack(t *testing.T) {
	for name, spoil := range map[string]func(*tiles.Tile){
		"number": func(t *tiles.Tile) { t.ID.Z = -1 }, "age": func(t *tiles.Tile) { t.MaxAge = -1 },
		"data": func(t *tiles.Tile) { t.Data = make([]byte, 1<<20+1) }, "text": func(t *tiles.Tile) { t.ETag = strings.Repeat("e", 1<<13) },
	} {
		tl := full()
		spoil(&tl)
		_, err := tiles.Codec{}.Encode(tl)
		assert.ErrorIs(t, err, providers.Invalid, name)
	}
}

func TestF48CodecNoticesCutsTailsAndVersions(t *testing.T) {
	b, err := tiles.Codec{}.Encode(full())
	require.NoError(t, err)
	for n := range b {
		_, err := tiles.Codec{}.Decode(b[:n])
		assert.ErrorIs(t, err, providers.Unavailable, "cut at %d", n)
	}
	other := append([]byte{2}, b[1:]...)
	flags := append([]byte{b[0], 0x80}, b[2:]...)
	for name, in := range map[string][]byte{"tail": append(b[:len(b):len(b)], 'x'), "version": other, "flag": flags, "number": {1, 0, 22, 0xff, 0xff, 0xff, 0xff, 1}} {
		_, err := tiles.Codec{}.Decode(in)
		assert.ErrorIs(t, err, providers.Unavailable, name)
	}
}

func FuzzCodec(f *testing.F) {
	b, err := tiles.Codec{}.Encode(full())
	require.NoError(f, err)
	f.Add(b)
	f.Add(b[:20])
	f.Add([]byte{1, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := tiles.Codec{}.Decode(in)
		if err != nil {
			if !reflect.DeepEqual(got, tiles.Tile{}) {
				t.Fatal("half a tile beside an error")
			}
			return
		}
		again, err := tiles.Codec{}.Encode(got)
		require.NoError(t, err, "what was read can be written")
		twice, err := tiles.Codec{}.Decode(again)
		require.NoError(t, err)
		if !reflect.DeepEqual(got, twice) {
			t.Fatalf("%+v became %+v", got, twice)
		}
	})
}

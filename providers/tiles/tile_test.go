package tiles_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/tiles"
)

func TestAnswersTakesWholeTiles(t *testing.T) {
	p, j := string(drawPNG(t, 256, 256)), string(drawJPEG(t, 256, 256))
	rows := map[string]tiles.Tile{
		"png":                  tile(tiles.PNG, p),
		"png for dense screen": tile(tiles.PNG, string(drawPNG(t, 512, 512))),
		"png padded by zeros":  tile(tiles.PNG, p+"\x00\x00\x00"),
		"jpeg":                 tile(tiles.JPEG, j),
		"jpeg 512":             tile(tiles.JPEG, string(drawJPEG(t, 512, 512))),
		"jpeg of jfif":         tile(tiles.JPEG, j[:2]+jfif+j[2:]),
		"jpeg with fill bytes": tile(tiles.JPEG, j[:2]+"\xff\xff\xff"+j[2:]),
		"jpeg with restarts":   tile(tiles.JPEG, j[:len(j)-2]+"\xff\xd0\xff\x00x\xff\xd9"),
		"jpeg of two scans":    tile(tiles.JPEG, j[:len(j)-2]+"\xff\xda\x00\x02data\xff\xd9"),
		"webp lossy":           tile(tiles.WebP, webp(vp8)),
		"webp lossless":        tile(tiles.WebP, webp(vp8l)),
		"webp extended":        tile(tiles.WebP, webp(vp8x+"ICCP\x03\x00\x00\x00abc\x00"+vp8h)),
		"pbf":                  tile(tiles.MVT, mvt),
	}
	for name, tl := range rows {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, tl.Answers(cityHall))
			assert.Equal(t, tl.ContentType, tiles.Sniff(tl.Data))
			assert.True(t, tl.Cacheable())
		})
	}
}

func TestT11AnswersRefusesWhatIsNoTile(t *testing.T) {
	p, j := string(drawPNG(t, 256, 256)), string(drawJPEG(t, 256, 256))
	head := p[:8]
	ihdr := func(w, h uint32) string {
		return chunk("IHDR", string(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h))+"\x08\x02\x00\x00\x00")
	}
	flipped := []byte(p)
	flipped[len(p)/2] ^= 1
	other := tile(tiles.PNG, p)
	other.ID.X++
	nobody := tile(tiles.PNG, p)
	nobody.Attribution = ""
	const html = "<!DOCTYPE html><html lang=ko><body>점검 중입니다</body></html>"

	rows := map[string]struct {
		tile tiles.Tile
		says string
	}{
		"zero value":                       {tiles.Tile{}, "another tile"},
		"F84 another tile":                 {other, "another tile"},
		"empty":                            {tile(tiles.PNG, ""), "empty"},
		"too large":                        {tile(tiles.PNG, p+strings.Repeat("\x00", 1<<20)), "more than"},
		"without attribution":              {nobody, "attribution"},
		"without type":                     {tile("", p), "content type"},
		"type of a page":                   {tile("text/html", p), "content type"},
		"svg":                              {tile("image/svg+xml", "<svg/>"), "content type"},
		"gif":                              {tile("image/gif", "GIF89a\x00\x01\x00\x01"), "content type"},
		"F18 html as png":                  {tile(tiles.PNG, html), "not of its content type"},
		"html as jpeg":                     {tile(tiles.JPEG, html), "not of its content type"},
		"html as webp":                     {tile(tiles.WebP, html), "not of its content type"},
		"html as pbf":                      {tile(tiles.MVT, html), "not of its content type"},
		"xml exception as png":             {tile(tiles.PNG, "<?xml version=\"1.0\"?><ServiceException/>"), "not of its content type"},
		"null as png":                      {tile(tiles.PNG, "null"), "not of its content type"},
		"jpeg as png":                      {tile(tiles.PNG, j), "not of its content type"},
		"png as jpeg":                      {tile(tiles.JPEG, p), "not of its content type"},
		"gzipped png":                      {tile(tiles.PNG, "\x1f\x8b\x08"), "not of its content type"},
		"1x1 png":                          {tile(tiles.PNG, string(drawPNG(t, 1, 1))), "square"},
		"oblong png":                       {tile(tiles.PNG, string(drawPNG(t, 256, 512))), "square"},
		"1x1 jpeg":                         {tile(tiles.JPEG, string(drawJPEG(t, 1, 1))), "square"},
		"1x1 webp":                         {tile(tiles.WebP, webp(vp8s)), "square"},
		"F64 giant IHDR":                   {tile(tiles.PNG, head+ihdr(100000, 100000)+p[33:]), "square"},
		"largest IHDR":                     {tile(tiles.PNG, head+ihdr(1<<31-1, 1<<31-1)+p[33:]), "broken"},
		"zero IHDR":                        {tile(tiles.PNG, head+ihdr(0, 0)+p[33:]), "broken"},
		"png signature alone":              {tile(tiles.PNG, head), "broken"},
		"F15 truncated png":                {tile(tiles.PNG, p[:len(p)/2]), "cut short"},
		"F16 png without its last byte":    {tile(tiles.PNG, p[:len(p)-1]), "cut short"},
		"png without its end":              {tile(tiles.PNG, p[:len(p)-12]), "cut short"},
		"png without pixels":               {tile(tiles.PNG, head+ihdr(256, 256)+chunk("IDAT", "")+chunk("IEND", "")), "broken"},
		"png chunk longer than the world":  {tile(tiles.PNG, head+ihdr(256, 256)+"\xff\xff\xff\xffIDAT1234"), "cut short"},
		"F48 bit flip in png":              {tile(tiles.PNG, string(flipped)), "broken"},
		"png with a script behind":         {tile(tiles.PNG, p+"<script>alert(1)</script>"), "goes on"},
		"png with zeros, then a script":    {tile(tiles.PNG, p+"\x00\x00<script>"), "goes on"},
		"jpeg with a script behind":        {tile(tiles.JPEG, j+"<script>alert(1)</script>"), "goes on"},
		"jpeg twice":                       {tile(tiles.JPEG, j+j), "goes on"},
		"truncated jpeg":                   {tile(tiles.JPEG, j[:len(j)-2]), "cut short"},
		"jpeg cut in its header":           {tile(tiles.JPEG, j[:20]), "broken"},
		"jpeg that ends before its pixels": {tile(tiles.JPEG, j[:strings.Index(j, "\xff\xda")]+"\xff\xd9"), "broken"},
		"jfif that ends before its pixels": {tile(tiles.JPEG, j[:2]+jfif+j[2:strings.Index(j, "\xff\xda")]+"\xff\xd9"), "broken"},
		"truncated webp":                   {tile(tiles.WebP, webp(vp8)[:30]), "cut short"},
		"webp with a script behind":        {tile(tiles.WebP, webp(vp8)+"<script>"), "goes on"},
		"webp without pixels":              {tile(tiles.WebP, webp(vp8x)), "broken"},
		"webp whose sizes differ":          {tile(tiles.WebP, webp(vp8x+vp8s)), "square"},
		"webp chunk too long":              {tile(tiles.WebP, webp("VP8 \xff\xff\xff\xff\x00\x00")), "cut short"},
		"webp with a smaller whole":        {tile(tiles.WebP, "RIFF\x00\x00\x00\x00WEBPVP8 "), "cut short"},
		"webp stray bytes":                 {tile(tiles.WebP, webp(vp8+"abc")), "cut short"},
		"webp that is no key frame":        {tile(tiles.WebP, webp(strings.Replace(vp8, "\x00\x00\x00\x9d", "\x01\x00\x00\x9d", 1))), "broken"},
		"truncated pbf":                    {tile(tiles.MVT, mvt[:8]), "cut short"},
		"pbf with html behind":             {tile(tiles.MVT, mvt+html), "broken"},
		"pbf of one byte":                  {tile(tiles.MVT, "\x1a"), "cut short"},
		"pbf with an endless length":       {tile(tiles.MVT, "\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "cut short"},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			err := r.tile.Answers(cityHall)
			assert.ErrorIs(t, err, providers.Unavailable)
			require.ErrorContains(t, err, r.says)
			assert.NotContains(t, err.Error(), "점검")
		})
	}
}

// Whatever is cut off, added or flipped in a PNG is noticed; a JPEG has no checksum, so only cuts and tails are.
func TestF48EveryCutAndFlipIsNoticed(t *testing.T) {
	p, j := drawPNG(t, 256, 256), drawJPEG(t, 256, 256)
	for n := range p {
		assert.Error(t, tile(tiles.PNG, string(p[:n])).Answers(cityHall), "png cut at %d", n)
		flip := []byte(string(p))
		flip[n] ^= 0x10
		assert.Error(t, tile(tiles.PNG, string(flip)).Answers(cityHall), "png flipped at %d", n)
	}
	for n := 0; n < len(j); n += 11 { // each costs a header of the standard library
		assert.Error(t, tile(tiles.JPEG, string(j[:n])).Answers(cityHall), "jpeg cut at %d", n)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add(tiles.PNG, drawPNG(f, 256, 256))
	f.Add(tiles.JPEG, drawJPEG(f, 256, 256))
	f.Add(tiles.WebP, []byte(webp(vp8x+vp8h)))
	f.Add(tiles.MVT, []byte(mvt))
	f.Fuzz(func(t *testing.T, contentType string, data []byte) {
		if err := tile(contentType, string(data)).Answers(cityHall); err == nil && tiles.Sniff(data) != contentType {
			t.Fatal("a tile of another type than it says")
		}
	})
}

func TestCacheable(t *testing.T) {
	good := tile(tiles.PNG, "x")
	assert.True(t, good.Cacheable())
	assert.Greater(t, good.StaleFor(), 1000*24*time.Hour)
	noStale := good
	noStale.NoStale = true
	assert.True(t, noStale.Cacheable())
	noStale.MaxAge = time.Minute
	assert.Equal(t, time.Minute, noStale.StaleFor())
	noStore := good
	noStore.NoStore = true
	assert.False(t, noStore.Cacheable())
	assert.False(t, tiles.Tile{}.Cacheable(), "nothing is not worth keeping")
}

func TestMediaType(t *testing.T) {
	for in, want := range map[string]string{
		"image/png": tiles.PNG, "IMAGE/PNG; charset=utf-8": tiles.PNG, "image/jpg": tiles.JPEG, "image/pjpeg": tiles.JPEG, "image/x-png": tiles.PNG,
		"application/x-protobuf": tiles.MVT, "text/html;charset=euc-kr": "text/html", "": "", "///": "",
	} {
		assert.Equal(t, want, tiles.MediaType(in), "%q", in)
	}
}

func BenchmarkAnswersPNG(b *testing.B) {
	tl := tile(tiles.PNG, string(drawPNG(b, 256, 256)))
	b.SetBytes(int64(len(tl.Data)))
	for b.Loop() {
		_ = tl.Answers(cityHall)
	}
}

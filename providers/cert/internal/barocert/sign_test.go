package barocert

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
)

// The key of the vectors is the base64 of the bytes 00 to 1f.
const vectorKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

func vector(t *testing.T) (k *key, date string) {
	t.Helper()
	k, err := newKey(providers.NewSecret(vectorKey))
	require.NoError(t, err)
	return k, stamp(time.Date(2026, 1, 2, 12, 4, 5, 999, korea()))
}

func TestSignaturesOfTheVectors(t *testing.T) {
	k, date := vector(t)
	assert.Equal(t, "2026-01-02T03:04:05Z", date)
	assert.Equal(t, "2026-01-02T03:04:05.678Z", moment(time.Date(2026, 1, 2, 12, 4, 5, 678_901_000, korea())))
	body := []byte(`{"scope":["partner","401"]}`)
	assert.Equal(t, "CwKXuOdIu8bInO/YO7AI+TvQ/aiJjwV4AfoMoGzJJ14=", digest(body))
	assert.Equal(t, "Ysqqm920D+ayen3/QKmd0fhoh4UJAeMQFTGmV9XxOjQ=", k.link(body, date, ""))
	assert.Equal(t, "gQKTH7v5I6a6ZNFcv6V6HaY7OGNLa3AVtUwlb2Jculc=", k.link(body, date, "*"))
	assert.Equal(t, "PtUHg8f/ZF30uVNr+fk5L05HxhirJd6p9p+XWxRUkCY=", k.auth([]byte(`{"a":1}`), date, "/KAKAO/Identity/000000000001"))
	assert.Equal(t, "F1UIGowMQFswbhIqFcNADrlX8f8nazvgV/4EyulF5UI=", k.auth(nil, date, "/KAKAO/Identity/Verify/000000000001/00000000000000000000000000000001"))
}

func TestFieldOfTheVector(t *testing.T) {
	k, _ := vector(t)
	iv := string([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
	sealed, err := k.sealFrom(strings.NewReader(iv), "01012345678")
	require.NoError(t, err)
	assert.Equal(t, "AAECAwQFBgcICQoLdzPmKvfW9i67dq82sQamL6bjkx/n2plMXkIV", sealed)
	_, err = k.sealFrom(strings.NewReader(iv[:11]), "01012345678")
	require.Error(t, err, "never an IV that is not random")

	a, err := k.seal("same")
	require.NoError(t, err)
	b, err := k.seal("same")
	require.NoError(t, err)
	assert.NotEqual(t, a, b)
}

func TestKeyMustBe32Bytes(t *testing.T) {
	for _, bad := range []string{"", "CANARY-not-base64", "Q0FOQVJZ", vectorKey + "AAAA"} {
		_, err := newKey(providers.NewSecret(bad))
		require.ErrorIs(t, err, errKey)
		assert.NotContains(t, err.Error(), "CANARY")
	}
}

func TestSigns(t *testing.T) {
	const token = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	pack := "\x30\x82\x04\x0c" + token + "\xff\xfb\xfe"
	std, raw := base64.StdEncoding.EncodeToString, base64.RawURLEncoding.EncodeToString
	for name, r := range map[string]struct {
		signed string
		want   bool
	}{
		"itself":              {token, true},
		"in base64":           {std([]byte(token)), true},
		"in a structure":      {std([]byte(pack)), true},
		"in base64url":        {raw([]byte(pack)), true},
		"in a JWS":            {raw([]byte(`{"alg":"RS256"}`)) + "." + raw([]byte(`{"t":"`+token+`"}`)) + "." + raw([]byte("sig")), true},
		"in lines":            {std([]byte(pack))[:20] + "\r\n" + std([]byte(pack))[20:], true},
		"F84 another":         {"ZZZZZZZZZZZZZZZZZZZZZZZZZZ", false},
		"F84 half of it":      {std([]byte(token[:13])), false},
		"F84 in lower case":   {strings.ToLower(token), false},
		"F84 with text after": {token + "x", false},
		"F84 nothing":         {"", false},
		"F84 not base64":      {"!!!" + token, false},
	} {
		assert.Equal(t, r.want, signs(r.signed, token), name)
	}
}

func TestWhatIsNotUnderstoodIsMissing(t *testing.T) {
	for in, want := range map[string]string{"M": "M", "f": "F", " Male ": "M", "여": "F", "남성": "M", "1": "", "0": "", "": "", "X": ""} {
		assert.Equal(t, want, gender(in), in)
	}
	for in, want := range map[[2]string]string{
		{"1990", "0101"}: "19900101", {"90", "0101"}: "", {"1990", "1301"}: "", {"1990", ""}: "", {"", "19900101"}: "", {"", ""}: "", {"1990", "0230"}: "",
	} {
		assert.Equal(t, want, birthday(in[0], in[1]), in)
	}
	assert.Equal(t, "01012345678", digits("010-1234-5678"))
}

func TestSpentIsBounded(t *testing.T) {
	var s spent
	assert.True(t, s.take("a"))
	assert.False(t, s.take("a"))
	s.give("a")
	assert.True(t, s.take("a"))
	for i := range 2 * maxSpent {
		s.take(string(rune('0'+i%10)) + strings.Repeat("x", i%7) + stamp(time.Unix(int64(i), 0)))
	}
	assert.LessOrEqual(t, len(s.known), maxSpent)
	assert.LessOrEqual(t, len(s.order), maxSpent)
	assert.True(t, s.take("a"), "what is long over is forgotten")
}

package fallback

import (
	"crypto/sha256"
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"
)

// A record belongs to one ticket twice over: by the key that is derived from its id, and by the digest of the claim.
func TestTicketRecordBelongsToItsTicket(t *testing.T) {
	s := &sealer{flow: "login", keys: [][]byte{make([]byte, 32), make([]byte, 31)}}
	r := &record{claim: []byte("claim"), challenge: []byte("challenge")}
	tick := &ticket{id: [16]byte{1}, claim: sha256.Sum256(r.claim)}
	sealed, err := s.sealRecord(0, tick.id, r)
	require.NoError(t, err)
	got, err := s.openRecord(0, tick, sealed)
	require.NoError(t, err)
	require.Equal(t, r, got)

	for name, bad := range map[string]func() (*record, error){
		"another id": func() (*record, error) { return s.openRecord(0, &ticket{id: [16]byte{2}, claim: tick.claim}, sealed) },
		"another claim": func() (*record, error) {
			return s.openRecord(0, &ticket{id: tick.id, claim: sha256.Sum256(nil)}, sealed)
		},
		"another key":  func() (*record, error) { return s.openRecord(1, tick, sealed) },
		"another flow": func() (*record, error) { return (&sealer{flow: "cert", keys: s.keys}).openRecord(0, tick, sealed) },
		"short":        func() (*record, error) { return s.openRecord(0, tick, sealed[:20]) },
		"empty":        func() (*record, error) { return s.openRecord(0, tick, nil) },
	} {
		got, err := bad()
		require.ErrorIs(t, err, ErrTicketForged, name)
		require.Nil(t, got, name)
	}
}

// Sealed by us, yet not what this version writes: refused, never read past its end.
func TestTicketReadsItsOwnShapeOnly(t *testing.T) {
	for _, n := range []int{0, 1, ticketFixed - 1, ticketFixed, ticketFixed + maxName + 1} {
		_, err := readTicket(make([]byte, n))
		require.ErrorIs(t, err, ErrTicketForged)
	}
	s := &sealer{flow: "login", keys: [][]byte{make([]byte, 32)}}
	for _, plain := range []string{"", "abc", "\x00\x00\x00\x05abcd", "\xff\xff\xff\xffabcd"} {
		aead, err := s.aead(0, make([]byte, 16), "record")
		require.NoError(t, err)
		_, err = s.openRecord(0, &ticket{}, aead.Seal(nil, nil, []byte(plain), s.bound(ticketVersion)))
		require.ErrorIs(t, err, ErrTicketForged)
	}
	raw := append([]byte{ticketVersion}, make([]byte, saltSize)...)
	aead, err := s.aead(0, raw[1:], "ticket")
	require.NoError(t, err)
	_, _, err = s.open(base64.RawURLEncoding.EncodeToString(aead.Seal(raw, nil, []byte("short"), s.bound(ticketVersion))))
	require.ErrorIs(t, err, ErrTicketForged)
}

// The key of a ticket is derived with a salt of its own, so no two share a key.
func TestTicketHasASaltOfItsOwn(t *testing.T) {
	s := &sealer{flow: "login", keys: [][]byte{make([]byte, 32)}}
	seen := map[string]bool{string(make([]byte, saltSize)): true}
	for range 100 {
		text, err := s.seal(&ticket{source: "kakao"})
		require.NoError(t, err)
		raw, err := base64.RawURLEncoding.DecodeString(text)
		require.NoError(t, err)
		salt := string(raw[1 : 1+saltSize])
		require.False(t, seen[salt])
		seen[salt] = true
	}
}

// What writes itself in both directions may hide what it likes; what does so in
// one only would come back empty.
func TestLossyTypes(t *testing.T) {
	for name, row := range map[string]struct {
		found []error
		want  string // empty: nothing is lost
	}{
		"gob, both ways":        {lossy[gobBoth]("claim"), ""},
		"binary, both ways":     {lossy[binaryBoth]("claim"), ""},
		"gob, one way":          {lossy[gobOnly]("claim"), "claim.hidden (int) is kept between the steps: an unexported field is lost"},
		"binary, one way":       {lossy[binaryOnly]("claim"), "claim.hidden (int) is kept between the steps: an unexported field is lost"},
		"gob out, binary in":    {lossy[mixed]("claim"), "claim.hidden (int) is kept between the steps: an unexported field is lost"},
		"the key of a map":      {lossy[map[any]int]("claim"), "claim[key] (interface {}) is kept between the steps: an interface cannot be; use a concrete type"},
		"padding":               {lossy[struct{ _ int }]("claim"), ""},
		"a mark without a size": {lossy[struct{ mark struct{} }]("claim"), ""},
	} {
		if row.want == "" {
			require.Empty(t, row.found, name)
			continue
		}
		require.Len(t, row.found, 1, name)
		require.EqualError(t, row.found[0], row.want, name)
	}
}

type (
	gobOnly    struct{ hidden int }
	gobBoth    struct{ gobOnly }
	binaryOnly struct{ hidden int }
	binaryBoth struct{ binaryOnly }
	mixed      struct{ hidden int }
)

func (g gobOnly) GobEncode() ([]byte, error)        { return []byte{byte(g.hidden)}, nil }
func (*gobBoth) GobDecode([]byte) error             { return nil }
func (b binaryOnly) MarshalBinary() ([]byte, error) { return []byte{byte(b.hidden)}, nil }
func (*binaryBoth) UnmarshalBinary([]byte) error    { return nil }
func (m mixed) GobEncode() ([]byte, error)          { return []byte{byte(m.hidden)}, nil }
func (*mixed) UnmarshalBinary([]byte) error         { return nil }

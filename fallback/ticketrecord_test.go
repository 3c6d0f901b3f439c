package fallback

import (
	"crypto/sha256"
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
}

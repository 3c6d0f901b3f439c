package fallback

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
)

const (
	ticketVersion = 1
	ticketMax     = 1024 // characters of a ticket; a longer one is not looked at
	saltSize      = 16
	ticketFixed   = 16 + 32 + 32 + 1 + 1 + 4 + 8 // everything before the name of the source
)

// ticket is what step two must know of step one. It goes to the browser sealed,
// so the browser can neither read nor change it; what it may not even carry
// sealed (claim and challenge) lies in Tickets under a name derived from id.
type ticket struct {
	id      [16]byte  // random; Tickets keeps the record under a digest of it
	claim   [32]byte  // SHA-256 of the claim as it was kept
	session [32]byte  // digest of the session
	level   Assurance // of the source when the flow began
	min     Assurance // asked for when the flow began
	traits  Trait     // asked for when the flow began
	ends    time.Time // wall clock, milliseconds: the ticket may end on another machine
	source  string
}

// sealer seals and opens what a flow hands out. The first key seals, all open,
// so that keys can be changed while citizens are half-way.
//
// Every ticket and every record has a key of its own, derived by HKDF (RFC
// 5869) from the flow's key with a random salt, for one purpose and one flow:
// there is no number of tickets after which a nonce of AES-GCM could come
// twice.
type sealer struct {
	flow string
	keys [][]byte
}

func (s *sealer) derive(key int, salt []byte, purpose string) ([32]byte, error) {
	k, err := hkdf.Key(sha256.New, s.keys[key], salt, "detour flow v1 "+purpose+"\x00"+s.flow, 32)
	if err != nil {
		return [32]byte{}, err
	}
	return [32]byte(k), nil
}

func (s *sealer) aead(key int, salt []byte, purpose string) (cipher.AEAD, error) {
	k, err := s.derive(key, salt, purpose)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(k[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (s *sealer) bound(version byte) []byte { return append([]byte{version}, s.flow...) }

// seal returns the text of t for a browser: base64url(version, salt, sealed
// header).
func (s *sealer) seal(t *ticket) (string, error) {
	head := make([]byte, 0, ticketFixed+maxName)
	head = append(head, t.id[:]...)
	head = append(head, t.claim[:]...)
	head = append(head, t.session[:]...)
	head = append(head, byte(t.level), byte(t.min))
	head = binary.BigEndian.AppendUint32(head, uint32(t.traits))
	head = binary.BigEndian.AppendUint64(head, uint64(t.ends.UnixMilli()))
	head = append(head, t.source...)

	out := make([]byte, 1+saltSize, 1+saltSize+len(head)+64)
	out[0] = ticketVersion
	_, _ = rand.Read(out[1:]) // never fails
	aead, err := s.aead(0, out[1:], "ticket")
	if err != nil {
		return "", err
	}
	out = aead.Seal(out, nil, head, s.bound(ticketVersion))
	return base64.RawURLEncoding.EncodeToString(out), nil
}

// open returns the ticket behind text and the number of the key that opened it.
// Whatever is wrong with the text is the same error.
func (s *sealer) open(text string) (*ticket, int, error) {
	if len(text) > ticketMax || strings.ContainsAny(text, "\r\n") { // base64 skips line ends, even when it is strict
		return nil, 0, ErrTicketForged
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < 1+saltSize || raw[0] != ticketVersion {
		return nil, 0, ErrTicketForged
	}
	for key := range s.keys {
		aead, err := s.aead(key, raw[1:1+saltSize], "ticket")
		if err != nil {
			return nil, 0, err
		}
		head, err := aead.Open(nil, nil, raw[1+saltSize:], s.bound(ticketVersion))
		if err != nil {
			continue
		}
		t, err := readTicket(head)
		return t, key, err
	}
	return nil, 0, ErrTicketForged
}

func readTicket(head []byte) (*ticket, error) {
	if len(head) <= ticketFixed || len(head) > ticketFixed+maxName {
		return nil, ErrTicketForged
	}
	t := &ticket{}
	head = head[copy(t.id[:], head):]
	head = head[copy(t.claim[:], head):]
	head = head[copy(t.session[:], head):]
	t.level, t.min = Assurance(head[0]), Assurance(head[1])
	t.traits = Trait(binary.BigEndian.Uint32(head[2:]))
	t.ends = time.UnixMilli(int64(binary.BigEndian.Uint64(head[6:])))
	t.source = string(head[14:])
	return t, nil
}

// handle is the name under which Tickets keeps the record of a ticket. Who
// reads the names in Tickets cannot make a ticket of them.
func (s *sealer) handle(key int, id [16]byte) (string, error) {
	h, err := s.derive(key, id[:], "handle")
	return "flow:" + s.flow + ":" + base64.RawURLEncoding.EncodeToString(h[:]), err
}

// session digests the id of a session for one ticket. No session has a digest
// of its own.
func (s *sealer) session(key int, id [16]byte, session string) ([32]byte, error) {
	k, err := s.derive(key, id[:], "session")
	if err != nil {
		return k, err
	}
	return sha256.Sum256(append(k[:], session...)), nil
}

// sealRecord seals claim and challenge for Tickets: it may be a shared Redis.
func (s *sealer) sealRecord(key int, id [16]byte, r *record) ([]byte, error) {
	aead, err := s.aead(key, id[:], "record")
	if err != nil {
		return nil, err
	}
	plain := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(r.claim)+len(r.challenge)), uint32(len(r.claim)))
	plain = append(append(plain, r.claim...), r.challenge...)
	return aead.Seal(nil, nil, plain, s.bound(ticketVersion)), nil
}

// openRecord returns what sealRecord sealed for this very ticket.
func (s *sealer) openRecord(key int, t *ticket, sealed []byte) (*record, error) {
	aead, err := s.aead(key, t.id[:], "record")
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, sealed, s.bound(ticketVersion))
	if err != nil || len(plain) < 4 {
		return nil, ErrTicketForged
	}
	n := uint64(binary.BigEndian.Uint32(plain))
	plain = plain[4:]
	if n > uint64(len(plain)) {
		return nil, ErrTicketForged
	}
	r := &record{claim: plain[:n], challenge: plain[n:]}
	if digest := sha256.Sum256(r.claim); subtle.ConstantTimeCompare(digest[:], t.claim[:]) != 1 {
		return nil, ErrTicketForged
	}
	return r, nil
}

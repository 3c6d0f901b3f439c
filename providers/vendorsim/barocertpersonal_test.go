package vendorsim

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// PASS encrypts who it was for the site's key pair; KAKAO does not.
func TestBarocertPersonalDataForTheSite(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	cfg := BarocertConfig{PersonalKey: &key.PublicKey}
	s := startCert(t, "PASS", cfg)
	open := func() map[string]string {
		id := s.receipt(t)
		s.awaits(t, id, 1)
		r := s.verify(t, id, false)
		require.Equal(t, 200, r.status, r.body)
		require.NotContains(t, r.body, "홍길동")
		got := map[string]string{}
		for name, v := range r.json(t) {
			text, _ := v.(string)
			raw, err := base64.StdEncoding.DecodeString(text)
			if err != nil || len(raw) != key.Size() {
				continue
			}
			plain, err := rsa.DecryptPKCS1v15(nil, key, raw)
			require.NoError(t, err, name)
			got[name] = string(plain)
		}
		return got
	}
	require.Equal(t, map[string]string{"ci": ciOfDemo(), "receiverName": "홍길동", "receiverYear": "1990", "receiverDay": "0131",
		"receiverGender": "F", "receiverForeign": "N", "receiverTelcoType": "SKT"}, open())
	s.b.ProofOf(citizen, Person{Name: "김영희", Phone: citizen, Birthday: "19850101", Gender: "M"})
	require.NotContains(t, open(), "ci", "what a person lacks stays out")
	s.b.ProofOf(citizen, Person{Name: strings.Repeat("가", 82), Phone: citizen, Birthday: "19850101", Gender: "M"}) // 246 bytes
	id := s.receipt(t)
	s.awaits(t, id, 1)
	problem(t, s.verify(t, id, false), codeSystem, "longer than the key can hold")

	k := startCert(t, "KAKAO", cfg)
	id = k.receipt(t)
	k.awaits(t, id, 1)
	require.Contains(t, k.verify(t, id, false).body, "홍길동")

	_, err = StartBarocert(BarocertConfig{PersonalKey: &rsa.PublicKey{N: big.NewInt(5), E: 3}})
	require.ErrorContains(t, err, "2048")
	_, err = StartBarocert(BarocertConfig{PersonalKey: &rsa.PublicKey{}})
	require.ErrorContains(t, err, "2048")
}

package fallback

import (
	"bytes"
	"testing"
	"time"
)

// FuzzUnseal: no bytes make it panic, and what it accepts is exactly what seal
// writes (F48, T21).
func FuzzUnseal(f *testing.F) {
	e := envelope{flags: FlagSecurity, assurance: Low, source: []byte("juso"), obtained: time.Unix(0, 1), soft: 1, hard: 2, body: []byte("x")}
	f.Add(e.seal())
	f.Add((&envelope{obtained: time.Unix(0, 0)}).seal())
	// Sound sums around labels that make no sense.
	f.Add((&envelope{obtained: time.Unix(0, 0), soft: 3, hard: 2}).seal())
	f.Add((&envelope{obtained: time.Unix(0, 0), soft: -1, hard: 2}).seal())
	f.Add((&envelope{obtained: time.Unix(0, 0), assurance: 9}).seal())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		got, ok := unseal(data)
		if !ok {
			return
		}
		if got.soft < 0 || got.hard < got.soft || got.assurance > High {
			t.Errorf("accepted %+v", got)
		}
		if !bytes.Equal(got.seal(), data) {
			t.Errorf("%x is not what seal writes of it: %x", data, got.seal())
		}
	})
}

func TestUnsealRefusesLabelsThatMakeNoSense(t *testing.T) {
	for name, e := range map[string]envelope{
		"soft above hard": {soft: 3, hard: 2},
		"negative":        {soft: -1, hard: 2},
		"no such level":   {assurance: 9},
	} {
		e.obtained = time.Unix(0, 0)
		if _, ok := unseal(e.seal()); ok {
			t.Error(name)
		}
	}
	good := envelope{obtained: time.Unix(0, 5), source: []byte("a"), body: []byte("b"), soft: 1, hard: 1}
	if got, ok := unseal(good.seal()); !ok || string(got.source) != "a" || string(got.body) != "b" || !got.obtained.Equal(good.obtained) {
		t.Error(got, ok)
	}
}

package solapimessage

import (
	"regexp"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
)

// The vector was computed apart from this code.
func TestAuthorizationVector(t *testing.T) {
	assert.Equal(t,
		"HMAC-SHA256 apiKey=KEY, date=2026-01-02T03:04:05.000Z, salt=0123456789abcdef0123456789abcdef, signature=9f3a6ae5150a7557cf2a4f3a0ce51def9d611b6ce5ef6791c0d86488bf1de030",
		authorization(providers.NewSecret("KEY"), providers.NewSecret("SECRETSECRETSECRETSECRETSECRET12"), "2026-01-02T03:04:05.000Z", "0123456789abcdef0123456789abcdef"))
}

func TestHeaderIsNewEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the clock stands at 2000-01-01
		s, err := New(Config{APIKey: providers.NewSecret("KEY"), APISecret: providers.NewSecret("SECRET"), From: "0212345678"})
		require.NoError(t, err)
		shape := regexp.MustCompile(`^HMAC-SHA256 apiKey=KEY, date=2000-01-01T00:00:00\.000Z, salt=([0-9a-f]{32}), signature=([0-9a-f]{64})$`)
		salts := map[string]bool{}
		for range 100 {
			m := shape.FindStringSubmatch(s.header().Get("Authorization"))
			require.NotNil(t, m)
			salts[m[1]], salts[m[2]] = true, true
		}
		assert.Len(t, salts, 200)
	})
}

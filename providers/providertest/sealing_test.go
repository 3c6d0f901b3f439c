package providertest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/providertest"
)

func TestSealing(t *testing.T) {
	type inner struct{ Key providers.Secret }
	type kept struct {
		Name string
		At   time.Time
		In   inner
	}
	require.NoError(t, providertest.Sealing(kept{"a", time.Unix(1, 0).UTC(), inner{providers.NewSecret("k")}}))

	type half struct {
		Name string
		key  string
	}
	err := providertest.Sealing(half{"a", "gone"})
	require.EqualError(t, err, "providertest_test.half.key is not what it was")
	assert.NotContains(t, err.Error(), "gone")
	require.NoError(t, providertest.Sealing(half{Name: "a"}))

	require.ErrorContains(t, providertest.Sealing(struct{ F func() }{}), "struct { F func() }: gob: ")
	require.EqualError(t, providertest.Sealing(struct{ Key forgetful }{forgetful{"k"}}), "struct { Key providertest_test.forgetful }.Key.Text is not what it was")
}

// forgetful writes itself, but not all of it.
type forgetful struct{ Text string }

func (forgetful) GobEncode() ([]byte, error) { return []byte{1}, nil }
func (*forgetful) GobDecode([]byte) error    { return nil }

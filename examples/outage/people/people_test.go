package people_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/detour-go/detour/examples/outage/people"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/phone"
)

func TestNoTwoCitizensShareWhatNamesThem(t *testing.T) {
	numbers, cis, prefixes := make(map[string]bool), make(map[string]bool), make(map[string]bool)
	for i := range people.Most {
		n := people.Number(i)
		normal, err := phone.Normalize(n)
		assert.NoError(t, err)
		assert.Equal(t, n, normal)
		assert.True(t, cert.IsDate(people.Birthday(i)), people.Birthday(i))
		numbers[n], cis[people.CI(i)], prefixes[n[:7]] = true, true, true
	}
	assert.Len(t, numbers, people.Most)
	assert.Len(t, cis, people.Most)
	assert.Len(t, prefixes, people.Most)
}

package barocert

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
)

func TestARequestEndsWithTheDayWhereTheVendorForgetsIt(t *testing.T) {
	at := func(hour, minute, second int) time.Time {
		return time.Date(2026, 1, 31, hour, minute, second, 0, korea())
	}
	cfg := Config{ExpireIn: 5 * time.Minute}
	wait, ends := cfg.lasts(at(23, 58, 0))
	assert.Equal(t, 5*time.Minute, wait)
	assert.True(t, ends.Equal(at(23, 63, 0)), "the next day")

	cfg.SameDay = true
	for name, r := range map[string]struct {
		now, ends time.Time
		wait      time.Duration
	}{
		"noon":                 {at(12, 0, 0), at(12, 5, 0), 5 * time.Minute},
		"just enough":          {at(23, 54, 59), at(23, 59, 59), 5 * time.Minute},
		"two minutes are left": {at(23, 57, 59).UTC(), at(23, 59, 59), 2 * time.Minute},
		"one second is left":   {at(23, 59, 58), at(23, 59, 59), minExpireIn},
		"a new day":            {at(24, 0, 0), at(24, 5, 0), 5 * time.Minute},
	} {
		wait, ends := cfg.lasts(r.now)
		assert.Equal(t, r.wait, wait, name)
		assert.True(t, ends.Equal(r.ends), "%s: %v", name, ends)
	}
}

func TestANoAfterTheEndIsTheEnd(t *testing.T) {
	api, err := rest.New(rest.Config{Provider: "x", Base: "https://barocert.example"})
	assert.NoError(t, err)
	c := &Client{api: api}
	no, fault := api.Fail("status", providers.Denied, "-99", errSaidNo), api.Fail("status", providers.Unavailable, "-98", errSaidNo)
	late, early := cert.Ticket{Expires: time.Now().Add(-time.Minute)}, cert.Ticket{Expires: time.Now().Add(time.Minute)}
	is := c.over(late, no)
	assert.ErrorIs(t, is, cert.ErrExpired)
	assert.ErrorIs(t, is, providers.Denied)
	assert.ErrorContains(t, is, "-99")
	for _, same := range []error{c.over(early, no), c.over(cert.Ticket{}, no)} {
		assert.NotErrorIs(t, same, cert.ErrExpired)
	}
	assert.NotErrorIs(t, c.over(late, fault), cert.ErrExpired, "an outage ends nothing")
}

package web_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/detour-go/detour/examples/outage/web"
)

func TestClosersEndTheLastFirstAndOnce(t *testing.T) {
	var c web.Closers
	assert.NoError(t, c.Close(), "nothing to end")
	var order []int
	bad := errors.New("bad")
	c.AddQuiet(func() { order = append(order, 1) })
	assert.Equal(t, time.Second, c.Client(time.Second).Timeout)
	c.Add(func() error { order = append(order, 2); return bad })
	c.Add(func() error { order = append(order, 3); return nil })
	assert.ErrorIs(t, c.Close(), bad)
	assert.Equal(t, []int{3, 2, 1}, order, "one that fails stops no other")
	assert.NoError(t, c.Close())
	assert.Len(t, order, 3)
	assert.NotSame(t, c.Transport(), c.Transport())
}

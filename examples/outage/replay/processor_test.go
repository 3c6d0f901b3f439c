//go:build unix

package replay

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestProcessorTimeGrowsWithWork(t *testing.T) {
	before := processorTime()
	assert.Positive(t, before)
	n := 0
	for began := time.Now(); processorTime() < before+10*time.Millisecond && time.Since(began) < time.Minute; {
		n++
	}
	assert.GreaterOrEqual(t, processorTime(), before+10*time.Millisecond)

	all := time.Duration(runtime.GOMAXPROCS(0)) * time.Second
	assert.InDelta(t, 0.5, share(all, 2*time.Second), 1e-9)
	assert.Zero(t, share(time.Second, 0))
}

package replay

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/detour-go/detour/examples/outage/notice"
)

func TestElapsed(t *testing.T) {
	assert.Equal(t, notice.Text{KO: "4분 시점", EN: "minute 4"}, elapsed(3*time.Minute+40*time.Second))
	assert.Equal(t, notice.Text{KO: "1시간 5분 시점", EN: "hour 1:05"}, elapsed(65*time.Minute))
	assert.Equal(t, notice.Text{KO: "0분 시점", EN: "minute 0"}, elapsed(0))
}

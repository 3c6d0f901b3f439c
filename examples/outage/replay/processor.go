package replay

import (
	"runtime"
	"time"
)

// share is how much of the machine was used: 1 is all that this program may use, all the time.
func share(used, passed time.Duration) float64 {
	if passed <= 0 {
		return 0
	}
	return float64(used) / float64(passed) / float64(runtime.GOMAXPROCS(0))
}

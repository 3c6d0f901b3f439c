package replays

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// byHand is an availability that was worked out beforehand: the number, or the
// two between which it lies, and how it was come by.
type byHand struct {
	least, most       float64
	howLeast, howMost string
}

// exactly is one number, with six digits, and its arithmetic.
func exactly(number float64, how string) byHand { return byHand{number, number, how, how} }

// between is two numbers, where chance has a part.
func between(least float64, howLeast string, most float64, howMost string) byHand {
	return byHand{least, most, howLeast, howMost}
}

func (h byHand) String() string {
	if h.least == h.most {
		return fmt.Sprintf("%.4f", h.least)
	}
	return fmt.Sprintf("%.4f to %.4f", h.least, h.most)
}

// holds compares a measured share of time with h: no further off than row.slack.
func (h byHand) holds(t *testing.T, what string, measured float64, r row) {
	t.Helper()
	length := (r.to - r.from).Seconds()
	slack := r.slack.Seconds()/length + 1e-6
	assert.GreaterOrEqual(t, measured, h.least-slack, "%s: %s, %.1f s too little", what, h.howLeast, (h.least-measured)*length)
	assert.LessOrEqual(t, measured, h.most+slack, "%s: %s, %.1f s too much", what, h.howMost, (measured-h.most)*length)
}

// row is one replay: what is played, and what must come of it.
type row struct {
	timeline, capability string
	version              int // of the moments that sources leave open, see timeline.of
	label                string
	providers            []string // the primary first; one without phases is always well
	site                 func(*stage) site
	change               func(*vendor) // nil: the vendors are as the timeline says
	from, to             time.Duration // from zero
	every                time.Duration // from call to call, but near the edges
	surge                surge

	direct byHand
	detour byHand
	first  byHand // at the first try; zero: a chain, which has one
	// slack is how far from byHand the measured share of time may be: a call under
	// way at each edge stands for 0.2 s, and of a share that fails, where calls
	// stand for every, up to three may be on the other side.
	slack         time.Duration
	noticed, back time.Duration // at most: of an outage until the breaker is open, of its end until it is closed
	offered       time.Duration // at most: for how long of an outage the dead vendor is still offered; zero: as long as noticed
	openings      int           // at most, in all
	asked         int           // calls of users, at most, to a vendor that answers nobody
}

func (r row) name() string {
	if r.label == "" {
		return r.timeline + "/" + r.capability
	}
	return r.timeline + "/" + r.capability + "/" + r.label
}

// TestByHandIsWhatItsArithmeticSays: the numbers were written down by hand, and
// so may be wrong.
func TestByHandIsWhatItsArithmeticSays(t *testing.T) {
	for _, r := range rows() {
		for _, h := range []byHand{r.direct, r.detour, r.first} {
			if h == (byHand{}) {
				continue
			}
			for how, number := range map[string]float64{h.howLeast: h.least, h.howMost: h.most} {
				v, err := types.Eval(token.NewFileSet(), nil, token.NoPos, how)
				require.NoError(t, err, "%s: %s", r.name(), how)
				value, _ := constant.Float64Val(v.Value)
				assert.InDelta(t, value, number, 1e-6, "%s: %s", r.name(), how)
			}
		}
	}
}

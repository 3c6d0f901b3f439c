package fallback_test

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/detour-go/detour/fallback"
)

// masked logs itself as a mask, and encodes as it is: a site has to send it to its citizen.
type masked struct{ Home string }

func (masked) LogValue() slog.Value { return slog.StringValue("masked") }

func TestAResultLogsItsValueAsTheValueDoes(t *testing.T) {
	r := fallback.Result[masked]{
		Value: masked{"CANARY"}, Source: "b", Rank: 1, Freshness: fallback.Live, Assurance: fallback.Low,
		Failed: []fallback.Failure{{Source: "a", Class: fallback.Unavailable, Err: errors.New("CANARY of a stranger")}},
	}
	var b bytes.Buffer
	for _, h := range []slog.Handler{slog.NewJSONHandler(&b, nil), slog.NewTextHandler(&b, nil)} {
		b.Reset()
		slog.New(h).Info("answered", "result", r)
		assert.NotContains(t, b.String(), "CANARY")
		for _, want := range []string{"masked", "live", "low", "unavailable"} {
			assert.Contains(t, b.String(), want)
		}
	}
}

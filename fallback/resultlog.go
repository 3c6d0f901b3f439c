package fallback

import "log/slog"

// LogValue logs the label, and the value as the value logs itself: a handler that
// encodes the whole would not ask it, and show a person who masks himself.
func (r Result[A]) LogValue() slog.Value {
	failed := make([]string, len(r.Failed))
	for i, f := range r.Failed {
		failed[i] = f.String()
	}
	return slog.GroupValue(
		slog.Any("value", r.Value), slog.String("source", r.Source), slog.Int("rank", r.Rank), slog.String("freshness", r.Freshness.String()),
		slog.Duration("age", r.Age), slog.String("assurance", r.Assurance.String()), slog.String("flags", r.Flags.String()),
		slog.Int("attempts", r.Attempts), slog.Any("failed", failed),
	)
}

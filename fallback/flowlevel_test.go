package fallback_test

import (
	"context"
	"testing"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// Proofs that say what they are worth, each in its way.
type (
	inNumber struct{ says fallback.Assurance }
	inWord   struct{ says string }
	inTraits struct{ says fallback.Trait }
	angry    struct{}
)

func (p inNumber) Level() fallback.Assurance { return p.says }
func (p inWord) Level() string               { return p.says }
func (p inTraits) Traits() fallback.Trait    { return p.says }
func (angry) Level() fallback.Assurance      { panic(idCanary) }

// worth finishes a flow with one leg of level Substantial whose proof is p.
func worth[A any](t *testing.T, p A, floor fallback.Assurance, need fallback.Trait) (fallback.Assurance, error) {
	t.Helper()
	l := fallback.NewLeg("leg", func(context.Context, string) (string, error) { return "", nil }, func(context.Context, string) (A, error) { return p, nil }, nil)
	l.Assurance, l.Traits = fallback.Substantial, fallback.Signature|fallback.PersonVerified
	f, err := fallback.NewFlow(fallback.FlowConfig[string, string, string, A]{
		Name: "worth", Legs: []fallback.Leg[string, string, string, A]{l}, Match: func(string, A) error { return nil },
		Min: floor, Require: need, Keys: [][]byte{idKey(1)}, Tickets: memoryCounter(t, 0, 0),
	})
	require.NoError(t, err)
	b, err := f.Begin(bgCtx, "leg", "")
	require.NoError(t, err)
	r, err := f.Finish(bgCtx, b.Ticket, "")
	return r.Assurance, err
}

// T5: a proof can lower what its leg promised, never raise it, and below the minimum it is refused.
func TestFinishT5ReadsTheLevelOfTheProof(t *testing.T) {
	const low, substantial, none = fallback.Low, fallback.Substantial, fallback.None
	for name, c := range map[string]struct {
		finish func(t *testing.T) (fallback.Assurance, error)
		want   fallback.Assurance // Unset: refused
	}{
		"says nothing":                {func(t *testing.T) (fallback.Assurance, error) { return worth(t, idProof{}, low, 0) }, substantial},
		"number, lower":               {func(t *testing.T) (fallback.Assurance, error) { return worth(t, inNumber{low}, low, 0) }, low},
		"number, higher":              {func(t *testing.T) (fallback.Assurance, error) { return worth(t, inNumber{fallback.High}, low, 0) }, substantial},
		"number, out of range":        {func(t *testing.T) (fallback.Assurance, error) { return worth(t, inNumber{200}, low, 0) }, substantial},
		"number, too low":             {func(t *testing.T) (fallback.Assurance, error) { return worth(t, inNumber{low}, substantial, 0) }, 0},
		"number, unset":               {func(t *testing.T) (fallback.Assurance, error) { return worth(t, inNumber{}, low, 0) }, 0},
		"number, unset, none will do": {func(t *testing.T) (fallback.Assurance, error) { return worth(t, inNumber{}, none, 0) }, none},
		"word, lower":                 {func(t *testing.T) (fallback.Assurance, error) { return worth(t, inWord{"low"}, low, 0) }, low},
		"word, higher":                {func(t *testing.T) (fallback.Assurance, error) { return worth(t, inWord{"high"}, low, 0) }, substantial},
		"word, unknown":               {func(t *testing.T) (fallback.Assurance, error) { return worth(t, inWord{"Super"}, low, 0) }, 0},
		"word, none":                  {func(t *testing.T) (fallback.Assurance, error) { return worth(t, inWord{}, low, 0) }, 0},
		"behind an interface, lower":  {func(t *testing.T) (fallback.Assurance, error) { return worth[any](t, inNumber{low}, low, 0) }, low},
		"behind an interface, said":   {func(t *testing.T) (fallback.Assurance, error) { return worth[any](t, inWord{"low"}, low, 0) }, low},
		"behind an interface, signed": {func(t *testing.T) (fallback.Assurance, error) {
			return worth[any](t, idProof{}, low, fallback.Signature)
		}, substantial},
		"behind an interface, number": {func(t *testing.T) (fallback.Assurance, error) { return worth[any](t, inNumber{low}, substantial, 0) }, 0},
		"behind an interface, word":   {func(t *testing.T) (fallback.Assurance, error) { return worth[any](t, inWord{"low"}, substantial, 0) }, 0},
		"behind an interface, silent": {func(t *testing.T) (fallback.Assurance, error) { return worth[any](t, idProof{}, substantial, 0) }, substantial},
		"behind an interface, traits": {func(t *testing.T) (fallback.Assurance, error) {
			return worth[any](t, inTraits{fallback.Restricted}, low, fallback.Signature)
		}, 0},
		"traits kept": {func(t *testing.T) (fallback.Assurance, error) {
			return worth(t, inTraits{fallback.Signature}, low, fallback.Signature)
		}, substantial},
		"traits lost":      {func(t *testing.T) (fallback.Assurance, error) { return worth(t, inTraits{0}, low, fallback.Signature) }, 0},
		"traits not asked": {func(t *testing.T) (fallback.Assurance, error) { return worth(t, inTraits{0}, low, 0) }, substantial},
		"panics":           {func(t *testing.T) (fallback.Assurance, error) { return worth(t, angry{}, none, 0) }, 0},
		"nil pointer": {func(t *testing.T) (fallback.Assurance, error) {
			a, err := worth[*inNumber](t, nil, none, 0)
			flowFails(t, err, fallback.ErrUnavailable)
			return a, nil // it is no weak one
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.finish(t)
			require.Equal(t, c.want, got)
			if c.want != fallback.Unset || name == "nil pointer" {
				require.NoError(t, err)
				return
			}
			flowFails(t, err, fallback.ErrDenied, fallback.ErrWeak, fallback.ErrRestart)
		})
	}
}

// What step one asked for holds in step two, which may ask for more.
func TestFinishKeepsAndRaisesTheMinimum(t *testing.T) {
	high := func(ctx context.Context) context.Context { return fallback.WithMin(ctx, fallback.High) }
	same := func(ctx context.Context) context.Context { return ctx }
	signed := func(ctx context.Context) context.Context { return fallback.WithTraits(ctx, fallback.Signature) }
	verified := func(ctx context.Context) context.Context { return fallback.WithTraits(ctx, fallback.PersonVerified) }
	for name, c := range map[string]struct {
		source        string
		begin, finish func(context.Context) context.Context
		between       func(l *idLeg) // a deploy between the steps
		ok            bool
	}{
		"raised before, reached":           {"pass", high, same, nil, true},
		"raised after, reached":            {"pass", same, high, nil, true},
		"raised after, not reached":        {"kakao", same, high, nil, false},
		"trait after, reached":             {"pass", same, verified, nil, true},
		"trait after, not reached":         {"pass", same, signed, nil, false},
		"leg lowered between":              {"pass", same, same, func(l *idLeg) { l.Assurance = fallback.Low }, true},
		"leg lowered below what began":     {"pass", high, same, func(l *idLeg) { l.Assurance = fallback.Low }, false},
		"trait lost that began":            {"pass", verified, same, func(l *idLeg) { l.Traits = 0 }, false},
		"leg raised between, ticket rules": {"kakao", same, high, func(l *idLeg) { l.Assurance = fallback.High }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newIDSite(t, nil)
			b := s.mustBegin(t, c.begin(bgCtx), c.source)
			if c.between != nil {
				for i := range s.cfg.Legs {
					if s.cfg.Legs[i].Name == c.source {
						c.between(&s.cfg.Legs[i])
					}
				}
				s.remake(t)
			}
			r, err := s.flow.Finish(c.finish(bgCtx), b.Ticket, idReply{Code: "of kim"})
			if c.ok {
				require.NoError(t, err)
				if name == "leg lowered between" {
					require.Equal(t, fallback.Low, r.Assurance)
				}
				return
			}
			e := flowFails(t, err, fallback.ErrDenied, fallback.ErrWeak, fallback.ErrRestart)
			require.Equal(t, fallback.SkipAssurance, e.Failed[0].Skip)
			require.Zero(t, s.asked())
			require.Equal(t, 1, s.tickets.Stats().Keys, "the ticket was not used up")
		})
	}
}

package fallback

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// Config describes a Chain. Name and Sources are required; the zero value of
// everything else is the careful choice.
type Config[Q, A any] struct {
	// Name names the chain in errors, views and memory; at most 64 bytes, no
	// control characters.
	Name string
	// Sources are asked in this order.
	Sources []Source[Q, A]
	// Valid judges the question before anybody is asked; its error gives the
	// verdict ErrInvalid whatever class it tells. Nil: every question is valid.
	Valid func(Q) error
	// Answers judges whether an answer answers the question. It runs inside the
	// guard: an error with no class is a fault of the source, counted by its
	// breaker; an error with a class is what it says. Nil: every answer does;
	// only a nil pointer or interface is refused.
	Answers func(A, Q) error
	// MinAssurance is the least that an answer must be worth. Above None it
	// needs Answers. Zero: no minimum.
	MinAssurance Assurance
	// Require names traits that a source must have. Zero: none.
	Require Trait
	// Next says whether to ask the next source after an error of class NotFound.
	// It is not asked about other answers: a denial never moves on. Nil: no.
	Next func(error) bool
	// Once marks a question with an effect (a message sent, a certificate
	// requested). The next source is asked only after an error that certainly
	// had none (a method NotSent() bool that returns true); after any other
	// fault Source.Find is asked, and what stays unknown is ErrUnknown. Excludes
	// Retry, Hedge and Memory.
	Once bool
	// Again says whether to ask the next source all the same when a source
	// failed with the error and nobody knows whether it was done (EffectUnknown),
	// so that it may be done twice. A result that came so has FlagRepeated; with
	// none the verdict stays ErrUnknown. Only with Once. Nil: never.
	Again func(Q, error) bool
	// Deadline bounds one call; the deadline of its context counts when that is
	// earlier. At most 1h. Zero: none but that of the context and those of the
	// sources, see Longest.
	//
	// The time that a call has, be it from here or from its context, is divided
	// so that the sources in the back get their turn when those in front hang:
	//
	//   - each source keeps in reserve what nine of ten of its recent answers
	//     took. While that is not known (fewer than 8 answers, or none for 10s)
	//     it is its Timeout, or its part of the time when there is not enough for
	//     all Timeouts. The one that is asked has what is left beyond the reserves
	//     of those after it. When there is less than all reserves together, those
	//     whose breaker is open give up theirs, and then all shares shrink alike;
	//   - no share shrinks below what the source usually needs (the median of its
	//     recent answers) as long as a quarter of the time stays for those after
	//     it and, once somebody was asked, what the last of them usually needs.
	//     Else the source is skipped (SkipDeadline, with both times in
	//     Failure.Err). So a time too short for two goes to the first;
	//   - the last one that can be asked has all that is left. It is skipped only
	//     when its quickest recent answer took longer.
	//
	// A call with Memory that several share keeps to the latest deadline among
	// those who wait for it; once they are gone, the last source may finish, so
	// that its answer is remembered.
	//
	// With Once nothing is divided, for a call that is cut short leaves its
	// effect unknown: a source is skipped when less time is left than it usually
	// needs, and has all of it otherwise.
	Deadline time.Duration
	// Hedge asks the next source beside one that is slow. Zero: never.
	Hedge Hedge
	// PanicTrials is how many calls a second may still ask a source when nobody
	// could be asked because every source that is enough is closed off by its
	// breaker; at most 10. Breakers can be wrong, and a call that probably fails
	// is better than one that surely does. Below zero: none. Zero: 1; none with
	// Once, where a certain refusal is better than a fault of which nobody knows
	// whether it was done.
	//
	// Each such call asks one source, once, by breaker.Trial: never one that an
	// operator took out, that refused us, that could not be trusted, that asked to
	// be left alone, or that was given up less than a second ago. It is the least
	// bad one: one that is coming back, else one whose trials are out, else the one
	// that was tried in vain longest ago. It has all the time that is left. The
	// result has FlagPanic, a failure TurnPanic. A call that memory can answer is
	// no such call, nor is one that lacked capacity or time at some source.
	PanicTrials int
	// Warm is the share of the calls that ask an alternate first in good times, so
	// that each is known to work before it is needed; at most 0.1. Only reads: not
	// with Once. Zero: none, at no cost.
	//
	// Good times are when the breaker of the first source is closed and admits
	// everybody. Then one of the others that are worth exactly as much as it, are
	// enough for the call and are no courtesy server (Upstream.Courtesy) is asked
	// before it, once, provided that
	//
	//   - its breaker is closed, or due for its next trial: in good times nobody
	//     else would make it;
	//   - with this call at most a tenth of each bound of its Capacity is in use,
	//     or one call: a quota is for the outage. Whoever used it counts, in all
	//     processes as far as a Counter tells;
	//   - it has not failed so in the last 10s.
	//
	// It has as long as its breaker takes for well, at most a second and a quarter
	// of the time that is left. When it fails or says no, the call goes on from the
	// first source at once, as if nobody had been asked: what it said counts when
	// its turn in the order comes. Only Denied ends the call, as always. The result
	// has FlagWarm and the true Rank; a failure TurnWarm, which does not make a
	// result Degraded.
	Warm float64
	// Group names what has to stay with one source, a map view or a session: calls
	// with the same name are all asked of the alternate first, or none is, for an
	// hour at a time. The source follows from a hash of the names of chain and
	// group, so it is the same in all processes. It is no secret: whoever can
	// choose the group can choose who is asked first for his own calls. The empty
	// name, or nil: each call by itself. With Memory the group is that of the
	// caller whose call the others share.
	Group func(Q) string
	// MaxIdle is how long a source counts as proven after its last good answer to
	// this process; see SourceView.Unproven. Zero: DefaultMaxIdle.
	MaxIdle time.Duration
	// Memory remembers answers and shares one call among equal questions. Nil:
	// neither. A must have a method Cacheable() bool.
	Memory *Memory[Q, A]
	// Observe hears of every call. Nil: nobody does, at no cost.
	Observe Observer
}

const (
	maxRetries = 10
	maxTime    = time.Hour // greatest Timeout, FindTimeout, MaxWait and Deadline, so that sums stay sane
	maxName    = 64
)

// mistakes lists everything that is wrong with the configuration.
func (cfg *Config[Q, A]) mistakes() []error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if err := checkName(cfg.Name); err != nil {
		wrong("name: %w", err)
	}
	if len(cfg.Sources) == 0 {
		wrong("no sources")
	}
	seen := make(map[string]bool)
	reached := len(cfg.Sources) == 0
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		for _, err := range s.mistakes() {
			wrong("source %d %q: %w", i, s.Name, err)
		}
		if seen[s.Name] {
			wrong("source %d %q: the name is taken", i, s.Name)
		}
		seen[s.Name] = true
		if cfg.Once && s.Retry.Max > 0 {
			wrong("source %d %q: retry cannot go with once", i, s.Name)
		}
		if !cfg.Once && s.Find != nil {
			wrong("source %d %q: find needs once: without an effect there is nothing to find", i, s.Name)
		}
		if s.Assurance >= cfg.MinAssurance && s.Traits.Has(cfg.Require) {
			reached = true
		}
	}
	if !reached {
		wrong("no source reaches assurance %v with the traits required", cfg.MinAssurance)
	}
	if cfg.MinAssurance > High {
		wrong("min assurance: no such level")
	}
	if cfg.MinAssurance > None && cfg.Answers == nil {
		wrong("min assurance needs answers: a proof that nobody checks proves nothing")
	}
	if cfg.Deadline < 0 || cfg.Deadline > maxTime {
		wrong("deadline must be between 0 and 1h")
	}
	errs = append(errs, cfg.Hedge.mistakes()...)
	if cfg.Hedge != (Hedge{}) && cfg.Once {
		wrong("hedge cannot go with once: a question with an effect is asked one at a time")
	}
	if cfg.Hedge != (Hedge{}) && len(cfg.Sources) == 1 {
		wrong("hedge needs a second source")
	}
	errs = append(errs, cfg.warmMistakes()...)
	if cfg.PanicTrials > maxPanicTrials {
		wrong("panic trials must be at most 10")
	}
	if !cfg.Once && cfg.Again != nil {
		wrong("again needs once: without an effect the next source is asked anyway")
	}
	if cfg.Memory != nil {
		errs = append(errs, cfg.memoryMistakes()...)
	}
	return errs
}

func (cfg *Config[Q, A]) memoryMistakes() []error {
	var errs []error
	wrong := func(text string) { errs = append(errs, errors.New("memory: "+text)) }
	m := cfg.Memory
	if cfg.Once {
		wrong("cannot go with once")
	}
	if cfg.MinAssurance > None || cfg.Require != 0 {
		wrong("cannot go with min assurance or required traits: a proof is not served twice")
	}
	if !reflect.TypeFor[A]().Implements(reflect.TypeFor[cacheable]()) {
		wrong(fmt.Sprintf("%v has no method Cacheable() bool", reflect.TypeFor[A]()))
	}
	keeps := len(cfg.Sources) == 0
	for i := range cfg.Sources {
		keeps = keeps || cfg.Sources[i].Retention > 0
	}
	if !keeps {
		wrong("no source has a retention, so nothing may be remembered")
	}
	return append(errs, m.mistakes()...)
}

func (s *Source[Q, A]) mistakes() []error {
	var errs []error
	wrong := func(text string) { errs = append(errs, errors.New(text)) }
	if err := checkName(s.Name); err != nil {
		errs = append(errs, fmt.Errorf("name: %w", err))
	}
	if s.Do == nil {
		wrong("do is missing")
	}
	if s.Timeout < 0 || s.Timeout > maxTime {
		wrong("timeout must be between 0 and 1h")
	}
	if s.FindTimeout < 0 || s.FindTimeout > maxTime {
		wrong("find timeout must be between 0 and 1h")
	}
	if s.FindTimeout > 0 && s.Find == nil {
		wrong("find timeout without find")
	}
	if s.Retry.Max < 0 || s.Retry.Max > maxRetries {
		wrong("retry: max must be between 0 and 10")
	}
	if s.Retry.First < 0 || s.Retry.MaxWait < 0 || s.Retry.First > maxTime || s.Retry.MaxWait > maxTime {
		wrong("retry: waits must be between 0 and 1h")
	}
	if s.Retention < 0 {
		wrong("retention is negative")
	}
	if s.Assurance > High {
		wrong("assurance: no such level")
	}
	if up := s.Upstream; up != nil {
		errs = append(errs, up.Budget.mistakes()...)
		errs = append(errs, up.Capacity.mistakes()...)
	}
	return errs
}

// checkName keeps names fit for keys, labels and terminals.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("missing")
	case len(name) > maxName:
		return errors.New("longer than 64 bytes")
	case strings.ContainsFunc(name, unicode.IsControl) || strings.ContainsRune(name, unicode.ReplacementChar):
		return errors.New("holds a control character or is not UTF-8")
	}
	return nil
}

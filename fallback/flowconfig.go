package fallback

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
)

// mistakes lists everything that is wrong with the configuration, never a key.
func (cfg *FlowConfig[Q, C, R, A]) mistakes() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if err := checkName(cfg.Name); err != nil {
		wrong("name: %w", err)
	}
	if cfg.Match == nil {
		wrong("match is missing: nothing else says that the proof belongs to the claim")
	}
	switch {
	case cfg.Min == Unset:
		wrong("min is unset: write None on purpose")
	case cfg.Min > High:
		wrong("min: no such level")
	}
	if cfg.Tickets == nil {
		wrong("tickets is missing: without it a ticket could be used twice")
	}
	if cfg.TTL < 0 || cfg.TTL > maxTicketTTL {
		wrong("ttl must be between 0 and 24h")
	}
	if cfg.MaxIdle < 0 {
		wrong("max idle is negative")
	}
	errs = append(errs, keyMistakes(cfg.Keys)...)
	if len(cfg.Legs) == 0 {
		wrong("no legs")
	}
	seen := map[string]bool{}
	for i := range cfg.Legs {
		l := &cfg.Legs[i]
		for _, err := range l.mistakes() {
			wrong("leg %d %q: %w", i, l.Name, err)
		}
		if seen[l.Name] {
			wrong("leg %d %q: the name is taken", i, l.Name)
		}
		seen[l.Name] = true
		if l.Assurance < cfg.Min || !l.Traits.Has(cfg.Require) {
			wrong("leg %d %q: its assurance (%v) or its traits are below what the flow asks for (%v): it could never be offered",
				i, l.Name, l.Assurance, cfg.Min)
		}
	}
	errs = append(errs, lossy[Q]("claim")...)
	errs = append(errs, lossy[C]("challenge")...)
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("fallback: %s: config: %w", cfg.Name, errors.Join(errs...))
}

func keyMistakes(keys [][]byte) (errs []error) {
	if len(keys) == 0 || len(keys) > maxKeys {
		errs = append(errs, fmt.Errorf("keys: %d of them, need 1 to %d", len(keys), maxKeys))
	}
	for i, k := range keys {
		switch {
		case len(k) != keySize:
			errs = append(errs, fmt.Errorf("key %d: %d bytes, need %d", i, len(k), keySize))
		case bytes.Count(k, k[:1]) == len(k):
			errs = append(errs, fmt.Errorf("key %d: all its bytes are the same", i))
		}
		for j := range i {
			if bytes.Equal(k, keys[j]) {
				errs = append(errs, fmt.Errorf("key %d: the same as key %d", i, j))
			}
		}
	}
	return errs
}

func (l *Leg[Q, C, R, A]) mistakes() (errs []error) {
	wrong := func(text string) { errs = append(errs, errors.New(text)) }
	if err := checkName(l.Name); err != nil {
		errs = append(errs, fmt.Errorf("name: %w", err))
	}
	if l.Begin == nil {
		wrong("begin is missing")
	}
	if l.Finish == nil {
		wrong("finish is missing")
	}
	if l.Timeout < 0 || l.Timeout > maxTime {
		wrong("timeout must be between 0 and 1h")
	}
	if l.Tries < 0 || l.Tries > maxTries {
		wrong("tries must be between 0 and 1000")
	}
	if l.Assurance > High {
		wrong("assurance: no such level")
	}
	if up := l.Upstream; up != nil {
		errs = append(errs, up.Budget.mistakes()...)
		errs = append(errs, up.Capacity.mistakes()...)
	}
	return errs
}

// proofLevel is levelReader, and reads proofs that say Level() Assurance as
// well. A proof that says Unset has said nothing good: None.
func proofLevel[A any]() func(ceiling Assurance, proof A) Assurance {
	type inWord interface{ Level() string }
	type inNumber interface{ Level() Assurance }
	t := reflect.TypeFor[A]()
	number := func(ceiling, said Assurance) Assurance { return min(ceiling, max(None, said)) }
	if t.Kind() == reflect.Interface { // what lies behind it is known when it comes
		word := levelReader[inWord]()
		return func(ceiling Assurance, proof A) Assurance {
			switch l := any(proof).(type) {
			case inWord:
				return word(ceiling, l)
			case inNumber:
				return number(ceiling, l.Level())
			}
			return ceiling
		}
	}
	if t.Implements(reflect.TypeFor[inNumber]()) {
		return func(ceiling Assurance, proof A) Assurance { return number(ceiling, any(proof).(inNumber).Level()) }
	}
	return levelReader[A]()
}

// proofTraits returns how a proof takes traits away from its leg, nil when it
// cannot.
func proofTraits[A any]() func(ceiling Trait, proof A) Trait {
	type traited interface{ Traits() Trait }
	t := reflect.TypeFor[A]()
	if t.Kind() != reflect.Interface && !t.Implements(reflect.TypeFor[traited]()) {
		return nil
	}
	return func(ceiling Trait, proof A) Trait {
		if says, ok := any(proof).(traited); ok {
			return ceiling & says.Traits()
		}
		return ceiling
	}
}

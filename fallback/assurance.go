package fallback

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Assurance is how far an answer can be trusted to speak of the right person.
// It is ordered: a greater value is a stronger proof. The names follow the
// levels of eIDAS (EU 910/2014, article 8); what a method is worth at a site
// is for the site to say.
type Assurance uint8

// The levels. Unset is the zero value and ranks below None: where identity is
// at stake, None has to be written on purpose.
const (
	Unset Assurance = iota
	None
	Low
	Substantial
	High
)

var assuranceWords = [...]string{"unset", "none", "low", "substantial", "high"}

// String returns unset, none, low, substantial or high.
func (a Assurance) String() string {
	if int(a) >= len(assuranceWords) {
		return fmt.Sprintf("assurance(%d)", uint8(a))
	}
	return assuranceWords[a]
}

// MarshalText returns the word.
func (a Assurance) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads the word of a level, and nothing else.
func (a *Assurance) UnmarshalText(text []byte) error {
	i := slices.Index(assuranceWords[:], string(text))
	if i < 0 {
		return fmt.Errorf("%q is no assurance: write one of %s", text, strings.Join(assuranceWords[:], ", "))
	}
	*a = Assurance(i) //nolint:gosec // below 5
	return nil
}

// Trait is a set of properties of a method beside its level. A source has all
// the traits of its set; a call may require some of them.
type Trait uint32

// The traits known to this package. The upper 16 bits are free for a site's
// own.
const (
	Restricted        Trait = 1 << iota // rests on the public telephone network (NIST SP 800-63B calls it restricted)
	Signature                           // yields a signature that can be shown to a third party
	PhishingResistant                   // bound to the origin; a relayed login does not succeed
	PersonVerified                      // the legal person was verified, not only an account
)

var traitWords = [...]string{"restricted", "signature", "phishing-resistant", "person-verified"}

// String lists the traits with commas between; those of a site as bit16 and so
// on. The empty set is "".
func (t Trait) String() string { return strings.Join(t.words(), ",") }

func (t Trait) words() []string {
	words := []string{}
	for i := range 32 {
		switch {
		case t&(1<<i) == 0:
		case i < len(traitWords):
			words = append(words, traitWords[i])
		default:
			words = append(words, fmt.Sprintf("bit%d", i))
		}
	}
	return words
}

// Has reports whether t holds every trait of want.
func (t Trait) Has(want Trait) bool { return t&want == want }

// Retention is how long the terms of a vendor let an answer be kept. The zero
// value lets nothing be kept.
type Retention time.Duration

// Forever is a Retention without a limit. The age set by Memory still bounds
// what is kept.
const Forever Retention = math.MaxInt64

// Recipient is who receives the data of a call, for a privacy notice and for
// rules about transfers abroad.
type Recipient struct {
	Company string // legal name
	Country string // ISO 3166-1 alpha-2, e.g. "KR"; empty: not stated
}

// levelReader returns how an answer of type A lowers the level its source was
// wired with, or nil when A says nothing about its level. A says it by a
// method Level() string returning one of the words of Assurance. A word not
// known here, the empty one too, counts as None: who does not say how strong a
// proof is has given the weakest. A level above the ceiling is cut to it.
func levelReader[A any]() func(ceiling Assurance, answer A) Assurance {
	type leveller interface{ Level() string }
	if !reflect.TypeFor[A]().Implements(reflect.TypeFor[leveller]()) {
		return nil
	}
	return func(ceiling Assurance, answer A) Assurance {
		said := None
		if l, ok := any(answer).(leveller); ok {
			word := l.Level()
			for i, w := range assuranceWords {
				if w == word {
					said = max(None, Assurance(i))
				}
			}
		}
		return min(ceiling, said)
	}
}

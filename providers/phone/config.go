package phone

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/detour-go/detour/providers/message"
)

// Counter is where checks and limits are counted: fallback.Counter has it, with
// what it promises there. Every number here is one atomic step of Add; a key's
// time runs from its first Add. It holds keyed hashes, no number and no code.
// With more than one process it must be shared.
type Counter interface {
	Add(ctx context.Context, key string, n int64, ttl time.Duration) (int64, error)
}

// Config describes Codes. Send, Counter, Key and Origin are required; every other
// zero value is the default. It prints as a mask.
type Config struct {
	// Send hands one message over, best to a chain with Once. Its error is read by
	// Class() and NotSent(): see [Codes.Begin].
	Send func(context.Context, message.Message) error
	// Counter counts checks and limits.
	Counter Counter
	// Key is 32 random bytes, the same in every process, for this and nothing else.
	// A new one ends the codes on their way and forgets the limits.
	Key []byte
	// Origin is the host of the page on which the code is entered, as in
	// example.go.kr: no scheme, no port. It makes the last line of the message, so
	// that a browser offers the code there and nowhere else (WebOTP; WICG, "Origin-
	// bound one-time codes delivered via SMS").
	Origin string
	// Text is what stands above that line; locale is "ko" or "en". With OTP lanes in
	// mind it must say what it is, see [message.Message.OTP]. All together must fit
	// one SMS, 90 bytes of EUC-KR; New tries both locales. Nil: a short text of ours.
	Text func(code, locale string) string
	// Template names the approved AlimTalk template and its variables. Rendered, it
	// must be the whole message, last line included, character for character. Nil:
	// the messages have no template.
	Template func(code, locale string) (template string, variables map[string]string)
	// Risk is asked before each message whether the number changed hands or SIM
	// lately. It has 2s; what fails, panics or says nothing counts as a risk. It
	// must be safe for concurrent use. Nil: nobody is asked.
	Risk func(ctx context.Context, number string) (Risk, error)
	// Policy is the site's switch per number, carrier or day: an error sends
	// nothing and is class refused, so that the citizen is offered other methods. It
	// has 2s and must be safe for concurrent use. Nil: no switch.
	Policy func(ctx context.Context, number string) error

	// TTL is how long a code is good; default 3m, at most 10m.
	TTL time.Duration
	// Checks is how often one code may be tried; default 5, at most 10.
	Checks int
	// Digits of a code; default 6, at most 9.
	Digits int

	// The limits. Days and hours are those of UTC. What is refused by one limit, and
	// a message that surely was not sent, does not count in the others. Nor does a
	// message that an outage kept from being sent hold up the next one, three times an
	// hour; then the pause stays, so that a number that fails keeps no vendor busy.

	// ResendAfter is the pause between the first two messages to a number, doubled
	// for each further one of the day; default 60s, at most 1h.
	ResendAfter time.Duration
	// PerNumberDay bounds messages to one number a day; default 5.
	PerNumberDay int
	// PerPrefixHour bounds messages to the 10,000 numbers that differ only in the
	// last four digits, an hour: what walks through numbers shows there; default 20.
	PerPrefixHour int
	// PerSessionHour bounds messages for one Request.Session an hour; default 10.
	PerSessionHour int
	// PerHour bounds the messages of the whole site, by whatever channel, an hour:
	// the most an outage of a cheap channel can cost; default 1000.
	PerHour int
	// MaxWrongPerHour bounds wrong codes on the whole site, an hour. Beyond it no
	// code is sent until the hour is over, so that guessing at many numbers, five
	// checks each, ends within a TTL; default 500. Tell Session, or one visitor alone
	// can bring it about.
	MaxWrongPerHour int
	// MaxUnanswered bounds the messages of ten minutes while not one code comes back
	// on the whole site, in these ten and the ten before: what nobody types goes to
	// numbers that earn by it, or arrives nowhere. Beyond it no code is sent until the
	// ten minutes are over; default 200.
	MaxUnanswered int
}

const (
	keySize  = 32
	maxTTL   = 10 * time.Minute
	maxLimit = 1 << 30
	// hookTime bounds one question to Counter, Risk or Policy.
	hookTime = 2 * time.Second
)

// host is a domain name in lower case; what is no domain cannot be an origin of a code.
var host = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$|^localhost$`)

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	for _, d := range []struct {
		at    *time.Duration
		value time.Duration
	}{{&c.TTL, 3 * time.Minute}, {&c.ResendAfter, time.Minute}} {
		if *d.at == 0 {
			*d.at = d.value
		}
	}
	for _, d := range []struct {
		at    *int
		value int
	}{
		{&c.Checks, 5}, {&c.Digits, 6}, {&c.PerNumberDay, 5}, {&c.PerPrefixHour, 20},
		{&c.PerSessionHour, 10}, {&c.PerHour, 1000}, {&c.MaxWrongPerHour, 500}, {&c.MaxUnanswered, 200},
	} {
		if *d.at == 0 {
			*d.at = d.value
		}
	}
	if c.Text == nil {
		c.Text = ownText
	}
	return c
}

// mistakes are all that is wrong with a configuration that has its defaults.
func (c Config) mistakes() error {
	var wrong []error
	say := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Errorf("phone: config: "+format, args...))
		}
	}
	say(c.Send == nil, "Send is missing")
	say(c.Counter == nil, "Counter is missing")
	say(len(c.Key) != keySize, "Key has %d bytes, not %d", len(c.Key), keySize)
	say(len(c.Key) == keySize && strings.Trim(string(c.Key), string(c.Key[:1])) == "", "Key is one byte, repeated")
	say(!host.MatchString(c.Origin) || len(c.Origin) > 253, "Origin is no host name, as in example.go.kr")
	say(c.TTL < 30*time.Second || c.TTL > maxTTL, "TTL is not between 30s and %v", maxTTL)
	say(c.Checks < 1 || c.Checks > 10, "Checks is not between 1 and 10")
	say(c.Digits < 6 || c.Digits > 9, "Digits is not between 6 and 9")
	say(c.ResendAfter < time.Second || c.ResendAfter > time.Hour, "ResendAfter is not between 1s and 1h")
	for _, l := range []struct {
		name string
		n    int
	}{
		{"PerNumberDay", c.PerNumberDay}, {"PerPrefixHour", c.PerPrefixHour}, {"PerSessionHour", c.PerSessionHour},
		{"PerHour", c.PerHour}, {"MaxWrongPerHour", c.MaxWrongPerHour}, {"MaxUnanswered", c.MaxUnanswered},
	} {
		say(l.n < 1 || l.n > maxLimit, "%s is not above zero", l.name)
	}
	if len(wrong) == 0 { // the text needs an origin and a length
		for _, locale := range []string{"ko", "en"} {
			if err := c.tryText(locale); err != nil {
				wrong = append(wrong, fmt.Errorf("phone: config: Text or Template in %q: %w", locale, err))
			}
		}
	}
	return errors.Join(wrong...)
}

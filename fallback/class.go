package fallback

// Class says what an error means for the rest of the chain. It is either a
// fault (the upstream could not answer) or an answer (it said no). The zero
// value is Unavailable, so an error that says nothing is a fault.
//
// An error tells its class by a method Class() string anywhere in its tree
// (found with errors.As) returning one of the words of String. An error with
// no class, or with a word not listed here, is Unavailable.
type Class uint8

// The classes. Unavailable to Security are faults; Invalid to NotFound are
// answers.
const (
	Unavailable Class = iota // network, timeout, 5xx, an answer that makes no sense
	Limited                  // too many requests; the error may say how long to wait
	Refused                  // our key or our configuration: a human is needed
	Security                 // the other side could not be trusted
	Invalid                  // the question is wrong
	Denied                   // the answer is no: cancelled, rejected, another person
	NotFound                 // asked, and there is nothing
)

// act is what one column of the table says.
type act uint8

const (
	no act = iota
	yes
	ifFits // retry: only when the wait it names fits
	opens  // breaker: opens at once, with a reason of its own
	strong // next: only a source of equal or higher assurance
	optIn  // next: only when Config.Next says so
)

// rule is one row of the table: what follows from an error of this class.
type rule struct {
	word    string
	retry   act // ask the same source again?
	breaker act // does it speak against the upstream?
	next    act // ask the next source?
	stale   act // may a remembered answer stand in?
}

// rules is the one table of classes. Nothing else in this package decides by
// class, and a test holds package breaker to the same column.
var rules = [...]rule{
	//            word           retry   breaker next    stale
	Unavailable: {"unavailable", yes, yes, yes, yes},
	Limited:     {"limited", ifFits, opens, yes, yes},
	Refused:     {"refused", no, opens, yes, yes},
	Security:    {"security", no, opens, strong, yes}, // stale is flagged
	Invalid:     {"invalid", no, no, no, no},
	Denied:      {"denied", no, no, no, no},
	NotFound:    {"notfound", no, no, optIn, no},
}

// rule returns the row of c. A class out of range is treated as Unavailable.
func (c Class) rule() rule {
	if int(c) >= len(rules) {
		c = Unavailable
	}
	return rules[c]
}

// String returns the word of the class: unavailable, limited, refused,
// security, invalid, denied or notfound.
func (c Class) String() string { return c.rule().word }

// Fault reports whether the class means that the upstream could not answer,
// rather than that it answered no.
func (c Class) Fault() bool { return c.rule().breaker != no }

// ClassOf returns the class that err tells, Unavailable when it tells none.
// The first error of the tree with a Class method decides (errors.As order).
// ClassOf(nil) is Unavailable and means nothing.
func ClassOf(err error) Class {
	said, ok := find[classed](err)
	if !ok {
		return Unavailable
	}
	return classNamed(said.Class())
}

// classNamed returns the class of a word.
func classNamed(word string) Class {
	for c := range rules {
		if rules[c].word == word {
			return Class(c)
		}
	}
	return Unavailable
}

// classed is an error that tells its class.
type classed interface {
	error
	Class() string
}

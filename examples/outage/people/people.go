// Package people are the citizens of the replay, as far as several capabilities must agree about who they are.
package people

import (
	"fmt"
	"strconv"
	"time"
)

// Most is how many citizens there can be.
const Most = 4000

// Number is the telephone of a citizen, in digits. No two share the block before the last four, as people who come by chance do not.
func Number(citizen int) string {
	return fmt.Sprintf("010%04d%04d", 2000+citizen, (7919*citizen+1234)%10000)
}

// Name is that of a citizen, as registered.
func Name(citizen int) string { return "시민" + strconv.Itoa(citizen) }

// Birthday is that of a citizen, as 19900131.
func Birthday(citizen int) string {
	return time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 17*(citizen%1000)).Format("20060102")
}

// Gender is "M" or "F".
func Gender(citizen int) string { return []string{"F", "M"}[citizen%2] }

// CI is the connecting information of a citizen: it names him at every agency.
func CI(citizen int) string { return fmt.Sprintf("%088d", citizen) }

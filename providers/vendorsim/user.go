package vendorsim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// User is a simulated citizen with an account at the vendor. The same person may have accounts at several vendors.
type User struct {
	// ID is the vendor's number or name of the account. Kakao: a positive 64-bit integer in decimal; others: any text.
	ID       string
	Name     string // legal name
	Nickname string
	Email    string
	// EmailVerified: the vendor has seen proof that the mail address is the user's.
	EmailVerified bool
	// EmailTaken: the address has meanwhile gone to another account (Kakao: is_email_valid false).
	EmailTaken bool
	// Phone in national writing, "010-1234-5678"; each vendor shows it in its own.
	Phone     string
	Gender    string // "female", "male" or empty
	Birthdate string // "1990-01-31" or empty
	// Withhold names what the user refuses to share: any of "name", "nickname", "email", "phone", "gender", "birthdate".
	Withhold []string
}

func (u User) shares(what string) bool { return !slices.Contains(u.Withhold, what) }

// international is the phone number with Korea's country code and the given separator after it.
func (u User) international(sep string) string {
	if rest, ok := strings.CutPrefix(u.Phone, "0"); ok {
		return "+82" + sep + rest
	}
	return u.Phone
}

// demoUsers are those of a Config without Users.
func demoUsers() []User {
	return []User{
		{ID: "3912345678", Name: "홍길동", Nickname: "demo", Email: "demo@example.test", EmailVerified: true, Phone: "010-1234-5678", Gender: "female", Birthdate: "1990-01-31"},
		{ID: "9007199254740993", Name: "김서울", Nickname: "seoul", Email: "seoul@example.test", EmailVerified: true, Phone: "010-8765-4321", Gender: "male", Birthdate: "1985-12-01"},
	}
}

func userItems() []string {
	return []string{"name", "nickname", "email", "phone", "gender", "birthdate"}
}

// directory is fixed when the server starts.
type directory struct {
	list []User
	byID map[string]int
}

func newDirectory(users []User, valid func(id string) error) (*directory, error) {
	if len(users) == 0 {
		users = demoUsers()
	}
	d := &directory{list: slices.Clone(users), byID: make(map[string]int, len(users))}
	var errs []error
	for i, u := range d.list {
		if u.ID == "" {
			errs = append(errs, fmt.Errorf("user %d has no ID", i))
		} else if err := valid(u.ID); err != nil {
			errs = append(errs, fmt.Errorf("user %d: %w", i, err))
		}
		if _, twice := d.byID[u.ID]; twice {
			errs = append(errs, fmt.Errorf("user %d has the ID of another", i))
		}
		for _, w := range u.Withhold {
			if !slices.Contains(userItems(), w) {
				errs = append(errs, fmt.Errorf("user %d withholds an unknown item %q; known: %s", i, w, strings.Join(userItems(), ", ")))
			}
		}
		d.byID[u.ID] = i
	}
	return d, errors.Join(errs...)
}

func (d *directory) find(id string) (User, bool) {
	i, ok := d.byID[id]
	if !ok {
		return User{}, false
	}
	return d.list[i], true
}

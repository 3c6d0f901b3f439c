package cert

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/detour-go/detour/providers"
)

var (
	errNoClaim = errors.New("the claim names nobody")
	errMissing = errors.New("the proof lacks a claimed field")
	errAnother = errors.New("the proof is of another person")
)

// Match says whether a proof is of the person of a claim. Every error is
// Denied, and says neither who was claimed nor who came.
//
//   - A field that is claimed (CI, name, birth date, gender) and missing in the
//     proof does not match, whatever the others say.
//   - With a claimed CI the CI decides, in constant time: it names one person
//     for life, while names change.
//   - Without, name, birth date and gender have to be the same. A claim that lacks
//     one of them names nobody, but for the gender where the site says that it
//     does not know it (Subject.AnyGender). White space around a name
//     is dropped on both sides; nothing else is bent: no case, no Unicode form,
//     no likeness. Two people may share name, birth date and gender: link
//     accounts by CI.
//
// Phone is not compared: numbers change hands.
func Match(s Subject, p Proof) error {
	claimed, proven := strings.TrimSpace(s.Name), strings.TrimSpace(p.Name)
	switch {
	case s.CI.IsZero() && (claimed == "" || s.Birthday == "" || s.Gender == "" && !s.AnyGender):
		return denied(errNoClaim)
	case !s.CI.IsZero() && p.CI.IsZero(),
		claimed != "" && proven == "",
		s.Birthday != "" && p.Birthday == "",
		s.Gender != "" && p.Gender == "":
		return denied(errMissing)
	case !s.CI.IsZero():
		if !s.CI.Equal(p.CI) {
			return denied(errAnother)
		}
		return nil
	case claimed != proven,
		s.Birthday != p.Birthday,
		s.Gender != "" && s.Gender != p.Gender:
		return denied(errAnother)
	}
	return nil
}

// CIHash is the form in which a CI may be kept to find an account by it:
// HMAC-SHA256 under a secret of the site, 64 characters of lower-case hex. The
// key has at least 32 bytes; a plain hash of a CI is as good as the CI, which
// other sites hold too. An empty CI has no hash, or all who lack one were the
// same person. Both mistakes are Invalid.
func CIHash(key []byte, ci providers.Secret) (string, error) {
	switch {
	case len(key) < sha256.Size:
		return "", invalid("ci hash", errors.New("the key is shorter than 32 bytes"))
	case ci.IsZero() || len(ci.Reveal()) > maxCI || !visible(ci.Reveal()):
		return "", invalid("ci hash", errors.New("ci is missing or malformed"))
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("detour/cert/ci/1\x00"))
	mac.Write([]byte(ci.Reveal()))
	return hex.EncodeToString(mac.Sum(nil)), nil
}

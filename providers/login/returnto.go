package login

import (
	"errors"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	errPathLong    = errors.New("return path is too long")
	errPathForeign = errors.New("return path is not a path of this site")
	errPathEscape  = errors.New("return path has a forbidden escape")
	errPathQuery   = errors.New("return path has a malformed or repeated query parameter")
)

// ownPath accepts only what every browser, proxy and framework reads as a path
// of the site itself (RFC 9700 section 4.11: no open redirector). It says what
// may be there, not what may not: one slash to begin, printable ASCII, no
// empty, dot or parameter segment, no encoded separator, and nothing that only
// looks like a dot or a slash. Empty is accepted.
func ownPath(s string) error {
	if s == "" {
		return nil
	}
	if len(s) > maxReturnTo {
		return errPathLong
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"#<>\^`+"`{|}", c) >= 0 {
			return errPathForeign
		}
	}
	path, query, _ := strings.Cut(s, "?")
	if !strings.HasPrefix(path, "/") || strings.Contains(path, "//") {
		return errPathForeign
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		plain, err := url.PathUnescape(segment)
		if err != nil || !plainSegment(plain) {
			return errPathEscape
		}
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return errPathQuery
	}
	for key, all := range values {
		if len(all) > 1 || !printable(key) || !printable(all[0]) {
			return errPathQuery
		}
	}
	return nil
}

// plainSegment judges one decoded segment. A percent sign left over means that
// it was encoded twice.
func plainSegment(s string) bool {
	if s == "." || s == ".." || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			if r <= ' ' || r == 0x7f || strings.ContainsRune(`/\%?#"<>^`+"`{|};", r) {
				return false
			}
		case !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r):
			return false
		}
	}
	return true
}

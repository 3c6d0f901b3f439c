package vendorsim

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// readJSON reads a body of one JSON value into v, strictly: its type is announced as JSON, no field is unknown, nothing
// follows.
func readJSON(r *http.Request, v any) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return false
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if d.Decode(v) != nil {
		return false
	}
	_, err = d.Token()
	return err == io.EOF
}

func isDigits(s string, shortest, longest int) bool {
	return len(s) >= shortest && len(s) <= longest && strings.Trim(s, "0123456789") == ""
}

// kst is the time zone in which Korean vendors write times, mostly without saying so.
func kst() *time.Location { return time.FixedZone("KST", 9*60*60) }

package kakaoaddress

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
)

// found is an answer that is one.
type found struct {
	total     int
	last      bool
	documents []document
}

// ask asks once and takes only a whole answer for one: status 200, JSON, no
// word of an error, and both halves of the answer there.
func (p *Provider) ask(ctx context.Context, op, path string, query url.Values) (found, error) {
	a, err := p.client.Do(ctx, rest.Ask{Op: op, Path: path, Query: query, Header: p.header()})
	if err != nil {
		return found{}, err
	}
	var no saidNo
	if err := p.client.Object(op, a, &no); err != nil {
		if a.Status == http.StatusOK {
			return found{}, err
		}
		return found{}, p.client.Status(op, a)
	}
	if no.Type.set || no.Code.set || a.Status != http.StatusOK {
		return found{}, p.refusal(op, a, no)
	}
	var yes struct {
		Meta *struct {
			Total *int  `json:"total_count"`
			End   *bool `json:"is_end"`
		} `json:"meta"`
		Documents *[]document `json:"documents"`
	}
	if err := p.client.Object(op, a, &yes); err != nil {
		return found{}, err
	}
	if yes.Meta == nil || yes.Meta.Total == nil || *yes.Meta.Total < 0 || yes.Documents == nil {
		return found{}, p.client.Fail(op, providers.Unavailable, "", errHalf)
	}
	f := found{total: max(*yes.Meta.Total, len(*yes.Documents)), documents: *yes.Documents}
	f.last = yes.Meta.End == nil || *yes.Meta.End
	return f, nil
}

// saidNo are both shapes of an error.
type saidNo struct {
	Type word `json:"errorType"`
	Code word `json:"code"`
}

// word is a code that comes as a string or a number; set tells that something was there.
type word struct {
	text string
	set  bool
}

// UnmarshalJSON never fails: what is no word is one that nobody knows.
func (w *word) UnmarshalJSON(b []byte) error {
	*w = word{set: string(b) != "null" && string(b) != `""`}
	if json.Unmarshal(b, &w.text) == nil {
		return nil
	}
	var n json.Number
	if json.Unmarshal(b, &n) == nil {
		w.text = n.String()
	}
	return nil
}

// kindOf is the table of the vendor's words; see the package comment.
func kindOf(word string) (kind providers.Kind, known bool) {
	switch word {
	case "-1", "-7", "-603", "-9798", "-2", "MissingParameter", "InvalidArgument":
		return providers.Unavailable, true
	case "-10", "-11", "RequestThrottled":
		return providers.Limited, true
	case "-3", "-4", "-5", "-6", "-8", "-9", "-12", "-401", "-903", "AccessDeniedError", "NotAuthorizedError":
		return providers.Refused, true
	}
	return 0, false
}

// refusal classifies by word, unless the status is a plain one: 5xx or 429.
func (p *Provider) refusal(op string, a *rest.Answer, no saidNo) error {
	e := p.client.Status(op, a)
	kind, known := kindOf(no.Code.text)
	if known {
		e.Code = no.Code.text
	} else if kind, known = kindOf(no.Type.text); known {
		e.Code = no.Type.text
	}
	switch {
	case a.Status >= 500 || a.Status == http.StatusTooManyRequests:
	case known:
		e.Kind, e.Err = kind, errSaidNo
	case a.Status <= 299:
		e.Kind, e.Err = providers.Unavailable, errSaidNo
	}
	return e
}

var (
	errSaidNo = errors.New("kakao said no")
	errHalf   = errors.New("half an answer")
)

package jusoaddress

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
)

// body is an answer that is one.
type body struct {
	total int
	page  int // 0: not said
	rows  []row
}

// text is what juso promises to be a JSON string; a number will do.
type text string

// UnmarshalJSON takes a string, a number, or null for nothing.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = text(s)
		return nil
	}
	var n json.Number
	if json.Unmarshal(b, &n) != nil {
		return errType
	}
	*t = text(n)
	return nil
}

// number is a count; none, or not a count: false.
func (t text) number() (int, bool) {
	n, err := strconv.Atoi(string(t))
	return n, err == nil && n >= 0
}

// ask asks once and takes only a whole answer for one: status 200, one JSON
// object, code 0 and a total. The content type proves nothing here: see the
// package comment.
func (p *Provider) ask(ctx context.Context, op, path string, table codes, form url.Values) (body, error) {
	a, err := p.client.Do(ctx, rest.Ask{Op: op, Path: path, Form: form, Header: http.Header{"Accept": {"application/json"}}})
	if err != nil {
		return body{}, err
	}
	var said struct {
		Results struct {
			Common struct {
				Code  text `json:"errorCode"`
				Total text `json:"totalCount"`
				Page  text `json:"currentPage"`
			} `json:"common"`
			Rows []row `json:"juso"`
		} `json:"results"`
	}
	if err := rest.Decode(a.Body, &said); err != nil {
		if a.Status == http.StatusOK {
			return body{}, p.client.Fail(op, providers.Unavailable, "", err)
		}
		return body{}, p.client.Status(op, a)
	}
	common := said.Results.Common
	if a.Status != http.StatusOK || common.Code != "0" {
		return body{}, p.refusal(op, a, string(common.Code), table)
	}
	total, counted := common.Total.number()
	if !counted {
		return body{}, p.client.Fail(op, providers.Unavailable, "", errHalf)
	}
	b := body{total: total, rows: said.Results.Rows}
	if common.Page != "" {
		page, ok := common.Page.number()
		if !ok {
			return body{}, p.client.Fail(op, providers.Unavailable, "", errHalf)
		}
		b.page = page
	}
	return b, nil
}

// codes is the table of one service; see the package comment.
type codes func(code string) (kind providers.Kind, known bool)

func searchCodes(code string) (providers.Kind, bool) {
	switch code {
	case "-999", "E0005", "E0013":
		return providers.Unavailable, true
	case "E0001", "E0002", "E0003", "E0014":
		return providers.Refused, true
	case "E0006", "E0008", "E0009", "E0010", "E0011", "E0012":
		return providers.Invalid, true
	case "E0015":
		return providers.NotFound, true
	}
	return 0, false
}

func locateCodes(code string) (providers.Kind, bool) {
	switch code {
	case "-999", "E0002", "E0003", "E0004", "E0005", "E0006":
		return providers.Unavailable, true
	case "E0001":
		return providers.Refused, true
	case "E0007":
		return providers.Limited, true
	}
	return 0, false
}

// refusal classifies by code, unless the status is a plain one: 5xx or 429.
func (p *Provider) refusal(op string, a *rest.Answer, code string, table codes) error {
	e := p.client.Status(op, a)
	kind, known := table(code)
	if known {
		e.Code = code
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
	errSaidNo = errors.New("juso said no")
	errHalf   = errors.New("half an answer")
	errType   = errors.New("neither text nor number")
)

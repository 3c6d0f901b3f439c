package vworldtiles

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/tiles"
)

// kindOf is the table of the vendor's codes; see the package comment.
func kindOf(code string) (kind providers.Kind, known bool) {
	switch code {
	case "INVALID_KEY", "INCORRECT_KEY", "UNAVAILABLE_KEY":
		return providers.Refused, true
	case "OVER_REQUEST_LIMIT":
		return providers.Limited, true
	case "SYSTEM_ERROR", "UNKNOWN_ERROR":
		return providers.Unavailable, true
	case "PARAM_REQUIRED", "INVALID_RANGE", "INVALID_TYPE":
		return providers.NotFound, true
	}
	return providers.Unavailable, false
}

// judge says why an answer is not the tile; nil: it is. A body with a code speaks
// before the status, which is 200 as often as not, and before the content type,
// which need not fit.
func (p *Provider) judge(a *rest.Answer, t tiles.Tile) error {
	if code := codeOf(a); code != "" {
		kind, _ := kindOf(code)
		e := p.client.Fail(op, kind, code, errSaidNo)
		e.After = rest.Wait(a.Header)
		return e
	}
	switch {
	case a.Status == http.StatusNotFound && a.Media() != "text/html":
		return p.client.Fail(op, providers.NotFound, "", errNoTile)
	case a.Status != http.StatusOK:
		return p.client.Status(op, a)
	case !strings.HasPrefix(t.ContentType, "image/"):
		return p.client.Fail(op, providers.Unavailable, "", errNoImage)
	}
	if err := t.Answers(t.ID); err != nil {
		return p.client.Fail(op, providers.Unavailable, "", errors.Unwrap(err))
	}
	return nil
}

// codeOf is the known code in a JSON or XML body, whatever its type says; empty:
// there is none. An HTML page comes from a proxy in between and says nothing
// about us, whatever words are in it.
func codeOf(a *rest.Answer) string {
	body := bytes.TrimLeft(a.Body, "\ufeff \t\r\n")
	switch {
	case bytes.HasPrefix(body, []byte("{")):
		return jsonCode(body)
	case bytes.HasPrefix(body, []byte("<")) && a.Media() != "text/html":
		return xmlCode(body)
	}
	return ""
}

// jsonCode reads the error shape that all services of VWorld share.
func jsonCode(body []byte) string {
	var v struct {
		Response struct {
			Error struct {
				Code string `json:"code"`
			} `json:"error"`
		} `json:"response"`
	}
	if rest.Decode(body, &v) != nil {
		return ""
	}
	if _, known := kindOf(v.Response.Error.Code); !known {
		return ""
	}
	return v.Response.Error.Code
}

// xmlCode finds a code as the whole of a text or an attribute: the documents
// name the codes and the roots (ExceptionReport, TileMapServerError), not the
// shape between them.
func xmlCode(body []byte) string {
	d := xml.NewDecoder(bytes.NewReader(body))
	// Codes are ASCII, whatever the prolog says the rest is.
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	d.Strict = false
	for range maxTokens {
		tok, err := d.Token()
		if err != nil {
			return ""
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if strings.EqualFold(tok.Name.Local, "html") {
				return ""
			}
			for _, a := range tok.Attr {
				if _, known := kindOf(a.Value); known {
					return a.Value
				}
			}
		case xml.CharData:
			if code := strings.TrimSpace(string(tok)); code != "" {
				if _, known := kindOf(code); known {
					return code
				}
			}
		}
	}
	return ""
}

// maxTokens bounds the look into a body; an error of the vendor has some ten.
const maxTokens = 200

var (
	errSaidNo  = errors.New("vworld said no")
	errNoTile  = errors.New("no such tile")
	errNoImage = errors.New("answer is not an image")
)

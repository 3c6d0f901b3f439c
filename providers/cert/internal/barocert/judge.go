package barocert

import (
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
)

var (
	errSaidNo  = errors.New("the vendor said no")
	errSession = errors.New("the session token is no longer taken")
)

// judge says what an answer other than 200 means. Linkhub publishes no list of
// its codes, so this is by status and form:
//
//	body {code, message}   status       kind
//	any                    5xx          unavailable
//	any                    429          limited
//	any                    401, 403     refused; unavailable when the session token was a kept one: the next is fresh
//	code < 0               other 4xx    denied: the service is well and says no to this request. A citizen can cause it
//	                                    (a name that does not go with the number), so it may not speak against the vendor
//	none                   other 4xx    by status alone
//
// What a site has learned about a code stands above all of it (Config.Codes).
func judge(api *rest.Client, op string, a *rest.Answer, fresh bool, codes map[int]providers.Kind) error {
	e := api.Status(op, a)
	code, ok := codeOf(api, op, a)
	if ok {
		e.Code = strconv.Itoa(code)
	}
	kind, known := codes[code]
	switch refused := a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden; {
	case ok && known:
		e.Kind, e.Err = kind, errSaidNo
	case refused && !fresh:
		e.Kind, e.Err = providers.Unavailable, errSession
	case ok && !refused && a.Status >= 400 && a.Status < 500 && a.Status != http.StatusTooManyRequests:
		e.Kind, e.Err = providers.Denied, errSaidNo
	}
	return e
}

// judgeToken is judge for the token: nothing of a citizen is in that request,
// so a no is said to our own key, clock or address.
func judgeToken(auth *rest.Client, a *rest.Answer, codes map[int]providers.Kind) error {
	e := auth.Status("token", a)
	code, ok := codeOf(auth, "token", a)
	if ok {
		e.Code = strconv.Itoa(code)
	}
	kind, known := codes[code]
	switch {
	case ok && known:
		e.Kind, e.Err = kind, errSaidNo
	case ok && a.Status >= 400 && a.Status < 500 && a.Status != http.StatusTooManyRequests:
		e.Kind, e.Err = providers.Refused, errSaidNo
	}
	return e
}

// codeOf reads {"code": negative, "message": ...}. The message is not repeated:
// it may say what was asked.
func codeOf(c *rest.Client, op string, a *rest.Answer) (int, bool) {
	var body struct {
		Code    int64   `json:"code"`
		Message *string `json:"message"`
	}
	if err := c.Object(op, a, &body); err != nil || body.Code >= 0 || body.Code < math.MinInt32 || body.Message == nil {
		return 0, false
	}
	return int(body.Code), true
}

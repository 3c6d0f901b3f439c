package naverlogin

import (
	"context"
	"errors"
	"net/http"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/internal/code"
)

// opMe names the request for the profile in errors.
const opMe = "me"

const maxSubject = 255 // bytes; Naver says 64 for apps made since 2021

var (
	errAPI  = errors.New("the api said no")
	errNoID = errors.New("the answer names nobody")
)

// profile is what is read of /v1/nid/me. Only the id is guaranteed. Errors come
// with resultcode or with errorCode, each a string or a number.
type profile struct {
	Result   code.Word `json:"resultcode"`
	Error    code.Word `json:"errorCode"`
	Response struct {
		ID       string     `json:"id"`
		Name     code.Label `json:"name"`
		Nickname code.Label `json:"nickname"`
		Email    code.Label `json:"email"`
		Mobile   code.Label `json:"mobile"`
	} `json:"response"`
}

func (p *Provider) me(ctx context.Context, token login.Token) (login.Identity, error) {
	a, err := p.api.Do(ctx, rest.Ask{
		Op: opMe, Path: "/v1/nid/me",
		Header: http.Header{"Authorization": {"Bearer " + token.Access.Reveal()}, "Accept": {"application/json"}},
	})
	if err != nil {
		return login.Identity{}, err
	}
	good := a.Status == http.StatusOK
	var u profile
	if err := p.api.Object(opMe, a, &u); err != nil {
		if good {
			return login.Identity{}, err
		}
		return login.Identity{}, p.api.Status(opMe, a)
	}
	if !good || u.Error.Set || u.Result.Text != "00" {
		return login.Identity{}, p.apiError(a, u)
	}
	if u.Response.ID == "" || len(u.Response.ID) > maxSubject {
		return login.Identity{}, p.api.Fail(opMe, providers.Unavailable, "", errNoID)
	}
	r := u.Response
	return login.Identity{
		Issuer: Issuer, Subject: r.ID, Token: token,
		Name: string(r.Name), Nickname: string(r.Nickname), Email: string(r.Email), Phone: string(r.Mobile),
	}, nil
}

// apiErrors is what Naver's profile says.
//
//   - 024 right after the exchange: Naver refuses the token that it gave a
//     moment ago. Our keys are not in this request, so it is Naver's fault.
//   - 028: no Authorization header arrived, though we send one: something of
//     ours in between drops it. A human is needed.
func apiErrors(number string) (providers.Kind, bool) {
	switch number {
	case "024", "24":
		return providers.Unavailable, true
	case "028", "28":
		return providers.Refused, true
	}
	return 0, false
}

// apiError classifies by code, unless the server says 5xx, and else by status:
// 403 is an app for which the profile is not enabled.
func (p *Provider) apiError(a *rest.Answer, u profile) error {
	word := u.Result.Text
	if u.Error.Set {
		word = u.Error.Text
	}
	e := p.api.Status(opMe, a)
	kind, known := apiErrors(word)
	if known {
		e.Code = word
	}
	switch {
	case a.Status >= 500:
		e.Kind = providers.Unavailable
	case known:
		e.Kind, e.Err = kind, errAPI
	case a.Status <= 299:
		e.Kind, e.Err = providers.Unavailable, errAPI
	}
	return e
}

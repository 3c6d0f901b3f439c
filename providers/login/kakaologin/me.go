package kakaologin

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/internal/code"
)

// opMe names the request for the profile in errors.
const opMe = "me"

var (
	errAPI  = errors.New("the api said no")
	errNoID = errors.New("the answer names no member")
)

// user is what is read of /v2/user/me. Only the id is guaranteed.
type user struct {
	Code    code.Word `json:"code"` // of an error, whatever the status
	ID      int64     `json:"id"`   // beyond 2^53: never through a float
	Account struct {
		Name          code.Label `json:"name"`
		Email         code.Label `json:"email"`
		EmailValid    code.Yes   `json:"is_email_valid"`    // still this member's
		EmailVerified code.Yes   `json:"is_email_verified"` // seen by the member
		Phone         code.Label `json:"phone_number"`
		Profile       struct {
			Nickname code.Label `json:"nickname"`
		} `json:"profile"`
	} `json:"kakao_account"`
}

func (p *Provider) me(ctx context.Context, token login.Token) (login.Identity, error) {
	a, err := p.api.Do(ctx, rest.Ask{
		Op: opMe, Path: "/v2/user/me",
		Header: http.Header{"Authorization": {"Bearer " + token.Access.Reveal()}, "Accept": {"application/json"}},
	})
	if err != nil {
		return login.Identity{}, err
	}
	good := a.Status == http.StatusOK
	var u user
	if err := p.api.Object(opMe, a, &u); err != nil {
		if good {
			return login.Identity{}, err
		}
		return login.Identity{}, p.api.Status(opMe, a)
	}
	if !good || u.Code.Set {
		return login.Identity{}, p.apiError(a, u.Code.Text)
	}
	if u.ID <= 0 {
		return login.Identity{}, p.api.Fail(opMe, providers.Unavailable, "", errNoID)
	}
	k := u.Account
	id := login.Identity{
		Issuer: Issuer, Subject: strconv.FormatInt(u.ID, 10), Token: token,
		Name: string(k.Name), Nickname: string(k.Profile.Nickname), Email: string(k.Email), Phone: string(k.Phone),
	}
	id.EmailVerified = id.Email != "" && bool(k.EmailValid && k.EmailVerified)
	return id, nil
}

// apiErrors is the table of kapi, by code:
// https://developers.kakao.com/docs/latest/ko/rest-api/reference#error-code
// Kakao sends its temporary faults with status 400.
//
//   - -401 right after the exchange: Kakao refuses the token that it gave a
//     moment ago. Our keys are not in this request, so it is Kakao's fault.
//   - -4, -402, -406 and the -10x speak of this citizen's account (sanctioned,
//     consent missing, under 14, not linked, linked already, dormant): others are well.
//   - -10 and -11 are quotas of the whole app.
//   - The rest is the state of our app, or a request that only we write.
func apiErrors(number string) (providers.Kind, bool) {
	switch number {
	case "-1", "-7", "-603", "-9798", "-401":
		return providers.Unavailable, true
	case "-10", "-11":
		return providers.Limited, true
	case "-4", "-101", "-102", "-103", "-402", "-406", "-501":
		return providers.Denied, true
	case "-2", "-3", "-5", "-6", "-8", "-9", "-12", "-201", "-903":
		return providers.Refused, true
	}
	return 0, false
}

// apiError classifies by code, unless the server says 5xx, and else by status.
func (p *Provider) apiError(a *rest.Answer, word string) error {
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

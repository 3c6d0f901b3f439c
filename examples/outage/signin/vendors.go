package signin

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/detour-go/detour/examples/outage/people"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/sim"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/kakaologin"
	"github.com/detour-go/detour/providers/login/naverlogin"
	"github.com/detour-go/detour/providers/vendorsim"
)

const (
	clientID     = "outage-example"
	clientSecret = "not-a-secret-on-loopback"
)

// vendors are the two simulated login vendors, where every citizen has an account each.
type vendors struct {
	kakao *vendorsim.Kakao
	naver *vendorsim.Naver
}

// kakaoID is beyond 2^53: a site that reads it as a float signs people in to each other's accounts.
func kakaoID(citizen int) string { return strconv.FormatInt(9_007_199_254_740_993+int64(citizen), 10) }

func naverID(citizen int) string { return fmt.Sprintf("naver-%05d", citizen) }

func callbackPath(way string) string { return "/login/callback/" + way }

func startVendors(citizens int, sites ...string) (*vendors, error) {
	person := func(citizen int, id string) vendorsim.User {
		return vendorsim.User{
			ID: id, Name: "시민" + strconv.Itoa(citizen), Nickname: "citizen" + strconv.Itoa(citizen),
			Email: fmt.Sprintf("citizen%d@example.test", citizen), EmailVerified: true,
		}
	}
	client := func(way string) []vendorsim.Client {
		c := vendorsim.Client{ID: clientID, Secret: clientSecret, Name: "Outage example"}
		for _, site := range sites {
			c.RedirectURIs = append(c.RedirectURIs, site+callbackPath(way))
		}
		return []vendorsim.Client{c}
	}
	kakao, naver := make([]vendorsim.User, citizens), make([]vendorsim.User, citizens)
	for i := range citizens {
		kakao[i], naver[i] = person(i, kakaoID(i)), person(i, naverID(i))
	}
	v := &vendors{}
	var err error
	if v.kakao, err = vendorsim.StartKakao(vendorsim.KakaoConfig{Clients: client(Kakao), Users: kakao, Issuer: kakaologin.Issuer}); err != nil {
		return nil, err
	}
	if v.naver, err = vendorsim.StartNaver(vendorsim.NaverConfig{Clients: client(Naver), Users: naver}); err != nil {
		v.kakao.Close()
		return nil, err
	}
	return v, nil
}

// Close stops both.
func (v *vendors) Close() error {
	v.kakao.Close()
	v.naver.Close()
	return nil
}

// roles: an outage takes the authorise page and the token endpoint. What a site needs to begin a login is its own, and stays.
func (v *vendors) roles() []replay.Role {
	return []replay.Role{
		{Name: "login.primary", Play: sim.Play(v.kakao, "KOE003", "authorize", "token")},
		{Name: "login.secondary", Play: sim.Play(v.naver, "server_error", "authorize", "token")},
	}
}

// adapters are one site's clients of both vendors.
type adapters struct {
	kakao *kakaologin.Provider
	naver *naverlogin.Provider
}

func (v *vendors) providers(site string, client *http.Client) (adapters, error) {
	secret := providers.NewSecret(clientSecret)
	k, errKakao := kakaologin.New(kakaologin.Config{
		ClientID: clientID, ClientSecret: secret, RedirectURI: site + callbackPath(Kakao), HTTP: client,
		AuthBase: v.kakao.URL(), APIBase: v.kakao.URL(), AllowLoopbackHTTP: true,
	})
	n, errNaver := naverlogin.New(naverlogin.Config{
		ClientID: clientID, ClientSecret: secret, RedirectURI: site + callbackPath(Naver), HTTP: client,
		AuthBase: v.naver.URL(), APIBase: v.naver.URL(), AllowLoopbackHTTP: true,
	})
	return adapters{kakao: k, naver: n}, errors.Join(errKakao, errNaver)
}

// accounts is the site's table. A citizen is found by an identity that was linked in good times and by nothing else; nobody becomes a new
// account in an outage.
type accounts map[login.Subject]int

func newAccounts(citizens int, share float64) accounts {
	a := make(accounts, 3*citizens)
	n := 0
	for i := range citizens {
		a[login.Subject{Issuer: kakaologin.Issuer, ID: kakaoID(i)}] = i
		if !linked(i, share) {
			continue
		}
		if n++; n%5 != 0 {
			a[login.Subject{Issuer: naverlogin.Issuer, ID: naverID(i)}] = i
		}
	}
	return a
}

// linked spreads them evenly: every second citizen for 0.5.
func linked(citizen int, share float64) bool {
	return int(float64(citizen+1)*share) > int(float64(citizen)*share)
}

// linkPhones adds the numbers that citizens registered while they were signed in otherwise, and returns them by the name of the account.
func (a accounts) linkPhones(citizens int, share float64, subject func(number string) (login.Subject, error)) (map[string]string, error) {
	phones := make(map[string]string, citizens)
	for i := range citizens {
		if !linked(i, share) {
			continue
		}
		number := people.Number(i)
		s, err := subject(number)
		if err != nil {
			return nil, err
		}
		a[s] = i
		phones[strconv.Itoa(i)] = number
	}
	return phones, nil
}

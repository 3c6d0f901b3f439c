package vendorsim_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/detour-go/detour/providers/vendorsim"
)

// A rehearsal: a citizen logs in, the vendor dies, the vendor comes back.
func Example() {
	kakao, err := vendorsim.StartKakao(vendorsim.KakaoConfig{
		Clients: []vendorsim.Client{{ID: "key", Secret: "secret", RedirectURIs: []string{"https://site.example/back"}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer kakao.Close()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	page := kakao.URL() + "/oauth/authorize?" + url.Values{
		"client_id": {"key"}, "redirect_uri": {"https://site.example/back"}, "response_type": {"code"}, "state": {"s"},
	}.Encode()

	login := func() {
		to, err := vendorsim.Consent(context.Background(), client, page, "3912345678", true)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(to.Host+to.Path, to.Query().Has("code"), to.Query().Get("state"))
	}
	login()
	if err := kakao.Break("authorize", vendorsim.Fault{Mode: vendorsim.Status, Status: 502}); err != nil {
		fmt.Println(err)
	}
	login()
	kakao.HealAll()
	login()
	fmt.Println(kakao.Hits("authorize"), "requests")

	// Output:
	// site.example/back true s
	// vendorsim: consent: page: status 502
	// site.example/back true s
	// 5 requests
}

// A fault that the server does not know is refused with the ones it does.
func ExampleServer_Break() {
	tiles, err := vendorsim.StartOSM(vendorsim.OSMConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tiles.Close()
	fmt.Println(tiles.Break("tiles", vendorsim.Fault{Mode: vendorsim.Hang}))
	fmt.Println(tiles.Break("tile", vendorsim.Fault{Mode: vendorsim.Vendor, Code: "500"}))

	// Output:
	// vendorsim: osm: break: unknown operation "tiles"; known: *, tile
	// vendorsim: osm: break: unknown code "500"; known: 403, 404, 429
}

// Accepted is not delivered: one of two telephones is off, and only the inbox tells.
func ExamplePhone() {
	phone := vendorsim.NewPhone()
	nhn, err := vendorsim.StartNHN(vendorsim.NHNConfig{Phone: phone})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer nhn.Close()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()

	send := func(number string) {
		body := `{"body":"[Demo] hello","sendNo":"0212345678","senderGroupingKey":"op-1","recipientList":[{"recipientNo":"` + number + `"}]}`
		req, err := http.NewRequest(http.MethodPost, nhn.URL()+"/sms/v3.0/appKeys/demo-sms/sender/sms", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		req.Header.Set("X-Secret-Key", "demo-secret")
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("accepted:", resp.StatusCode == http.StatusOK, resp.Body.Close() == nil)
	}
	phone.Behave("010-0000-0000", vendorsim.Behaviour{Trouble: vendorsim.PhoneOff})
	send("01000000000")
	send("01012345678")
	text, err := phone.Await(context.Background(), "010-1234-5678", 0)
	fmt.Println(text.Vendor, text.Channel, text.From, text.Text, err)
	fmt.Println(phone.Deliveries("op-1"), phone.Count("01000000000"))

	// Output:
	// accepted: true true
	// accepted: true true
	// nhn sms 0212345678 [Demo] hello <nil>
	// 1 0
}

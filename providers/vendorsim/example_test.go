package vendorsim_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

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

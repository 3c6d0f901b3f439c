package address_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/address"
)

// A list of one's own addresses is a provider like any vendor.
func ExampleFromList() {
	list, err := address.FromList([]address.Address{{Road: "서울특별시 중구 세종대로 110", Postcode: "04524", Sido: "서울특별시", Sigungu: "중구"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := list.Search(context.Background(), address.Query{Text: "서울 세종대로 110"})
	fmt.Println(page.Items[0].Postcode, err)
	_, err = list.Search(context.Background(), address.Query{Text: "서울 세종대로 111"})
	fmt.Println(err, errors.Is(err, providers.NotFound))
	_, err = list.Search(context.Background(), address.Query{Text: "서울 세종대로 110", Require: address.FieldPoint})
	fmt.Println(err, address.Next(err))
	// Output:
	// 04524 <nil>
	// address: list: notfound: no such address true
	// address: list: notfound: found, but nothing with all required fields true
}

// Whatever prints a question prints no word of it.
func ExampleQuery() {
	fmt.Println(address.Query{Text: "서울특별시 중구 세종대로 110", Require: address.FieldPostcode}.Tidy())
	fmt.Println(address.Query{Text: "04524"}.Validate())
	// Output:
	// address.Query{*** page 1 size 10 require postcode}
	// address: query: invalid: text has no letter
}

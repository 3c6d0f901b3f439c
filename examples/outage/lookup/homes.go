package lookup

import (
	"fmt"

	"github.com/detour-go/detour/providers/vendorsim"
)

// neighbours are how many more houses there are beside each building that the simulated vendors know by themselves.
const neighbours = 7

// homes is where citizens live: known buildings of Seoul, and beside each some more with invented numbers, so that a look-up is not
// always one that was just asked. What has no road name address is left out: juso does not have it.
func homes() []vendorsim.SimAddress {
	var all []vendorsim.SimAddress
	for i, a := range vendorsim.SimAddresses() {
		if a.Road == "" {
			continue
		}
		all = append(all, a)
		for n := 1; n <= neighbours; n++ {
			b := a
			// Numbers of one side of a street are all odd or all even; the sub-number tells these from every building that exists.
			b.Building, b.Main, b.Sub = "", a.Main+2*n, 10+i
			b.LotSub = 100 + 10*i + n
			b.BuildingNo = fmt.Sprintf("%s%04d%06d", a.BuildingNo[:15], b.LotSub, 700_000+10*i+n)
			b.English = ""
			all = append(all, b)
		}
	}
	return all
}

// Package addresstest says what every address.Searcher must do. Each check is
// one rule and names it, so that a failing row reads as a sentence:
//
//	func TestSearcher(t *testing.T) {
//		addresstest.Run(t, addresstest.Subject{
//			Name:     "juso",
//			Searcher: provider,
//			Fills:    jusoaddress.Fills,
//			Known:    []addresstest.Sample{addresstest.CityHall()},
//			Missing:  []address.Query{{Text: "없는로 99999"}},
//			Asked:    func() int { return server.Hits("search") },
//			Secrets:  []string{"CANARY-key"},
//		})
//	}
//
// An optional ability (address.Reverser) is tested when present and named when
// not. The package imports std, providers and address only, and judges
// strangers' providers as well; how an adapter meets the faults of a network is
// the suite of package providertest. address.FromList is the reference that
// keeps all rules.
package addresstest

import (
	"fmt"
	"testing"

	"github.com/detour-go/detour/providers/address"
)

// T is the part of *testing.T that the suite needs; a recorder can stand in for it.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
}

// Sample is an address that the provider must find.
type Sample struct {
	// Text finds it.
	Text string
	// Want is it, with all that is known about it. Fields that the provider does
	// not fill are not looked at; its point may be Within metres away.
	Want address.Address
}

// Within is how far two vendors may put the same building from each other, in
// metres: one means its middle, the other its entrance.
const Within = 30

// CityHall is the sample that all vendors know: the city hall of Seoul.
func CityHall() Sample {
	return Sample{
		Text: "서울특별시 중구 세종대로 110",
		Want: address.Address{
			Road: "서울특별시 중구 세종대로 110", Jibun: "서울특별시 중구 태평로1가 31", English: "110 Sejong-daero, Jung-gu, Seoul",
			Postcode: "04524", LegalDong: "1114010300", RoadCode: "111402005001", BuildingNo: "1114010300100310000022047", BuildingName: "서울특별시청",
			Sido: "서울특별시", Sigungu: "중구", Dong: "태평로1가", Point: address.Point{Lat: 37.566680, Lon: 126.978414},
		},
	}
}

// Place is a point whose address the provider must tell.
type Place struct {
	At   address.Point
	Want address.Address
}

// Subject is a provider, well and reachable, and what is known about it.
type Subject struct {
	// Name is printed in complaints.
	Name string
	// Searcher is under test. Required.
	Searcher address.Searcher
	// Fills are the fields that it has for the known samples. Required.
	Fills address.Fields
	// Known are addresses that it finds; two or more show that it tells them apart. Required.
	Known []Sample
	// Missing are valid questions that find nothing anywhere. Required.
	Missing []address.Query
	// Many is a text that finds three addresses or more; empty: paging is not tested.
	Many string
	// Places are for the optional Reverser; empty: only what it refuses is tested.
	Places []Place
	// Nowhere are points in Korea that have no address; empty: not tested.
	Nowhere []address.Point
	// Asked counts the requests that have reached the vendor; nil: it is local.
	Asked func() int
	// Located is how many requests more a question takes that requires FieldPoint.
	Located int
	// Secrets are canaries of the configuration that nothing may print. The texts
	// of the questions are looked for as well.
	Secrets []string
}

// Run runs the suite, one subtest per rule.
func Run(t *testing.T, s Subject) {
	t.Helper()
	if !described(t, s) {
		return
	}
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) { one(t, s, r) })
	}
}

// Check runs the suite without subtests, so that a test can see a bad provider fail.
func Check(t T, s Subject) {
	t.Helper()
	if !described(t, s) {
		return
	}
	for _, r := range rules() {
		one(t, s, r)
	}
}

func described(t T, s Subject) bool {
	t.Helper()
	if s.Searcher == nil || s.Fills == 0 || len(s.Known) == 0 || len(s.Missing) == 0 {
		t.Errorf("%s: a subject has a searcher, fields, a known address and a missing one", s.Name)
		return false
	}
	return true
}

func one(t T, s Subject, r rule) {
	t.Helper()
	switch note, err := guarded(s, r); {
	case err != nil:
		t.Errorf("%s: broken rule: %s: %v", s.Name, r.says, err)
	case note != "":
		t.Logf("%s: %s: %s", s.Name, note, r.says)
	default:
		t.Logf("%s: rule kept: %s", s.Name, r.says)
	}
}

func guarded(s Subject, r rule) (note string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panicked: %v", p)
		}
	}()
	return r.check(s)
}

// asked is how many requests reached the vendor while do ran; zero for a local provider.
func (s Subject) asked(do func()) int {
	if s.Asked == nil {
		do()
		return 0
	}
	before := s.Asked()
	do()
	return s.Asked() - before
}

package house

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// importRow says what packages of one sort may import besides the standard library.
type importRow struct {
	// of is a pattern of folders: "<cap>" stands for one word, "*" for any part
	// of one, and "**" at the end for the folder and all below it.
	of string
	// may are patterns of import paths; those of this repository begin with "~/".
	may []string
}

// wire are the libraries made for the wire of some vendor.
func wire() []string {
	return []string{"golang.org/x/oauth2/**", "github.com/coreos/go-oidc/v3/**", "github.com/go-jose/go-jose/v4/**", "golang.org/x/crypto/ocsp", "golang.org/x/text/**", "go.mozilla.org/pkcs7", "github.com/smallstep/pkcs7"}
}

// importTable is the table of the design, row by row; the first that fits counts.
func importTable() []importRow {
	vendor := append([]string{"~/providers", "~/providers/<cap>", "~/internal/rest"}, wire()...)
	chain := []string{"~/breaker", "github.com/cenkalti/backoff/v4", "github.com/patrickmn/go-cache", "golang.org/x/sync/**"}
	return []importRow{
		{"breaker", []string{"github.com/sony/gobreaker/v2"}},
		{"fallback", chain},
		{"fallback/internal/**", chain},
		{"fallback/storetest", []string{"~/fallback"}},
		{"fallback/diskstore", []string{"~/fallback"}},
		{"fallback/redisstore", []string{"~/breaker", "~/fallback"}}, // a breaker of its own before Redis
		{"fallback/settings", []string{"~/breaker", "~/fallback"}},
		{"fallback/status/**", []string{"~/breaker", "~/fallback"}},

		{"providers", nil},
		{"providers/vendorsim", nil},
		{"providers/providertest", []string{"~/providers"}},
		{"providers/phone", []string{"~/providers", "~/providers/message"}},
		{"providers/message", []string{"~/providers", "golang.org/x/text/encoding/korean"}}, // carriers count in EUC-KR
		{"providers/<cap>", []string{"~/providers"}},
		{"providers/<cap>/<cap>test", []string{"~/providers", "~/providers/<cap>"}},
		{"providers/<cap>/phonelogin", append([]string{"~/providers/phone", "~/providers/message"}, vendor...)},
		// A suite that the vendors behind one broker share; only their tests import it.
		{"providers/<cap>/internal/*suite", append([]string{"~/providers/<cap>/<cap>test", "~/providers/providertest", "~/providers/vendorsim"}, vendor...)},
		{"providers/<cap>/internal/**", vendor},
		{"providers/<cap>/*<cap>", vendor},

		{"internal/rest", []string{"~/providers"}},
		{"internal/house", nil},
		{"internal/canary", []string{"**"}},                       // one test over everything
		{"internal/journeys", []string{"**"}},                     // tests alone, of all parts together
		{"internal/replays", []string{"~/breaker", "~/fallback"}}, // tests alone: outages at full length
		{"internal/benchmarks/**", []string{"**"}},
		{"examples/**", []string{"**"}},
	}
}

// forTests is what tests may import besides: the tools of testing, and the simulator.
func forTests() []string {
	return []string{
		"github.com/stretchr/testify/**", "pgregory.net/rapid",
		"~/providers/providertest", "~/providers/vendorsim", "~/fallback/storetest",
	}
}

// Imports complains about edges that the table does not have, and about
// packages that it does not know.
func Imports(pkgs []Package) []string {
	var wrong []string
	for _, p := range pkgs {
		row, capability, ok := rowOf(p.Path)
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s: no row of the import table fits: add one, as a decision", p.Path))
			continue
		}
		may := expand(row.may, capability)
		for _, i := range p.Imports {
			if !standard(i) && !p.allows(i, may) {
				wrong = append(wrong, fmt.Sprintf("%s: may not import %s", p.Path, i))
			}
		}
		suite := "~/" + p.Path + "/" + path.Base(p.Path) + "test"
		test := slices.Concat(may, forTests(), wire(), []string{"~/" + p.Path, suite},
			expand([]string{"~/providers", "~/providers/<cap>", "~/providers/<cap>/<cap>test"}, capability))
		for _, i := range p.TestImports {
			if !standard(i) && !p.allows(i, test) {
				wrong = append(wrong, fmt.Sprintf("%s: its tests may not import %s", p.Path, i))
			}
		}
	}
	return wrong
}

// Forbidden complains about what must never be, however the table grows: it is
// said twice so that a slip in the table is seen.
func Forbidden(pkgs []Package) []string {
	var wrong []string
	for _, p := range pkgs {
		for _, i := range slices.Concat(p.Imports, p.TestImports) {
			to, inside := strings.CutPrefix(i, "~/")
			switch {
			case !inside || below(p.Path, "examples"):
			case below(to, "examples"):
				wrong = append(wrong, fmt.Sprintf("%s: nothing imports examples: %s", p.Path, to))
			case below(p.Path, "fallback") && below(to, "providers"), below(p.Path, "providers") && below(to, "fallback"):
				wrong = append(wrong, fmt.Sprintf("%s: fallback and providers do not know each other: %s", p.Path, to))
			case below(p.Path, "providers") && below(to, "breaker"):
				wrong = append(wrong, fmt.Sprintf("%s: providers know no breaker: %s", p.Path, to))
			case isVendor(p.Path) && isVendor(to) && p.Path != to:
				wrong = append(wrong, fmt.Sprintf("%s: a vendor does not import another: %s", p.Path, to))
			}
		}
		for _, i := range p.Imports {
			if matches(i, "github.com/stretchr/testify/**") || i == "pgregory.net/rapid" {
				wrong = append(wrong, fmt.Sprintf("%s: %s belongs into _test.go files", p.Path, i))
			}
			suite := strings.HasSuffix(p.Path, "test")
			if (suite || p.Path == "providers/vendorsim") && !standard(i) && !strings.HasPrefix(i, "~/") {
				wrong = append(wrong, fmt.Sprintf("%s: suites and the simulator need the standard library only: %s", p.Path, i))
			}
			if p.Path == "providers/vendorsim" && strings.HasPrefix(i, "~/") {
				wrong = append(wrong, fmt.Sprintf("%s: the simulator shares no code, so no mistake, with an adapter: %s", p.Path, i))
			}
		}
	}
	return wrong
}

func below(p, folder string) bool { return p == folder || strings.HasPrefix(p, folder+"/") }

// isVendor reports a folder providers/<cap>/<vendor><cap>.
func isVendor(p string) bool {
	parts := strings.Split(p, "/")
	return len(parts) == 3 && parts[0] == "providers" && strings.HasSuffix(parts[2], parts[1]) && parts[2] != parts[1]
}

// allows reports whether p may import i.
func (p Package) allows(i string, may []string) bool {
	to, inside := strings.CutPrefix(i, "~/")
	if p.Nested && !inside {
		return true // that is what a module of its own is for
	}
	// A folder's own internal packages: Go itself keeps strangers out.
	if owner, _, found := strings.Cut(to, "/internal/"); inside && found && below(p.Path, owner) {
		return true
	}
	for _, m := range may {
		if matches(i, m) {
			return true
		}
	}
	return false
}

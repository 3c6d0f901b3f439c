package house

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each rule is fed a tree that keeps it and trees that break it.

func TestImportsSeesEdgesThatTheTableLacks(t *testing.T) {
	good := []Package{
		{Path: "breaker", Imports: []string{"context", "github.com/sony/gobreaker/v2"}, TestImports: []string{"github.com/stretchr/testify/assert", "pgregory.net/rapid", "~/breaker"}},
		{Path: "fallback", Imports: []string{"~/breaker", "golang.org/x/sync/singleflight"}, TestImports: []string{"~/fallback/storetest"}},
		{Path: "fallback/redisstore", Nested: true, Imports: []string{"~/fallback", "github.com/redis/go-redis/v9"}},
		{Path: "providers/login", Imports: []string{"~/providers"}, TestImports: []string{"~/providers/login/logintest"}},
		{Path: "providers/login/logintest", Imports: []string{"~/providers", "~/providers/login"}},
		{Path: "providers/login/internal/code", Imports: []string{"~/internal/rest", "~/providers/login", "golang.org/x/oauth2"}},
		{Path: "providers/login/kakaologin", Imports: []string{"~/internal/rest", "~/providers", "~/providers/login", "~/providers/login/internal/code"}, TestImports: []string{"~/providers/providertest", "~/providers/vendorsim", "~/providers/login/logintest"}},
		{Path: "providers/login/phonelogin", Imports: []string{"~/providers/login", "~/providers/phone"}},
		{Path: "providers/phone", Imports: []string{"~/providers/message"}},
		{Path: "providers/vendorsim", Imports: []string{"net/http"}, TestImports: []string{"github.com/go-jose/go-jose/v4"}},
		{Path: "examples/outage", Imports: []string{"~/breaker", "~/providers/tiles/osmtiles", "~/examples/outage/web"}},
	}
	assert.Empty(t, Imports(good))
	assert.Empty(t, Forbidden(good))

	for want, p := range map[string]Package{
		"no row of the import table":                            {Path: "util"},
		"providers/faxes/x/y: no row":                           {Path: "providers/faxes/x/y"},
		"may not import github.com/redis":                       {Path: "fallback", Imports: []string{"github.com/redis/go-redis/v9"}},
		"breaker: may not import ~/fallback":                    {Path: "breaker", Imports: []string{"~/fallback"}},
		"breaker: may not import github.com/cenkalti":           {Path: "breaker", Imports: []string{"github.com/cenkalti/backoff/v4"}},
		"login: may not import ~/internal/rest":                 {Path: "providers/login", Imports: []string{"~/internal/rest"}},
		"kakaologin: may not import ~/providers/phone":          {Path: "providers/login/kakaologin", Imports: []string{"~/providers/phone"}},
		"osmtiles: may not import ~/providers/login":            {Path: "providers/tiles/osmtiles", Imports: []string{"~/providers/login"}},
		"kakaologin: may not import ~/providers/tiles/internal": {Path: "providers/login/kakaologin", Imports: []string{"~/providers/tiles/internal/png"}},
		"providers: may not import ~/internal/rest":             {Path: "providers", Imports: []string{"~/internal/rest"}},
		"rest: may not import ~/providers/login":                {Path: "internal/rest", Imports: []string{"~/providers/login"}},
		"tilestest: may not import ~/providers/vendorsim":       {Path: "providers/tiles/tilestest", Imports: []string{"~/providers/vendorsim"}},
		"its tests may not import ~/fallback":                   {Path: "providers/tiles", TestImports: []string{"~/fallback"}},
		"diskstore: may not import ~/breaker":                   {Path: "fallback/diskstore", Imports: []string{"~/breaker"}},
	} {
		assert.Contains(t, strings.Join(Imports([]Package{p}), "\n"), want)
	}
}

func TestForbiddenSeesWhatMustNeverBe(t *testing.T) {
	for want, p := range map[string]Package{
		"do not know each other: providers":          {Path: "fallback", Imports: []string{"~/providers"}},
		"do not know each other: fallback":           {Path: "providers/tiles/osmtiles", TestImports: []string{"~/fallback"}},
		"providers know no breaker":                  {Path: "providers/login", Imports: []string{"~/breaker"}},
		"a vendor does not import another":           {Path: "providers/login/kakaologin", Imports: []string{"~/providers/login/naverlogin"}},
		"nothing imports examples: examples/outage":  {Path: "internal/rest", TestImports: []string{"~/examples/outage"}},
		"testify/assert belongs into _test.go":       {Path: "fallback", Imports: []string{"github.com/stretchr/testify/assert"}},
		"rapid belongs into _test.go":                {Path: "breaker", Imports: []string{"pgregory.net/rapid"}},
		"need the standard library only: github.com": {Path: "providers/tiles/tilestest", Imports: []string{"github.com/google/go-cmp/cmp"}},
		"standard library only: golang.org/x/oauth2": {Path: "providers/vendorsim", Imports: []string{"golang.org/x/oauth2"}},
		"shares no code":                             {Path: "providers/vendorsim", Imports: []string{"~/providers/login"}},
	} {
		assert.Contains(t, strings.Join(Forbidden([]Package{p}), "\n"), want)
	}
}

func TestDependenciesComparesBothWays(t *testing.T) {
	assert.Empty(t, Dependencies([]string{"a.b/c", "d.e/f"}, "a.b/c\nd.e/f\n"))
	said := strings.Join(Dependencies([]string{"a.b/c", "new.com/x"}, "a.b/c\ngone.com/y\n"), "\n")
	assert.Contains(t, said, "new.com/x: is required")
	assert.Contains(t, said, "gone.com/y: is in dependencies.golden")
}

func TestTopLevelRefusesStrangers(t *testing.T) {
	assert.Empty(t, TopLevel([]string{"breaker", "README.ko.md", ".gitignore", ".ci", "breaker.test", "BENCHMARKS.md"}))
	assert.Len(t, TopLevel([]string{"util", "docs", "main.go", "go.work"}), 4)
}

func TestParseReadsGoList(t *testing.T) {
	pkgs, err := parse(strings.NewReader(`{"Dir":"/r/providers/login","Name":"login","Imports":["net/url","github.com/detour-go/detour/providers"],
		"GoFiles":["a.go"],"TestGoFiles":["a_test.go"],"IgnoredGoFiles":["a_windows.go"],"TestImports":["testing"],"XTestImports":["testing","github.com/detour-go/detour/providers/login"]}`), "/r", false)
	require.NoError(t, err)
	assert.Equal(t, []Package{{
		Path: "providers/login", Name: "login", Imports: []string{"net/url", "~/providers"}, TestImports: []string{"testing", "~/providers/login"},
		Files: []string{"providers/login/a.go", "providers/login/a_test.go", "providers/login/a_windows.go"},
	}}, pkgs)
	_, err = parse(strings.NewReader(`{"Dir":`), "/r", false)
	assert.Error(t, err)
}

func source(t *testing.T, folder, code string) *Source {
	t.Helper()
	s, err := ParseSource(folder, map[string]string{folder + "/x.go": code})
	require.NoError(t, err)
	return s
}

func TestInitsAreRefused(t *testing.T) {
	assert.Len(t, Inits(source(t, "breaker", "package breaker\nfunc init() {}\n")), 1)
	assert.Empty(t, Inits(source(t, "breaker", "package breaker\ntype t struct{}\nfunc (t) init() {}\n")))
}

func TestGlobalsThatChangeAreRefused(t *testing.T) {
	const head = "package p\nimport (\"sync\"; \"sync/atomic\"; \"net/http\"; \"bytes\"; \"errors\"; \"time\"; \"math/rand/v2\")\n" +
		"var _ = []any{sync.OnceFunc, atomic.AddInt64, http.Get, bytes.Equal, errors.New, time.Now, rand.N[int]}\n"
	for _, good := range []string{
		`var ErrOpen = errors.New("open")`,
		`var words = [...]string{"a", "b"}; func f(i int) string { return words[i] }`,
		`var table = map[string]int{"a": 1}; func f() int { return table["a"] }`,
		`var table = []int{1}; func f() []int { table := []int{2}; table[0]++; t := &table; return *t }`, // a local one
		`type s struct{ table []int }; func (x *s) f() { x.table[0] = 1; y := &x.table; _ = y }`,
		`var lazy = sync.OnceValue(func() int { n := 1; n++; return n })`,
		`type k struct{}; func (k) Error() string { return "" }; var err = k{}; func f() string { return err.Error() }`,
		`type k struct{}; func (*k) Error() string { return "" }; var err = &k{}; func f() string { return err.Error() }`,
		`func f() { c := &http.Client{}; c.Timeout = 1; _ = c }`,
	} {
		assert.Empty(t, Globals(source(t, "p", head+good)), good)
	}
	for _, bad := range []string{
		`var n int; func f() { n = 1 }`,
		`var n int; func f() { n++ }`,
		`var n int; func f() { n += 2 }`,
		`var n int; func f() *int { return &n }`,
		`var n int; func f() { for n = range 3 {} }`,
		`var n int; func f() { func() { (n) = 1 }() }`,
		`var n, f = 0, func() { n = 1 }`,
		`var table = []int{1}; func f() { table[0] = 2 }`,
		`var table = map[string]int{}; func f() { table["a"] = 2 }`,
		`var table = map[string]int{}; func f() { delete(table, "a") }`,
		`var table = map[string]int{}; func f() { clear(table) }`,
		`var table = []int{1}; func f() { copy(table, table) }`,
		`var table = [...]struct{ n []int }{{}}; func f() { table[0].n[0] = 1 }`,
		`var p = new(int)`,
		`var m = make(map[string]int)`,
		`var c chan int`,
		`var mu sync.Mutex`,
		`var once = &sync.Once{}`,
		`var locks [8]sync.Mutex`,
		`var count atomic.Int64`,
		`var now atomic.Pointer[int]`,
		`var client = &http.Client{}`,
		`var mux = http.NewServeMux()`,
		`var buf bytes.Buffer`,
		`var dice = rand.New(nil)`,
		`type r struct{ n int }; func (x *r) add() { x.n++ }; var reg r; func f() { reg.add() }`,
		`func f() { http.DefaultTransport = nil }`,
		`var Limit = 5`,
		`var Default = struct{ N int }{1}`,
	} {
		assert.NotEmpty(t, Globals(source(t, "p", head+bad)), bad)
	}
}

func TestGlobalsSeesAnotherFile(t *testing.T) {
	s, err := ParseSource("p", map[string]string{"p/a.go": "package p\nvar n int\n", "p/b.go": "package p\nfunc f() { n = 1 }\n", "p/c_test.go": "package p\nfunc g() { n = 2 }\n"})
	require.NoError(t, err)
	assert.Equal(t, []string{"p/b.go:2: n: a package's variable is assigned"}, Globals(s))
}

func TestSharedDefaultsAreRefused(t *testing.T) {
	for _, bad := range []string{"http.Get(``)", "http.DefaultClient.Do(nil)", "http.HandleFunc(``, nil)"} {
		assert.Len(t, Shared(source(t, "p", "package p\nimport \"net/http\"\nfunc f() { "+bad+" }\n")), 1, bad)
	}
	assert.Len(t, Shared(source(t, "p", "package p\nimport web \"net/http\"\nvar t = web.DefaultTransport\n")), 1)
	assert.Empty(t, Shared(source(t, "p", "package p\nimport \"net/http\"\nfunc f(c *http.Client) { c.Get(``) }\n")))
	assert.Empty(t, Shared(source(t, "p", "package p\ntype x struct{}\nfunc (x) Get(string) {}\nfunc f() { var http x; http.Get(``) }\n")))
}

func TestProcessIsForPrograms(t *testing.T) {
	code := func(name, call string) string {
		return "package " + name + "\nimport (\"os\"; \"fmt\"; \"log\"; \"log/slog\")\nvar _ = []any{os.Open, fmt.Errorf, log.New, slog.New}\nfunc f() { " + call + " }\n"
	}
	for _, bad := range []string{"os.Getenv(``)", "os.LookupEnv(``)", "fmt.Println(1)", "log.Printf(``)", "slog.Info(``)", "os.Exit(1)", "fmt.Fprintln(os.Stderr)"} {
		assert.Len(t, Process(source(t, "providers/tiles", code("tiles", bad))), 1, bad)
		assert.Empty(t, Process(source(t, "examples/quickstart", code("main", bad))), "a program may")
	}
	assert.Empty(t, Process(source(t, "p", code("p", "var l *slog.Logger; l.Info(``)"))))
}

func TestLongFilesAreRefused(t *testing.T) {
	s, err := ParseSource("p", map[string]string{"p/a.go": "package p\n" + strings.Repeat("\n", 399), "p/b_test.go": "package p\n" + strings.Repeat("\n", 400)})
	require.NoError(t, err)
	assert.Equal(t, []string{"p/b_test.go: 401 lines, at most 400: one idea each"}, Long(s))
}

func TestExportedNamesNeedComments(t *testing.T) {
	const good = `// Package p is.
package p

// T is.
type T[K any] struct{}

// M does.
func (T[K]) M() {}

type hidden struct{}

func (hidden) M() {}

// The states.
const (
	A = 1
	B = 2
)

var (
	ErrA error // is
	// ErrB is.
	ErrB error
)

type (
	// U is.
	U int
)
`
	assert.Empty(t, Undocumented(source(t, "p", good)))
	for cut, name := range map[string]string{"// Package p is.\n": "the package", "// T is.\n": "T", "// M does.\n": "M", "// The states.\n": "A", " // is": "ErrA", "\t// U is.\n": "U"} {
		assert.Contains(t, strings.Join(Undocumented(source(t, "p", strings.Replace(good, cut, "", 1))), "\n"), name+" has no comment")
	}
}

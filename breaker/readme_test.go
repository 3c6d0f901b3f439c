package breaker_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The code in both READMEs is that of ExampleDo, which compiles and runs.
func TestReadmeShowsTheExample(t *testing.T) {
	example, err := os.ReadFile("example_do_test.go")
	require.NoError(t, err)
	has := map[string]bool{}
	for line := range strings.Lines(string(example)) {
		has[code(line)] = true
	}
	for name, heading := range map[string]string{"README.md": "## The breaker alone", "README.ko.md": "## 차단기만 쓰기"} {
		text, err := os.ReadFile("../" + name)
		require.NoError(t, err)
		_, section, found := strings.Cut(string(text), heading+"\n")
		require.True(t, found, name)
		_, block, found := strings.Cut(section, "```go\n")
		require.True(t, found, name)
		block, _, _ = strings.Cut(block, "```")
		require.GreaterOrEqual(t, strings.Count(block, "\n"), 10)
		for line := range strings.Lines(block) {
			require.True(t, has[code(line)], "%s: %s", name, line)
		}
	}
}

// code is a line without its comment.
func code(line string) string {
	line, _, _ = strings.Cut(line, " //")
	return strings.TrimSpace(line)
}

package loose_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/detour-go/detour/providers/message/internal/loose"
)

func TestWordsAndFlags(t *testing.T) {
	for in, want := range map[string]loose.Word{
		`"2000"`: "2000", `2000`: "2000", `-1000`: "-1000", `null`: "", `true`: "", `[1]`: "", `{"a":1}`: "", `""`: "", `1e3`: "1e3", `"가"`: "가",
	} {
		w := loose.Word("before")
		assert.NoError(t, json.Unmarshal([]byte(in), &w), in)
		assert.Equal(t, want, w, in)
	}
	for in, want := range map[string]loose.Flag{
		`true`: true, `1`: true, `false`: false, `0`: false, `null`: false, `"true"`: false, `2`: false, `[]`: false,
	} {
		f := loose.Flag(!bool(want))
		assert.NoError(t, json.Unmarshal([]byte(in), &f), in)
		assert.Equal(t, want, f, in)
	}
}

package solapimessage_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
)

// F77: a site handed a message over again after it had failed, and the answer got lost. The old failure is not the fate of the new one,
// in whatever order a map is read.
func TestF77FindTakesWhatSaysMost(t *testing.T) {
	entry := listOK[strings.Index(listOK, `"M4V`) : len(listOK)-2]
	of := func(id, code, created string) string {
		return strings.NewReplacer("DEMOAAAAAAAAAAAA", id, `"4000"`, `"`+code+`"`, "2026-02-01T03:04:05", "2026-02-01T03:04:"+created).Replace(entry)
	}
	for name, row := range map[string]struct {
		entries []string
		want    string // the last letters of the id
	}{
		"failed, then arrived":          {[]string{of("OLD", "3024", "01"), of("NEW", "4000", "02")}, "NEW"},
		"arrived, then failed":          {[]string{of("OLD", "4000", "01"), of("NEW", "3024", "02")}, "OLD"},
		"failed, then under way":        {[]string{of("OLD", "1062", "01"), of("NEW", "2000", "02")}, "NEW"},
		"nobody knows, then failed":     {[]string{of("OLD", "3040", "01"), of("NEW", "3024", "02")}, "OLD"},
		"not understood, then failed":   {[]string{of("OLD", "9999", "01"), of("NEW", "3024", "02")}, "OLD"},
		"under way twice: the newer":    {[]string{of("OLD", "3000", "01"), of("NEW", "2000", "02")}, "NEW"},
		"failed twice at the same time": {[]string{of("AAA", "3024", "01"), of("BBB", "3012", "01")}, "BBB"},
	} {
		t.Run(name, func(t *testing.T) {
			s := sender(t, says(t, 200, js, `{"nextKey":null,"messageList":{`+strings.Join(row.entries, ",")+`}}`).URL, nil)
			for range 20 { // a map has no order
				r, found, err := s.Find(t.Context(), good("op-1", "01012345678"))
				require.NoError(t, err)
				require.True(t, found)
				assert.Equal(t, row.want, r.ID[len(r.ID)-3:])
			}
		})
	}

	// The list goes on: what failed here may have arrived there.
	for code, known := range map[string]bool{"3024": false, "2000": true, "3040": true} {
		s := sender(t, says(t, 200, js, fmt.Sprintf(`{"nextKey":"M4V","messageList":{%s}}`, of("OLD", code, "01"))).URL, nil)
		_, found, err := s.Find(t.Context(), good("op-1", "01012345678"))
		if known {
			require.NoError(t, err, code)
			assert.True(t, found, code)
			continue
		}
		assert.ErrorIs(t, err, providers.Unavailable, code)
	}
}

package nhnmessage_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

// F77: a site handed a message over again after it had failed, and the answer got lost. The old failure is not the fate of the new one,
// in whatever order the list is.
func TestF77FindTakesWhatSaysMost(t *testing.T) {
	sms := func(id, at string, failed bool) string {
		it := strings.NewReplacer("demoAAAA0", id, "12:00:00.0", at+".0").Replace(smsItem)
		if failed {
			it = strings.NewReplacer(`"msgStatus":"3"`, `"msgStatus":"0"`, `"resultCode":"1000"`, `"resultCode":"2001"`).Replace(it)
		}
		return it
	}
	alimtalk := func(id, at string, failed bool) string {
		it := strings.NewReplacer("talkAAAA0", id, "12:00:00", at).Replace(talkItem)
		if failed {
			it = strings.NewReplacer(`"COMPLETED"`, `"FAILED"`, `"resultCode":"1000"`, `"resultCode":"3012"`).Replace(it)
		}
		return it
	}
	find := map[string]struct {
		item func(id, at string, failed bool) string
		ask  func(t *testing.T, items string) (message.Receipt, bool, error)
	}{
		"sms": {sms, func(t *testing.T, items string) (message.Receipt, bool, error) {
			return newSMS(t, says(t, 200, js, strings.Replace(smsList, smsItem, items, 1))).Find(t.Context(), good("op-1", "01012345678"))
		}},
		"alimtalk": {alimtalk, func(t *testing.T, items string) (message.Receipt, bool, error) {
			return newTalk(t, says(t, 200, js, strings.Replace(talkList, talkItem, items, 1)), nil).Find(t.Context(), talk("op-1", "01012345678"))
		}},
	}
	for name, f := range find {
		for row, items := range map[string][2]string{
			"failed, then arrived":        {f.item("old", "12:00:00", true), f.item("NEW", "12:00:05", false)},
			"arrived, then failed":        {f.item("NEW", "12:00:00", false), f.item("old", "12:00:05", true)},
			"arrived twice: the newer":    {f.item("old", "12:00:00", false), f.item("NEW", "12:00:05", false)},
			"failed twice, and the newer": {f.item("old", "12:00:00", true), f.item("NEW", "12:00:05", true)},
		} {
			t.Run(name+" "+row, func(t *testing.T) {
				for _, order := range []string{items[0] + "," + items[1], items[1] + "," + items[0]} {
					r, found, err := f.ask(t, order)
					require.NoError(t, err)
					require.True(t, found)
					assert.Equal(t, "NEW", r.ID[len(r.ID)-3:])
				}
			})
		}
		t.Run(name+" F84 one of them is another's", func(t *testing.T) {
			stray := strings.ReplaceAll(f.item("old", "12:00:00", true), `"op-1"`, `"op-2"`)
			_, _, err := f.ask(t, f.item("NEW", "12:00:05", false)+","+stray)
			assert.ErrorIs(t, err, providers.Unavailable)
		})
	}
}

package settings_test

import (
	"errors"
	"testing"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/fallback/settings"
)

// Whatever the text: nothing panics, a refusal says where and changes nothing, and what is accepted is accepted again as it is written out.
func FuzzLoad(f *testing.F) {
	s := newSite(f)
	for _, text := range []string{good, "{}", "", `{"parts": {"login": {"ttl": 1}}}`, `{"upstreams": {"sms": {"breaker": {"window": "1s"}}}}`, `{"parts": null, "parts": []}`, "{\"\xff\":0}",
		`{"parts": {"address": {"order": ["list", "kakao", "juso"]}, "message": {"min_assurance": "high"}}}`} {
		f.Add([]byte(text))
	}
	f.Add(s.loader.Document().JSON())
	f.Fuzz(func(t *testing.T, text []byte) {
		s := newSite(t) // of its own, or a text would be judged by what came before
		before := string(s.loader.Document().JSON())
		_, err := s.loader.Load(text)
		now := s.loader.Document()
		if err != nil {
			var refused *settings.Error
			if !errors.As(err, &refused) || len(refused.Mistakes) == 0 {
				t.Fatalf("%T", err)
			}
			for _, m := range refused.Mistakes {
				if m.Line < 1 || m.Column < 1 || m.Err == nil {
					t.Fatalf("%+v", m)
				}
			}
			if string(now.JSON()) != before {
				t.Fatal("a refused file has changed something")
			}
			return
		}
		if *now.Parts["message"].MinAssurance < fallback.Low || *now.Parts["login"].MinAssurance < fallback.Low {
			t.Fatal("a minimum was lowered")
		}
		c, err := s.loader.Load(now.JSON())
		if err != nil || len(c.Differences) > 0 {
			t.Fatal(err, c)
		}
	})
}

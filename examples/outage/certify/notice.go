package certify

import (
	"time"

	"github.com/detour-go/detour/fallback"
)

// problem is what went wrong just now: a word for the program, a sentence in each of the two languages of the site.
type problem struct{ Word, KO, EN string }

const wordNotHim = "mismatch"

func vendorTrouble() problem {
	return problem{"vendor", "방금 선택한 인증서가 응답하지 않았습니다. 다른 인증서를 선택해 주세요.", "The certificate you chose did not answer. Please choose another one."}
}

func again() problem {
	return problem{"again", "인증을 처음부터 다시 시작해 주세요.", "Please start again."}
}

func refused() problem {
	return problem{"refused", "인증이 완료되지 않았습니다. 입력한 내용을 확인하고 다시 시도해 주세요.", "You were not identified. Please check what you typed and try again."}
}

func notHim() problem {
	return problem{wordNotHim, "입력한 사람의 인증서가 아닙니다. 본인의 인증서로 인증해 주세요.", "That is not the certificate of the person who was typed in. Please use your own."}
}

// view is the page: what works now, what does not and since when.
type view struct {
	Problem problem
	Works   []way
	Out     []way
	Reload  int // seconds after which the browser looks again by itself, because nothing works now; 0: it does not
}

type way struct {
	Name, KO, EN string
	Since        string // KST; empty: not known
	Partly       bool
}

func newView(offers []fallback.Offer, what problem, now time.Time) view {
	v := view{Problem: what}
	for _, o := range offers {
		w := way{Name: o.Source, Since: since(o.Since, now)}
		w.KO, w.EN = named(o.Source)
		if o.Available {
			w.Partly = o.Why != ""
			v.Works = append(v.Works, w)
		} else {
			v.Out = append(v.Out, w)
		}
	}
	if len(v.Works) == 0 {
		v.Reload = reload(offers, now)
	}
	return v
}

const longestReload = 3 * time.Second

// reload is when the first of them is tried again: soon enough for somebody who waits, and not all the time.
func reload(offers []fallback.Offer, now time.Time) int {
	soonest := longestReload
	for _, o := range offers {
		if !o.RetryAt.IsZero() {
			soonest = min(soonest, o.RetryAt.Sub(now))
		}
	}
	return max(1, int((soonest+time.Second-1)/time.Second))
}

// since is the time of day, with the date when that was another day.
func since(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	kst := time.FixedZone("KST", 9*60*60)
	t, now = t.In(kst), now.In(kst)
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04:05")
	}
	return t.Format("2006-01-02 15:04:05")
}

func named(source string) (ko, en string) {
	switch source {
	case Kakao:
		return "카카오 인증서", "Kakao certificate"
	case Pass:
		return "PASS 인증서", "PASS certificate"
	}
	return source, source
}

const certHTML = `<!doctype html>
<html lang="ko"><head><meta charset="utf-8">{{with .Reload}}<meta http-equiv="refresh" content="{{.}}">{{end}}<title>본인 인증 Identification</title></head><body>
<h1>본인 인증 <span lang="en">Identification</span></h1>
{{with .Problem.KO}}<p role="alert" data-problem="{{$.Problem.Word}}">{{.}}<br><span lang="en">{{$.Problem.EN}}</span></p>
{{end}}{{range .Out}}<p role="status" data-out="{{.Name}}">{{.KO}}로 {{with .Since}}{{.}}부터 {{end}}인증할 수 없습니다.{{if $.Works}} 아래 인증서를 이용해 주세요.{{end}}<br>
<span lang="en">The {{.EN}} has not been working{{with .Since}} since {{.}}{{end}}.{{if $.Works}} Please use one below.{{end}}</span></p>
{{end}}{{if .Works}}<form method="post" action="/cert/start">
<label>이름 <span lang="en">Name</span> <input name="name" autocomplete="name" required></label>
<label>생년월일 <span lang="en">Date of birth</span> <input name="birthday" inputmode="numeric" placeholder="19900131" required></label>
<label>휴대전화 <span lang="en">Mobile number</span> <input name="number" type="tel" autocomplete="tel" required></label>
{{range .Works}}<button name="with" value="{{.Name}}">{{.KO}} <span lang="en">{{.EN}}</span></button>{{if .Partly}} <small>복구 중입니다. <span lang="en">Coming back.</span></small>{{end}}
{{end}}</form>
{{else}}<p>지금은 인증할 수 없습니다. 이 페이지는 자동으로 다시 확인합니다.<br><span lang="en">Identification is not possible now. This page looks again by itself.</span></p>
{{end}}</body></html>
`

const waitHTML = `<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><meta http-equiv="refresh" content="1"><title>인증 대기 Waiting</title></head><body>
<p role="status">휴대전화에서 인증 요청을 확인해 주세요. <span lang="en">Please confirm the request on your telephone.</span></p>
<p><a href="/cert">다른 인증서 선택 <span lang="en">Choose another certificate</span></a></p>
</body></html>
`

const doneHTML = `<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><title>인증 완료 Identified</title></head><body>
<p>인증되었습니다. <span lang="en">You have been identified.</span></p>
<p id="citizen" data-citizen="{{.}}">시민 {{.}} <span lang="en">citizen {{.}}</span></p>
</body></html>
`

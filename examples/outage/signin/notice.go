package signin

import (
	"time"

	"github.com/detour-go/detour/examples/outage/notice"
	"github.com/detour-go/detour/fallback"
)

// problem is what went wrong just now, in the two languages of the site.
type problem struct{ KO, EN string }

func vendorTrouble() problem {
	return problem{"방금 선택한 로그인 서비스가 응답하지 않았습니다. 다른 방법을 선택해 주세요.", "The service you chose did not answer. Please choose another way."}
}

func again() problem {
	return problem{"로그인을 처음부터 다시 시작해 주세요.", "Please start again."}
}

func notLinked() problem {
	return problem{"이 계정은 아직 연결되어 있지 않습니다. 새 계정을 만들지 않았습니다. 연결해 둔 다른 방법을 선택해 주세요.",
		"This account is not linked yet. No new account was made. Please choose a way that you have linked."}
}

// view is the login page: what works now, what does not and since when.
type view struct {
	Problem problem
	Works   []way
	Out     []way
	Reload  int // seconds after which the browser looks again by itself, because nothing works now; 0: it does not
}

type way struct {
	Name        string
	notice.Text // its name, or what is said of it when it does not work
	Partly      bool
	Account     bool // the name of the account is asked for
}

// codeView is the page on which the code is entered.
type codeView struct {
	State, Action string
	Wrong         bool
}

func newView(offers []fallback.Offer, what problem, now time.Time) view {
	v := view{Problem: what}
	say := words()
	for i, one := range notice.Offers(offers) {
		if one.Works {
			v.Works = append(v.Works, way{Name: one.Name, Text: say.Names[one.Name], Partly: offers[i].Why != "", Account: one.Name == Phone})
		} else {
			v.Out = append(v.Out, way{Name: one.Name, Text: say.Line(one, notice.Clock(now))})
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

func words() notice.Words {
	return notice.Words{
		Out:  notice.Text{KO: "{name} 로그인이 {since}되지 않습니다.", EN: "{name} login has not been working{since}."},
		Use:  notice.Text{KO: "대신 {list} 로그인을 이용해 주세요.", EN: "Please sign in with {list} instead."},
		None: notice.Text{KO: "지금은 로그인할 수 없습니다.", EN: "Signing in is not possible now."},
		Names: map[string]notice.Text{Kakao: {KO: "카카오", EN: "Kakao"}, Naver: {KO: "네이버", EN: "Naver"},
			Phone: {KO: "휴대전화 인증번호", EN: "a phone code"}},
	}
}

const loginHTML = `<!doctype html>
<html lang="ko"><head><meta charset="utf-8">{{with .Reload}}<meta http-equiv="refresh" content="{{.}}">{{end}}<title>로그인 Sign in</title></head><body>
<h1>로그인 <span lang="en">Sign in</span></h1>
{{with .Problem.KO}}<p role="alert">{{.}}<br><span lang="en">{{$.Problem.EN}}</span></p>
{{end}}{{range .Out}}<p role="status" data-out="{{.Name}}">{{.KO}}{{if $.Works}} 아래 방법으로 로그인해 주세요.{{end}}<br>
<span lang="en">{{.EN}}{{if $.Works}} Please use a way below.{{end}}</span></p>
{{end}}{{if .Works}}<form method="post" action="/login/start">
{{range .Works}}{{if .Account}}<label>아이디 <span lang="en">account</span> <input name="account" autocomplete="username"></label> {{end}}<button name="with" value="{{.Name}}">{{.KO}} 로그인 <span lang="en">Sign in with {{.EN}}</span></button>{{if .Partly}} <small>복구 중입니다. <span lang="en">Coming back.</span></small>{{end}}
{{end}}</form>
{{else}}<p>지금은 로그인할 수 없습니다. 이 페이지는 자동으로 다시 확인합니다.<br><span lang="en">Signing in is not possible now. This page looks again by itself.</span></p>
{{end}}</body></html>
`

const codeHTML = `<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><title>인증번호 Code</title></head><body>
{{if .Wrong}}<p role="alert">인증번호가 다릅니다. <span lang="en">That is not the code.</span></p>
{{end}}<form method="post" action="{{.Action}}"><input type="hidden" name="state" value="{{.State}}">
<label>등록하신 번호로 보낸 인증번호 <span lang="en">The code sent to the number you registered</span> <input name="code" inputmode="numeric" autocomplete="one-time-code"></label>
<button>확인 <span lang="en">OK</span></button></form>
</body></html>
`

const meHTML = `<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><title>내 정보 My account</title></head><body>
<p>로그인되었습니다. <span lang="en">You are signed in.</span></p>
<p id="account" data-account="{{.}}">시민 {{.}} <span lang="en">citizen {{.}}</span></p>
</body></html>
`

package vendorsim

import (
	"html"
	"strings"
)

// page is the vendor's authorise page. What does not change is rendered once.
type page struct {
	vendor string // as the citizen knows it
	action string // where the form is sent
	choice string
}

const listedUsers = 24

// choiceOf renders the choice of simulated users. A long list is cut, and any user may be typed.
func choiceOf(users []User) string {
	var b strings.Builder
	options := func(n int) {
		for _, u := range users[:n] {
			b.WriteString(`<option value="` + html.EscapeString(u.ID) + `">` + html.EscapeString(u.Nickname+" "+u.Name) + "</option>\n")
		}
	}
	if len(users) <= listedUsers {
		b.WriteString("<select id=\"user\" name=\"user\">\n")
		options(len(users))
		b.WriteString("</select>\n")
	} else {
		b.WriteString(`<input id="user" name="user" list="users" value="` + html.EscapeString(users[0].ID) + "\">\n<datalist id=\"users\">\n")
		options(listedUsers)
		b.WriteString("</datalist>\n")
	}
	return b.String()
}

func (p *page) form(client string, scopes []string, id, csrf string) []byte {
	var b strings.Builder
	b.Grow(1024 + len(p.choice))
	p.open(&b, p.vendor+" 로그인")
	b.WriteString("<p><strong>" + html.EscapeString(client) + "</strong> 서비스가 내 정보에 접근하려고 합니다.</p>\n")
	if len(scopes) > 0 {
		b.WriteString("<ul>\n")
		for _, s := range scopes {
			b.WriteString("<li>" + html.EscapeString(s) + "</li>\n")
		}
		b.WriteString("</ul>\n")
	}
	b.WriteString(`<form method="post" action="` + p.action + "\">\n")
	b.WriteString(`<input type="hidden" name="csrf" value="` + csrf + "\">\n")
	b.WriteString(`<input type="hidden" name="request" value="` + id + "\">\n")
	b.WriteString("<label for=\"user\">사용자</label>\n")
	b.WriteString(p.choice)
	b.WriteString("<button type=\"submit\" name=\"decision\" value=\"agree\">동의하고 계속하기</button>\n")
	b.WriteString("<button type=\"submit\" name=\"decision\" value=\"cancel\">취소</button>\n</form>\n")
	p.shut(&b)
	return []byte(b.String())
}

// problem is a page that tells the citizen what is wrong; code is the vendor's, empty when it has none.
func (p *page) problem(status int, text, code string) answer {
	var b strings.Builder
	p.open(&b, p.vendor+" 오류")
	b.WriteString("<p>" + html.EscapeString(text) + "</p>\n")
	if code != "" {
		b.WriteString("<p>오류 코드: <strong>" + html.EscapeString(code) + "</strong></p>\n")
	}
	p.shut(&b)
	return noStore(textAnswer(status, kindHTML, b.String()))
}

func (p *page) open(b *strings.Builder, title string) {
	b.WriteString("<!doctype html>\n<html lang=\"ko\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n<title>")
	b.WriteString(title)
	b.WriteString("</title></head>\n<body><main>\n<h1>")
	b.WriteString(title)
	b.WriteString(" (모의 서버)</h1>\n")
}

func (p *page) shut(b *strings.Builder) { b.WriteString("</main></body></html>\n") }

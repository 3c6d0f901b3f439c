package identify

import (
	"bytes"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"github.com/detour-go/detour/examples/outage/notice"
	"github.com/detour-go/detour/examples/outage/people"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
)

const ticketCookie = "cert_ticket"

// pages is the proof of identity at one site.
type pages struct {
	cert backend
	page *template.Template
}

func newPages(b backend) *pages {
	return &pages{cert: b, page: template.Must(template.New("cert").Parse(certHTML))}
}

func (p *pages) mount(s *web.Site) {
	s.Handle("GET /cert", func(w http.ResponseWriter, r *http.Request) { p.show(w, r, http.StatusOK, view{}) })
	s.Handle("POST /cert/start", p.start)
	s.Handle("GET /cert/wait", p.wait)
	s.Handle("POST /cert/cancel", p.cancel)
}

// start sends the request to the telephone. In a real site the citizen is the one who is signed in.
func (p *pages) start(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	citizen, err := strconv.Atoi(r.PostFormValue("citizen"))
	if err != nil || citizen < 0 || citizen >= people.Most {
		http.Error(w, "form", http.StatusBadRequest)
		return
	}
	ticket, err := p.cert.Begin(r.Context(), r.PostFormValue("with"), claim(citizen))
	if err != nil {
		p.show(w, r, statusOf(err), view{Trouble: true})
		return
	}
	http.SetCookie(w, &http.Cookie{Name: ticketCookie, Value: ticket, Path: "/cert/", MaxAge: 600, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, "/cert/wait", http.StatusSeeOther)
}

// wait looks whether the citizen has confirmed; the page asks again by itself until then.
func (p *pages) wait(w http.ResponseWriter, r *http.Request) {
	ticket, err := r.Cookie(ticketCookie)
	if err != nil {
		p.show(w, r, http.StatusBadRequest, view{})
		return
	}
	res, err := p.cert.Finish(r.Context(), ticket.Value)
	switch {
	case errors.Is(err, cert.ErrPending):
		p.render(w, http.StatusAccepted, view{Waiting: true})
		return
	case err != nil:
		p.show(w, r, statusOf(err), view{Trouble: true})
		return
	}
	if res.Source != "" {
		w.Header().Set(web.HeaderSource, res.Source)
		w.Header().Set(web.HeaderFreshness, res.Freshness.String())
	}
	w.Header().Set(web.HeaderAssurance, res.Assurance.String())
	p.forget(w)
	p.render(w, http.StatusOK, view{Done: true})
}

// cancel is the way back: the ticket ends here, whatever the telephone says later.
func (p *pages) cancel(w http.ResponseWriter, r *http.Request) {
	ticket, err := r.Cookie(ticketCookie)
	if err != nil {
		p.show(w, r, http.StatusBadRequest, view{})
		return
	}
	if err := p.cert.Cancel(r.Context(), ticket.Value); err != nil {
		p.show(w, r, statusOf(err), view{Trouble: true})
		return
	}
	p.forget(w)
	p.show(w, r, http.StatusOK, view{Cancelled: true})
}

func (p *pages) forget(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: ticketCookie, Path: "/cert/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

// statusOf is 403 when somebody said no and 503 when the vendor could not be asked.
func statusOf(err error) int {
	for _, no := range []error{fallback.ErrDenied, fallback.ErrInvalid, providers.Denied, providers.Invalid} {
		if errors.Is(err, no) {
			return http.StatusForbidden
		}
	}
	return http.StatusServiceUnavailable
}

// view is what the page says.
type view struct {
	Trouble, Waiting, Done, Cancelled bool
	Works                             []way
	Out                               []out
	None                              notice.Text // said when nothing works
}

type way struct {
	Name string
	notice.Text
}

// out is a certificate that does not work, and what is said of it.
type out struct {
	Name string
	Line notice.Text
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, status int, v view) {
	when := notice.Clock(time.Now())
	for _, one := range notice.Offers(p.cert.Offers(r.Context())) {
		if one.Works {
			v.Works = append(v.Works, way{Name: one.Name, Text: words().Names[one.Name]})
		} else {
			v.Out = append(v.Out, out{Name: one.Name, Line: words().Line(one, when)})
		}
	}
	v.None = words().Nothing()
	p.render(w, status, v)
}

func (p *pages) render(w http.ResponseWriter, status int, v view) {
	var b bytes.Buffer
	if err := p.page.Execute(&b, v); err != nil {
		http.Error(w, "page", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the browser may have gone
}

const certHTML = `<!doctype html>
<html lang="ko"><head><meta charset="utf-8">{{if .Waiting}}<meta http-equiv="refresh" content="1">{{end}}<title>본인확인 Proof of identity</title></head><body>
<h1>본인확인 <span lang="en">Proof of identity</span></h1>
{{if .Done}}<p>본인확인이 완료되었습니다. <span lang="en">Your identity is confirmed.</span></p>
{{else if .Waiting}}<p role="status">휴대전화에서 확인해 주세요. <span lang="en">Please confirm on your telephone.</span></p>
<form method="post" action="/cert/cancel"><button>취소 <span lang="en">Cancel</span></button></form>
{{else}}{{if .Trouble}}<p role="alert">방금 요청은 확인되지 않았습니다. <span lang="en">The last request was not confirmed.</span></p>
{{end}}{{if .Cancelled}}<p role="status">취소했습니다. 휴대전화에 남아 있는 요청은 확인하지 마세요. <span lang="en">Cancelled. Please do not confirm the request that is still on your telephone.</span></p>
{{end}}{{range .Out}}<p role="status" data-out="{{.Name}}">{{.Line.KO}} <span lang="en">{{.Line.EN}}</span></p>
{{end}}{{if .Works}}<form method="post" action="/cert/start">
{{range .Works}}<button name="with" value="{{.Name}}">{{.KO}} 인증서 <span lang="en">{{.EN}} certificate</span></button>
{{end}}</form>
{{else}}<p>{{.None.KO}} <span lang="en">{{.None.EN}}</span></p>
{{end}}{{end}}</body></html>
`

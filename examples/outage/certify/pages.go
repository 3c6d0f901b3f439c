package certify

import (
	"bytes"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
)

const (
	ticketCookie = "cert_ticket"
	ticketPath   = "/cert/wait"
)

// pages is the proving of one site: where it differs from the other stands in backend.
type pages struct {
	accounts *accounts
	certs    backend

	certPage, waitPage, donePage *template.Template
}

func newPages(a *accounts, b backend) *pages {
	return &pages{
		accounts: a, certs: b,
		certPage: template.Must(template.New("cert").Parse(certHTML)),
		waitPage: template.Must(template.New("wait").Parse(waitHTML)),
		donePage: template.Must(template.New("done").Parse(doneHTML)),
	}
}

func (p *pages) mount(s *web.Site) {
	s.Handle("GET /cert", p.offers)
	s.Handle("POST /cert/start", p.start)
	s.Handle("GET "+ticketPath, p.wait)
}

func (p *pages) offers(w http.ResponseWriter, r *http.Request) {
	p.show(w, r, http.StatusOK, problem{})
}

func (p *pages) start(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	q, known := p.accounts.claim(r.PostFormValue("number"), r.PostFormValue("name"), r.PostFormValue("birthday"))
	if !known {
		p.show(w, r, http.StatusForbidden, refused())
		return
	}
	ticket, err := p.certs.Begin(r.Context(), r.PostFormValue("with"), q)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: ticketCookie, Value: ticket, Path: ticketPath, MaxAge: 600, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, ticketPath, http.StatusSeeOther)
}

// wait is opened again and again until the citizen has answered on the telephone.
func (p *pages) wait(w http.ResponseWriter, r *http.Request) {
	ticket, err := r.Cookie(ticketCookie)
	if err != nil {
		p.show(w, r, http.StatusBadRequest, again())
		return
	}
	res, err := p.certs.Finish(r.Context(), ticket.Value)
	if errors.Is(err, cert.ErrPending) {
		render(w, http.StatusAccepted, p.waitPage, nil)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: ticketCookie, Path: ticketPath, MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	if err != nil {
		p.fail(w, r, err)
		return
	}
	citizen, known := p.accounts.proved(res.Value)
	if !known {
		p.show(w, r, http.StatusForbidden, refused())
		return
	}
	if res.Source != "" {
		w.Header().Set(web.HeaderSource, res.Source)
		w.Header().Set(web.HeaderFreshness, res.Freshness.String())
	}
	w.Header().Set(web.HeaderAssurance, res.Assurance.String())
	render(w, http.StatusOK, p.donePage, strconv.Itoa(citizen))
}

// fail says no when it is one, and otherwise what else works.
func (p *pages) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, errNotHim):
		p.show(w, r, http.StatusForbidden, notHim())
	case errors.Is(err, errNoTicket), errors.Is(err, providers.Denied), errors.Is(err, providers.Invalid),
		errors.Is(err, fallback.ErrDenied), errors.Is(err, fallback.ErrInvalid):
		p.show(w, r, http.StatusForbidden, refused())
	default:
		p.show(w, r, http.StatusServiceUnavailable, vendorTrouble())
	}
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, status int, what problem) {
	render(w, status, p.certPage, newView(p.certs.Offers(r.Context()), what, time.Now()))
}

func render(w http.ResponseWriter, status int, t *template.Template, data any) {
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		http.Error(w, "page", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the browser may have gone
}

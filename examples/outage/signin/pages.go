package signin

import (
	"bytes"
	"crypto/rand"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/login"
)

const (
	ticketCookie  = "login_ticket"
	sessionCookie = "session"
	maxSessions   = 20_000
)

// pages is the login of one site: where it differs from the other stands in backend.
type pages struct {
	accounts accounts
	phones   map[string]string // registered numbers by the name of the account; nil: there is no login by code
	login    backend
	sessions *sessions

	loginPage, codePage, mePage *template.Template
}

func newPages(a accounts, phones map[string]string, b backend) *pages {
	return &pages{
		accounts: a, phones: phones, login: b, sessions: &sessions{account: make(map[string]int)},
		loginPage: template.Must(template.New("login").Parse(loginHTML)),
		codePage:  template.Must(template.New("code").Parse(codeHTML)),
		mePage:    template.Must(template.New("me").Parse(meHTML)),
	}
}

func (p *pages) mount(s *web.Site) {
	s.Handle("GET /login", p.offers)
	s.Handle("POST /login/start", p.start)
	s.Handle("GET /login/callback/{way}", p.callback)
	s.Handle("GET /me", p.me)
	if p.phones != nil {
		s.Handle("GET "+codePage, p.code)
		s.Handle("POST "+callbackPath(Phone), p.callback)
	}
}

// code is the page on which the code is entered.
func (p *pages) code(w http.ResponseWriter, r *http.Request) {
	render(w, http.StatusOK, p.codePage, codeView{State: r.URL.Query().Get("state"), Action: callbackPath(Phone)})
}

func (p *pages) offers(w http.ResponseWriter, r *http.Request) {
	p.show(w, r, http.StatusOK, problem{})
}

func (p *pages) start(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	way := r.PostFormValue("with")
	hint := p.hint(way, r.PostFormValue("account"))
	if way == Phone && hint == "" {
		// No such account, or none with a number: the same page, and nothing is sent. Who asks learns nothing.
		p.sendTo(w, r, codePage+"?state="+rand.Text(), rand.Text())
		return
	}
	to, ticket, err := p.login.Begin(r.Context(), way, login.Request{Hint: hint})
	if err != nil {
		p.show(w, r, statusOf(err), vendorTrouble())
		return
	}
	p.sendTo(w, r, to, ticket)
}

// sendTo sends the browser on its way, with the ticket that it must bring back.
func (p *pages) sendTo(w http.ResponseWriter, r *http.Request, to, ticket string) {
	// Lax: the vendor sends the browser back by a link, and the ticket must come along then.
	http.SetCookie(w, &http.Cookie{Name: ticketCookie, Value: ticket, Path: "/login/callback/", MaxAge: 600, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (p *pages) callback(w http.ResponseWriter, r *http.Request) {
	ticket, err := r.Cookie(ticketCookie)
	if err != nil {
		p.show(w, r, http.StatusBadRequest, again())
		return
	}
	over := func() { // the ticket has served
		http.SetCookie(w, &http.Cookie{Name: ticketCookie, Path: "/login/callback/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if err := r.ParseForm(); err != nil {
		over()
		p.show(w, r, http.StatusBadRequest, again())
		return
	}
	brought := r.URL.Query()
	if r.Method == http.MethodPost {
		brought = r.PostForm
	}
	reply, err := login.ParseReply(brought)
	if err != nil {
		over()
		p.show(w, r, http.StatusBadRequest, again())
		return
	}
	res, err := p.login.Finish(r.Context(), ticket.Value, reply)
	if r.Method == http.MethodPost && errors.Is(err, fallback.ErrPending) {
		render(w, http.StatusForbidden, p.codePage, codeView{State: reply.State, Action: callbackPath(Phone), Wrong: true})
		return
	}
	over()
	if err != nil {
		p.show(w, r, statusOf(err), vendorTrouble())
		return
	}
	account, known := p.accounts[res.Value.Key()]
	if !known {
		p.show(w, r, http.StatusForbidden, notLinked())
		return
	}
	if res.Source != "" {
		w.Header().Set(web.HeaderSource, res.Source)
		w.Header().Set(web.HeaderFreshness, res.Freshness.String())
	}
	w.Header().Set(web.HeaderAssurance, res.Assurance.String())
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: p.sessions.open(account), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/me", http.StatusSeeOther)
}

func (p *pages) me(w http.ResponseWriter, r *http.Request) {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	account, ok := p.sessions.find(c.Value)
	if !ok {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	render(w, http.StatusOK, p.mePage, strconv.Itoa(account))
}

// statusOf is 403 when the vendor said no and 503 when it could not be asked.
func statusOf(err error) int {
	if errors.Is(err, fallback.ErrDenied) || errors.Is(err, fallback.ErrInvalid) {
		return http.StatusForbidden
	}
	return http.StatusServiceUnavailable
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, status int, what problem) {
	render(w, status, p.loginPage, newView(p.login.Offers(r.Context()), what, time.Now()))
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

// sessions says who is signed in. Bounded: the oldest goes.
type sessions struct {
	mu      sync.Mutex
	account map[string]int
	order   []string
}

func (s *sessions) open(account int) string {
	token := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) == maxSessions {
		delete(s.account, s.order[0])
		s.order = s.order[1:]
	}
	s.account[token] = account
	s.order = append(s.order, token)
	return token
}

func (s *sessions) find(token string) (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	account, ok := s.account[token]
	return account, ok
}

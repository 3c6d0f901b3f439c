package vendorsim

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
)

const maxPage = 256 << 10

// Consent does what a citizen does at an authorise page of this package: it fetches the page with its cookie, reads the
// form out of the HTML, fills in userID, sends it with the button agree or cancel, and returns the address the browser
// would be sent to, without going there. When the vendor sends the browser away without showing a page (prompt=none, a
// refused parameter), it returns that address. Anything else is an error: it names the step and the HTTP status, never the
// address.
//
// The client's transport and timeout are used; its cookie jar and redirect policy are not: each call is a browser of its
// own. A nil client is an error. Consent makes two requests, and none after ctx has ended.
func Consent(ctx context.Context, client *http.Client, authorizeURL, userID string, agree bool) (*url.URL, error) {
	if client == nil {
		return nil, errors.New("vendorsim: consent: a client is needed")
	}
	browser := *client
	browser.Jar = nil
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, authorizeURL, nil)
	if err != nil {
		return nil, errors.New("vendorsim: consent: page: not an address")
	}
	resp, page, err := visit(&browser, req)
	if err != nil {
		return nil, fmt.Errorf("vendorsim: consent: page: %w", err)
	}
	if to := leaving(resp); to != nil {
		return to, nil
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("vendorsim: consent: page: status %d", resp.StatusCode)
	}
	action, fields, ok := readForm(page)
	if !ok {
		return nil, errors.New("vendorsim: consent: page: has no login form")
	}
	target, err := req.URL.Parse(action)
	if err != nil {
		return nil, errors.New("vendorsim: consent: page: form has no address")
	}
	fields.Set("user", userID)
	fields.Set("decision", "cancel")
	if agree {
		fields.Set("decision", "agree")
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), strings.NewReader(fields.Encode()))
	if err != nil {
		return nil, errors.New("vendorsim: consent: form: not an address")
	}
	post.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range resp.Cookies() {
		post.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	resp, _, err = visit(&browser, post)
	if err != nil {
		return nil, fmt.Errorf("vendorsim: consent: form: %w", err)
	}
	if to := leaving(resp); to != nil {
		return to, nil
	}
	return nil, fmt.Errorf("vendorsim: consent: form: status %d", resp.StatusCode)
}

// visit does one request and reads the body.
func visit(browser *http.Client, req *http.Request) (*http.Response, string, error) {
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Accept-Language", "ko")
	resp, err := browser.Do(req)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) { // its text holds the address
			err = wrapped.Err
		}
		return nil, "", err
	}
	defer resp.Body.Close()
	if leaving(resp) != nil { // a browser goes there, whatever the body is
		return resp, "", nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	return resp, string(body), err
}

// leaving is where a redirect leads, nil when the answer is none.
func leaving(resp *http.Response) *url.URL {
	if resp.StatusCode < 300 || resp.StatusCode > 399 {
		return nil
	}
	to, err := resp.Location()
	if err != nil {
		return nil
	}
	return to
}

// readForm reads the first form of a page: its action and its input fields that have a value. It understands what the
// pages of this package write, quoted attributes of any order, not all of HTML.
func readForm(page string) (action string, fields url.Values, ok bool) {
	start := strings.Index(page, "<form ")
	if start < 0 {
		return "", nil, false
	}
	form := page[start:]
	end := strings.Index(form, "</form>")
	if end < 0 {
		return "", nil, false
	}
	form = form[:end]
	fields = url.Values{}
	for tag := range tags(form) {
		switch {
		case strings.HasPrefix(tag, "<form "):
			action = attribute(tag, "action")
		case strings.HasPrefix(tag, "<input "):
			if name := attribute(tag, "name"); name != "" {
				fields.Set(name, attribute(tag, "value"))
			}
		}
	}
	return action, fields, action != ""
}

// tags yields the tags of a piece of HTML.
func tags(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for {
			open := strings.IndexByte(s, '<')
			if open < 0 {
				return
			}
			s = s[open:]
			end := strings.IndexByte(s, '>')
			if end < 0 || !yield(s[:end]) {
				return
			}
			s = s[end:]
		}
	}
}

// attribute is the value of name="..." in a tag.
func attribute(tag, name string) string {
	_, rest, found := strings.Cut(tag, " "+name+`="`)
	if !found {
		return ""
	}
	value, _, _ := strings.Cut(rest, `"`)
	return html.UnescapeString(value)
}

package barocert

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
)

// The services.
const (
	Base     = "https://barocert.linkhub.co.kr"
	AuthBase = "https://auth.linkhub.co.kr"
)

// Config is one vendor behind Barocert. The adapters' own Configs explain the fields.
type Config struct {
	Provider string // name in errors and tickets
	Service  string // first part of the path, e.g. "KAKAO"
	Scopes   []string

	LinkID      string
	SecretKey   providers.Secret
	ClientCode  string
	CallCenter  string // sent with a request when not empty
	ExpireIn    time.Duration
	VerifyWho   bool // verify repeats name and number
	OldVerify   bool // the verify path of older SDKs
	SameDay     bool // nothing can be asked after 23:59:59 of the day of the request, in Korea
	PrivateKey  *rsa.PrivateKey
	PersonalRSA bool // what looks like RSA is never taken for plain text
	Codes       map[int]providers.Kind
	Forwarded   string

	Base, AuthBase    string
	AllowLoopbackHTTP bool
	HTTP              *http.Client
	UserAgent         string
	Timeout           time.Duration
}

// Bounds of ExpireIn.
const (
	DefaultExpireIn = 5 * time.Minute
	minExpireIn     = 10 * time.Second
	maxExpireIn     = 1000 * time.Second
)

// Client asks Barocert. It is safe for concurrent use.
type Client struct {
	cfg     Config
	key     *key
	api     *rest.Client
	session session
	spent   spent
}

var (
	linkID     = regexp.MustCompile(`^[!-~]{1,64}$`)
	clientCode = regexp.MustCompile(`^[0-9]{12}$`)
	callCenter = regexp.MustCompile(`^[0-9-]{3,12}$`)
)

// New reports all mistakes of the configuration at once. It asks nobody.
func New(cfg Config) (*Client, error) {
	if cfg.Base == "" {
		cfg.Base = Base
	}
	if cfg.AuthBase == "" {
		cfg.AuthBase = AuthBase
	}
	if cfg.ExpireIn == 0 {
		cfg.ExpireIn = DefaultExpireIn
	}
	var wrong []error
	say := func(bad bool, text string) {
		if bad {
			wrong = append(wrong, errors.New(text))
		}
	}
	say(!linkID.MatchString(cfg.LinkID), "link id is missing or malformed")
	k, err := newKey(cfg.SecretKey)
	if err != nil {
		wrong = append(wrong, err)
	}
	say(!clientCode.MatchString(cfg.ClientCode), "client code is not 12 digits")
	say(cfg.CallCenter != "" && !callCenter.MatchString(cfg.CallCenter), "call center is not a telephone number of at most 12 characters")
	say(cfg.ExpireIn < minExpireIn || cfg.ExpireIn > maxExpireIn || cfg.ExpireIn%time.Second != 0, "expire in is not 10s to 1000s in whole seconds")
	say(cfg.PrivateKey != nil && (cfg.PrivateKey.N == nil || cfg.PrivateKey.Size() < 256), "private key has less than 2048 bits")
	for code, kind := range cfg.Codes {
		say(code >= 0 || kind > providers.NotFound, "codes: a code is not negative or its kind is unknown")
	}
	api, err := rest.New(cfg.rest(cfg.Base))
	if err != nil {
		wrong = append(wrong, fmt.Errorf("base: %w", err))
	}
	auth, err := rest.New(cfg.rest(cfg.AuthBase))
	if err != nil {
		wrong = append(wrong, fmt.Errorf("auth base: %w", err))
	}
	if wrong != nil {
		return nil, errors.Join(wrong...)
	}
	c := &Client{cfg: cfg, key: k, api: api}
	c.session.provider = cfg.Provider
	c.session.ask = func(ctx context.Context) (grant, error) { return askToken(ctx, auth, k, cfg) }
	return c, nil
}

func (cfg Config) rest(base string) rest.Config {
	return rest.Config{
		Provider: cfg.Provider, Base: base, AllowLoopbackHTTP: cfg.AllowLoopbackHTTP,
		HTTP: cfg.HTTP, UserAgent: cfg.UserAgent, Timeout: cfg.Timeout,
	}
}

// Format prints the package alone: a client holds secrets.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "barocert.Client") }

// get and post ask Barocert once, with a session token, and read the answer.
func (c *Client) get(ctx context.Context, op, path string, into any) error {
	return c.ask(ctx, rest.Ask{Op: op, Path: path, Header: http.Header{}}, into)
}

func (c *Client) post(ctx context.Context, op, path string, body, into any) error {
	ask := rest.Ask{Op: op, Method: http.MethodPost, Path: path, Header: http.Header{}}
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return c.api.Fail(op, providers.Invalid, "", errors.New("request could not be built"))
		}
		ask.JSON = json.RawMessage(raw) // the very bytes that are signed
	}
	date := moment(time.Now())
	ask.Header.Set("Content-Type", "application/json; charset=utf8")
	ask.Header.Set("X-Bc-Date", date)
	ask.Header.Set("X-Bc-Auth", c.key.auth(raw, date, path))
	ask.Header.Set("X-Bc-Encryptionmode", "GCM")
	return c.ask(ctx, ask, into)
}

func (c *Client) ask(ctx context.Context, ask rest.Ask, into any) error {
	token, fresh, err := c.session.get(ctx)
	if err != nil {
		return err
	}
	ask.Header.Set("Authorization", "Bearer "+token)
	ask.Header.Set("X-Bc-Version", certVersion)
	a, err := c.api.Do(ctx, ask)
	if err != nil {
		return err
	}
	switch {
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
		c.session.drop(token)
	case a.Status >= 400 && a.Status < 500:
		c.session.doubt(token) // which no means "session" is published nowhere
	}
	if a.Status != http.StatusOK {
		return judge(c.api, ask.Op, a, fresh, c.cfg.Codes)
	}
	return c.api.Object(ask.Op, a, into)
}

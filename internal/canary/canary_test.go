package canary

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/vendorsim"
)

// What must never be seen, whatever is asked of whom. The marks are unlike anything else in the output.
const (
	clientSecret = "CANARYclientsecret9x"
	session      = "CANARYsession5w"
	flowKey      = "CANARYflowkey-32-bytes-long-0123"
	name         = "카나리아홍길동"
	email        = "canary.person@example.test"
	number       = "01077771313"
	dashed       = "010-7777-1313"
)

// patience bounds each step once vendors fail: a hang has shown what it prints by then.
const patience = 90 * time.Millisecond

// stage is what every part of the test prints to and asks through.
type stage struct {
	*testing.T
	out     *paper
	client  *http.Client
	ctx     context.Context
	heard   fallback.Observer
	tickets *fallback.MemoryCounter
	within  time.Duration // for one attempt: long while all is well
}

func TestNoSecretAndNoPersonInAnyOutput(t *testing.T) {
	stdlog := &paper{secrets: map[string]bool{}}
	old := log.Writer()
	log.SetOutput(stdlog)
	defer log.SetOutput(old)
	var all sync.WaitGroup
	for part, play := range map[string]func(*stage){
		"kakao": kakaoLogin, "naver": naverLogin, "oidc": oidcLogin, "vworld": vworldTiles, "osm": osmTiles,
		"address": addresses, "phone": phoneCodes, "kakaocert": kakaoCert, "passcert": passCert,
	} {
		all.Go(func() { // they wait for most of the time: more at once than t.Parallel would let in
			t.Run(part, func(t *testing.T) {
				out := &paper{secrets: map[string]bool{}}
				tickets, err := fallback.NewMemoryCounter(fallback.MemoryCounterConfig{})
				require.NoError(t, err)
				s := &stage{
					T: t, out: out, client: &http.Client{Transport: &http.Transport{}}, ctx: fallback.WithSession(t.Context(), session), tickets: tickets, within: 10 * time.Second,
					heard: fallback.ObserverFunc(func(o fallback.Outcome) { out.print(o) }),
				}
				defer s.client.CloseIdleConnections()
				s.out.seed(clientSecret, session, flowKey, name, email, number, dashed, "+82 10-7777-1313")
				play(s)
				require.Greater(t, s.out.len(), 100_000, "there was something to look through")
				for _, leak := range s.out.seen() {
					assert.Fail(t, "a secret was printed", leak)
				}
				for _, secret := range s.out.seeds() {
					stdlog.seed(secret)
				}
			})
		})
	}
	all.Wait()
	for _, leak := range stdlog.seen() {
		assert.Fail(t, "a secret was logged", leak)
	}
}

// A paper that finds nothing proves nothing.
func TestThePaperSeesWhatIsPrinted(t *testing.T) {
	for _, secret := range []string{name, clientSecret, "123456789"} {
		for _, form := range forms(secret) {
			p := &paper{secrets: map[string]bool{secret: true}}
			p.print("before " + form + " behind")
			assert.NotEmpty(t, p.seen(), form)
		}
	}
	p := &paper{secrets: map[string]bool{"123456789": true}}
	p.print("10:15:38.123456789 and a7c123456789f")
	assert.Empty(t, p.seen(), "a time and a digest are no code")
}

// guard is the upstream of a vendor whose breaker tells everything.
func (s *stage) guard(name string) *fallback.Upstream {
	b, err := breaker.New(breaker.Config{Name: name, Consecutive: 1, OpenFor: time.Millisecond, MaxOpenFor: time.Millisecond})
	require.NoError(s, err)
	b.Events(func(e breaker.Event) { s.out.print(e) })
	s.Cleanup(func() {
		s.out.print(b.Snapshot())
		assert.NoError(s, b.Close())
	})
	return &fallback.Upstream{Name: name, Breaker: b}
}

// vendor is a simulated vendor of any sort.
type vendor interface {
	Break(op string, f vendorsim.Fault) error
	Heal(op string)
	Log() []vendorsim.Hit
}

// outages breaks every operation in every mode; each vendor has a code of its own for it. Then the vendor repeats all that it may know, in
// the shapes of its answers: an error that quotes the answer shows it.
func (s *stage) outages(v vendor, codes map[string]string, attempt func()) {
	s.within = patience
	with := func(op string, f vendorsim.Fault) {
		require.NoError(s, v.Break(op, f), "%s %s", f.Mode, op)
		attempt()
		v.Heal(op)
	}
	for op, code := range codes {
		for _, mode := range vendorsim.Modes() {
			f := vendorsim.Fault{Mode: mode}
			switch mode {
			case vendorsim.Slow, vendorsim.Drip:
				f.Delay = time.Second
			case vendorsim.Bomb:
				f.Size = 2 << 20
			case vendorsim.Vendor:
				f.Code = code
			}
			with(op, f)
		}
		all := strings.Join(s.out.seeds(), " ")
		quoted, err := json.Marshal(all)
		require.NoError(s, err)
		q := string(quoted)
		for _, status := range []int{200, 400, 401, 403, 404, 500} {
			for kind, body := range map[string]string{
				"text/html; charset=utf-8": "<html><title>" + all + "</title>",
				"application/json": `{"error":` + q + `,"error_description":` + q + `,"code":-1,"msg":` + q + `,"message":` + q + `,"errorCode":` + q + `,"errorMessage":` + q +
					`,"errorType":` + q + `,"resultcode":` + q + `,"statusCode":` + q + `,"header":{"isSuccessful":false,"resultCode":` + q + `,"resultMessage":` + q +
					`},"results":{"common":{"errorCode":` + q + `,"errorMessage":` + q + `},"juso":null}}`,
			} {
				with(op, vendorsim.Fault{Mode: vendorsim.Status, Status: status, Body: body, ContentType: kind})
			}
		}
	}
	s.out.print(v.Log())
}

// try gives one attempt its time.
func (s *stage) try(do func(context.Context)) {
	ctx, cancel := context.WithTimeout(s.ctx, s.within)
	defer cancel()
	do(ctx)
}

// tell prints a value and, if there is one, an error.
func (s *stage) tell(v any, err error) {
	s.out.print(v)
	if err != nil {
		s.out.print(err)
	}
}

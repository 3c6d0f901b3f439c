package journeys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/phone"
	"github.com/detour-go/detour/providers/vendorsim"
)

type codeFlow = fallback.Flow[phone.Request, phone.Challenge, phone.Reply, phone.Proof]

// checks is how often a code may be tried: phone's own default.
const checks = 5

// codes is a site that proves phone numbers, in two processes over one counter.
type codes struct {
	*texts
	counter *fallback.MemoryCounter
	codes   [2]*phone.Codes
	flows   [2]*codeFlow
}

func openCodes(t *testing.T, w wiring, change func(*phone.Config)) *codes {
	t.Helper()
	if w.look.Wait == 0 {
		w.look = patient()
	}
	s := &codes{texts: openTexts(t, w), counter: tickets(t)}
	shared := tickets(t)
	for i := range s.flows {
		cfg := phone.Config{
			Send:    func(ctx context.Context, m message.Message) error { _, err := s.chain.Do(ctx, m); return err },
			Counter: s.counter, Key: key('p'), Origin: origin,
			Template: func(code, _ string) (string, map[string]string) { return "code", map[string]string{"code": code} },
		}
		if change != nil {
			change(&cfg)
		}
		var err error
		s.codes[i], err = phone.New(cfg)
		require.NoError(t, err)
		leg := fallback.NewLeg("phone", s.codes[i].Begin, s.codes[i].Finish, nil)
		leg.Tries, leg.Timeout, leg.Assurance, leg.Traits = checks, s.chain.Longest()+time.Second, fallback.Low, fallback.Restricted
		s.flows[i], err = fallback.NewFlow(fallback.FlowConfig[phone.Request, phone.Challenge, phone.Reply, phone.Proof]{
			Name: "phone", Legs: []fallback.Leg[phone.Request, phone.Challenge, phone.Reply, phone.Proof]{leg},
			Valid: phone.Request.Validate, Join: phone.Reply.Resume, Match: phone.Match, Min: fallback.Low, Keys: [][]byte{key('t')}, Tickets: shared,
		})
		require.NoError(t, err)
	}
	return s
}

func (s *codes) begin(ctx context.Context, number string) fallback.Begun[phone.Challenge] {
	s.t.Helper()
	b, err := s.flows[0].Begin(ctx, "phone", phone.Request{Number: number, Purpose: "login"})
	require.NoError(s.t, err)
	return b
}

// read is the code in the last text of a number, as the citizen reads it: after the # of the last line.
func (s *codes) read(number string) string {
	s.t.Helper()
	inbox := s.phone.Inbox(number)
	require.NotEmpty(s.t, inbox)
	text := inbox[len(inbox)-1].Text
	require.Contains(s.t, text, "\n@"+origin+" #")
	return text[strings.LastIndex(text, "#")+1:]
}

func (s *codes) finish(ctx context.Context, ticket, code string) (fallback.Result[phone.Proof], error) {
	return s.flows[0].Finish(ctx, ticket, phone.Reply{Code: providers.NewSecret(code)})
}

// wrong is a code as long as the right one, the nth of those that differ.
func wrong(code string, n int) string {
	b := []byte(code)
	at := n % len(b)
	b[at] = '0' + (b[at]-'0'+1+byte(n/len(b))%9)%10
	return string(b)
}

func TestACodeProvesANumber(t *testing.T) {
	s, ctx := openCodes(t, wiring{}, nil), visitor(t, "one")
	b := s.begin(ctx, "010-1234-5678")
	for i := range checks - 1 {
		r, err := s.finish(ctx, b.Ticket, wrong(s.read(citizen), i))
		pends(t, err, fallback.ErrDenied, phone.ErrWrong)
		assert.Equal(t, phone.Proof{}, r.Value)
	}
	r, err := s.finish(ctx, b.Ticket, s.read(citizen))
	require.NoError(t, err, "the fifth check is one yet")
	assert.Equal(t, []any{citizen, "login", fallback.Low}, []any{r.Value.Number, r.Value.Purpose, r.Assurance})
	s.arrived("solapi alimtalk")

	asked := s.phone.Count(citizen)
	for range 2 {
		_, err = s.finish(ctx, b.Ticket, s.read(citizen))
		restarts(t, err, fallback.ErrDenied, fallback.ErrTicketUsed)
	}
	assert.Equal(t, asked, s.phone.Count(citizen))
}

// T6: of a hundred checks at once, over two processes, at most five are evaluated and one succeeds.
func TestT6AHundredChecksAtOnce(t *testing.T) {
	const many = 100
	rows := map[string]struct {
		right func(int) bool
		in    int // how many get in; negative: at most one
	}{
		"all right": {func(int) bool { return true }, 1},
		"all wrong": {func(int) bool { return false }, 0},
		"one right": {func(i int) bool { return i == many/2 }, -1},
		"half":      {func(i int) bool { return i%2 == 0 }, -1},
	}
	// through the flow, and by a site that forgot it: the codes keep the law by themselves.
	for _, bare := range []bool{false, true} {
		for name, row := range rows {
			t.Run(fmt.Sprintf("%s, bare %v", name, bare), func(t *testing.T) {
				s, ctx := openCodes(t, wiring{}, nil), visitor(t, "one")
				b := s.begin(ctx, citizen)
				code := s.read(citizen)
				gate := make(chan struct{})
				var all sync.WaitGroup
				errs := make([]error, many)
				for i := range many {
					all.Go(func() {
						typed := wrong(code, i)
						if row.right(i) {
							typed = code
						}
						reply := phone.Reply{Code: providers.NewSecret(typed)}
						<-gate
						if bare {
							_, errs[i] = s.codes[i%2].Finish(ctx, reply.Resume(b.Challenge))
							return
						}
						_, errs[i] = s.flows[i%2].Finish(ctx, b.Ticket, reply)
					})
				}
				close(gate)
				all.Wait()
				in, evaluated := 0, 0
				for _, err := range errs {
					switch {
					case err == nil:
						in++
						evaluated++
					case errors.Is(err, phone.ErrWrong):
						evaluated++
					case bare:
						assert.True(t, errors.Is(err, phone.ErrSpent) || errors.Is(err, phone.ErrUsed), "%v", err)
					default:
						require.ErrorIs(t, err, fallback.ErrDenied)
					}
				}
				assert.LessOrEqual(t, evaluated, checks)
				assert.Positive(t, evaluated)
				if row.in >= 0 {
					assert.Equal(t, row.in, in)
				}
				assert.LessOrEqual(t, in, 1)
				if bare && in == 0 {
					assert.Equal(t, checks, evaluated, "none of them is lost")
				}
				// Whatever was left of the tries: the end comes within five, and the code is never good twice.
				more := 0
				for i := range 2 * checks {
					if _, err := s.finish(ctx, b.Ticket, wrong(code, i)); errors.Is(err, phone.ErrWrong) {
						more++
					}
				}
				assert.LessOrEqual(t, evaluated+more, checks)
				_, err := s.finish(ctx, b.Ticket, code)
				restarts(t, err, fallback.ErrDenied)
				_, err = s.codes[1].Finish(ctx, phone.Reply{Code: providers.NewSecret(code)}.Resume(b.Challenge))
				assert.ErrorIs(t, err, providers.Denied, "nor behind the flow's back")
			})
		}
	}
}

// A storm of wrong codes over many numbers closes the method for a while, and nothing else: no vendor is thought ill of, and who has a
// code may still use it.
func TestT6AStormOfWrongCodes(t *testing.T) {
	s := openCodes(t, wiring{}, func(c *phone.Config) { c.MaxWrongPerHour = 30 })
	honest := s.begin(visitor(t, "honest"), "01022223333")
	stormed := 0
	var err error
	for i := range 20 {
		ctx, number := visitor(t, fmt.Sprintf("attacker-%d", i)), fmt.Sprintf("010%04d5678", 4000+i)
		var b fallback.Begun[phone.Challenge]
		if b, err = s.flows[0].Begin(ctx, "phone", phone.Request{Number: number, Purpose: "login"}); err != nil {
			break
		}
		for n := range 2 * checks {
			if _, err := s.finish(ctx, b.Ticket, wrong(s.read(number), n)); errors.Is(err, phone.ErrWrong) {
				stormed++
			}
		}
	}
	require.ErrorIs(t, err, fallback.ErrLimited)
	assert.ErrorIs(t, err, phone.ErrAlarm)
	assert.LessOrEqual(t, stormed, 30+checks, "it ends with the challenge that was one too many")
	for name, up := range s.up {
		assert.Equal(t, breaker.Closed, up.Breaker.Snapshot().State, name)
	}
	r, err := s.finish(visitor(t, "honest"), honest.Ticket, s.read("01022223333"))
	require.NoError(t, err)
	assert.Equal(t, "01022223333", r.Value.Number)
}

func TestT6ACodeIsBoundToItsChallenge(t *testing.T) {
	const other = "01087654321"
	s := openCodes(t, wiring{}, nil)
	one, two := visitor(t, "one"), visitor(t, "two")
	mine, theirs := s.begin(one, citizen), s.begin(two, other)
	code := s.read(other)
	require.NotEqual(t, code, s.read(citizen), "one in a million")

	_, err := s.finish(one, mine.Ticket, code)
	pends(t, err, fallback.ErrDenied, phone.ErrWrong)
	// The challenge of the other, brought along in the reply: the ticket's own counts.
	_, err = s.flows[0].Finish(one, mine.Ticket, phone.Reply{Code: providers.NewSecret(code), Challenge: theirs.Challenge})
	pends(t, err, fallback.ErrDenied, phone.ErrWrong)
	// The other's ticket, taken to this session together with its code.
	_, err = s.finish(one, theirs.Ticket, code)
	restarts(t, err, fallback.ErrDenied, fallback.ErrTicketSession)
	// One letter changed: another number, another purpose.
	for _, change := range []func(*phone.Challenge){func(c *phone.Challenge) { c.Number = citizen }, func(c *phone.Challenge) { c.Purpose = "change-number" }} {
		c := theirs.Challenge
		change(&c)
		_, err = s.codes[0].Finish(two, phone.Reply{Code: providers.NewSecret(code)}.Resume(c))
		assert.ErrorIs(t, err, providers.Denied)
	}
	r, err := s.finish(two, theirs.Ticket, code)
	require.NoError(t, err)
	assert.Equal(t, other, r.Value.Number)
}

// The same code whichever way it comes, and once.
func TestF76TheCodeComesByAnotherChannel(t *testing.T) {
	lost := vendorsim.Fault{Mode: vendorsim.Reset, Effect: true}
	rows := map[string]struct {
		line   vendorsim.Trouble
		fault  vendorsim.Fault // of send_many
		road   string          // code of failed deliveries
		apart  bool
		arrive string
	}{
		"alimtalk":                          {arrive: "solapi alimtalk"},
		"no kakaotalk":                      {line: vendorsim.NoKakaoTalk, arrive: "solapi sms"},
		"alimtalk is dead":                  {road: "3012", apart: true, arrive: "solapi sms"},
		"alimtalk and its answer got lost":  {fault: lost, arrive: "solapi alimtalk"},
		"both answers of solapi got lost":   {line: vendorsim.NoKakaoTalk, fault: lost, arrive: "solapi sms"},
		"solapi surely refused":             {fault: vendorsim.Fault{Mode: vendorsim.Vendor, Code: "InvalidAPIKey"}, arrive: "nhn sms"},
		"solapi takes it and cannot do it":  {road: "3024", arrive: "nhn sms"},
		"solapi drops it and never had it":  {fault: vendorsim.Fault{Mode: vendorsim.Reset}, arrive: "nhn sms"},
		"a phone that is off has kakaotalk": {line: vendorsim.PhoneOff, arrive: "solapi alimtalk"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, ctx := openCodes(t, wiring{apart: row.apart}, nil), visitor(t, "one")
			s.phone.Behave(citizen, vendorsim.Behaviour{Trouble: row.line})
			if row.fault.Mode != "" {
				require.NoError(t, s.kakao.Break("send_many", row.fault))
			}
			if row.road != "" {
				require.NoError(t, s.kakao.Break("deliver", vendorsim.Fault{Mode: vendorsim.Vendor, Code: row.road}))
			}
			b := s.begin(ctx, citizen)
			assert.False(t, b.Challenge.Unsure)
			code := s.read(citizen)
			for _, x := range s.phone.Inbox(citizen) {
				assert.Contains(t, x.Text, code)
			}
			r, err := s.finish(ctx, b.Ticket, code)
			require.NoError(t, err)
			assert.Equal(t, citizen, r.Value.Number)
			assert.Equal(t, strings.HasPrefix(row.arrive, "nhn"), s.nhn.Hits("sms_auth") > 0, "the second vendor after the first has surely failed, and not before")
			s.arrived(row.arrive)
		})
	}
}

// Nobody knows whether the code left: the citizen is told to wait, the code is good if it comes, and nobody else sends it.
func TestF77ACodeOfWhichNobodyKnows(t *testing.T) {
	for _, arrives := range []bool{true, false} {
		t.Run(fmt.Sprintf("arrives %v", arrives), func(t *testing.T) {
			s, ctx := openCodes(t, wiring{look: look()}, nil), visitor(t, "one")
			require.NoError(t, s.solapi.Break("deliver", vendorsim.Fault{Mode: vendorsim.Hang, Effect: arrives}))
			b := s.begin(ctx, citizen)
			assert.True(t, b.Challenge.Unsure)
			assert.True(t, b.Challenge.ResendAt.After(time.Now()))
			assert.Zero(t, s.nhn.Hits("sms_auth"))
			if !arrives {
				s.arrived()
				return
			}
			_, err := s.finish(ctx, b.Ticket, s.read(citizen))
			require.NoError(t, err)
			s.arrived("solapi alimtalk")
		})
	}
}

// All vendors are surely dead: there is no challenge, what was not sent is not counted, and who asked then may ask again at once.
func TestNobodyCanSendACode(t *testing.T) {
	s := openCodes(t, wiring{}, func(c *phone.Config) { c.PerHour = 2 })
	require.NoError(t, s.solapi.Break("send_many", vendorsim.Fault{Mode: vendorsim.Vendor, Code: "InvalidAPIKey"}))
	require.NoError(t, s.nhn.Break("sms_auth", vendorsim.Fault{Mode: vendorsim.Vendor, Code: "-1000"}))
	for i := range 8 { // more than the site may send
		_, err := s.flows[0].Begin(visitor(t, "one"), "phone", phone.Request{Number: fmt.Sprintf("010%04d0000", 2000+i), Purpose: "login"})
		require.Error(t, err)
		assert.False(t, errors.Is(err, fallback.ErrLimited), "a message that never left costs nothing: %v", err)
	}
	s.solapi.HealAll()
	for _, up := range s.up {
		require.NoError(t, up.Breaker.Force(breaker.ForcedClosed, "operator", "it is over", time.Minute))
	}
	ctx := visitor(t, "one")
	const early = "01020000000" // asked while all were dead, a moment ago
	for _, number := range []string{early, citizen} {
		b, err := s.flows[0].Begin(ctx, "phone", phone.Request{Number: number, Purpose: "login"})
		require.NoError(t, err)
		_, err = s.finish(ctx, b.Ticket, s.read(number))
		require.NoError(t, err)
	}
}

// F78, T8: a carrier is switched off by policy, a SIM was swapped: those numbers get no code, all others do.
func TestF78ACarrierIsSwitchedOff(t *testing.T) {
	skt := func(number string) bool { return strings.HasPrefix(number, "0102") }
	s := openCodes(t, wiring{}, func(c *phone.Config) {
		c.Policy = func(_ context.Context, number string) error {
			if skt(number) {
				return errors.New("carrier of " + number + " is off")
			}
			return nil
		}
		c.Risk = func(_ context.Context, number string) (phone.Risk, error) {
			switch number[3] {
			case '3':
				return phone.RiskFound, nil
			case '4':
				panic("the carrier's service died with " + number)
			case '5':
				return phone.RiskNone, errors.New("timeout")
			}
			return phone.RiskNone, nil
		}
	})
	for number, want := range map[string]error{"01022223333": phone.ErrPolicy, "01032223333": phone.ErrRisk, "01042223333": phone.ErrRisk, "01052223333": phone.ErrRisk} {
		_, err := s.flows[0].Begin(visitor(t, number), "phone", phone.Request{Number: number, Purpose: "login"})
		require.ErrorIs(t, err, want, number)
		assert.NotContains(t, fmt.Sprintf("%+v", err), number)
		assert.Zero(t, s.phone.Count(number))
	}
	ctx := visitor(t, "other carrier")
	b := s.begin(ctx, citizen)
	_, err := s.finish(ctx, b.Ticket, s.read(citizen))
	require.NoError(t, err)
}

// T7: an outage of the cheap channel is not to become a bill.
func TestT7AnOutageCostsNoMoreThanTheBudget(t *testing.T) {
	const budget = 12
	s := openCodes(t, wiring{}, func(c *phone.Config) { c.PerHour = budget })
	s.phone.Behave("", vendorsim.Behaviour{Trouble: vendorsim.NoKakaoTalk})
	var all sync.WaitGroup
	errs := make([]error, 3*budget)
	for i := range errs {
		all.Go(func() {
			_, errs[i] = s.flows[i%2].Begin(visitor(t, fmt.Sprint(i)), "phone", phone.Request{Number: fmt.Sprintf("010%04d0000", 2000+i), Purpose: "login"})
		})
	}
	all.Wait()
	sent := len(errs) - len(slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return err == nil }))
	assert.Equal(t, budget, sent)
	assert.Equal(t, budget, s.phone.Count(""), "one SMS each")
	for _, err := range errs {
		if err != nil {
			assert.ErrorIs(t, err, phone.ErrBudget)
		}
	}
}

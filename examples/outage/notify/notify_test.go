package notify

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/people"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/schedule"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/timeline"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/examples/outage/web/webtest"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/vendorsim"
)

// theatre is the messages on two sites that serve, and how many visits there were.
type theatre struct {
	*Notify
	visits int
}

func open(t *testing.T) *theatre {
	t.Helper()
	sites := webtest.Sites(t)
	n, err := New(Config{Phone: vendorsim.NewPhone(), Direct: sites[replay.Direct], Detour: sites[replay.Detour]})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, n.Close()) })
	for _, s := range sites {
		s.Serve()
	}
	return &theatre{Notify: n}
}

// visit is one journey; at the direct site he is not patient.
func (th *theatre) visit(t *testing.T, side replay.Side) tally.Outcome {
	t.Helper()
	patience := 1500 * time.Millisecond
	if side == replay.Detour {
		patience = 6 * time.Second // the site says what it knows within four
	}
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	th.visits++
	o := th.journey(ctx, side, schedule.Arrival{N: th.visits, Citizen: 7})
	assert.Equal(t, o.OK, o.Took > 0, "measured until the text is there")
	o.Took = 0
	return o
}

func (th *theatre) set(t *testing.T, primary, secondary timeline.Mode) {
	t.Helper()
	for i, mode := range []timeline.Mode{primary, secondary} {
		require.NoError(t, th.Capability().Roles[i].Play(timeline.Phase{Mode: mode, Share: 1, Status: 503}))
	}
}

func by(source string) tally.Outcome {
	return tally.Outcome{OK: true, Served: []tally.Served{{Source: source, Freshness: tally.Live}}}
}

func TestReceiptArrivesOnce(t *testing.T) {
	th := open(t)
	assert.Equal(t, tally.Outcome{OK: true}, th.visit(t, replay.Direct), "no label without Detour")
	assert.Equal(t, by(AlimTalk), th.visit(t, replay.Detour))

	th.set(t, timeline.Fail, timeline.OK)
	assert.Equal(t, tally.Outcome{Why: whyNothing}, th.visit(t, replay.Direct), "the vendor took it, and that was all")
	assert.Equal(t, by(SMS), th.visit(t, replay.Detour))

	th.set(t, timeline.Maintenance, timeline.OK)
	assert.Equal(t, tally.Outcome{Why: whyNotSent}, th.visit(t, replay.Direct))
	assert.Equal(t, by(SMS), th.visit(t, replay.Detour))

	th.set(t, timeline.Fail, timeline.Refuse)
	assert.Equal(t, by(OtherSMS), th.visit(t, replay.Detour))

	assert.Equal(t, [2]int{}, th.duplicates())
	texts := th.phone.Inbox(people.Number(7))
	require.Len(t, texts, 5)
	assert.Equal(t, form("1"), texts[0].Text, "the same text by every way")
	assert.Equal(t, form("7"), texts[4].Text)
	assert.Equal(t, "nhn", texts[4].Vendor)
}

func TestFailedDeliveriesOpenTheBreaker(t *testing.T) {
	th := open(t)
	th.set(t, timeline.Fail, timeline.OK)
	guard := th.Capability().Breaker
	for range 20 {
		require.Equal(t, by(SMS), th.visit(t, replay.Detour))
		if guard.Snapshot().State != breaker.Closed {
			break
		}
	}
	assert.NotEqual(t, breaker.Closed, guard.Snapshot().State, "that the vendor takes them proves nothing")
	assert.Equal(t, breaker.Closed, th.ways.guards[1].Snapshot().State, "its SMS has a breaker of its own")
}

// A message that the vendor has and says nothing about is not sent a second time: it may arrive.
func TestUnknownFateIsNotSentAgain(t *testing.T) {
	th := open(t)
	th.set(t, timeline.Hang, timeline.OK)
	assert.Equal(t, tally.Outcome{Why: whyUnknown}, th.visit(t, replay.Detour))
	assert.Zero(t, th.phone.Count(""))
}

// The answer gets lost and the message does not: it is found by our own key and nobody sends another.
func TestLostAnswerIsNoSecondMessage(t *testing.T) {
	th := open(t)
	require.NoError(t, th.vendors.talk.Break("send_many", vendorsim.Fault{Mode: vendorsim.Reset, Effect: true}))
	assert.Equal(t, by(AlimTalk), th.visit(t, replay.Detour))
	assert.Equal(t, 1, th.phone.Count(""))
}

func TestDuplicatesAreCountedAtTheTelephone(t *testing.T) {
	th := open(t)
	m := receipt(keyOf(replay.Direct, 3), people.Number(7), "3")
	for range 2 {
		_, err := th.ways.all[1].Do(t.Context(), m)
		require.NoError(t, err)
	}
	assert.Equal(t, [2]int{replay.Direct: 1}, th.duplicates())
}

func TestCodesGoBySMSWithTheSameBreakers(t *testing.T) {
	th := open(t)
	m := message.Message{Key: "code-1", To: people.Number(3), Text: "[예시구청] 인증번호 123456", OTP: true}
	require.NoError(t, th.SendCode(t.Context(), m))
	assert.Equal(t, 1, th.phone.Count(people.Number(3)))
	require.NoError(t, th.ways.guards[1].Force(breaker.ForcedOpen, "test", "the first is out", time.Minute))
	m.Key = "code-2"
	require.NoError(t, th.SendCode(t.Context(), m))
	texts := th.phone.Inbox(people.Number(3))
	require.Len(t, texts, 2)
	assert.Equal(t, "nhn", texts[1].Vendor)
	assert.Equal(t, []replay.Source{{Name: SMS, Fate: []string{"Solapi", "mobile carriers"}}, {Name: OtherSMS, Fate: []string{"NHN Cloud", "mobile carriers"}}}, th.CodeSources())
}

func TestFormIsChecked(t *testing.T) {
	th := open(t)
	for _, site := range th.site {
		for _, form := range []url.Values{{}, {"citizen": {"-1"}, "number": {"1"}}, {"citizen": {"1"}, "number": {"x"}}, {"citizen": {"99999999"}, "number": {"1"}}} {
			page, err := web.NewBrowser(th.browsers).Post(t.Context(), site+"/receipt", form)
			require.NoError(t, err)
			assert.Equal(t, 400, page.Status, "%v", form)
		}
	}
}

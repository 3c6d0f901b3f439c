package identify

import (
	"context"
	"net/http"
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
	"github.com/detour-go/detour/providers/vendorsim"
)

const citizens = 10

// open builds the certificates of ten citizens on two sites that serve.
func open(t *testing.T) (*Identify, *vendorsim.Phone) {
	t.Helper()
	sites := webtest.Sites(t)
	phone := vendorsim.NewPhone()
	i, err := New(Config{Citizens: citizens, Phone: phone, Direct: sites[replay.Direct], Detour: sites[replay.Detour]})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, i.Close()) })
	for _, s := range sites {
		s.Serve()
	}
	return i, phone
}

func (i *Identify) come(t *testing.T, side replay.Side, n, citizen int) tally.Outcome {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), replay.JourneyLimit)
	defer stop()
	o := i.journey(ctx, side, schedule.Arrival{N: n, Citizen: citizen})
	assert.Positive(t, o.Took)
	o.Took = 0
	return o
}

func set(t *testing.T, i *Identify, primary, secondary timeline.Mode) {
	t.Helper()
	for n, mode := range []timeline.Mode{primary, secondary} {
		require.NoError(t, i.Capability().Roles[n].Play(timeline.Phase{Mode: mode, Share: 1, Status: 503}))
	}
}

func by(source string) tally.Outcome {
	return tally.Outcome{OK: true, Served: []tally.Served{{Source: source, Freshness: tally.Live}}}
}

func TestJourneys(t *testing.T) {
	i, phone := open(t)
	assert.Equal(t, tally.Outcome{OK: true}, i.come(t, replay.Direct, 0, 3), "no label without Detour")
	assert.Equal(t, by(Kakao), i.come(t, replay.Detour, 0, 3))
	require.Equal(t, 2, phone.Count(people.Number(3)), "one request each")

	set(t, i, timeline.Refuse, timeline.OK)
	assert.Equal(t, tally.Outcome{Why: whyRequest}, i.come(t, replay.Direct, 0, 3))
	assert.Equal(t, by(Pass), i.come(t, replay.Detour, 0, 3), "one broker, and the outage takes one of its two")

	set(t, i, timeline.OK, timeline.OK)
	phone.Behave(people.Number(4), vendorsim.Behaviour{Choice: vendorsim.Decline})
	for _, side := range []replay.Side{replay.Direct, replay.Detour} {
		assert.Equal(t, tally.Outcome{Why: whyDenied}, i.come(t, side, 0, 4), side)
	}
}

// The case of 2022: the site knew whom it asked for, somebody else confirmed, and nobody compared.
func TestImpostorsAreTurnedAwayByEveryCertificate(t *testing.T) {
	i, _ := open(t)
	const withImpostor = impostorEvery / 2
	for _, side := range []replay.Side{replay.Direct, replay.Detour} {
		o := i.come(t, side, withImpostor, 3)
		assert.True(t, o.OK && o.Impostor)
		assert.False(t, o.WrongProof)
	}
	assert.Equal(t, tally.Outcome{Why: whyDenied}, i.visit(t.Context(), replay.Detour, citizens))
	set(t, i, timeline.Fail, timeline.OK)
	assert.Equal(t, tally.Outcome{Why: whyDenied}, i.visit(t.Context(), replay.Detour, citizens+1), "an outage opens no door")

	// The count can fail: to whom the telephone belongs again, that is him.
	set(t, i, timeline.OK, timeline.OK)
	i.vendor.ProofOf(people.Number(citizens), vendorsim.Person{})
	assert.True(t, i.come(t, replay.Direct, withImpostor, 3).WrongProof)
}

func TestOutageIsNoticedWithoutAnyCitizen(t *testing.T) {
	for _, mode := range []timeline.Mode{timeline.Hang, timeline.Maintenance} { // maintenance comes as 400 with a code, like a no to the citizen
		t.Run(string(mode), func(t *testing.T) {
			i, _ := open(t)
			opened := make(chan string, 1)
			stop := i.Capability().Breaker.Events(func(e breaker.Event) {
				select {
				case opened <- e.Why.String():
				default:
				}
			})
			defer stop()
			set(t, i, mode, timeline.OK)
			select {
			case why := <-opened:
				assert.Equal(t, "watch", why)
			case <-time.After(30 * time.Second):
				t.Fatal("nobody noticed")
			}
			page, err := web.NewBrowser(i.browsers).Get(t.Context(), i.site[replay.Detour]+"/cert")
			require.NoError(t, err)
			assert.Contains(t, string(page.Body), `data-out="kakao"`)
			assert.NotContains(t, string(page.Body), `value="kakao"`)
			assert.Contains(t, string(page.Body), `value="pass"`)
		})
	}
}

func TestTicketIsOnesOwnAndUsedOnce(t *testing.T) {
	i, _ := open(t)
	site := i.site[replay.Detour]
	browser := web.NewBrowser(i.browsers)
	page, err := browser.Post(t.Context(), site+"/cert/start", url.Values{"with": {Kakao}, "citizen": {"2"}})
	require.NoError(t, err)
	require.Equal(t, http.StatusSeeOther, page.Status)
	cookies := (&http.Response{Header: page.Header}).Cookies()
	require.Len(t, cookies, 1)
	assert.True(t, cookies[0].HttpOnly)
	assert.Equal(t, http.SameSiteStrictMode, cookies[0].SameSite)

	page, err = web.NewBrowser(i.browsers).Get(t.Context(), site+"/cert/wait")
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadRequest, page.Status, "another browser")

	ask := func() int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, site+"/cert/wait", nil)
		require.NoError(t, err)
		req.AddCookie(cookies[0])
		resp, err := i.browsers.RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	assert.Equal(t, http.StatusAccepted, ask(), "nobody has confirmed yet")
	require.Eventually(t, func() bool { return ask() == http.StatusOK }, 10*time.Second, 20*time.Millisecond)
	assert.Equal(t, http.StatusForbidden, ask(), "a second time")
}

// Who goes back on the waiting page is done with it, at both sites: the telephone confirms a moment later, for nothing.
func TestWhoCancelsIsNotConfirmedLater(t *testing.T) {
	i, phone := open(t)
	phone.Behave(people.Number(5), vendorsim.Behaviour{Choice: vendorsim.Ignore})
	for _, side := range []replay.Side{replay.Direct, replay.Detour} {
		browser, site := web.NewBrowser(i.browsers), i.site[side]
		asked := phone.Count(people.Number(5))
		page, err := browser.Post(t.Context(), site+"/cert/cancel", nil)
		require.NoError(t, err)
		assert.Equal(t, http.StatusBadRequest, page.Status, "there is nothing to cancel")
		page, err = browser.Post(t.Context(), site+"/cert/start", url.Values{"with": {Kakao}, "citizen": {"5"}})
		require.NoError(t, err)
		require.Equal(t, http.StatusSeeOther, page.Status)
		cookies := (&http.Response{Header: page.Header}).Cookies()
		page, err = browser.Post(t.Context(), site+"/cert/cancel", nil)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, page.Status)
		assert.Contains(t, string(page.Body), "취소했습니다")
		assert.Contains(t, string(page.Body), `value="kakao"`, "and the ways are there again")

		// The cookie comes back from a copy, after the telephone has confirmed.
		push, err := phone.Await(t.Context(), people.Number(5), asked)
		require.NoError(t, err)
		require.NoError(t, i.vendor.Decide(push.Key, vendorsim.Confirm))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, site+"/cert/wait", nil)
		require.NoError(t, err)
		req.AddCookie(cookies[0])
		resp, err := i.browsers.RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.NotEqual(t, http.StatusOK, resp.StatusCode, side)
		assert.NotEqual(t, http.StatusAccepted, resp.StatusCode, side)
		assert.Zero(t, i.vendor.Hits("kakao_verify"))
	}
}

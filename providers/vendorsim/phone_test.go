package vendorsim

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPhoneInbox(t *testing.T) {
	p := NewPhone()
	require.Empty(t, p.Inbox("010-1234-5678"))
	p.deliver("01012345678", Text{Channel: ChannelSMS, Text: "one", Key: "k1", Vendor: "solapi"})
	p.deliver("01012345678", Text{Channel: ChannelLMS, Text: "two", Key: "k2"})
	p.deliver("01099998888", Text{Channel: ChannelSMS, Text: "one", Key: "k1", Vendor: "nhn"})
	p.deliver("01099998888", Text{Channel: ChannelSMS, Text: "no key"})
	in := p.Inbox("010 1234-5678")
	require.Len(t, in, 2)
	require.Equal(t, "one", in[0].Text)
	require.False(t, in[0].At.IsZero())
	require.Equal(t, []int{2, 2, 4, 0}, []int{p.Count("010-1234-5678"), p.Count("01099998888"), p.Count(""), p.Count("0")})
	require.Equal(t, []int{2, 1, 0}, []int{p.Deliveries("k1"), p.Deliveries("k2"), p.Deliveries("")}, "a repeat counts over vendors and numbers")
	require.Equal(t, []string{"k1"}, p.Repeated())
	in[0].Text = "changed"
	require.Equal(t, "one", p.Inbox("01012345678")[0].Text)
}

func TestPhoneAwait(t *testing.T) {
	p := NewPhone()
	var got sync.WaitGroup
	for i := range 5 { // some before, some after the text
		got.Go(func() {
			text, err := p.Await(context.Background(), "010-1-2", i)
			if err != nil || text.Text != strconv.Itoa(i) {
				t.Errorf("await %d: %v %v", i, text.Text, err)
			}
		})
	}
	for i := range 5 {
		p.deliver("01012", Text{Text: strconv.Itoa(i)})
	}
	got.Wait()
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(fmt.Errorf("enough"))
	_, err := p.Await(ctx, "01012", 5)
	require.EqualError(t, err, "vendorsim: phone: await: enough")
}

func TestPhoneIsBounded(t *testing.T) {
	p := NewPhone()
	require.Equal(t, []int{maxLines, maxCounted}, []int{p.most.lines, p.most.counted})
	p.most.lines, p.most.counted = 10, 20
	for i := range maxTexts + 3 {
		p.deliver("1", Text{Text: strconv.Itoa(i)})
	}
	require.Len(t, p.Inbox("1"), maxTexts)
	require.Equal(t, maxTexts+3, p.Count("1"))
	text, err := p.Await(context.Background(), "1", 3)
	require.NoError(t, err)
	require.Equal(t, "3", text.Text)
	_, err = p.Await(context.Background(), "1", 2)
	require.ErrorContains(t, err, "forgotten")

	waiting := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { _, err := p.Await(ctx, "1", maxTexts+3); waiting <- err }()
	for i := range 30 {
		p.Behave(strconv.Itoa(2+i), Behaviour{})
	}
	cancel()
	require.ErrorIs(t, <-waiting, context.Canceled, "who waits for a forgotten number still can stop")
	require.LessOrEqual(t, len(p.lines), 10)
	for i := range 30 {
		p.deliver("2", Text{Key: strconv.Itoa(i)})
	}
	require.Len(t, p.counted, 20)
	require.Equal(t, []int{0, 1}, []int{p.Deliveries("0"), p.Deliveries("10")})
}

func TestPhoneBehaviour(t *testing.T) {
	p := NewPhone()
	require.Equal(t, Behaviour{}, p.behaviour("01012345678"))
	p.Behave("", Behaviour{Choice: Ignore})
	p.Behave("010-1234-5678", Behaviour{Choice: Decline, After: time.Second})
	require.Equal(t, Behaviour{Choice: Ignore}, p.behaviour("0"))
	require.Equal(t, Behaviour{Choice: Decline, After: time.Second}, p.behaviour("01012345678"))
}

// Lengths are by the tables of KS X 1001 and CP949; -1: not in them.
func TestEUCKRLength(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "abc 123\r\n\t~": 11, "가": 2, "힣": 2, "뷁": 2, "漢字": 4, "[서울시] 인증번호": 17, "ひらカナ": 8, "ΩЖ①㈜￦": 10, "—": -1, "―": 2, "…": 2,
		"👍": -1, "\u1100\u1161": -1, "₩": -1, "é": -1, "\x00": -1, "\u00a0": -1, "ㄱㅎㅏ": 6, "★♥": 4, "\x7f": -1, "ア": 2, "ｱ": -1, "Ａ": 2,
	} {
		n, ok := euckrLen(text)
		if want < 0 {
			require.False(t, ok, "%q", text)
			require.Zero(t, n)
			continue
		}
		require.True(t, ok, "%q", text)
		require.Equal(t, want, n, "%q", text)
	}
}

func TestTimersStop(t *testing.T) {
	var ts timers
	ran := make(chan int, 3)
	ts.after(0, func() { ran <- 1 })
	require.Equal(t, 1, <-ran)
	begun, release := make(chan struct{}), make(chan struct{})
	ts.after(0, func() { close(begun); <-release; ran <- 2 })
	ts.after(time.Hour, func() { ran <- 3 })
	<-begun
	go close(release)
	ts.stop()
	require.Len(t, ran, 1, "what has begun is waited for")
	require.Equal(t, 2, <-ran)
	ts.after(0, func() { ran <- 4 })
	require.Empty(t, ts.pending)
	require.Empty(t, ran)
	ts.stop()
}

func TestBagIsBounded(t *testing.T) {
	b := newBag[int](2)
	for i := range 5 {
		b.put(strconv.Itoa(i), &i)
	}
	var got []int
	for v := range b.newest() {
		got = append(got, *v)
	}
	require.Equal(t, []int{4, 3}, got)
	require.Len(t, b.byID, 2)
	require.False(t, b.change("2", func(*int) { t.Error("forgotten") }))
	require.True(t, b.change("3", func(v *int) { *v = 7 }))
	for v := range b.newest() {
		require.Equal(t, 4, *v)
		break
	}
}

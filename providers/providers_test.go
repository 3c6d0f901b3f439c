package providers_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
)

const canary = "CANARY-7f3a-key"

func TestErrorSpeaksByMethodsAndText(t *testing.T) {
	err := error(&providers.Error{Provider: "kakao", Op: "token", Kind: providers.Limited, Code: "-10", After: 3 * time.Second, Unsent: true, Err: context.DeadlineExceeded})
	wrapped := fmt.Errorf("site: %w", err)

	assert.Equal(t, "kakao: token: limited: -10: context deadline exceeded", err.Error())
	assert.ErrorIs(t, wrapped, providers.Limited)
	assert.NotErrorIs(t, wrapped, providers.Unavailable)
	assert.ErrorIs(t, wrapped, context.DeadlineExceeded)

	var speaks interface {
		Class() string
		Wait() time.Duration
		NotSent() bool
	}
	require.ErrorAs(t, wrapped, &speaks)
	assert.Equal(t, "limited", speaks.Class())
	assert.Equal(t, 3*time.Second, speaks.Wait())
	assert.True(t, speaks.NotSent())
}

func TestKindWords(t *testing.T) {
	words := map[providers.Kind]string{
		providers.Unavailable: "unavailable", providers.Limited: "limited", providers.Refused: "refused", providers.Security: "security",
		providers.Invalid: "invalid", providers.Denied: "denied", providers.NotFound: "notfound", providers.Kind(99): "kind(99)",
	}
	for k, w := range words {
		assert.Equal(t, w, k.String())
	}
	assert.Equal(t, providers.Unavailable, (&providers.Error{}).Kind, "what nobody classified is a fault")
}

func TestCauseForgetsTheURL(t *testing.T) {
	secretURL := "https://api.example/req/wmts/" + canary + "/Base?confmKey=" + canary
	rows := []struct {
		name string
		in   error
		is   error
		text string
	}{
		{"nothing", nil, nil, ""},
		{"custom cause in a url error", &url.Error{Op: "Get", URL: secretURL, Err: errors.New("oops " + canary)}, nil, "transport failed"},
		{"nested url errors", &url.Error{Op: "Get", URL: secretURL, Err: &url.Error{Op: "Get", URL: secretURL, Err: context.DeadlineExceeded}}, context.DeadlineExceeded, "context deadline exceeded"},
		{"cancelled", &url.Error{Op: "Get", URL: secretURL, Err: context.Canceled}, context.Canceled, "context canceled"},
		{"F1 no such host", &net.DNSError{Name: canary + ".example", IsNotFound: true}, nil, "no such host"},
		{"F2 lookup failed", &net.DNSError{Name: canary + ".example", IsTemporary: true}, nil, "name lookup failed"},
		{"F5 refused", &net.OpError{Op: "dial", Addr: &net.TCPAddr{}, Err: syscall.ECONNREFUSED}, syscall.ECONNREFUSED, "connection refused"},
		{"timeout", &url.Error{Op: "Get", URL: secretURL, Err: timeoutError{}}, nil, "timed out"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			got := providers.Cause(r.in)
			if r.in == nil {
				assert.NoError(t, got)
				return
			}
			require.Error(t, got)
			assert.Equal(t, r.text, got.Error())
			assert.NotContains(t, fmt.Sprintf("%+v %#v", got, got), canary)
			if r.is != nil {
				assert.ErrorIs(t, got, r.is)
			}
		})
	}
}

type timeoutError struct{}

func (timeoutError) Error() string { return canary }
func (timeoutError) Timeout() bool { return true }

package redisstore

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"
)

var (
	errNoConnection = errors.New("no connection")
	errTTL          = errors.New("ttl must be above zero")
)

// finding is what we make of an answer: Redis is well, its answer is no use.
type finding string

func (f finding) Error() string { return string(f) }

const (
	errOdd     = finding("odd reply")
	errChanged = finding("value cut, changed or of another key")
)

// reply is an error that Redis answered with, cut to its first word: the rest
// may repeat keys and values.
type reply string

func (r reply) Error() string { return "redis answered " + string(r) }

// ill reports replies of a Redis that cannot work now. The others are answers:
// it is well, and only this one thing is not to be had.
func (r reply) ill() bool {
	switch r {
	case "LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN":
		return true
	}
	return false
}

// causeOf makes an error of the client presentable: no address, no key, no
// value.
func causeOf(err error) error {
	var found finding
	var answered redis.Error
	var timeout net.Error
	var errno syscall.Errno
	switch {
	case err == nil, err == context.Canceled, err == context.DeadlineExceeded:
		return err
	case errors.As(err, &found):
		return found
	case errors.As(err, &answered):
		return replyOf(answered.Error())
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return context.DeadlineExceeded
	case errors.As(err, &errno):
		return errno
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	case errors.Is(err, redis.ErrClosed):
		return redis.ErrClosed
	}
	return errNoConnection
}

func replyOf(text string) reply {
	word, _, _ := strings.Cut(text, " ")
	for _, r := range word {
		if r < 'A' || r > 'Z' {
			return "an error"
		}
	}
	if word == "" || len(word) > 32 {
		return "an error"
	}
	return reply(word)
}

package fallback

import (
	"context"
	"strconv"
	"sync"
	"time"
)

// quota counts the calls of a day, alone or in blocks drawn from a Counter.
type quota struct {
	mu    sync.Mutex
	day   int // year, month and day as one number
	ends  time.Time
	known int64 // calls drawn by everybody as far as is known; without a Counter those of this process
	lease int64 // what this process may still use of its blocks; below zero: used beyond them

	drawing int       // how many ask the Counter now
	retry   time.Time // when it is worth asking again
	errs    uint64
	spentAt time.Time // when the quota was used up

	marks [quotaMarks]mark // the pace of the last hour
	next  int
}

// mark is how many calls the day had at a time.
type mark struct {
	at    time.Time
	total int64
}

const (
	quotaMarks = 60
	quotaStep  = time.Minute      // between two marks
	quotaRetry = time.Second      // after the Counter failed
	quotaSlack = 2 * time.Hour    // the key of a day lives so much longer: clocks differ
	quotaBlock = 1000             // a block is this part of the quota
	blockMax   = int64(10 * 1000) // and not more than so many calls
)

// take counts one call. It returns the day it belongs to, or how long to wait
// until the next day when the quota is used up.
func (q *quota) take(c *Capacity, perDay int64) (day int, wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	q.turn(c, now)
	if q.total() >= perDay {
		return q.day, q.full(now)
	}
	switch {
	case c.Counter == nil:
		q.known++
	case q.lease > 0:
		q.lease--
	default:
		if !now.Before(q.retry) {
			q.draw(c, perDay)
		}
		if q.lease <= 0 && q.total() >= perDay {
			return q.day, q.full(now)
		}
		q.lease--
	}
	q.spentAt = time.Time{} // the quota may have been raised since
	if now.Sub(q.marks[(q.next+quotaMarks-1)%quotaMarks].at) >= quotaStep {
		q.marks[q.next] = mark{now, q.total()}
		q.next = (q.next + 1) % quotaMarks
	}
	return q.day, 0
}

// turn begins a new day when it is one.
func (q *quota) turn(c *Capacity, now time.Time) {
	if now.Before(q.ends) {
		return
	}
	zone := c.Zone
	if zone == nil {
		zone = time.UTC
	}
	y, m, d := now.In(zone).Add(-c.Reset).Date()
	q.day = (y*100+int(m))*100 + d
	q.ends = time.Date(y, m, d+1, 0, 0, 0, 0, zone).Add(c.Reset)
	q.known, q.lease, q.retry, q.spentAt = 0, 0, time.Time{}, time.Time{}
	q.marks, q.next = [quotaMarks]mark{}, 0
}

func (q *quota) full(now time.Time) time.Duration {
	if q.spentAt.IsZero() {
		q.spentAt = now
	}
	return max(q.ends.Sub(now), 1)
}

// total returns how many calls the day had.
func (q *quota) total() int64 { return q.known - q.lease }

// used returns total for the day that it is now.
func (q *quota) used(c *Capacity) int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.turn(c, time.Now())
	return q.total()
}

// draw asks the Counter for a block, with the lock given up meanwhile. Whoever
// else needs a call by then does not wait for that block but asks for one call.
func (q *quota) draw(c *Capacity, perDay int64) {
	block := int64(1)
	if q.drawing == 0 {
		block = min(max(perDay/quotaBlock, 1), blockMax)
	}
	block -= min(q.lease, 0)
	day, ttl := q.day, max(time.Until(q.ends), 0)+quotaSlack
	sum, err := func() (int64, error) {
		q.drawing++
		q.mu.Unlock()
		defer func() { // also when the Counter ends the goroutine
			q.mu.Lock()
			q.drawing--
		}()
		return askCounter(c, c.Key+":"+strconv.Itoa(day), block, ttl)
	}()
	if err != nil {
		q.errs++
		q.retry = time.Now().Add(quotaRetry)
		return
	}
	if day == q.day {
		q.known = min(sum, perDay)
		q.lease += max(block-max(sum-perDay, 0), 0)
	}
}

// askCounter adds n. A Counter that panics has failed.
func askCounter(c *Capacity, key string, n int64, ttl time.Duration) (sum int64, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked("counter", v)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), orDefault(c.CounterWait, 5*time.Millisecond))
	defer cancel()
	return c.Counter.Add(ctx, key, n, ttl)
}

// back takes back a call of the day.
func (q *quota) back(day int, shared bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if day != q.day {
		return
	}
	if shared {
		q.lease++
		return
	}
	q.known--
}

// describe fills in what is used of the day and when that will be all.
func (q *quota) describe(c *Capacity, u *Usage) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	q.turn(c, now)
	u.Day, u.Resets, u.CounterErrors = q.total(), q.ends, q.errs
	if u.Day >= u.PerDay {
		if u.Ends = q.spentAt; u.Ends.IsZero() {
			u.Ends = now
		}
		return
	}
	var from mark
	for i := range quotaMarks { // the oldest of the last hour
		m := q.marks[(q.next+i)%quotaMarks]
		if !m.at.IsZero() && now.Sub(m.at) <= quotaMarks*quotaStep {
			from = m
			break
		}
	}
	took, calls := now.Sub(from.at), u.Day-from.total
	if from.at.IsZero() || took < quotaStep || calls <= 0 {
		return
	}
	left := float64(took) / float64(calls) * float64(u.PerDay-u.Day)
	if left < float64(q.ends.Sub(now)) {
		u.Ends = now.Add(time.Duration(left))
	}
}

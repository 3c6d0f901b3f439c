package storetest_test

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"
)

// badNumbers count wrong.
func badNumbers() map[string]badCounter {
	ctx := context.Background()
	return map[string]badCounter{
		"sets": {"returns the sum", func(c *counter) { c.add = func(_ string, n int64, _ time.Duration) (int64, error) { return n, nil } }},
		"returns what was before": {"returns the sum", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				sum, err := c.Counter.Add(ctx, k, n, ttl)
				return sum - n, err
			}
		}},
		"one number for all": {"returns the sum", func(c *counter) {
			c.add = func(_ string, n int64, ttl time.Duration) (int64, error) { return c.Counter.Add(ctx, "all", n, ttl) }
		}},
		"32 bits": {"returns the sum", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				sum, err := c.Counter.Add(ctx, k, n, ttl)
				return int64(int32(sum)), err //nolint:gosec // that is what is wrong
			}
		}},
		"unsigned": {"takes back", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				return c.Counter.Add(ctx, k, max(n, 0), ttl)
			}
		}},
		"never below zero": {"takes back", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				sum, err := c.Counter.Add(ctx, k, n, ttl)
				return max(sum, 0), err
			}
		}},
		"owes nothing": {"takes back", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				sum, err := c.Counter.Add(ctx, k, n, ttl)
				if sum < 0 {
					_, _ = c.Counter.Add(ctx, k, -sum, ttl)
				}
				return sum, err
			}
		}},
		"nothing to look at is an error": {"takes back", func(c *counter) {
			var known sync.Map
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				if _, ok := known.LoadOrStore(k, true); !ok && n == 0 {
					return 0, errors.New("redis: nil")
				}
				return c.Counter.Add(ctx, k, n, ttl)
			}
		}},
		"a look counts": {"takes back", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				if n == 0 {
					n = 1
				}
				return c.Counter.Add(ctx, k, n, ttl)
			}
		}},
		"prolongs": {"no later one prolongs", windows(func(_, _ time.Time, ttl time.Duration, _ int64) time.Time { return time.Now().Add(ttl) })},
		"the longest time counts": {"no later one prolongs", windows(func(_, end time.Time, ttl time.Duration, _ int64) time.Time {
			if late := time.Now().Add(ttl); late.After(end) {
				return late
			}
			return end
		})},
		"the shortest time counts": {"no later one prolongs", windows(func(_, end time.Time, ttl time.Duration, _ int64) time.Time {
			if soon := time.Now().Add(ttl); soon.Before(end) {
				return soon
			}
			return end
		})},
		"forgets at zero": {"the way through zero", windows(func(_, end time.Time, _ time.Duration, sum int64) time.Time {
			if sum == 0 {
				return time.Now()
			}
			return end
		})},
		"never ends": {"no later one prolongs", windows(func(began, _ time.Time, _ time.Duration, _ int64) time.Time { return began.Add(1000 * time.Hour) })},
		"ends early": {"no later one prolongs", windows(func(began, _ time.Time, _ time.Duration, _ int64) time.Time { return began.Add(300 * time.Millisecond) })},
		"its second time is none": {"no later one prolongs", func(c *counter) {
			ended := map[string]bool{}
			var mu sync.Mutex
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				mu.Lock()
				defer mu.Unlock()
				sum, err := c.Counter.Add(ctx, k, n, ttl)
				if ended[k] && sum == n+1 {
					return n, err
				}
				ended[k] = ended[k] || sum == 3
				return sum, err
			}
		}},
		"reads then writes": {"each sees its own sum", func(c *counter) {
			var mu sync.Mutex
			m := map[string]int64{}
			c.add = func(k string, n int64, _ time.Duration) (int64, error) {
				mu.Lock()
				old := m[k]
				mu.Unlock()
				time.Sleep(time.Microsecond)
				mu.Lock()
				defer mu.Unlock()
				m[k] = old + n
				return m[k], nil
			}
		}},
		"wraps": {"to the last bit", func(c *counter) {
			m := map[string]int64{}
			var mu sync.Mutex
			c.add = func(k string, n int64, _ time.Duration) (int64, error) {
				mu.Lock()
				defer mu.Unlock()
				m[k] += n
				return m[k], nil
			}
		}},
		"wraps below": {"to the last bit", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				sum, err := c.Counter.Add(ctx, k, n, ttl)
				if err != nil && n < 0 {
					return math.MaxInt64, nil
				}
				return sum, err
			}
		}},
		"stays at the most": {"to the last bit", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				sum, err := c.Counter.Add(ctx, k, n, ttl)
				if err != nil && n > 0 && ttl > 0 {
					return math.MaxInt64, nil
				}
				return sum, err
			}
		}},
		"starts again when it is full": {"to the last bit", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				sum, err := c.Counter.Add(ctx, k, n, ttl)
				if err != nil && ttl > 0 && n == 1 {
					_, _ = c.Counter.Add(ctx, k, -math.MaxInt64, ttl)
				}
				return sum, err
			}
		}},
		"53 bits": {"to the last bit", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				sum, err := c.Counter.Add(ctx, k, n, ttl)
				if sum > 1<<53 || sum < -1<<53 {
					sum &^= 1023
				}
				return sum, err
			}
		}},
	}
}

// windows count with another end of the time of a number: told of its begin, its
// end until now, the ttl of this Add and the sum after it.
func windows(end func(began, end time.Time, ttl time.Duration, sum int64) time.Time) func(*counter) {
	type number struct {
		sum         int64
		began, ends time.Time
	}
	return func(c *counter) {
		var mu sync.Mutex
		numbers := map[string]*number{}
		c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
			mu.Lock()
			defer mu.Unlock()
			if _, err := c.Counter.Add(context.Background(), k, n, ttl); err != nil {
				return 0, err
			}
			now := time.Now()
			e := numbers[k]
			if e == nil || !now.Before(e.ends) {
				e = &number{began: now, ends: now.Add(ttl)}
				numbers[k] = e
			}
			e.sum += n
			e.ends = end(e.began, e.ends, ttl, e.sum)
			return e.sum, nil
		}
	}
}

// Package redisstore keeps what a chain remembers, and what a flow counts, in
// Redis: [Store] is a fallback.Store and [Counter] a fallback.Counter, for all
// processes that share a Redis. It is a module of its own, so that nobody gets
// a Redis client who has no Redis.
//
// The law of this package:
//
//   - The client is the caller's: made, configured and closed by him. Its option
//     ContextTimeoutEnabled must be set, and New… refuses a client that shows
//     it is not: without it go-redis looks at deadlines only while it waits for
//     a connection, and a deadline of 25 ms does not end a read that takes
//     200 ms. A wrapped client whose options cannot be seen is taken at its word.
//   - One operation takes at most Wait, and no longer than the deadline of its
//     context (a mere cancel is heard by go-redis only when Wait is over). A breaker
//     of its own leaves out a Redis that does not answer: after five calls in a
//     row without an answer, or a quarter of at least twenty, calls return an
//     error (breaker.ErrOpen) at once, while a ping in the background, each
//     second, finds out when it answers within Wait again. No call is a trial.
//   - What to make of an error is the caller's: a Store fails open (a miss), a
//     Counter closed (not allowed). Neither ever invents an answer.
//   - Nothing is sent twice. go-redis repeats commands after a lost reply; an
//     Add repeated so would count twice, and one that gives back would give back
//     twice. An Add or Take that ended in an error may have happened or not.
//   - Add and Take are scripts, so one step for everybody. They use nothing newer
//     than Redis 5, with or without cluster; tested is 7.0. Times are those of
//     Redis.
//   - No key is sent in clear: a key may be somebody's home address. It is
//     hashed, with Secret keyed. Values are sent as they come, with a digest over
//     key and bytes, keyed by Secret too: what others wrote, cut or moved is a
//     miss in a Store and an error in a Counter. Numbers have none, for Redis
//     has to count them: keep strangers out with an ACL on the prefix.
//   - Errors are "fallback: redis store: operation: cause", and a reply of Redis is
//     cut to its first word, for the rest repeats what was sent. go-redis itself
//     prints addresses when it cannot connect: see redis.SetLogger.
//
// What a Counter cannot promise: Redis copies to its replicas afterwards. When a
// primary dies, what it acknowledged in the last moment may be gone, so a ticket
// of that moment could be taken twice and an attempt be forgotten. And a Redis
// that is flushed has forgotten all: tickets are then unknown (closed), numbers
// start again at zero. Use one with maxmemory-policy noeviction, which
// [Counter.Check] looks at, and not as the cache beside it.
package redisstore

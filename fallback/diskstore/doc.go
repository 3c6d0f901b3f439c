// Package diskstore is a fallback.Store in a directory: what was remembered
// before a restart, or before a kill, is remembered after it.
//
// The law of this package:
//
//   - One entry is one file, written beside its place, flushed and renamed into
//     it. So a reader finds the old entry or the new one, whenever the process
//     dies. What a dead process left half written is removed on opening.
//   - Every file says its version, its key (as a digest), its times and a
//     CRC-32C over all of it. Whatever does not fit is a miss, and is deleted.
//   - No key lies on the disk, neither in a name nor inside: a question may be
//     somebody's home address. Names are SHA-256 of the key, or HMAC-SHA256 when
//     Config has a Secret; without one, a key that can be guessed can be
//     confirmed by whoever reads the directory. Values lie there as they were
//     handed over: Retention decides what may be remembered at all.
//   - Bounded: bytes as the disk counts them, entries, operations at a time. What
//     is over its time goes first, then the least recently used; of what was
//     there on opening, what ends soonest.
//   - A disk that is full, read-only or broken costs answers from memory and
//     nothing else. After three faults in a row the store leaves the disk alone
//     and asks it once a second; Stats tells. New does not fail for it either:
//     a service must be able to start on a broken disk.
//   - No goroutine. The caller's own does the work, and the kernel cannot be
//     interrupted: on a disk that hangs (a dead network file system) up to
//     InFlight callers hang with it, the others leave with their contexts. Use a
//     local directory.
//   - Several processes may share a directory (the old and the new one of a
//     rolling restart do). They never see each other's half files and never a
//     mixture. Each counts what it found on opening and what it saved or loaded
//     since, so n processes may take up to n times the bounds until one opens
//     anew; and when two of them save, expire and delete one key in the same
//     moment, the entry may be forgotten.
//   - Times follow the wall clock, the only one that survives a restart. An entry
//     from more than five minutes in the future is a miss, and stays, until the
//     clock is right.
//
// Errors are "fallback: disk store: operation: cause" and name no path.
package diskstore

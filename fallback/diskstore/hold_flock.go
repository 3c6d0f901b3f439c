//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package diskstore

import (
	"os"
	"syscall"
)

// hold locks a half file while it is written. The kernel lets go when the
// process dies, however it dies: that is how half files of the dead are told
// from those of the living, without clocks and process numbers.
func hold(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == syscall.ENOLCK || err == syscall.ENOSYS || err == syscall.EOPNOTSUPP {
			return nil // a file system without locks: as in hold_other.go
		}
		if err != syscall.EINTR {
			return err
		}
	}
}

// sweepHalf removes a half file unless a living process is writing it.
func sweepHalf(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return hold(f) == nil && os.Remove(path) == nil
}

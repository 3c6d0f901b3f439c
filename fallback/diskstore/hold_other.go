//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package diskstore

import "os"

// hold does nothing here. Windows does not remove a file that another process
// has open; elsewhere a second process that opens the store takes away what the
// first is just writing, which then writes it again.
func hold(*os.File) error { return nil }

// sweepHalf removes a half file.
func sweepHalf(path string) bool { return os.Remove(path) == nil }

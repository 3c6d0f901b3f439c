//go:build !unix

package vendorsim

// hold does nothing here: another program may be given the port meanwhile.
func hold(string) (release func()) { return func() {} }

package providertest

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"
	"strings"
	"time"
)

// A goroutine inherits the profiler's labels of the one that started it. So the
// suite finds what an adapter left running, and is not confused by other tests.
const labelKey = "providertest"

func (st *stage) label() string { return fmt.Sprintf("%p", st) }

// inside runs f so that every goroutine it starts, and theirs, can be told.
func (st *stage) inside(f func()) {
	pprof.Do(context.Background(), pprof.Labels(labelKey, st.label()), func(context.Context) { f() })
}

// left returns the stacks of what still runs, after giving it time to end;
// empty: nothing.
func (st *stage) left() string {
	for until := time.Now().Add(st.patience); ; time.Sleep(time.Millisecond) {
		var profile bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
			return err.Error()
		}
		var stacks []string
		for _, s := range strings.Split(profile.String(), "\n\n") {
			if strings.Contains(s, fmt.Sprintf("%q:%q", labelKey, st.label())) {
				stacks = append(stacks, s)
			}
		}
		if len(stacks) == 0 || time.Now().After(until) {
			return strings.Join(stacks, "\n")
		}
	}
}

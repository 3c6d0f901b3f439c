package main

import "runtime"

// instance is what one breaker that is used a little costs.
type instance struct{ bytes, goroutines float64 }

const manyInstances = 100_000

// weigh makes many of l and sends one call through each.
func weigh(l library) (instance, error) {
	n := l.many
	if n == 0 {
		n = manyInstances
	}
	all := make([]any, n)
	before, running := heap(), runtime.NumGoroutine()
	for i := range all {
		var err error
		if all[i], err = l.one(i, answers); err != nil {
			return instance{}, err
		}
	}
	w := instance{
		bytes:      float64(heap()-before) / float64(n),
		goroutines: float64(runtime.NumGoroutine()-running) / float64(n),
	}
	runtime.KeepAlive(all)
	return w, nil
}

// heap is what is in use after a collection, stacks included.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what had a finalizer
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

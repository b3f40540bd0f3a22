package testkit

import (
	"errors"
	"sync"

	"baodao/service/fault"
)

// Race runs the functions at once and counts their answers by error code ("" for success).
func Race(fns ...func() error) map[string]int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	out := map[string]int{}
	for _, fn := range fns {
		wg.Go(func() {
			err := fn()
			code := ""
			if f, ok := errors.AsType[*fault.Fault](err); ok {
				code = f.Code
			} else if err != nil {
				code = err.Error()
			}
			mu.Lock()
			defer mu.Unlock()
			out[code]++
		})
	}
	wg.Wait()
	return out
}

// RaceOf is Race of one function n times; it is told which time it is.
func RaceOf(n int, fn func(i int) error) map[string]int {
	fns := make([]func() error, n)
	for i := range fns {
		fns[i] = func() error { return fn(i) }
	}
	return Race(fns...)
}

package testkit

import "sync"

// Together runs do for 0…n-1 at once and returns their errors.
func Together(n int, do func(i int) error) []error {
	errs := make([]error, n)
	gate := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-gate
			errs[i] = do(i)
		})
	}
	close(gate)
	wg.Wait()
	return errs
}

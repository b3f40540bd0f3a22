package batch_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"baodao/service/batch"
	"baodao/service/fault"
)

var errBad = errors.New("bad")

// job is a request: what its answer was, and whether it spoils its batch.
type job struct {
	bad, mad bool
	answer   int
}

// bench is a queue whose batches wait until they are let go.
type bench struct {
	batch.Queue[job]
	sizes []int
	gate  chan struct{}
	with  error
}

func newBench() *bench {
	b := &bench{gate: make(chan struct{}), with: errBad}
	b.Run = func(_ context.Context, jobs []*job) error {
		<-b.gate
		b.sizes = append(b.sizes, len(jobs))
		for _, j := range jobs {
			if j.mad {
				panic("mad")
			}
			if j.bad {
				return b.with
			}
			j.answer = len(jobs)
		}
		return nil
	}
	return b
}

// all brings jobs in while the first one runs, and then lets every batch go.
func (b *bench) all(t *testing.T, jobs ...*job) []error {
	t.Helper()
	errs := make([]error, len(jobs))
	var wg sync.WaitGroup
	for i, j := range jobs {
		wg.Go(func() { errs[i] = b.Do(t.Context(), j) })
		synctest.Wait()
	}
	close(b.gate)
	wg.Wait()
	return errs
}

func TestWhoComesWhileOneRunsGoesTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.Most = 3
		jobs := []*job{{}, {}, {}, {}, {}}
		if err := errors.Join(b.all(t, jobs...)...); err != nil {
			t.Fatal(err)
		}
		for i, want := range []int{1, 3, 3, 3, 1} {
			if jobs[i].answer != want {
				t.Errorf("job %d ran among %d, want %d", i, jobs[i].answer, want)
			}
		}
	})
}

func TestNobodySuffersForAnother(t *testing.T) {
	t.Parallel()
	for name, spoiler := range map[string]*job{"one fails": {bad: true}, "one panics": {mad: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				first, last := &job{}, &job{}
				errs := b.all(t, &job{}, first, spoiler, last)
				if errs[0] != nil || errs[1] != nil || errs[3] != nil || first.answer != 1 || last.answer != 1 {
					t.Errorf("%v %+v %+v", errs, first, last)
				}
				if errs[2] == nil || (spoiler.bad && !errors.Is(errs[2], errBad)) || (spoiler.mad && !strings.Contains(errs[2].Error(), "mad")) {
					t.Errorf("the spoiler hears %v", errs[2])
				}
			})
		})
	}
}

func TestABusyDatabaseIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.with = fault.ErrBusy
		errs := b.all(t, &job{}, &job{}, &job{bad: true})
		if errs[0] != nil || !errors.Is(errs[1], fault.ErrBusy) || !errors.Is(errs[2], fault.ErrBusy) || len(b.sizes) != 2 {
			t.Errorf("%v in %v", errs, b.sizes)
		}
	})
}

func TestWhoGivesUpWhileWaitingIsNotRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		ctx, cancel := context.WithCancel(t.Context())
		running, waiting := &job{}, &job{}
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i, j := range []*job{running, waiting} {
			wg.Go(func() { errs[i] = b.Do(ctx, j) })
			synctest.Wait()
		}
		cancel()
		synctest.Wait()
		close(b.gate)
		wg.Wait()
		if errs[0] != nil || running.answer != 1 {
			t.Error("the outcome of a running request is awaited", errs[0])
		}
		if !errors.Is(errs[1], fault.ErrBusy) || waiting.answer != 0 {
			t.Error("a waiting request is taken back", errs[1])
		}
	})
}

func TestTooManyWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		var wg sync.WaitGroup
		refused := make(chan error, 1)
		for range batch.Waiting + 1 { // the first one runs
			wg.Go(func() {
				if err := b.Do(t.Context(), &job{}); err != nil {
					t.Error(err)
				}
			})
			if b.sizes == nil {
				synctest.Wait()
			}
		}
		synctest.Wait()
		refused <- b.Do(t.Context(), &job{})
		close(b.gate)
		wg.Wait()
		if err := <-refused; !errors.Is(err, fault.ErrBusy) {
			t.Error(err)
		}
	})
}

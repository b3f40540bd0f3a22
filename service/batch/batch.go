// Package batch lets requests that come at the same time share a transaction: group commit.
package batch

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"baodao/service/fault"
)

const (
	// Most is how many requests one transaction answers when a queue does not say otherwise.
	Most = 256
	// Waiting is how many requests may wait in one queue: about 4 MB.
	Waiting = 8192
)

// Queue turns requests that come while a transaction runs into the next transaction. There is no timer: a request that comes
// alone goes alone at once. Nobody is answered before the commit.
//
// Run answers every request of a batch in one transaction, all of them or, with an error, none. Should it fail for one
// request's sake, each is run by itself, so that nobody suffers for another's; so Run must set a request's answer anew each
// time. When the database cannot be asked (fault.ErrBusy) the outcome is unknown to all: they may repeat.
type Queue[T any] struct {
	Run  func(ctx context.Context, batch []*T) error
	Most int // requests of one batch, 0: Most

	mu      sync.Mutex
	waiting []*call[T]
	busy    bool // somebody drains the queue
}

// call is one request on its way.
type call[T any] struct {
	it   *T
	err  error
	done chan struct{}
}

// Do brings a request into the next batch and waits until that is done. When too many wait it is fault.ErrBusy at once. A
// caller who gives up while the request still waits takes it back; once its transaction runs, its outcome is awaited.
func (q *Queue[T]) Do(ctx context.Context, it *T) error {
	c := &call[T]{it: it, done: make(chan struct{})}
	q.mu.Lock()
	if len(q.waiting) >= Waiting {
		q.mu.Unlock()
		return fault.ErrBusy
	}
	q.waiting = append(q.waiting, c)
	lead := !q.busy
	q.busy = true
	q.mu.Unlock()
	if lead {
		go q.drain(context.WithoutCancel(ctx))
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		if q.takeBack(c) {
			return fault.ErrBusy.Because(ctx.Err())
		}
		<-c.done
	}
	return c.err
}

// takeBack removes a request that still waits.
func (q *Queue[T]) takeBack(c *call[T]) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, c)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return true
}

// drain runs batch after batch until nobody waits.
func (q *Queue[T]) drain(ctx context.Context) {
	for {
		calls := q.next()
		if calls == nil {
			return
		}
		q.serve(ctx, calls)
		for _, c := range calls {
			close(c.done)
		}
	}
}

// next takes the requests that came first; nil, and nobody drains any more, when there are none.
func (q *Queue[T]) next() []*call[T] {
	q.mu.Lock()
	defer q.mu.Unlock()
	most := q.Most
	if most == 0 {
		most = Most
	}
	n := min(len(q.waiting), most)
	if n == 0 {
		q.busy = false
		return nil
	}
	calls := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	if len(q.waiting) == 0 {
		q.waiting = nil
	}
	return calls
}

// serve runs a batch, and each request by itself when that fails.
func (q *Queue[T]) serve(ctx context.Context, calls []*call[T]) {
	err := q.safely(ctx, calls)
	if err == nil || len(calls) == 1 || errors.Is(err, fault.ErrBusy) {
		for _, c := range calls {
			c.err = err
		}
		return
	}
	for i := range calls {
		calls[i].err = q.safely(ctx, calls[i:i+1])
	}
}

// safely turns a panic into an error: it must not end the program, for there is no request's recovery around it.
func (q *Queue[T]) safely(ctx context.Context, calls []*call[T]) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("batch panicked: %v\n%s", r, debug.Stack())
		}
	}()
	batch := make([]*T, len(calls))
	for i, c := range calls {
		batch[i] = c.it
	}
	return q.Run(ctx, batch)
}

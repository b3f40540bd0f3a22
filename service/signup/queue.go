package signup

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"baodao/service/fault"
)

const (
	batchMost   = 256  // requests of one transaction
	waitingMost = 8192 // requests that may wait in one queue: about 4 MB
)

// call is one request on its way through a queue.
type call struct {
	ask    ask
	answer answer
	err    error
	done   chan struct{}
}

// queue turns requests that come while a transaction runs into the next transaction: group commit. There is no timer: a
// request that comes alone goes alone at once. Nobody is answered before the commit.
type queue struct {
	run  func(ctx context.Context, batch []*call) // answers every call of the batch
	most int                                      // requests of one batch

	mu      sync.Mutex
	waiting []*call
	busy    bool // somebody drains the queue
}

// do brings a request into the next batch and waits for its answer. When too many wait it is fault.ErrBusy at once. A caller
// who gives up while the request still waits takes it back; once its transaction runs, its outcome is awaited.
func (q *queue) do(ctx context.Context, a ask) (answer, error) {
	c := &call{ask: a, done: make(chan struct{})}
	q.mu.Lock()
	if len(q.waiting) >= waitingMost {
		q.mu.Unlock()
		return answer{}, fault.ErrBusy
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
			return answer{}, fault.ErrBusy.Because(ctx.Err())
		}
		<-c.done
	}
	return c.answer, c.err
}

// takeBack removes a request that still waits.
func (q *queue) takeBack(c *call) bool {
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
func (q *queue) drain(ctx context.Context) {
	for {
		batch := q.next()
		if batch == nil {
			return
		}
		q.safely(ctx, batch)
		for _, c := range batch {
			close(c.done)
		}
	}
}

// next takes the requests that came first; nil, and nobody drains any more, when there are none.
func (q *queue) next() []*call {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), q.most)
	if n == 0 {
		q.busy = false
		return nil
	}
	batch := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	if len(q.waiting) == 0 {
		q.waiting = nil
	}
	return batch
}

// safely turns a panic into an answer: it must not end the program, for there is no request's recovery around it.
func (q *queue) safely(ctx context.Context, batch []*call) {
	defer func() {
		if r := recover(); r != nil {
			for _, c := range batch {
				c.err = fmt.Errorf("sign-up batch panicked: %v\n%s", r, debug.Stack())
			}
		}
	}()
	q.run(ctx, batch)
}

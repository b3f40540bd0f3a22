package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"baodao/model"
)

// job is a leased message with the address it goes to.
type job struct {
	*model.Notice

	openID string
}

// result is what became of a job. unsent: it was never begun.
type result struct {
	job

	msgID  string
	fail   *SendError
	unsent bool
}

// sending is what all batches of a worker share while they are sent.
type sending struct {
	turn  sync.Mutex // of the batch that begins to send its messages
	slots chan struct{}
	pace  *rate.Limiter // nil: as fast as it goes
}

func (w *Worker) newSending() *sending {
	s := &sending{slots: make(chan struct{}, parallelUsual)}
	if w.Parallel > 0 {
		s.slots = make(chan struct{}, w.Parallel)
	}
	if w.Rate > 0 {
		s.pace = rate.NewLimiter(rate.Limit(w.Rate), max(1, int(w.Rate/10)))
	}
	return s
}

// wait takes a slot when it is this message's turn. An error means that ctx ended first.
func (s *sending) wait(ctx context.Context) error {
	if s.pace != nil {
		if err := s.pace.Wait(ctx); err != nil {
			return fmt.Errorf("wait for a turn: %w", err)
		}
	}
	s.slots <- struct{}{} // freed within sendTimeout
	return nil
}

// sendAll sends the batch, a few at a time, after the batches before it. When the whole way turns out to be closed, the rest
// stays unsent.
func (w *Worker) sendAll(ctx context.Context, batch []job, out *sending) ([]result, error) {
	var (
		halt  atomic.Bool
		next  atomic.Int64
		group errgroup.Group
	)
	out.turn.Lock()
	pass := sync.OnceFunc(out.turn.Unlock)
	defer pass()
	results := make([]result, len(batch))
	for range min(cap(out.slots), len(batch)) {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(batch) {
					pass() // the last of this batch are on the way
					return nil
				}
				if err := w.sendNext(ctx, batch[i], out, &halt, &results[i]); err != nil {
					return err
				}
			}
		})
	}
	return results, group.Wait()
}

// sendNext sends one message when it is its turn.
func (w *Worker) sendNext(ctx context.Context, j job, out *sending, halt *atomic.Bool, r *result) (err error) {
	if halt.Load() || out.wait(ctx) != nil {
		*r = result{job: j, unsent: true}
		return nil
	}
	defer func() { <-out.slots }()
	*r, err = w.sendOne(ctx, j, halt)
	return err
}

// sendOne sends one message. Once begun it is not broken off by the end of ctx: a message cut in the middle would be of
// unknown outcome.
func (w *Worker) sendOne(ctx context.Context, j job, halt *atomic.Bool) (result, error) {
	if halt.Load() || ctx.Err() != nil || !w.Now().Add(sendTimeout).Before(*j.LeaseUntil) {
		return result{job: j, unsent: true}, nil
	}
	if err := w.at("sending"); err != nil {
		return result{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	msgID, err := w.Sender.Send(ctx, Message{OpenID: j.openID, Template: j.Template, Page: j.Page, Fields: j.Fields})
	if err := w.at("answered"); err != nil {
		return result{}, err
	}
	if err == nil {
		w.streak.Store(0)
		return result{job: j, msgID: msgID}, nil
	}
	fail, ok := errors.AsType[*SendError](err)
	if !ok {
		fail = &SendError{Kind: Unknown}
	}
	if fail.Kind == Unknown && fail.Code == 0 {
		halt.Store(w.streak.Add(1) >= unknownMost || halt.Load())
		return result{job: j, fail: fail}, nil
	}
	w.streak.Store(0)
	if l, closes := laneOf(j.Template, fail, w.Now()); closes && l.name == laneApp {
		halt.Store(true)
	}
	return result{job: j, fail: fail}, nil
}

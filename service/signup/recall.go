package signup

import (
	"context"

	"baodao/service/atomic"
	"baodao/service/idem"
)

// recall answers requests that a mark would refuse: a repeat whose first try reached another process, which died before it
// answered, gets what its key got; everybody else hears that the position is full. Many such requests share one look. It
// waits for a try that is about to commit, so that nobody is told "full" who has a seat.
func (s *Service) recall(ctx context.Context, batch []*call) error {
	callers, keys := make([]string, len(batch)), make([]string, len(batch))
	for i, c := range batch {
		callers[i], keys[i] = idem.Caller(c.ask.actor), c.ask.key.Value
	}
	before, err := idem.Look(atomic.ForUpdate(s.DB.WithContext(ctx)), operation, callers, keys)
	if err != nil {
		return err
	}
	for i, c := range batch {
		found, err := before.Replay(callers[i], c.ask.key, &c.answer.row)
		if c.answer.err = err; !found {
			c.answer.err = ErrFull
		}
	}
	return nil
}

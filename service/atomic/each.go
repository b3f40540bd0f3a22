package atomic

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// Each runs fn for every id in a transaction of its own and counts for how many it had something to do. One that fails does not
// keep the others from their turn: the first failure is returned at the end, with how many there were. It stops when ctx ends.
func Each(ctx context.Context, db *gorm.DB, ids []int64, fn func(tx *gorm.DB, id int64) (did bool, err error)) (n int, err error) {
	failed := 0
	for _, id := range ids {
		if ctx.Err() != nil {
			break
		}
		did := false
		one := Do(ctx, db, func(tx *gorm.DB) (err error) {
			did, err = fn(tx, id)
			return err
		})
		switch {
		case one == nil && did:
			n++
		case one != nil:
			if failed++; failed == 1 {
				err = fmt.Errorf("%d: %w", id, one)
			}
		}
	}
	if failed > 1 {
		err = fmt.Errorf("%w (and %d more failed)", err, failed-1)
	}
	return n, err
}

package atomic_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"

	"baodao/service/atomic"
)

func TestEachGoesOnAfterOneThatFails(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	tries := 0
	n, err := atomic.Each(t.Context(), db, []int64{1, 2, 3, 4, 5}, func(tx *gorm.DB, id int64) (bool, error) {
		switch id {
		case 2, 4:
			return true, errors.Join(put(tx, "undone"), errStop)
		case 3:
			return false, nil
		case 5:
			if tries++; tries == 1 {
				return true, errDeadlock
			}
		}
		return true, put(tx, strings.Repeat("x", int(id)))
	})
	if n != 2 || tries != 2 || count(t, db) != 2 {
		t.Errorf("%d done in %d tries, %d written", n, tries, count(t, db))
	}
	if !errors.Is(err, errStop) || err.Error() != "2: stop here (and 1 more failed)" {
		t.Errorf("got %v", err)
	}
}

func TestEachEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	seen := 0
	n, err := atomic.Each(ctx, newDB(t), []int64{1, 2, 3}, func(*gorm.DB, int64) (bool, error) {
		seen++
		stop()
		return true, nil
	})
	if seen != 1 || n > 1 || (n == 1) != (err == nil) {
		t.Errorf("%d seen, %d done: %v", seen, n, err)
	}
}

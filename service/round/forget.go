package round

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/programme"
)

// Forget destroys the keys of up to n rounds that were closed or cancelled longer ago than the policy of their programme
// keeps what people entered for them, and deletes what the keys had sealed, with the lists and the groups of friends. Digests,
// cut-offs, proposals, pairs, and how long each list was stay. A round that nobody has published so long after its wishes were
// over, and not before leastWait, is cancelled and forgotten at once: nobody entered anything for that. It tells how many rounds it
// went through; running it late, twice at once, or again after it died is harmless.
func (s *Service) Forget(ctx context.Context, n int) (done int, err error) {
	due, err := s.forgettable(ctx, n)
	if err != nil {
		return 0, err
	}
	for _, id := range due {
		gone, one := s.destroy(ctx, id)
		if one == nil && gone {
			one = s.empty(ctx, id)
		}
		if one != nil { // the others are to be forgotten all the same
			err = errors.Join(err, fmt.Errorf("forget match round %d: %w", id, one))
			continue
		}
		done++
	}
	return done, err
}

// leastWait is how long a round waits at least to be drawn, run and published, however short its programme keeps what is over.
const leastWait = maxWishesTime

// unpublished is why a round was cancelled that nobody has published.
const unpublished = "填报截止后一直没有公布结果，已超过资料保存期限"

// over are the states in which nothing is done with a round any more.
func over() []model.RoundStatus { return []model.RoundStatus{model.RoundClosed, model.RoundCancelled} }

// underWay are the states between the end of the wishes and the publishing.
func underWay() []model.RoundStatus {
	return []model.RoundStatus{model.RoundFreezing, model.RoundFrozen, model.RoundRunning}
}

// unforgotten is what came of reading what a round has sealed: ErrForgotten when it was forgotten meanwhile, for then some of it may
// have been missing.
func unforgotten(db *gorm.DB, row *model.MatchRound, err error) error {
	if err == nil && !slices.Contains(over(), row.Status) {
		return nil
	}
	now, one := find(db, row.ID)
	switch {
	case one != nil:
		return errors.Join(err, one)
	case now.ForgottenAt != nil:
		return ErrForgotten.Because(err)
	}
	return err
}

// forgettable finds rounds that are due, or were not emptied to the end.
func (s *Service) forgettable(ctx context.Context, n int) (ids []int64, err error) {
	db := s.DB.WithContext(ctx)
	var programmes []int64
	err = db.Model(&model.MatchRound{}).Where("status IN ? AND emptied_at IS NULL", append(over(), underWay()...)).Distinct().Order("programme_id").Pluck("programme_id", &programmes).Error
	if err != nil {
		return nil, fmt.Errorf("look for old match rounds: %w", err)
	}
	for _, id := range programmes {
		policy, err := programme.PolicyOf(db, id)
		if err != nil {
			return nil, err
		}
		var some []int64
		kept := time.Duration(policy.RoundInputKept()) * 24 * time.Hour
		err = db.Model(&model.MatchRound{}).Where("programme_id = ? AND emptied_at IS NULL", id).
			Where("(status IN ? AND (closed_at <= ? OR forgotten_at IS NOT NULL) OR status IN ? AND answers_until IS NULL AND wishes_until <= ?)",
				over(), s.Now().Add(-kept), underWay(), s.Now().Add(-max(kept, leastWait))).
			Order("closed_at, id").Limit(n-len(ids)).Pluck("id", &some).Error
		if err != nil {
			return nil, fmt.Errorf("look for old match rounds: %w", err)
		}
		if ids = append(ids, some...); len(ids) >= n {
			break
		}
	}
	return ids, nil
}

// destroy deletes the key of a round, which is cancelled where it is not over; false where somebody publishes it just now. From
// then on nobody can read what the key had sealed, whatever becomes of the rows.
func (s *Service) destroy(ctx context.Context, id int64) (gone bool, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		row, err := lock(tx, id)
		if gone = err == nil && row.ForgottenAt != nil; err != nil || gone {
			return err
		}
		if row.AnswersUntil == nil && slices.Contains(underWay(), row.Status) {
			if err := s.cancel(tx, system(), &row, unpublished); err != nil {
				return err
			}
			if row, err = find(tx, id); err != nil {
				return err
			}
		}
		if gone = slices.Contains(over(), row.Status); !gone {
			return nil
		}
		if err := s.Vault.Destroy(tx, id); err != nil {
			return fmt.Errorf("destroy key: %w", err)
		}
		return s.Audit.Edit(tx, system(), &row, row.Version, audit.Move{Action: "match_round.forget", OrgPath: row.ScopePath, Set: map[string]any{"forgotten_at": s.Now(), "secret": []byte{}}})
	})
	return gone, err
}

// empty deletes the rows of a round that nobody can read any more, or is to.
func (s *Service) empty(ctx context.Context, id int64) error {
	for _, part := range []struct {
		rows          any
		which, column string // column tells the rows of which apart
		set           map[string]any
	}{
		{&model.RoundInput{}, "side = 0", "seq", nil},
		{&model.RoundInput{}, "side = 1", "seq", map[string]any{"line": []byte{}, "more": nil}},
		{&model.RoundRanks{}, "chunk >= 0", "chunk", nil},
		{&model.MatchGroup{}, "student_id > 0", "student_id", nil},
		{&model.MatchWish{}, "student_id > 0", "student_id", map[string]any{"positions": "[]"}},
	} {
		err := s.sweep(ctx, part.column, func(tx *gorm.DB) *gorm.DB {
			return tx.Model(part.rows).Where("round_id = ? AND "+part.which, id)
		}, func(q *gorm.DB) error {
			if part.set == nil {
				return q.Delete(part.rows).Error
			}
			return q.UpdateColumns(part.set).Error
		})
		if err != nil {
			return fmt.Errorf("empty: %w", err)
		}
	}
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		return tx.Model(&model.MatchRound{}).Where("id = ?", id).UpdateColumn("emptied_at", s.Now()).Error
	})
}

// sweep does something to many rows, some in each transaction, by rising column.
func (s *Service) sweep(ctx context.Context, column string, which func(tx *gorm.DB) *gorm.DB, do func(q *gorm.DB) error) error {
	for after := int64(-1); ; {
		last := after
		err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
			var some []int64
			err := which(tx).Where(column+" > ?", after).Order(column).Limit(s.batchSize()).Pluck(column, &some).Error
			if last = after; err != nil || len(some) == 0 {
				return err
			}
			last = some[len(some)-1]
			return do(which(tx).Where(column+" > ? AND "+column+" <= ?", after, last))
		})
		if err != nil || last == after {
			return err
		}
		after = last
		if err := s.step(model.RoundClosed); err != nil {
			return err
		}
	}
}

package content

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/notify"
)

// retryGap is how long WeChat is left alone after it did not answer.
const retryGap = 30 * time.Second

// Advance asks WeChat about up to limit pictures and texts that wait for it, and hands what has had no answer for 40
// minutes to the reviewers; what they leave for ReviewDue expires. It stops early while WeChat does not answer.
func (s *Service) Advance(ctx context.Context, limit int) error {
	if err := errors.Join(s.overdue(ctx, limit), s.expire(ctx, limit)); err != nil {
		return err
	}
	var rows []model.ContentCheck
	err := s.DB.WithContext(ctx).Where("status = ? AND next_at <= ?", model.CheckPending, s.Now()).Order("next_at").Limit(limit).Find(&rows).Error
	if err != nil {
		return fmt.Errorf("look for checks: %w", err)
	}
	for _, row := range rows {
		answered, err := s.advance(ctx, row)
		if err != nil || !answered {
			return err
		}
	}
	return nil
}

// overdue hands to the reviewers what WeChat left without an answer.
func (s *Service) overdue(ctx context.Context, limit int) error {
	now := s.Now()
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		var rows []model.ContentCheck
		err := atomic.ForUpdate(tx).Where("status = ? AND next_at <= ? OR status = ? AND created_at <= ?", model.CheckChecking, now, model.CheckPending, now.Add(-answerDue)).
			Order("id").Limit(limit).Find(&rows).Error
		if err != nil {
			return fmt.Errorf("look for overdue checks: %w", err)
		}
		for i := range rows {
			if err := s.move(tx, program(), &rows[i], outcome{status: model.CheckReview, why: whyNoAnswer}); err != nil {
				return err
			}
		}
		return nil
	})
}

// expire ends what no reviewer decided in time, and tells the authors: it is not shown, nobody keeps its texts, and the same
// may be sent again, which asks anew.
func (s *Service) expire(ctx context.Context, limit int) error {
	if s.ReviewDue == 0 {
		return nil
	}
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		var rows []*model.ContentCheck
		err := atomic.ForUpdate(tx).Where("status = ? AND updated_at <= ?", model.CheckReview, s.Now().Add(-s.ReviewDue)).Order("id").Limit(limit).Find(&rows).Error
		if err != nil {
			return fmt.Errorf("look for checks that nobody decided: %w", err)
		}
		for _, row := range rows {
			err := s.Audit.Move(tx, program(), row, audit.Move{
				Action: "content.expire", To: string(model.CheckExpired), OrgPath: row.OrgPath, Set: map[string]any{"texts_enc": nil, "digest": nil},
			})
			if err == nil && row.UserID != 0 {
				err = s.tellDecided(tx, *row, notify.Both("无人审核，已过期，不会公开", "nobody looked in time, it is not shown"), notify.Both("可以重新提交。", "It can be sent again."))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func program() access.Actor { return access.System("content-checks") }

// advance asks about one row. answered is false when WeChat did not.
func (s *Service) advance(ctx context.Context, row model.ContentCheck) (answered bool, err error) {
	long, cancel := context.WithTimeout(ctx, jobWaits)
	defer cancel()
	openID, err := s.openIDOf(long, row.UserID)
	if err != nil {
		return false, err
	}
	if row.Kind == model.CheckImage {
		return s.advanceImage(ctx, long, openID, row)
	}
	texts, err := s.textsOf(s.DB.WithContext(long), row)
	if err != nil {
		return false, err
	}
	got := outcome{status: model.CheckReview, why: whyNoOpenID} // the author's key is gone, and the texts with it
	if len(texts) > 0 {
		if got, err = s.judge(long, openID, subject{use: Use(row.Purpose), texts: texts}); err != nil {
			return false, err
		}
	}
	return got.failure == nil, s.settle(ctx, row, got, "")
}

// settle moves a row that a job asked about, unless somebody else did meanwhile; without an answer it is asked later.
func (s *Service) settle(ctx context.Context, row model.ContentCheck, got outcome, trace string) error {
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		if got.failure != nil {
			return tx.Model(&model.ContentCheck{}).Where("id = ? AND status = ?", row.ID, model.CheckPending).
				Update("next_at", s.Now().Add(retryGap)).Error
		}
		if trace != "" {
			return s.submitted(tx, &row, trace)
		}
		return s.move(tx, program(), &row, got)
	})
	if errors.Is(err, fault.ErrStale) {
		return nil
	}
	return err
}

// Purge takes the texts from checks decided a week ago, deletes up to limit old verdicts about texts, and tells how many
// rows it changed.
func (s *Service) Purge(ctx context.Context, limit int) (n int, err error) {
	now := s.Now()
	done := []model.CheckStatus{model.CheckPassed, model.CheckRisky, model.CheckExpired}
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		var read, old []int64
		err := errors.Join(
			tx.Model(&model.ContentCheck{}).Where("status IN ? AND texts_enc IS NOT NULL AND updated_at < ?", done, now.Add(-keepTexts)).
				Order("id").Limit(limit).Pluck("id", &read).Error,
			tx.Model(&model.ContentCheck{}).Where("status IN ? AND kind = ? AND created_at < ?", done, model.CheckText, now.Add(-keepRows)).
				Order("id").Limit(limit).Pluck("id", &old).Error,
		)
		n = len(read) + len(old)
		if err != nil || n == 0 {
			return err
		}
		return errors.Join(
			tx.Model(&model.ContentCheck{}).Where("id IN ?", append(read, 0)).Update("texts_enc", nil).Error,
			tx.Where("id IN ?", append(old, 0)).Delete(&model.ContentCheck{}).Error,
			tx.Where("person_id IN ?", append(append(read, old...), 0)).Delete(&model.PersonKey{}).Error, // those of API clients
		)
	})
	if err != nil {
		return 0, fmt.Errorf("purge checks: %w", err)
	}
	return n, nil
}

package notify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/fault"
)

// Answers of wx.requestSubscribeMessage, for one template.
const (
	AnswerAccept = "accept"
	AnswerReject = "reject"
	AnswerBan    = "ban"    // WeChat has banned the template
	AnswerFilter = "filter" // another template of the same title was asked instead: says nothing
)

// hintGap is how soon after one hint another may lift the balance; an event in between allows it at once.
const hintGap = 24 * time.Hour

// eventGap is how long after the event of an acceptance a hint is taken to be about the same one.
const eventGap = 2 * time.Minute

var errTemplate = fault.Define(fault.Invalid, "notification.template_unknown", "没有这个订阅消息模板。", "No kind of notification uses this template.")

// Hint notes what the mini-program says that its person answered, by template. WeChat's events are the truth and may be
// late: until one comes, an acceptance may lift a balance of 0 to 1, never further, and a refusal mutes the template. A
// template that none of our kinds uses is notification.template_unknown, and nothing is noted.
func (s *Service) Hint(ctx context.Context, actor access.Actor, answers map[string]string) error {
	if err := actor.Require(access.Person); err != nil {
		return err
	}
	ids := slices.Sorted(maps.Keys(answers))
	var rows []model.NoticeTemplate
	if err := s.DB.WithContext(ctx).Where("app_id = ? AND template_id IN ?", s.AppID, ids).Find(&rows).Error; err != nil {
		return fmt.Errorf("read notice templates: %w", err)
	}
	known := map[string]model.NoticeTemplate{}
	for _, t := range rows {
		known[t.TemplateID] = t
	}
	if len(known) != len(ids) {
		return errTemplate
	}
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		for _, id := range ids {
			if err := s.hint(tx, actor.UserID, known[id], answers[id]); err != nil {
				return fmt.Errorf("note answer: %w", err)
			}
		}
		return nil
	})
}

func (s *Service) hint(tx *gorm.DB, user int64, t model.NoticeTemplate, answer string) error {
	about := model.SubscribeEvent{UserID: user, Template: t.TemplateID}
	if answer == AnswerFilter {
		return nil
	}
	if err := s.ensureLedger(tx, about); err != nil {
		return err
	}
	if answer != AnswerAccept {
		return s.ledger(tx, about, map[string]any{"muted": true})
	}
	var row model.SubscribeLedger
	if err := atomic.ForUpdate(tx).Where("user_id = ? AND template = ?", user, t.TemplateID).First(&row).Error; err != nil {
		return err
	}
	set := map[string]any{"muted": false}
	if !t.LongTerm && row.Used >= row.Granted {
		counts, err := s.hintCounts(tx, row)
		if err != nil {
			return err
		}
		if counts {
			set["granted"], set["hinted_at"], set["hint_open"] = row.Used+1, s.Now(), s.Now()
		}
	}
	if err := s.ledger(tx, about, set); err != nil {
		return err
	}
	return s.wake(tx, about)
}

// hintCounts tells whether a hint is news: no other hint is waiting for its event, and the event is not in already.
func (s *Service) hintCounts(tx *gorm.DB, row model.SubscribeLedger) (bool, error) {
	if row.HintedAt != nil && row.HintedAt.After(s.Now().Add(-hintGap)) {
		return false, nil
	}
	var seen [][]byte
	err := tx.Model(&model.SubscribeEvent{}).
		Where("user_id = ? AND template = ? AND kind = ? AND created_at > ?", row.UserID, row.Template, EventAnswer, s.Now().Add(-eventGap)).
		Limit(1).Pluck("key_hash", &seen).Error
	return err == nil && len(seen) == 0, err
}

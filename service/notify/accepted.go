package notify

import (
	"cmp"
	"slices"
	"strconv"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
)

// acceptMost is how many messages one UPDATE settles.
const acceptMost = 512

// settleAccepted notes the messages that WeChat took, many at a time, and returns the results that need more thought.
func (w *Worker) settleAccepted(tx *gorm.DB, results []result) (rest []result, err error) {
	taken := map[string][]result{} // by lease: a batch has one, unless its messages were leased one by one
	for _, r := range results {
		if r.fail == nil && !r.unsent && r.msgID != "" {
			taken[r.LeaseOwner] = append(taken[r.LeaseOwner], r)
		} else {
			rest = append(rest, r)
		}
	}
	for owner, all := range taken {
		for len(all) > 0 {
			part := all[:min(len(all), acceptMost)]
			all = all[len(part):]
			if err := w.acceptSome(tx, owner, part); err != nil {
				return nil, err
			}
		}
	}
	return rest, nil
}

// acceptSome does for many what apply does for one. A message that somebody else knows more about by now stays as it is.
func (w *Worker) acceptSome(tx *gorm.DB, owner string, part []result) error {
	c := w.outcome(part[0])
	slices.SortFunc(part, func(a, b result) int { return cmp.Compare(a.ID, b.ID) })
	ids, msgIDs := make([]int64, len(part)), make([]string, len(part))
	for i, r := range part {
		ids[i], msgIDs[i] = r.ID, cut(r.msgID, 32)
	}
	err := tx.Model(&model.Notice{}).Where(in("id", ids)).
		Where("lease_owner = ? AND COALESCE(state, '') IN ?", owner, []string{model.NoticeSending, model.NoticeUnconfirmed}).
		Updates(map[string]any{
			"state": c.state, "why": c.why, "next_at": c.next, "busy_user_id": nil, "lease_until": nil, "updated_at": w.Now(),
			"msg_id": choice{ids, msgIDs},
		}).Error
	if err != nil {
		return err
	}
	var early []model.SubscribeEvent // that came before the answer
	if err := tx.Where("msg_id IN ? AND notice_id = ?", msgIDs, 0).Find(&early).Error; err != nil || len(early) == 0 {
		return err
	}
	return claimEarly(tx, early, part)
}

// choice is an expression that takes for each row, whose id is one of ids, the text that goes with it; ids are in order. It
// halves them again and again: looking through a list of all would cost as much as the change itself.
type choice struct {
	ids   []int64
	texts []string
}

// Build writes it.
func (c choice) Build(b clause.Builder) {
	if len(c.ids) == 1 {
		b.AddVar(b, c.texts[0])
		return
	}
	half := len(c.ids) / 2
	_, _ = b.WriteString("CASE WHEN id < " + strconv.FormatInt(c.ids[half], 10) + " THEN ")
	choice{c.ids[:half], c.texts[:half]}.Build(b)
	_, _ = b.WriteString(" ELSE ")
	choice{c.ids[half:], c.texts[half:]}.Build(b)
	_, _ = b.WriteString(" END")
}

// claimEarly gives the events to their messages, unless a message was not ours any more.
func claimEarly(tx *gorm.DB, early []model.SubscribeEvent, part []result) error {
	for _, e := range early {
		for _, r := range part {
			if cut(r.msgID, 32) != e.MsgID {
				continue
			}
			ours := tx.Session(&gorm.Session{NewDB: true}).Model(&model.Notice{}).Select("id").Where("id = ? AND msg_id = ?", r.ID, e.MsgID)
			err := tx.Model(&model.SubscribeEvent{}).Where("key_hash = ? AND notice_id = ? AND EXISTS (?)", e.KeyHash, 0, ours).Update("notice_id", r.ID).Error
			if err != nil {
				return err
			}
		}
	}
	return nil
}

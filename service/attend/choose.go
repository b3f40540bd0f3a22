package attend

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/fault"
	"baodao/service/text"
)

// maxBatch is how many claims one call decides.
const maxBatch = 500

// Choice says which claims of an activity a step is for: the named ones, or all that wait for this step and that the caller
// may decide, but the excepted.
type Choice struct {
	IDs         []int64
	All         bool
	SessionID   int64 // with All: only of this session, 0 for all sessions
	Except      []int64
	Corrections []Reduction // for the steps of lead and host; with IDs they belong to the named ones
}

// Reduction confirms fewer minutes than were computed, 0 for somebody who was not there after all.
type Reduction struct {
	ClaimID int64
	Minutes int64
	Reason  string
}

// Batch is what a step did: the claims as they are now, by id. More tells that further ones wait (All only).
type Batch struct {
	Claims []model.HoursClaim
	More   bool
}

// check wants either ids or all.
func (c Choice) check() error {
	var wrong fault.Collector
	wrong.Add(!c.All && len(c.IDs) == 0, "/claim_ids", "required", "请选择时长，或用 all 选择全部", "name the claims, or say all")
	wrong.Add(c.All && len(c.IDs) > 0, "/claim_ids", "shape", "claim_ids 与 all 只能用一个", "use either claim_ids or all")
	wrong.Add(!c.All && len(c.Except) > 0, "/except", "shape", "except 只能与 all 一起用", "except goes with all only")
	wrong.Add(!c.All && c.SessionID != 0, "/session_id", "shape", "session_id 只能与 all 一起用", "session_id goes with all only")
	seen := map[int64]bool{}
	for i, x := range c.Corrections {
		at := fmt.Sprintf("/corrections/%d", i)
		wrong.Add(seen[x.ClaimID] || slices.Contains(c.Except, x.ClaimID), at+"/claim_id", "unique", "同一条时长只能说一次", "names a claim twice")
		seen[x.ClaimID] = true
		wrong.Add(x.Minutes < 0, at+"/minutes", "min", "不能为负数", "must not be negative")
		text.Settle(&wrong, text.Field{At: at + "/reason", In: &c.Corrections[i].Reason, Max: text.MaxReason})
	}
	return wrong.Err()
}

// choose locks and reads the chosen claims: those that wait for the step, and named ones for which the actor took it before.
func choose(tx *gorm.DB, actor access.Actor, activityID int64, choice Choice, st step) (rows []*model.HoursClaim, more bool, err error) {
	if choice.All {
		return waitingFor(tx, activityID, choice, st)
	}
	rows, err = named(tx, activityID, append(slices.Clone(choice.IDs), choice.corrected()...))
	if err != nil {
		return nil, false, err
	}
	var refused error
	for _, r := range rows {
		err := st.may(r)
		if took := st.took(r); err == nil && r.Status != st.from && (took == nil || *took != actor.UserID) {
			err = fault.ErrState.Because(fmt.Errorf("claim %d is %s", r.ID, r.Status))
		}
		if errors.Is(err, fault.ErrNotFound) {
			return nil, false, err // whatever else is wrong
		}
		if refused == nil {
			refused = err
		}
	}
	return rows, false, refused
}

// waitingFor locks and reads the claims that wait for a step and that the actor may decide, at most maxBatch.
func waitingFor(tx *gorm.DB, activityID int64, choice Choice, st step) (rows []*model.HoursClaim, more bool, err error) {
	if _, err := named(tx, activityID, slices.Concat(choice.Except, choice.corrected())); err != nil {
		return nil, false, err
	}
	var all []*model.HoursClaim
	q := atomic.ForUpdate(tx).Where("activity_id = ? AND status = ?", activityID, st.from)
	if choice.SessionID != 0 {
		q = q.Where("session_id = ?", choice.SessionID)
	}
	if err := q.Order("id").Find(&all).Error; err != nil {
		return nil, false, fmt.Errorf("lock claims: %w", err)
	}
	for _, r := range all {
		if slices.Contains(choice.Except, r.ID) || st.may(r) != nil {
			continue
		}
		if len(rows) == maxBatch {
			return rows, true, nil
		}
		rows = append(rows, r)
	}
	return rows, false, nil
}

// named locks and reads claims of an activity by id; fault.ErrNotFound if one is not of this activity.
func named(tx *gorm.DB, activityID int64, ids []int64) ([]*model.HoursClaim, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	rows := []*model.HoursClaim{}
	if len(ids) == 0 {
		return rows, nil
	}
	err := atomic.ForUpdate(tx).Where("activity_id = ? AND id IN ?", activityID, ids).Order("id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("lock claims: %w", err)
	}
	if len(rows) != len(ids) {
		return nil, fault.ErrNotFound
	}
	return rows, nil
}

// startOf reads when sessions of an activity start.
func startOf(tx *gorm.DB, activityID int64) (map[int64]time.Time, error) {
	var rows []model.Session
	if err := tx.Select("id", "starts_at").Where("activity_id = ?", activityID).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	out := make(map[int64]time.Time, len(rows))
	for _, r := range rows {
		out[r.ID] = r.StartsAt
	}
	return out, nil
}

package attend

import (
	"context"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/read"
)

// ErrReversed refuses to reverse a line twice.
var ErrReversed = fault.Define(fault.Conflict, "hours.reversed", "这条时长已经冲销过了。", "This line has been reversed already.")

// Reverse takes a line of the ledger back with a second one of the same minutes negated; nothing is edited. Whoever may
// recognise the student's hours may do this with a reason, but not for their own. A line can be reversed once (ErrReversed),
// a reversal not at all (fault.ErrState). The reason must not be content.ErrRisky.
func (s *Service) Reverse(ctx context.Context, actor access.Actor, entryID int64, reason string, key idem.Key) (model.HoursEntry, error) {
	if err := withReason(actor, access.HoursRecognise, &reason); err != nil {
		return model.HoursEntry{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (model.HoursEntry, error) {
		return idem.Run(ctx, s.DB, s.Now(), actor, "reverseHours", key, func(tx *gorm.DB) (model.HoursEntry, error) {
			return s.reverse(tx, actor, entryID, reason)
		})
	})
}

func (s *Service) reverse(tx *gorm.DB, actor access.Actor, id int64, reason string) (model.HoursEntry, error) {
	line, err := read.One[model.HoursEntry](tx.Where("id = ?", id), "ledger line")
	if err != nil {
		return line, err
	}
	homes, err := homesOf(tx, line.ActivityID, line.StudentID)
	if err != nil {
		return line, err
	}
	o := access.Object{Paths: []string{homes.at(line.StudentID, line.ServedOn).scope}, StudentIDs: []int64{line.StudentID}, Read: access.HoursRead}
	if err := actor.Check(access.HoursRecognise, o); err != nil {
		return line, err
	}
	if err := actor.NotOwn(o.StudentIDs, nil); err != nil {
		return line, err
	}
	if line.Minutes < 0 { // what an appeal put back can be taken back again
		return line, fault.ErrState
	}
	if err := s.Content.Reason(tx, actor, content.Activity, line.BranchPath, reason); err != nil {
		return line, err
	}
	back := s.reversing(line, actor)
	if err := s.writeReversal(tx, actor, line, reason, back); err != nil {
		return line, err
	}
	return back, s.tellReversed(tx, line, reason)
}

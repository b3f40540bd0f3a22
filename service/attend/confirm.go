package attend

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/signup"
)

// Confirmation says that staff saw these people come or go.
type Confirmation struct {
	SessionID int64
	Kind      string // model.KindIn or model.KindOut
	SignupIDs []int64
	Reason    string // why no code was used
}

// StaffConfirm checks many people in or out by list, all of them or none, at the server's time. Nobody confirms themselves
// (access.ErrOwnInterest). One signup that is not of this activity makes the whole request fault.ErrNotFound; one that is in the
// wrong state makes it the refusal a scan would get, with every wrong item named. API clients are refused: they see nobody.
// The reason must not be content.ErrRisky.
func (s *Service) StaffConfirm(ctx context.Context, actor access.Actor, in Confirmation, key idem.Key) ([]model.CheckIn, error) {
	if err := withReason(actor, access.CheckInShow, &in.Reason); err != nil {
		return nil, err
	}
	return content.Do(ctx, s.Content, actor, func() ([]model.CheckIn, error) {
		return idem.Run(ctx, s.DB, s.Now(), actor, "confirmCheckIns", key, func(tx *gorm.DB) ([]model.CheckIn, error) {
			return s.staffConfirm(tx, actor, in)
		})
	})
}

func (s *Service) staffConfirm(tx *gorm.DB, actor access.Actor, in Confirmation) ([]model.CheckIn, error) {
	now := s.Now()
	c, err := sceneOf(tx, in.SessionID, now)
	if err != nil {
		return nil, err
	}
	if err := actor.Check(access.CheckInShow, c.object); err != nil {
		return nil, err
	}
	students, err := studentsOf(tx, c.activity.ID, in.SignupIDs)
	if err != nil {
		return nil, err
	}
	if err := actor.NotOwn(students, nil); err != nil {
		return nil, err
	}
	if err := signup.LockStudents(tx, students...); err != nil {
		return nil, err
	}
	tries, err := judgeList(tx, c, in, students, now)
	if err != nil {
		return nil, err
	}
	if err := s.Content.Reason(tx, actor, content.Activity, c.path, in.Reason); err != nil {
		return nil, err
	}
	rows := make([]model.CheckIn, len(tries))
	for i, t := range tries {
		id := s.NewID()
		rows[i] = model.CheckIn{
			ID: id, StudentID: students[i], Nonce: "staff:" + strconv.FormatInt(id, 10), SignupID: t.signup.ID, SessionID: in.SessionID,
			Kind: in.Kind, Method: model.MethodHost, LogicalAt: now, ReceivedAt: now, Verdict: model.VerdictOK, OperatorID: actor.UserID,
		}
	}
	if err := tx.CreateInBatches(rows, 100).Error; err != nil {
		return nil, fmt.Errorf("store check-ins: %w", err)
	}
	seen := make([]good, len(tries))
	for i, t := range tries {
		seen[i] = good{actor: actor, try: t.with(&rows[i]), row: &rows[i], reason: in.Reason}
	}
	return rows, s.enact(tx, seen)
}

// judgeList decides about every item of a list; students are those of in.SignupIDs, in their order, and locked.
func judgeList(tx *gorm.DB, c scene, in Confirmation, students []int64, now time.Time) ([]attempt, error) {
	seats, err := seatsOf(tx, c.activity.ID, students...)
	if err != nil {
		return nil, err
	}
	known, err := attendanceOf(tx, in.SessionID, in.SignupIDs...)
	if err != nil {
		return nil, err
	}
	tries := make([]attempt, len(students))
	var refused *fault.Fault
	for i, student := range students {
		t := attempt{scene: c, signup: seats[student], attendance: known[in.SignupIDs[i]]}
		if t.signup.ID != in.SignupIDs[i] {
			t.signup = model.Signup{} // it is an old one; the student may have signed up anew
		}
		if t.reason = t.decide(in.Kind, now); t.reason != "" {
			f := refusal(t.reason)
			if refused == nil {
				refused = f
			}
			refused = refused.With(fault.Field{Pointer: fmt.Sprintf("/signup_ids/%d", i), Code: t.reason, ZH: f.ZH, EN: f.EN})
		}
		tries[i] = t
	}
	if refused != nil {
		return nil, refused
	}
	return tries, nil
}

// studentsOf reads whose signups of an activity these are, in the order given; fault.ErrNotFound if one is not of this
// activity, fault.ErrInvalid if one appears twice.
func studentsOf(tx *gorm.DB, activityID int64, ids []int64) ([]int64, error) {
	var rows []model.Signup
	if err := tx.Select("id", "student_id").Where("activity_id = ? AND id IN ?", activityID, ids).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read signups: %w", err)
	}
	whose := make(map[int64]int64, len(rows))
	for _, r := range rows {
		whose[r.ID] = r.StudentID
	}
	out := make([]int64, len(ids))
	var wrong fault.Collector
	for i, id := range ids {
		if whose[id] == 0 {
			return nil, fault.ErrNotFound
		}
		wrong.Add(slices.Contains(out[:i], whose[id]), fmt.Sprintf("/signup_ids/%d", i), "unique_items", "同一名学生出现了两次", "the student appears twice")
		out[i] = whose[id]
	}
	return out, wrong.Err()
}

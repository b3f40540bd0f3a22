package attend

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/signup"
	"baodao/service/text"
)

// Refusals of a proposal.
var (
	ErrProposeEarly = fault.Define(fault.Conflict, "hours.propose_early", "这一场的签退还没有截止，请先正常签退。", "The check-out of this session is still open; check out instead.")
	ErrProposeLate  = fault.Define(fault.Conflict, "hours.propose_late", "补录的期限已过。", "The time for proposing hours of this session is over.")
	ErrClaimed      = fault.Define(fault.Conflict, "hours.claimed", "这一场已经有时长记录，有异议请对该记录提出。", "There is a claim for this session already; dispute that one.")
	ErrNothingToAdd = fault.Define(fault.Conflict, "hours.nothing", "这段时间计不了时长。", "Nothing of this time can be credited.")
)

// Why nothing can be credited, for who asks.
var nothing = map[string][2]string{ //nolint:gochecknoglobals // a table
	reasonShort:   {"在场时间没有达到要求的比例，计不了时长。", "Presence for too little of the session earns nothing."},
	reasonDay:     {"当天的时长已经达到上限。", "The limit of that day is used up."},
	reasonOverlap: {"这段时间已经计入另一条时长。", "This time is credited elsewhere."},
}

// Proposal asks for hours that no check-in shows.
type Proposal struct {
	SessionID int64
	StudentID int64 // 0: the one who asks
	From, To  time.Time
	Text      string  // why there is no check-in
	FileIDs   []int64 // pictures of the proposer's that prove it
}

// Lengths of a statement and the pictures with it.
const (
	MaxStatement = 2000
	maxFiles     = 9
)

// Propose asks for the hours of somebody whose check-in or check-out is missing. With a seat it becomes a MANUAL claim,
// without one a MAKEUP claim. A student proposes for themselves; the team and the host for those who signed up. It needs at
// least one picture as proof. The minutes follow from the time given by the same rule as those of a check-in; a check-in
// that there is stands, so nobody came earlier than that. Whoever proposed takes no step for the claim.
//
// Errors: fault.ErrNotFound, ErrProposeEarly, ErrProposeLate, ErrClaimed, ErrNothingToAdd, upload.ErrInUse, content.ErrRisky.
func (s *Service) Propose(ctx context.Context, actor access.Actor, in Proposal, key idem.Key) (model.HoursClaim, error) {
	if err := actor.Require(access.HoursPropose); err != nil {
		return model.HoursClaim{}, err
	}
	if actor.UserID == 0 {
		return model.HoursClaim{}, access.ErrDenied
	}
	var wrong fault.Collector
	text.Settle(&wrong, text.Field{At: "/text", In: &in.Text, Max: MaxStatement, Lines: true})
	wrong.Add(len(in.FileIDs) == 0, "/file_ids", "required", "请上传证明图片", "name at least one picture")
	wrong.Add(in.StudentID == 0 && actor.StudentID == 0, "/student_id", "required", "请选择学生", "say for whom")
	if err := wrong.Err(); err != nil {
		return model.HoursClaim{}, err
	}
	if in.StudentID == 0 {
		in.StudentID = actor.StudentID
	}
	return content.Do(ctx, s.Content, actor, func() (model.HoursClaim, error) {
		return idem.Run(ctx, s.DB, s.Now(), actor, "proposeHours", key, func(tx *gorm.DB) (model.HoursClaim, error) {
			return s.propose(tx, actor, in)
		})
	})
}

func (s *Service) propose(tx *gorm.DB, actor access.Actor, in Proposal) (model.HoursClaim, error) {
	c, err := s.proposable(tx, actor, in)
	if err != nil {
		return model.HoursClaim{}, err
	}
	if err := signup.LockStudents(tx, in.StudentID); err != nil {
		return model.HoursClaim{}, err
	}
	t, err := s.unclaimed(tx, c, in)
	if err != nil {
		return model.HoursClaim{}, err
	}
	from, to := t.attendance.InAt, t.attendance.OutAt
	var wrong fault.Collector
	wrong.Add(!in.From.Before(in.To), "/ends_at", "order", "必须晚于开始时间", "must be after starts_at")
	wrong.Add(in.From.Before(c.session.StartsAt), "/starts_at", "range", "不能早于场次开始", "must not be before the session")
	wrong.Add(in.To.After(c.session.EndsAt), "/ends_at", "range", "不能晚于场次结束", "must not be after the session")
	wrong.Add(from != nil && in.From.Before(later(*from, c.session.StartsAt)), "/starts_at", "checked_in_later", "不能早于签到时间", "must not be before the check-in")
	wrong.Add(to != nil, "/ends_at", "checked_out", "已经签退", "there is a check-out")
	if err := wrong.Err(); err != nil {
		return model.HoursClaim{}, err
	}
	t.attendance.InAt, t.attendance.OutAt = &in.From, &in.To
	row := model.HoursClaim{ID: s.NewID(), Basis: model.BasisManual, SignupID: t.signup.ID, ProposedBy: &actor.UserID}
	if t.signup.ID == 0 {
		row.Basis, row.MakeupNo = model.BasisMakeUp, row.ID
		t.signup.ID = row.ID // a signup that no claim has: nothing is left out when others are looked at
	}
	e, err := readEarnings(tx, []good{{try: t}})
	if err != nil {
		return row, err
	}
	w := e.credit(t)
	if w.minutes == 0 {
		return row, ErrNothingToAdd.Saying(nothing[w.reason][0], nothing[w.reason][1])
	}
	if t.attendance.InID != nil {
		row.InID = *t.attendance.InID
	}
	row = s.stated(row, c, in.StudentID, w)
	if err := s.state(tx, actor, c, row, statement{text: in.Text, minutes: int64(in.To.Sub(in.From) / time.Minute), files: in.FileIDs}); err != nil {
		return row, err
	}
	return row, s.tellProposed(tx, actor, c.activity, row)
}

// proposable checks that the actor may propose hours of this student in this session now.
func (s *Service) proposable(tx *gorm.DB, actor access.Actor, in Proposal) (scene, error) {
	now := s.Now()
	c, err := sceneOf(tx, in.SessionID, now)
	if err == nil && !actor.Sees(c.object) {
		err = fault.ErrNotFound
	}
	if err != nil {
		return c, err
	}
	o := c.object
	o.StudentIDs = []int64{in.StudentID}
	if err := actor.Check(access.HoursPropose, o); err != nil {
		return c, err
	}
	if in.StudentID != actor.StudentID {
		var found []int64
		err := tx.Model(&model.Signup{}).Where("activity_id = ? AND student_id = ?", c.activity.ID, in.StudentID).Limit(1).Pluck("id", &found).Error
		if err != nil {
			return c, fmt.Errorf("look for signup: %w", err)
		}
		if len(found) == 0 {
			return c, fault.ErrNotFound // nobody proposes for people they never saw
		}
	}
	return c, c.past(now)
}

// past refuses a session whose check-out is still open, one that is too long ago, and an activity that did not take place.
func (c scene) past(now time.Time) error {
	_, closes := c.window(model.KindOut)
	switch {
	case c.activity.Status != model.ActivityPublished && c.activity.Status != model.ActivityHoursConfirmed:
		return fault.ErrState
	case now.Before(closes):
		return ErrProposeEarly
	case now.After(closes.Add(c.policy.Makeup())):
		return ErrProposeLate
	}
	return nil
}

// unclaimed finds the seat and the pair of a student for whom there is no claim of this session; the student is locked.
func (s *Service) unclaimed(tx *gorm.DB, c scene, in Proposal) (attempt, error) {
	t := attempt{scene: c}
	seats, err := seatsOf(tx, c.activity.ID, in.StudentID)
	if err != nil {
		return t, err
	}
	t.signup = seats[in.StudentID]
	t.signup.StudentID = in.StudentID
	var claims []int64
	err = tx.Model(&model.HoursClaim{}).
		Where("session_id = ? AND student_id = ? AND (status <> ? OR (signup_id = ? AND makeup_no = 0))", c.session.ID, in.StudentID, model.ClaimRejected, t.signup.ID).
		Limit(1).Pluck("id", &claims).Error
	if err != nil {
		return t, fmt.Errorf("look for claim: %w", err)
	}
	if len(claims) > 0 {
		return t, ErrClaimed
	}
	known, err := attendanceOf(tx, c.session.ID, t.signup.ID)
	t.attendance = known[t.signup.ID]
	return t, err
}

// stated fills in a claim that rests on a statement.
func (s *Service) stated(row model.HoursClaim, c scene, studentID int64, w credit) model.HoursClaim {
	now := s.Now()
	row.SessionID, row.ActivityID, row.StudentID = c.session.ID, c.activity.ID, studentID
	row.Minutes, row.StartsAt, row.EndsAt, row.Reason, row.Class = w.minutes, w.from, w.until(), w.reason, classOf(c.activity)
	row.Status, row.Version, row.CreatedAt, row.UpdatedAt = model.ClaimComputed, 1, now, now
	return row
}

// statement is what stands behind a claim in words and pictures.
type statement struct {
	text    string
	minutes int64
	files   []int64
}

// state writes a claim with its statement. Others read the text once it has passed; a risky one is refused at once.
func (s *Service) state(tx *gorm.DB, actor access.Actor, c scene, row model.HoursClaim, st statement) error {
	if err := s.Content.Offered(tx, actor, content.Activity, c.path, statementTexts(st.text)); err != nil {
		return err
	}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("insert claim: %w", err)
	}
	if err := s.keepStatement(tx, actor, c, row, st); err != nil {
		return err
	}
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: "hours.propose", Object: row.TableName(), ObjectID: row.ID, OrgPath: c.path, To: row.State(),
		Data: map[string]any{"basis": row.Basis, "minutes": row.Minutes, "session_id": row.SessionID, "student_id": row.StudentID, "files": len(st.files)},
	})
}

func (s *Service) keepStatement(tx *gorm.DB, actor access.Actor, c scene, row model.HoursClaim, st statement) error {
	words := model.HoursStatement{ClaimID: row.ID, UserID: actor.UserID, Minutes: st.minutes, Text: st.text, CreatedAt: s.Now()}
	again := clause.OnConflict{Columns: []clause.Column{{Name: "claim_id"}}, UpdateAll: true} // the log before was annulled
	if err := tx.Clauses(again).Create(&words).Error; err != nil {
		return fmt.Errorf("store statement: %w", err)
	}
	for i, id := range st.files {
		if err := s.Pictures.Use(tx, actor, id, row.TableName(), row.ID, c.path, fmt.Sprintf("/file_ids/%d", i)); err != nil {
			return err
		}
	}
	return nil
}

// statementTexts are the words of a statement as they are looked at.
func statementTexts(words string) []content.Text { return []content.Text{{At: "/text", Text: words}} }

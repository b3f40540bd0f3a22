package attend

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/project"
	"baodao/service/signup"
	"baodao/service/text"
)

// Refusals of a log of remote work.
var (
	ErrOnSite   = fault.Define(fault.Conflict, "hours.on_site", "这个活动在现场进行，请到现场签到。", "This activity takes place on site; check in there.")
	ErrLogEarly = fault.Define(fault.Conflict, "hours.log_early", "这些时间还没有过完，请稍后再提交工作日志。", "The minutes that you log are not over yet.")
	ErrLogLate  = fault.Define(fault.Conflict, "hours.log_late", "填写工作日志的期限已过，请补录。", "The time for logging work is over; propose the hours instead.")
)

// WorkLog says what a student made in a session without being there.
type WorkLog struct {
	SessionID int64
	Minutes   int64
	Text      string  // what was made
	FileIDs   []int64 // pictures of the student's
}

// LogWork records remote work of the signed-in student in place of a check-in and a check-out: what was made, and how many
// minutes it took, counted from the start of the session. The minutes must be over. The claim rests on the log (REMOTE) and
// takes the way of every other; one that comes later than the policy's offline_upload_hours after the session goes to
// review. The text and the pictures are looked at before others see them.
//
// Errors: fault.ErrNotFound, ErrOnSite, ErrNoSignup, ErrLogEarly, ErrLogLate, ErrAlreadyIn, fault.ErrState, upload.ErrInUse,
// content.ErrRisky.
func (s *Service) LogWork(ctx context.Context, actor access.Actor, in WorkLog, key idem.Key) (model.HoursClaim, error) {
	if err := actor.Require(access.CheckInMake); err != nil {
		return model.HoursClaim{}, err
	}
	var wrong fault.Collector
	text.Settle(&wrong, text.Field{At: "/text", In: &in.Text, Max: MaxStatement, Lines: true})
	if err := wrong.Err(); err != nil {
		return model.HoursClaim{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (model.HoursClaim, error) {
		return idem.Run(ctx, s.DB, s.Now(), actor, "logWork", key, func(tx *gorm.DB) (model.HoursClaim, error) {
			return s.logWork(tx, actor, in)
		})
	})
}

func (s *Service) logWork(tx *gorm.DB, actor access.Actor, in WorkLog) (model.HoursClaim, error) {
	none, now := model.HoursClaim{}, s.Now()
	c, err := sceneOf(tx, in.SessionID, now)
	if err == nil && !actor.Sees(c.object) {
		err = fault.ErrNotFound
	}
	if err == nil {
		err = c.loggable(in.Minutes, now)
	}
	if err != nil {
		return none, err
	}
	if err := signup.LockStudents(tx, actor.StudentID); err != nil {
		return none, err
	}
	t, err := remotely(tx, c, actor.StudentID)
	if err != nil {
		return none, err
	}
	if err := s.Content.Offered(tx, actor, content.Activity, c.path, statementTexts(in.Text)); err != nil {
		return none, err
	}
	if err := s.logged(tx, actor, t, time.Duration(in.Minutes)*time.Minute, now); err != nil {
		return none, err
	}
	claim, err := claimOf(tx, t.signup.ID, c.session.ID)
	if err != nil {
		return none, err
	}
	if claim == nil {
		return none, fmt.Errorf("a closed pair of session %d made no claim", c.session.ID)
	}
	return *claim, s.keepStatement(tx, actor, c, *claim, statement{text: in.Text, minutes: in.Minutes, files: in.FileIDs})
}

// loggable refuses an activity on site, one that does not take place, minutes that are not over or more than were planned,
// and what comes too late.
func (c scene) loggable(minutes int64, now time.Time) error {
	var wrong fault.Collector
	planned, over := c.session.Minutes(), c.session.StartsAt.Add(time.Duration(minutes)*time.Minute)
	wrong.Add(minutes < 1 || minutes > planned, "/minutes", "range", fmt.Sprintf("须在 1 到 %d 之间", planned), fmt.Sprintf("must be from 1 to %d", planned))
	least := (planned*c.policy.PresenceMinPermille + 999) / 1000
	wrong.Add(minutes >= 1 && minutes < least, "/minutes", "min", fmt.Sprintf("至少 %d 分钟才能计入时长", least), fmt.Sprintf("must be at least %d to be worth anything", least))
	switch {
	case c.activity.Mode != project.ModeRemote && c.activity.Mode != project.ModeHybrid:
		return ErrOnSite
	case c.activity.Status != model.ActivityPublished:
		return fault.ErrState
	case wrong.Err() != nil:
		return wrong.Err()
	case now.Before(over):
		return ErrLogEarly.Saying(fmt.Sprintf("这 %d 分钟从场次开始算起，%s以后才能提交。", minutes, notify.When(over).ZH), fmt.Sprintf("%d minutes from the start of the session are over at %s.", minutes, notify.When(over).EN))
	case now.After(c.session.EndsAt.Add(c.policy.Makeup())):
		return ErrLogLate
	}
	return nil
}

// remotely finds the seat of a student who has neither come nor logged anything so far; the student is locked.
func remotely(tx *gorm.DB, c scene, studentID int64) (attempt, error) {
	seats, err := seatsOf(tx, c.activity.ID, studentID)
	if err != nil {
		return attempt{}, err
	}
	t := attempt{scene: c, signup: seats[studentID]}
	if t.signup.ID == 0 {
		return t, ErrNoSignup
	}
	known, err := attendanceOf(tx, c.session.ID, t.signup.ID)
	if err != nil {
		return t, err
	}
	if t.attendance = known[t.signup.ID]; t.attendance.InAt != nil {
		return t, ErrAlreadyIn
	}
	claim, err := claimOf(tx, t.signup.ID, c.session.ID)
	if annulled := claim != nil && claim.Status == model.ClaimDisputed && claim.Reason == reasonAnnulled; err == nil && claim != nil && !annulled {
		err = ErrClaimed
	}
	return t, err
}

// logged writes both halves of the pair and makes them count.
func (s *Service) logged(tx *gorm.DB, actor access.Actor, t attempt, took time.Duration, now time.Time) error {
	from := t.scene.session.StartsAt
	var doubts []string
	if now.After(t.scene.session.EndsAt.Add(t.scene.policy.OfflineUpload())) {
		doubts = []string{lateUpload}
	}
	rows := []*model.CheckIn{{Kind: model.KindIn, LogicalAt: from}, {Kind: model.KindOut, LogicalAt: from.Add(took)}}
	seen, scale := make([]good, len(rows)), make([]weighed, len(rows))
	for i, row := range rows {
		row.ID, row.StudentID, row.SignupID, row.SessionID = s.NewID(), t.signup.StudentID, t.signup.ID, t.scene.session.ID
		row.Nonce, row.Method = "log:"+strconv.FormatInt(row.ID, 10), model.MethodRemote
		row.ReceivedAt, row.Verdict = now, model.VerdictOK
		t = t.with(row)
		seen[i] = good{actor: actor, try: t, row: row}
		scale[i] = weighed{row: row, session: t.scene.session, policy: t.scene.policy}
	}
	scale[len(rows)-1].doubts = doubts // one half is enough for a person to look at
	if _, err := s.weigh(tx, scale); err != nil {
		return err
	}
	if err := tx.Create(&rows).Error; err != nil {
		return fmt.Errorf("store log: %w", err)
	}
	if err := s.keep(tx, scale); err != nil {
		return err
	}
	return s.enact(tx, seen)
}

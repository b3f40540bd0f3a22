package attend

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/read"
	"baodao/service/signup"
	"baodao/service/text"
)

// errOperator keeps whoever recorded a check-in from deciding whether to believe it.
var errOperator = access.ErrOwnInterest.Saying("自己登记的签到由其他人核对。", "Somebody else reviews a check-in that you recorded.")

// Accept believes a doubtful check-in: its claim goes on as if there had been no doubt, once nothing else of the pair is
// doubtful. The host and the department of the student may do it with a reason, but not the student and not whoever recorded
// it. A repeat changes nothing. Errors: fault.ErrNotFound, access.ErrOwnInterest, fault.ErrState (decided otherwise).
func (s *Service) Accept(ctx context.Context, actor access.Actor, id int64, reason string) (Doubtful, error) {
	return s.review(ctx, actor, id, verdict{to: model.ReviewAccepted, action: "check_in.accept", claim: model.ClaimComputed, kind: notify.CheckInAccepted}, reason)
}

// Refuse does not believe it: the claim of its pair is REJECTED with the reason, which the student reads. Without a claim a
// refused check-in is taken out of its pair, so that the student can check in again while that is open. Errors as Accept.
func (s *Service) Refuse(ctx context.Context, actor access.Actor, id int64, reason string) (Doubtful, error) {
	return s.review(ctx, actor, id, verdict{to: model.ReviewRefused, action: "check_in.refuse", claim: model.ClaimRejected, kind: notify.CheckInRefused}, reason)
}

// verdict is a decision about a doubtful check-in and what follows for the claim.
type verdict struct {
	to     model.ReviewStatus
	action string
	claim  model.ClaimStatus
	kind   notify.Kind // for the student
}

// reviewed is a review with what decides who may see it.
type reviewed struct {
	row     model.CheckInReview
	checkIn model.CheckIn
	scene   scene
	object  access.Object
}

func (s *Service) review(ctx context.Context, actor access.Actor, id int64, v verdict, reason string) (Doubtful, error) {
	if err := reviewer(actor); err != nil {
		return Doubtful{}, err
	}
	reason, err := text.Reason(reason)
	if err != nil {
		return Doubtful{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (out Doubtful, err error) {
		err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) (err error) {
			out, err = s.decideReview(tx, actor, id, v, reason)
			return err
		})
		return out, err
	})
}

// reviewer demands a person who reviews: an API client has seen nobody.
func reviewer(actor access.Actor) error {
	if err := actor.Require(access.CheckInReview); err != nil {
		return err
	}
	if actor.UserID == 0 {
		return access.ErrDenied
	}
	return nil
}

func (s *Service) decideReview(tx *gorm.DB, actor access.Actor, id int64, v verdict, reason string) (Doubtful, error) {
	r, err := s.reviewOf(tx, actor, id)
	if err != nil {
		return Doubtful{}, err
	}
	if err := r.disinterested(actor); err != nil {
		return Doubtful{}, err
	}
	if err := signup.LockStudents(tx, r.row.StudentID); err != nil {
		return Doubtful{}, err
	}
	if r.row, err = read.One[model.CheckInReview](atomic.ForUpdate(tx).Where("id = ?", id), "review"); err != nil {
		return Doubtful{}, err
	}
	if r.row.Status != v.to || r.row.Reason != reason {
		if err := s.settleReview(tx, actor, r, v, reason); err != nil {
			return Doubtful{}, err
		}
		if r.row, err = read.One[model.CheckInReview](tx.Where("id = ?", id), "review"); err != nil {
			return Doubtful{}, err
		}
	}
	return s.shown(tx, actor, r)
}

// shown is a review as its reviewer sees it, the name whole for those who may see it so.
func (s *Service) shown(tx *gorm.DB, actor access.Actor, r reviewed) (Doubtful, error) {
	rows := []Doubtful{{CheckInReview: r.row, ActivityTitle: r.scene.activity.Title}}
	err := s.dress(tx, rows, signup.WholeNames(actor, r.scene.object, r.scene.activity, s.Now()))
	return rows[0], err
}

func (s *Service) settleReview(tx *gorm.DB, actor access.Actor, r reviewed, v verdict, reason string) error {
	if r.row.Status != model.ReviewWaiting { // what was refused only an appeal takes back
		return fault.ErrState
	}
	if err := s.Content.Reason(tx, actor, content.Activity, r.scene.path, reason); err != nil {
		return err
	}
	err := s.Audit.Move(tx, actor, &r.row, audit.Move{
		Action: v.action, To: string(v.to), Reason: reason, OrgPath: r.scene.path, Set: map[string]any{"decided_by": actor.UserID, "reason": reason},
		Data: map[string]any{"student_id": r.row.StudentID, "session_id": r.row.SessionID},
	})
	if err != nil {
		return err
	}
	if err := s.followReview(tx, actor, r, v, reason); err != nil {
		return err
	}
	return s.tellReviewed(tx, r, v, reason)
}

// followReview draws the consequence for the claim, or for a pair that has none yet.
func (s *Service) followReview(tx *gorm.DB, actor access.Actor, r reviewed, v verdict, reason string) error {
	claim, err := claimOf(tx, r.row.SignupID, r.row.SessionID)
	if err != nil {
		return err
	}
	if v.to == model.ReviewRefused {
		if err := s.lapseOthers(tx, actor, r, reason); err != nil {
			return err
		}
		if claim == nil && r.checkIn.Kind == model.KindIn {
			return dropOpenPair(tx, r.checkIn)
		}
	}
	if claim == nil || claim.Status != model.ClaimInReview {
		return nil
	}
	set := map[string]any{}
	if v.to == model.ReviewRefused {
		set["reason"] = reason
	} else {
		at := pair{claim.SignupID, claim.SessionID}
		waits, err := doubted(tx, []pair{at})
		if err != nil || waits[at] {
			return err
		}
	}
	return s.Audit.Move(tx, actor, claim, audit.Move{Action: "hours.review", To: string(v.claim), Reason: reason, OrgPath: r.scene.path, Set: set})
}

// lapseOthers ends what else waits about a refused pair: nothing depends on it any more.
func (s *Service) lapseOthers(tx *gorm.DB, actor access.Actor, r reviewed, reason string) error {
	var rows []*model.CheckInReview
	err := atomic.ForUpdate(tx).Where("signup_id = ? AND session_id = ? AND status = ?", r.row.SignupID, r.row.SessionID, model.ReviewWaiting).Find(&rows).Error
	if err != nil {
		return fmt.Errorf("read reviews of the pair: %w", err)
	}
	return audit.MoveAll(tx, s.Audit, actor, rows, audit.Move{Action: "check_in.review_lapse", To: string(model.ReviewLapsed), Reason: reason, OrgPath: r.scene.path})
}

// lapse ends the review of a check-in that was annulled; without one it does nothing.
func (s *Service) lapse(tx *gorm.DB, actor access.Actor, c scene, checkInID int64, reason string) error {
	var rows []*model.CheckInReview
	if err := atomic.ForUpdate(tx).Where("id = ? AND status = ?", checkInID, model.ReviewWaiting).Find(&rows).Error; err != nil {
		return fmt.Errorf("read review: %w", err)
	}
	return audit.MoveAll(tx, s.Audit, actor, rows, audit.Move{Action: "check_in.review_lapse", To: string(model.ReviewLapsed), Reason: reason, OrgPath: c.path})
}

// dropOpenPair takes a refused check-in out of its pair as long as there is no check-out.
func dropOpenPair(tx *gorm.DB, row model.CheckIn) error {
	err := tx.Where("in_id = ? AND signup_id = ? AND session_id = ? AND out_at IS NULL", row.ID, row.SignupID, row.SessionID).Delete(&model.Attendance{}).Error
	if err != nil {
		return fmt.Errorf("drop refused check-in: %w", err)
	}
	return nil
}

// doubted finds the pairs half of which waits for a reviewer, of signup and session.
func doubted(tx *gorm.DB, pairs []pair) (map[pair]bool, error) {
	var rows []model.CheckInReview
	q := either(tx.Where("status = ?", model.ReviewWaiting), "signup_id, session_id", pairs)
	if err := q.Select("signup_id", "session_id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("look for reviews of pairs: %w", err)
	}
	out := make(map[pair]bool, len(rows))
	for _, r := range rows {
		out[pair{r.SignupID, r.SessionID}] = true
	}
	return out, nil
}

// reviewOf reads a review that the actor may decide or look into; fault.ErrNotFound if they may not.
func (s *Service) reviewOf(tx *gorm.DB, actor access.Actor, id int64) (r reviewed, err error) {
	if r.row, err = read.One[model.CheckInReview](tx.Where("id = ?", id), "review"); err != nil {
		return r, err
	}
	if r.checkIn, err = read.One[model.CheckIn](tx.Where("id = ?", id), "check-in"); err != nil {
		return r, err
	}
	if r.scene, err = sceneOf(tx, r.row.SessionID, s.Now()); err != nil {
		return r, err
	}
	owners, err := org.ByIDs(tx, slices.DeleteFunc([]int64{r.scene.activity.OrgID, r.scene.activity.HostOrgID, r.row.BranchID}, func(id int64) bool { return id == 0 })...)
	if err != nil {
		return r, err
	}
	for _, o := range owners {
		r.object.Paths = append(r.object.Paths, o.Path)
	}
	return r, actor.Check(access.CheckInReview, r.object)
}

// disinterested refuses the student and whoever recorded the check-in (rule R1).
func (r reviewed) disinterested(actor access.Actor) error {
	if err := actor.NotOwn([]int64{r.row.StudentID}, nil); err != nil {
		return err
	}
	if r.checkIn.OperatorID != 0 && r.checkIn.OperatorID == actor.UserID {
		return errOperator
	}
	return nil
}

// tellReviewed tells the student what became of the doubt.
func (s *Service) tellReviewed(tx *gorm.DB, r reviewed, v verdict, reason string) error {
	if s.Notify == nil {
		return nil
	}
	accounts, err := accountsOf(tx, r.row.StudentID)
	if err != nil {
		return err
	}
	user := accounts[r.row.StudentID]
	if user == 0 {
		return nil
	}
	a := r.scene.activity
	return s.Notify.Enqueue(tx, notify.Event{
		Kind: v.kind, UserIDs: []int64{user}, Fact: []string{"check-in" + strconv.FormatInt(r.row.ID, 10)}, Object: a.TableName(), ObjectID: a.ID,
		Data: map[string]notify.Words{"activity": notify.Own(a.Title), "reason": notify.Own(reason)},
	})
}

// Package appeal lets a student have a decision about them looked at again: by somebody who did not make it, in time, and
// in the organisation above when time is up. What upholding an appeal changes is added as reversals in the same transaction.
// An appeal is locked before everything that it is about.
package appeal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/attend"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/programme"
	"baodao/service/read"
	"baodao/service/signup"
	"baodao/service/standing"
	"baodao/service/text"
	"baodao/service/upload"
	"baodao/service/vault"
)

// Refusals.
var (
	ErrExists  = fault.Define(fault.Conflict, "appeal.exists", "这项决定已经申诉过了。", "There is an appeal about this decision already.")
	ErrLate    = fault.Define(fault.Conflict, "appeal.too_late", "已过申诉期限。", "It is too late for an appeal.")
	ErrNothing = fault.Define(fault.Conflict, "appeal.nothing_to_decide", "这项内容现在没有可以申诉的决定。", "There is no decision about this that an appeal could change now.")
)

// errSamePerson keeps the second look in another hand than the first.
var errSamePerson = access.ErrOwnInterest.Saying("申诉要由没有作过这项决定的人办理。", "Somebody who has not decided about it before decides about an appeal.")

// errElsewhere tells those above, who may read an appeal, that it is not theirs to decide yet.
var errElsewhere = access.ErrDenied.Saying("申诉由别的组织办理；对方逾期，或者学生不服再申诉，才会转到上级。", "The appeal lies with another organisation; it comes up when time is over or the student takes it further.")

const (
	maxText  = 1000 // characters of an appeal
	maxFiles = 6    // pictures of an appeal
)

// Service keeps appeals. It is safe for concurrent use.
type Service struct {
	DB         *gorm.DB
	Now        clock.Clock
	NewID      func() int64
	Audit      *audit.Log
	Vault      *vault.Vault
	Notify     *notify.Service
	Content    *content.Service // looks at texts before others see them; nil lets everything through
	Pictures   *upload.Service  // nil: nobody proves anything with pictures
	Standing   *standing.Service
	Signups    *signup.Service
	Attendance *attend.Service
}

// New is what an appeal is made of.
type New struct {
	Kind      string // model.AppealPenalty and so on
	SubjectID int64
	Text      string
	Files     []int64 // uploads of the actor's
}

// File appeals against a decision about the actor. It goes to the nearest organisation in which somebody else than the first
// decider, or who proposed the hours, may decide, and they are told. Errors: fault.ErrNotFound for what is not about the actor, ErrNothing, ErrLate,
// ErrExists, fault.ErrInvalid, content.ErrRisky, upload.ErrInUse.
func (s *Service) File(ctx context.Context, actor access.Actor, key idem.Key, in New) (Shown, error) {
	if err := actor.Require(access.AppealFile); err != nil {
		return Shown{}, err
	}
	var wrong fault.Collector
	text.Settle(&wrong, text.Field{At: "/text", In: &in.Text, Max: maxText, Lines: true})
	wrong.Add(len(in.Files) > maxFiles, "/file_ids", "max_items", "最多 6 个", "must have at most 6 items")
	if err := wrong.Err(); err != nil {
		return Shown{}, err
	}
	in.Files = slices.Compact(slices.Sorted(slices.Values(in.Files)))
	row, err := content.Do(ctx, s.Content, actor, func() (model.Appeal, error) {
		return idem.Run(ctx, s.DB, s.Now(), actor, "fileAppeal", key, func(tx *gorm.DB) (model.Appeal, error) { return s.file(tx, actor, in) })
	})
	if err != nil {
		return Shown{}, err
	}
	return s.shown(s.DB.WithContext(ctx), row)
}

func (s *Service) file(tx *gorm.DB, actor access.Actor, in New) (model.Appeal, error) {
	sub, err := s.find(tx, in.Kind, in.SubjectID)
	if err == nil && sub.studentID != actor.StudentID {
		err = fault.ErrNotFound
	}
	if err != nil {
		return model.Appeal{}, err
	}
	policy, err := programme.PolicyOf(tx, sub.programmeID)
	if err != nil {
		return model.Appeal{}, err
	}
	now := s.Now()
	switch {
	case sub.settled:
		return model.Appeal{}, ErrNothing
	case !now.Before(endOfDay(sub.firstAt, policy.AppealFileWindow())):
		return model.Appeal{}, ErrLate
	}
	desk, people, err := org.Desk(tx, now, access.AppealDecide, sub.desk, actor.UserID, sub.firstBy, sub.proposer)
	if err != nil {
		return model.Appeal{}, err
	}
	due := endOfDay(now, policy.AppealWindow())
	row := model.Appeal{
		ID: s.NewID(), SubjectKind: in.Kind, SubjectID: in.SubjectID, LiveSubjectID: &in.SubjectID, StudentID: sub.studentID, UserID: actor.UserID,
		ProgrammeID: sub.programmeID, ActivityID: sub.activityID, Files: append([]int64{}, in.Files...), FirstBy: sub.firstBy, FirstAt: sub.firstAt, OrgPath: desk,
		Status: model.AppealFiled, DueAt: &due, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if err := s.insert(tx, actor, &row, in); err != nil {
		return row, err
	}
	return row, s.tellPending(tx, row, people)
}

// insert seals the text, ties the pictures to the appeal and writes it.
func (s *Service) insert(tx *gorm.DB, actor access.Actor, row *model.Appeal, in New) error {
	if err := s.Content.Offered(tx, actor, content.Appeal, row.OrgPath, []content.Text{{At: "/text", Text: in.Text}}); err != nil {
		return err
	}
	person, err := s.Vault.Person(tx, actor.UserID)
	if err != nil {
		return err
	}
	row.TextEnc = person.Seal(vault.AppealText, row.ID, in.Text)
	for i, file := range in.Files {
		if err := s.Pictures.Use(tx, actor, file, row.TableName(), row.ID, row.OrgPath, "/file_ids/"+strconv.Itoa(i)); err != nil {
			return err
		}
	}
	if err := tx.Create(row).Error; errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrExists
	} else if err != nil {
		return fmt.Errorf("file appeal: %w", err)
	}
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: "appeal.file", Object: row.TableName(), ObjectID: row.ID, OrgPath: row.OrgPath, To: row.State(),
		Data: map[string]any{"subject": row.SubjectKind, "subject_id": row.SubjectID, "student_id": row.StudentID, "first_by": row.FirstBy},
	})
}

// Withdraw takes the actor's own appeal back while nobody has decided. The decision may be appealed against again, unless
// one instance had denied it. Withdrawing again changes nothing.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, id int64) (Shown, error) {
	return s.onOwn(ctx, actor, id, func(tx *gorm.DB, row *model.Appeal) error {
		if row.Status == model.AppealWithdrawn {
			return nil
		}
		set := map[string]any{"due_at": nil}
		if row.DecidedBy == nil {
			set["live_subject_id"] = nil
		}
		return s.Audit.Move(tx, actor, row, audit.Move{Action: "appeal.withdraw", To: string(model.AppealWithdrawn), OrgPath: row.OrgPath, Set: set})
	})
}

// Escalate takes the actor's own appeal that was denied to the organisation above, before its due_at (ErrLate). Where there
// is none, the same one decides with another person. Escalating again changes nothing.
func (s *Service) Escalate(ctx context.Context, actor access.Actor, id int64) (Shown, error) {
	return s.onOwn(ctx, actor, id, func(tx *gorm.DB, row *model.Appeal) error {
		if row.Status == model.AppealEscalated && row.DecidedBy != nil {
			return nil
		}
		if row.Status != model.AppealDenied {
			return fault.ErrState
		}
		if row.DueAt == nil || !s.Now().Before(*row.DueAt) {
			return ErrLate
		}
		return s.up(tx, actor, row, "appeal.escalate")
	})
}

// onOwn runs do on an appeal of the actor's own.
func (s *Service) onOwn(ctx context.Context, actor access.Actor, id int64, do func(*gorm.DB, *model.Appeal) error) (Shown, error) {
	if err := actor.Require(access.AppealFile); err != nil {
		return Shown{}, err
	}
	return s.locked(ctx, id, func(tx *gorm.DB, row *model.Appeal) error {
		if row.StudentID != actor.StudentID {
			if actor.Sees(object(*row)) {
				return access.ErrDenied
			}
			return fault.ErrNotFound
		}
		return do(tx, row)
	})
}

// locked runs do on a locked appeal and reads it again.
func (s *Service) locked(ctx context.Context, id int64, do func(*gorm.DB, *model.Appeal) error) (Shown, error) {
	var out model.Appeal
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		row, err := lock(tx, id)
		if err == nil {
			err = do(tx, &row)
		}
		if err == nil {
			out, err = byID(tx, id)
		}
		return err
	})
	if err != nil {
		return Shown{}, err
	}
	return s.shown(s.DB.WithContext(ctx), out)
}

func lock(tx *gorm.DB, id int64) (model.Appeal, error) { return byID(atomic.ForUpdate(tx), id) }

func byID(tx *gorm.DB, id int64) (model.Appeal, error) {
	return read.One[model.Appeal](tx.Where("id = ?", id), "appeal")
}

// object is an appeal as the permission table sees it: it belongs to the organisation with which it lies.
func object(row model.Appeal) access.Object {
	return access.Object{Paths: []string{row.OrgPath}, StudentIDs: []int64{row.StudentID}, Read: access.AppealRead}
}

// endOfDay is when the n-th day in China after an instant is over.
func endOfDay(at time.Time, n int64) time.Time {
	y, m, d := at.In(clock.China()).Date()
	return time.Date(y, m, d+int(n)+1, 0, 0, 0, 0, clock.China()).UTC()
}

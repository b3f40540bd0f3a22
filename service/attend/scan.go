package attend

import (
	"context"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/project"
	"baodao/service/signup"
)

// Scan is the code of a student as staff scanned it. The nonce names the scan: sending it again gets the first answer.
type Scan struct {
	SessionID int64
	Kind      string // they come, or they go
	Code      string
	Nonce     string
}

// Scanned is who was checked in or out.
type Scanned struct {
	model.CheckIn
	Student signup.Student
}

// Scan checks a student in or out by the code that they show. Who may scan follows from the activity; nobody scans
// themselves (access.ErrOwnInterest), and API clients, who see nobody, are refused. A failed scan is stored with its reason, with
// student 0 when the code names nobody.
func (s *Service) Scan(ctx context.Context, actor access.Actor, in Scan) (Scanned, error) {
	if err := actor.Require(access.CheckInShow); err != nil {
		return Scanned{}, err
	}
	if actor.UserID == 0 {
		return Scanned{}, access.ErrDenied
	}
	a := ask{actor: actor, method: model.MethodStaffScan, at: s.Now(), sessionID: in.SessionID, kind: in.Kind}
	a.nonce = "s" + strconv.FormatInt(actor.UserID, 36) + ":" + in.Nonce
	student, step, ok := readOwnCode(s.CodeKey, in.SessionID, in.Code)
	switch {
	case !ok:
		a.reason = codeInvalid
	case !lives(step, a.at):
		a.studentID, a.reason = student, codeExpired
	default:
		a.studentID = student
	}
	row, err := s.try(ctx, &a)
	if err != nil {
		return Scanned{}, err
	}
	db := s.DB.WithContext(ctx)
	c, err := sceneOf(db, in.SessionID, a.at)
	if err != nil {
		return Scanned{}, err
	}
	people, err := names(s, db, actor, c, []model.CheckIn{row}, func(r model.CheckIn) int64 { return r.StudentID })
	return Scanned{CheckIn: row, Student: people[row.StudentID]}, err
}

// allow tells whether a member of staff may scan this student at this session.
func (f *facts) allow(a *ask) error {
	c, known := f.scenes[a.sessionID]
	if !known {
		return fault.ErrNotFound
	}
	if err := a.actor.Check(access.CheckInShow, f.objects[c.activity.ID]); err != nil {
		return err
	}
	if a.studentID == 0 {
		return nil
	}
	return a.actor.NotOwn([]int64{a.studentID}, nil)
}

// learnObjects reads who may scan, where somebody does.
func (f *facts) learnObjects(tx *gorm.DB, asks []*ask) (err error) {
	f.objects = map[int64]access.Object{}
	for _, a := range asks {
		c, known := f.scenes[a.sessionID]
		if _, read := f.objects[c.activity.ID]; a.method != model.MethodStaffScan || !known || read {
			continue
		}
		if f.objects[c.activity.ID], err = project.ActivityObject(tx, c.activity, a.at); err != nil {
			return err
		}
	}
	return nil
}

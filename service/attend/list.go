package attend

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/page"
	"baodao/service/project"
	"baodao/service/signup"
)

// Present is one participant of a session: who has a seat, and when they came and went.
type Present struct {
	SignupID     int64
	StudentID    int64
	SignupStatus model.SignupStatus
	InID         int64 // check_ins row, 0 if none
	InAt         *time.Time
	OutID        int64 // check_ins row, 0 if none
	OutAt        *time.Time
	Student      signup.Student `gorm:"-"`
}

const listSession, listMyCheckIns, listClaims = "attendance.session", "check_ins.mine", "hours_claims.activity"

// ListOfSession pages everybody with a seat, and everybody who was there, in the order of signing up.
func (s *Service) ListOfSession(ctx context.Context, actor access.Actor, sessionID int64, req page.Request) (page.Result[Present], error) {
	none := page.Result[Present]{Items: []Present{}}
	if err := actor.Require(access.CheckInRead); err != nil {
		return none, err
	}
	db := s.DB.WithContext(ctx)
	c, err := sceneOf(db, sessionID, s.Now())
	if err == nil {
		err = actor.Check(access.CheckInRead, c.object)
	}
	if err != nil {
		return none, err
	}
	rows, err := presentIn(db, c, req)
	if err != nil {
		return none, err
	}
	people, err := names(s, db, actor, c.object, rows, func(p Present) int64 { return p.StudentID })
	if err != nil {
		return none, err
	}
	for i, r := range rows {
		rows[i].Student = people[r.StudentID]
	}
	return page.Cut(rows, req.Size(), listSession, func(p Present) []int64 { return []int64{p.SignupID} }), nil
}

// presentIn reads a page of participants and one more.
func presentIn(db *gorm.DB, c scene, req page.Request) ([]Present, error) {
	keys, later, err := req.Key(listSession, 1)
	if err != nil {
		return nil, err
	}
	q := db.Table("signups AS s").Joins("LEFT JOIN attendances AS t ON t.signup_id = s.id AND t.session_id = ?", c.session.ID).
		Where("s.activity_id = ? AND (s.status IN ? OR t.signup_id IS NOT NULL)", c.activity.ID, []model.SignupStatus{model.SignupConfirmed, model.SignupCompleted}).
		Select("s.id AS signup_id, s.student_id, s.status AS signup_status, COALESCE(t.in_id, 0) AS in_id, t.in_at, COALESCE(t.out_id, 0) AS out_id, t.out_at")
	if later {
		q = q.Where("s.id > ?", keys[0])
	}
	rows := []Present{}
	if err := q.Order("s.id").Limit(req.Size() + 1).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("list attendance: %w", err)
	}
	return rows, nil
}

// names reads the students of a list in two queries, whole for those who may see whole names.
func names[T any](s *Service, db *gorm.DB, actor access.Actor, o access.Object, rows []T, of func(T) int64) (map[int64]signup.Student, error) {
	students := make([]int64, len(rows))
	for i, r := range rows {
		students[i] = of(r)
	}
	return signup.Students(db, s.Vault, actor.Check(access.SignupNames, o) == nil, students...)
}

// MyCheckIns pages the student's own check-ins and failed tries, newest first.
func (s *Service) MyCheckIns(ctx context.Context, actor access.Actor, req page.Request) (page.Result[model.CheckIn], error) {
	none := page.Result[model.CheckIn]{Items: []model.CheckIn{}}
	if actor.StudentID == 0 {
		return none, actor.Require(access.Person)
	}
	keys, later, err := req.Key(listMyCheckIns, 1)
	if err != nil {
		return none, err
	}
	q := s.DB.WithContext(ctx).Where("student_id = ?", actor.StudentID)
	if later {
		q = q.Where("id < ?", keys[0])
	}
	rows := []model.CheckIn{}
	if err := q.Order("id DESC").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return none, fmt.Errorf("list check-ins: %w", err)
	}
	return page.Cut(rows, req.Size(), listMyCheckIns, func(r model.CheckIn) []int64 { return []int64{r.ID} }), nil
}

// Claim is a claim as lists show it.
type Claim struct {
	model.HoursClaim
	Student signup.Student `gorm:"-"`
}

// ClaimsOfActivity pages the claims of an activity in the order they were made; status "" takes all. Who reads the hours of
// the whole activity sees all of them, others those of their own students, a student their own.
func (s *Service) ClaimsOfActivity(ctx context.Context, actor access.Actor, activityID int64, status model.ClaimStatus, req page.Request) (page.Result[Claim], error) {
	none := page.Result[Claim]{Items: []Claim{}}
	if err := actor.Require(access.HoursRead); err != nil {
		return none, err
	}
	db := s.DB.WithContext(ctx)
	a, err := project.ActivityByID(db, activityID)
	if err != nil {
		return none, err
	}
	o, err := project.ActivityObject(db, a, s.Now())
	if err != nil {
		return none, err
	}
	if !actor.Sees(o) {
		return none, fault.ErrNotFound
	}
	rows, err := claimsIn(scoped(db, actor, o).Where("c.activity_id = ?", activityID), status, req)
	if err != nil {
		return none, err
	}
	people, err := names(s, db, actor, o, rows, func(c Claim) int64 { return c.StudentID })
	if err != nil {
		return none, err
	}
	for i, r := range rows {
		rows[i].Student = people[r.StudentID]
	}
	return page.Cut(rows, req.Size(), listClaims, func(c Claim) []int64 { return []int64{c.ID} }), nil
}

// claimsIn reads a page of claims and one more.
func claimsIn(q *gorm.DB, status model.ClaimStatus, req page.Request) ([]Claim, error) {
	keys, later, err := req.Key(listClaims, 1)
	if err != nil {
		return nil, err
	}
	if status != "" {
		q = q.Where("c.status = ?", status)
	}
	if later {
		q = q.Where("c.id > ?", keys[0])
	}
	rows := []Claim{}
	if err := q.Order("c.id").Limit(req.Size() + 1).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("list claims: %w", err)
	}
	return rows, nil
}

// scoped begins a query for claims that the actor may read in an activity.
func scoped(db *gorm.DB, actor access.Actor, o access.Object) *gorm.DB {
	q := db.Table("hours_claims AS c").Select("c.*")
	if actor.Check(access.HoursRead, o) == nil {
		return q
	}
	where, args := actor.Where(access.HoursRead, []string{"b.path"}, "c.student_id", "")
	return q.Joins("JOIN student_profiles AS p ON p.id = c.student_id").Joins("LEFT JOIN orgs AS b ON b.id = p.branch_id").Where(where, args...)
}

package attend

import (
	"context"
	"fmt"
	"slices"
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
	people, err := names(s, db, actor, c, rows, func(p Present) int64 { return p.StudentID })
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

// names reads the students of a list in two queries, whole for those who may see whole names, as long as they may.
func names[T any](s *Service, db *gorm.DB, actor access.Actor, c scene, rows []T, of func(T) int64) (map[int64]signup.Student, error) {
	students := make([]int64, len(rows))
	for i, r := range rows {
		students[i] = of(r)
	}
	return signup.Students(db, s.Vault, signup.WholeNames(actor, c.object, c.activity, s.Now()), students...)
}

// MyCheckIns pages the student's own check-ins and failed tries, newest first.
func (s *Service) MyCheckIns(ctx context.Context, actor access.Actor, req page.Request) (page.Result[model.CheckIn], error) {
	none := page.Result[model.CheckIn]{Items: []model.CheckIn{}}
	if actor.StudentID == 0 {
		return none, actor.Require(access.Person)
	}
	keys, later, err := req.Key(listMyCheckIns, 2)
	if err != nil {
		return none, err
	}
	q := s.DB.WithContext(ctx).Where("student_id = ?", actor.StudentID)
	if later {
		at := time.UnixMilli(keys[0]).UTC()
		q = q.Where("received_at <= ? AND (received_at < ? OR id < ?)", at, at, keys[1])
	}
	rows := []model.CheckIn{}
	if err := q.Order("received_at DESC, id DESC").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return none, fmt.Errorf("list check-ins: %w", err)
	}
	return page.Cut(rows, req.Size(), listMyCheckIns, func(r model.CheckIn) []int64 { return []int64{r.ReceivedAt.UnixMilli(), r.ID} }), nil
}

// Claim is a claim as lists show it.
type Claim struct {
	model.HoursClaim
	Student signup.Student `gorm:"-"`
}

// ClaimsOfActivity pages the claims of an activity in the order they were made; status "" takes all. Who reads the hours of
// the whole activity sees all of them, others those of their own students, a student their own. Who could never find one,
// because nobody in their scope signed up, is refused as the permission table says.
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
	q, err := readable(db, actor, o, activityID)
	if err != nil {
		return none, err
	}
	rows, err := claimsIn(q, status, req)
	if err != nil {
		return none, err
	}
	people, err := names(s, db, actor, scene{activity: a, object: o}, rows, func(c Claim) int64 { return c.StudentID })
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

// readable begins a query for the claims of an activity that the actor may read: all, or those of whom they reach by the
// branch on the day of the session or today's, or themselves. With neither a claim nor a signup in reach it is the refusal
// of the permission table.
func readable(db *gorm.DB, actor access.Actor, o access.Object, activityID int64) (*gorm.DB, error) {
	all := db.Table("hours_claims AS c").Select("c.*").Where("c.activity_id = ?", activityID)
	refused := actor.Check(access.HoursRead, o)
	if refused == nil {
		return all, nil
	}
	then, err := ofTheDay(db, actor, activityID)
	if err != nil {
		return nil, err
	}
	where, args := actor.Where(access.HoursRead, []string{"b.path"}, "p.id", "")
	today := db.Table("student_profiles AS p").Joins("LEFT JOIN orgs AS b ON b.id = p.branch_id").Where(where, args...).Select("p.id")
	var found []int64
	err = db.Table("signups AS s").Where("s.activity_id = ? AND s.student_id IN (?)", activityID, today).Limit(1).Pluck("s.id", &found).Error
	if err != nil {
		return nil, fmt.Errorf("look for own students: %w", err)
	}
	if len(found) == 0 && len(then) == 0 {
		return nil, refused
	}
	return all.Where("(c.student_id IN (?) OR c.id IN ?)", today, append(then, 0)), nil
}

// ofTheDay finds the claims of an activity whose student's branch on the day of the session the actor reaches.
func ofTheDay(db *gorm.DB, actor access.Actor, activityID int64) ([]int64, error) {
	if reach, _ := actor.Where(access.HoursRead, []string{"b.path"}, "", ""); reach == "1=0" {
		return nil, nil // a student, or somebody with a team
	}
	homes, err := homesOf(db, activityID)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(homes.paths(), func(path string) bool { return reads(actor, path) }) {
		return nil, nil
	}
	starts, err := startOf(db, activityID)
	if err != nil {
		return nil, err
	}
	var claims []model.HoursClaim
	if err := db.Select("id", "student_id", "session_id").Where("activity_id = ?", activityID).Find(&claims).Error; err != nil {
		return nil, fmt.Errorf("read claims: %w", err)
	}
	var ids []int64
	for _, c := range claims {
		if reads(actor, homes.at(c.StudentID, dayOf(starts[c.SessionID])).scope) {
			ids = append(ids, c.ID)
		}
	}
	return ids, nil
}

// reads tells whether the actor reads the hours of a branch.
func reads(actor access.Actor, path string) bool {
	return actor.Check(access.HoursRead, access.Object{Paths: []string{path}}) == nil
}

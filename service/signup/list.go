package signup

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
	"baodao/service/vault"
)

// Shown is a signup with what is read beside it.
type Shown struct {
	model.Signup
	ActivityTitle string
	ActivityState model.ActivityStatus // as stored
	StartsAt      time.Time            // first session
	EndsAt        time.Time            // last session
	CancelUntil   time.Time            // free cancelling before this: of a signup that came with a merged activity until it begins
	PositionTitle string
	Turn          int64 `gorm:"-"` // place in the waiting list, 1 is next; filled by Get
}

const listMine, listOfActivity = "signups.mine", "signups.activity"

// ListMine pages the student's own signups, newest first; status "" takes all.
func (s *Service) ListMine(ctx context.Context, actor access.Actor, status model.SignupStatus, req page.Request) (page.Result[Shown], error) {
	none := page.Result[Shown]{Items: []Shown{}}
	if actor.StudentID == 0 {
		return none, actor.Require(access.Person)
	}
	q := shown(s.DB.WithContext(ctx)).Where("s.student_id = ?", actor.StudentID)
	if status != "" {
		q = q.Where("s.status = ?", status)
	}
	rows, err := find(q.Order("s.id DESC"), "s.id < ?", listMine, req)
	if err == nil {
		err = s.screenAll(s.DB.WithContext(ctx), actor, rows)
	}
	if err != nil {
		return none, err
	}
	return page.Cut(rows, req.Size(), listMine, func(r Shown) []int64 { return []int64{r.ID} }), nil
}

// Get reads one signup: the student's own, or one in an activity whose list the actor may read; fault.ErrNotFound otherwise.
// What a student wrote is there for others once it has passed the checks, as in every list.
func (s *Service) Get(ctx context.Context, actor access.Actor, id int64) (Shown, error) {
	if err := actor.Require(access.SignupList); err != nil {
		return Shown{}, err
	}
	db := s.DB.WithContext(ctx)
	var rows []Shown
	if err := shown(db).Where("s.id = ?", id).Limit(1).Scan(&rows).Error; err != nil {
		return Shown{}, fmt.Errorf("read signup: %w", err)
	}
	if len(rows) == 0 {
		return Shown{}, fault.ErrNotFound
	}
	freed(rows)
	o, err := personal(db, rows[0].Signup, s.Now())
	if err != nil {
		return Shown{}, err
	}
	if err := actor.Check(access.SignupList, o); err != nil {
		return Shown{}, err
	}
	if err := s.screenAll(db, actor, rows); err != nil {
		return Shown{}, err
	}
	rows[0].Turn, err = s.turn(db, rows[0].Signup)
	return rows[0], err
}

// Member is a signup as staff see it.
type Member struct {
	Shown
	Student Student
}

// namesFor is how long after an activity its people are still called by their whole names.
const namesFor = 30 * 24 * time.Hour

// WholeNames tells whether the actor sees the whole names of people in an activity: who may, until 30 days after its end.
func WholeNames(actor access.Actor, o access.Object, a model.Activity, now time.Time) bool {
	return now.Before(a.EndsAt.Add(namesFor)) && actor.Check(access.SignupNames, o) == nil
}

// ListOfActivity pages the signups of an activity in the order they came; status "" takes all. Names are whole only for
// who may see them whole (WholeNames) and of those whose signup is live or completed; student numbers are always masked.
func (s *Service) ListOfActivity(ctx context.Context, actor access.Actor, activityID int64, status model.SignupStatus, req page.Request) (page.Result[Member], error) {
	none := page.Result[Member]{Items: []Member{}}
	db := s.DB.WithContext(ctx)
	a, err := project.ActivityByID(db, activityID)
	if err != nil {
		return none, err
	}
	o, err := project.ActivityObject(db, a, s.Now())
	if err != nil {
		return none, err
	}
	if err := actor.Check(access.SignupList, o); err != nil {
		return none, err
	}
	q := shown(db).Where("s.activity_id = ?", activityID)
	if status != "" {
		q = q.Where("s.status = ?", status)
	}
	rows, err := find(q.Order("s.id"), "s.id > ?", listOfActivity, req)
	if err == nil {
		err = s.screenAll(db, actor, rows)
	}
	if err != nil {
		return none, err
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.StudentID
	}
	people, err := Students(db, s.Vault, WholeNames(actor, o, a, s.Now()), ids...)
	if err != nil {
		return none, err
	}
	cut := page.Cut(rows, req.Size(), listOfActivity, func(r Shown) []int64 { return []int64{r.ID} })
	return page.MapResult(cut, func(r Shown) Member {
		m := Member{Shown: r, Student: people[r.StudentID]}
		if !r.Status.Live() {
			m.Student.Name = vault.MaskName(m.Student.Name)
		}
		return m
	}), nil
}

// shown begins a query for Shown rows.
func shown(db *gorm.DB) *gorm.DB {
	return db.Table("signups AS s").
		Select("s.*, a.title AS activity_title, a.status AS activity_state, a.starts_at, a.ends_at, a.cancel_until, p.title AS position_title").
		Joins("JOIN activities AS a ON a.id = s.activity_id").
		Joins("JOIN positions AS p ON p.id = s.position_id")
}

// find reads one page and a row more: the rows that are after the cursor's id, in the query's order.
func find(q *gorm.DB, after, list string, req page.Request) ([]Shown, error) {
	keys, later, err := req.Key(list, 1)
	if err != nil {
		return nil, err
	}
	if later {
		q = q.Where(after, keys[0])
	}
	rows := []Shown{}
	if err := q.Limit(req.Size() + 1).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("list signups: %w", err)
	}
	freed(rows)
	return rows, nil
}

// freed says of signups that came with a merged activity how long they may be cancelled.
func freed(rows []Shown) {
	for i := range rows {
		if rows[i].MergedFrom != nil {
			rows[i].CancelUntil = rows[i].StartsAt
		}
	}
}

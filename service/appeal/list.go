package appeal

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
	"baodao/service/signup"
	"baodao/service/upload"
	"baodao/service/vault"
)

// Shown is an appeal with what is read beside it.
type Shown struct {
	model.Appeal

	Text          string // empty once the person's key is destroyed
	ActivityTitle string // empty if it goes back to none
	Desk          string // name of the organisation with which it lies
	Student       signup.Student
	Decided       *Decided // what it is about as it is now; only of one appeal
}

// Decided is a decision that was appealed against, as it is now.
type Decided struct {
	State           string
	Reason          string
	Points, Minutes int64
}

const listMine, listQueue = "appeals.mine", "appeals.queue"

// Mine pages the actor's own appeals, newest first; who is no student has none.
func (s *Service) Mine(ctx context.Context, actor access.Actor, req page.Request) (page.Result[Shown], error) {
	none := page.Result[Shown]{Items: []Shown{}}
	if actor.StudentID == 0 {
		return none, actor.Require(access.Person)
	}
	keys, later, err := req.Key(listMine, 1)
	if err != nil {
		return none, err
	}
	db := s.DB.WithContext(ctx)
	q := db.Where("student_id = ?", actor.StudentID)
	if later {
		q = q.Where("id < ?", keys[0])
	}
	return s.page(db, q.Order("id DESC"), listMine, req)
}

// Queue pages the appeals that lie with organisations in the actor's scope, in the order they came: those that are to be
// decided, or all of a status.
func (s *Service) Queue(ctx context.Context, actor access.Actor, status model.AppealStatus, req page.Request) (page.Result[Shown], error) {
	none := page.Result[Shown]{Items: []Shown{}}
	if err := actor.Require(access.AppealDecide); err != nil {
		return none, err
	}
	keys, later, err := req.Key(listQueue, 1)
	if err != nil {
		return none, err
	}
	db := s.DB.WithContext(ctx)
	where, args := actor.Where(access.AppealRead, []string{"org_path"}, "", "")
	q := db.Where(where, args...)
	if status == "" {
		q = q.Where("status IN ?", []model.AppealStatus{model.AppealFiled, model.AppealInReview, model.AppealEscalated})
	} else {
		q = q.Where("status = ?", status)
	}
	if later {
		q = q.Where("id > ?", keys[0])
	}
	return s.page(db, q.Order("id"), listQueue, req)
}

func (s *Service) page(db, q *gorm.DB, list string, req page.Request) (page.Result[Shown], error) {
	var rows []model.Appeal
	if err := q.Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return page.Result[Shown]{Items: []Shown{}}, fmt.Errorf("list %s: %w", list, err)
	}
	out, err := s.fill(db, rows)
	return page.Cut(out, req.Size(), list, func(r Shown) []int64 { return []int64{r.ID} }), err
}

// Get reads one appeal: the student's own, or one that lies with an organisation in the actor's scope.
func (s *Service) Get(ctx context.Context, actor access.Actor, id int64) (Shown, error) {
	row, err := s.readable(ctx, actor, id)
	if err != nil {
		return Shown{}, err
	}
	db := s.DB.WithContext(ctx)
	out, err := s.shown(db, row)
	if err != nil {
		return out, err
	}
	sub, err := s.find(db, row.SubjectKind, row.SubjectID)
	out.Decided = &Decided{State: sub.state, Reason: sub.reason, Points: sub.points, Minutes: sub.minutes}
	return out, err
}

// Picture reads a picture that proves an appeal, for those who may read the appeal; one that may not be published is
// fault.ErrNotFound.
func (s *Service) Picture(ctx context.Context, actor access.Actor, id, file int64) (upload.Picture, error) {
	row, err := s.readable(ctx, actor, id)
	if err != nil {
		return upload.Picture{}, err
	}
	return s.Pictures.Proof(ctx, row.Files, file)
}

func (s *Service) readable(ctx context.Context, actor access.Actor, id int64) (model.Appeal, error) {
	if err := actor.Require(access.AppealRead); err != nil {
		return model.Appeal{}, err
	}
	row, err := byID(s.DB.WithContext(ctx), id)
	if err == nil {
		err = actor.Check(access.AppealRead, object(row))
	}
	return row, err
}

func (s *Service) shown(db *gorm.DB, row model.Appeal) (Shown, error) {
	out, err := s.fill(db, []model.Appeal{row})
	if err != nil {
		return Shown{}, err
	}
	return out[0], nil
}

// fill opens the texts and reads titles, names of organisations and masked students, each in one query.
func (s *Service) fill(db *gorm.DB, rows []model.Appeal) ([]Shown, error) {
	out := make([]Shown, len(rows))
	users, students, paths := make([]int64, len(rows)), make([]int64, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		users[i], students[i], paths[i] = r.UserID, r.StudentID, r.OrgPath
	}
	keys, err := s.Vault.People(db, users...)
	if err != nil {
		return out, err
	}
	people, err := signup.Students(db, s.Vault, false, students...)
	if err != nil {
		return out, err
	}
	named, err := titles(db, rows...)
	if err != nil {
		return out, err
	}
	var desks []model.Org
	if err := db.Select("path", "name").Where("path IN ?", paths).Find(&desks).Error; err != nil {
		return out, fmt.Errorf("read organisations: %w", err)
	}
	for i, r := range rows {
		out[i] = Shown{Appeal: r, ActivityTitle: named[r.ActivityID], Student: people[r.StudentID]}
		if out[i].Text, err = keys[r.UserID].Open(vault.AppealText, r.ID, r.TextEnc); err != nil {
			return out, err
		}
		if at := slices.IndexFunc(desks, func(o model.Org) bool { return o.Path == r.OrgPath }); at >= 0 {
			out[i].Desk = desks[at].Name
		}
	}
	return out, nil
}

// titles are those of the activities of appeals.
func titles(db *gorm.DB, rows ...model.Appeal) (map[int64]string, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ActivityID
	}
	var found []model.Activity
	if err := db.Select("id", "title").Where("id IN ?", ids).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read titles: %w", err)
	}
	out := make(map[int64]string, len(found))
	for _, a := range found {
		out[a.ID] = a.Title
	}
	return out, nil
}

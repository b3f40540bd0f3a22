package support

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
	"baodao/service/upload"
	"baodao/service/vault"
)

// Shown is an incident with what is read beside it.
type Shown struct {
	model.Incident

	Text          string // empty once the person is deleted
	ActivityTitle string
	Place         string // of the session
}

const listIncidents = "incidents"

// Incidents pages those in the actor's scope and their own, newest first; status "" takes all.
func (s *Service) Incidents(ctx context.Context, actor access.Actor, status model.IncidentStatus, req page.Request) (page.Result[Shown], error) {
	none := page.Result[Shown]{Items: []Shown{}}
	if err := actor.Require(access.IncidentRead); err != nil {
		return none, err
	}
	keys, later, err := req.Key(listIncidents, 1)
	if err != nil {
		return none, err
	}
	db := s.DB.WithContext(ctx)
	where, args := actor.Where(access.IncidentRead, []string{"org_path", "host_path", "campus_path", "branch_path"}, "student_id", "user_id")
	q := db.Where(where, args...)
	if status != "" {
		q = q.Where("status = ?", status)
	}
	if later {
		q = q.Where("id < ?", keys[0])
	}
	var rows []model.Incident
	if err := q.Order("id DESC").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return none, fmt.Errorf("list incidents: %w", err)
	}
	out, err := s.fill(db, rows)
	return page.Cut(out, req.Size(), listIncidents, func(r Shown) []int64 { return []int64{r.ID} }), err
}

// Incident reads one.
func (s *Service) Incident(ctx context.Context, actor access.Actor, id int64) (Shown, error) {
	row, err := s.readable(ctx, actor, id)
	if err != nil {
		return Shown{}, err
	}
	return s.shown(s.DB.WithContext(ctx), row)
}

// Picture reads a picture of an incident, for those who may read the incident; one that may not be published is
// fault.ErrNotFound.
func (s *Service) Picture(ctx context.Context, actor access.Actor, id, file int64) (upload.Picture, error) {
	row, err := s.readable(ctx, actor, id)
	if err != nil {
		return upload.Picture{}, err
	}
	return s.Pictures.Proof(ctx, row.Files, file)
}

func (s *Service) readable(ctx context.Context, actor access.Actor, id int64) (model.Incident, error) {
	if err := actor.Require(access.IncidentRead); err != nil {
		return model.Incident{}, err
	}
	row, err := byID(s.DB.WithContext(ctx), id)
	if err == nil {
		err = actor.Check(access.IncidentRead, object(row))
	}
	return row, err
}

func (s *Service) shown(db *gorm.DB, row model.Incident) (Shown, error) {
	out, err := s.fill(db, []model.Incident{row})
	if err != nil {
		return Shown{}, err
	}
	return out[0], nil
}

// fill opens the texts and reads titles and places, each in one query.
func (s *Service) fill(db *gorm.DB, rows []model.Incident) ([]Shown, error) {
	out := make([]Shown, len(rows))
	users, sessions := make([]int64, len(rows)), make([]int64, len(rows))
	for i, r := range rows {
		users[i], sessions[i] = r.UserID, r.SessionID
	}
	keys, err := s.Vault.People(db, users...)
	if err != nil {
		return out, err
	}
	var found []struct {
		ID    int64
		Title string
		Place string
	}
	err = db.Table("activity_sessions AS s").Joins("JOIN activities AS a ON a.id = s.activity_id").Where("s.id IN ?", sessions).
		Select("s.id, a.title, s.place").Scan(&found).Error
	if err != nil {
		return out, fmt.Errorf("read sessions: %w", err)
	}
	for i, r := range rows {
		out[i] = Shown{Incident: r}
		if out[i].Text, err = keys[r.UserID].Open(vault.IncidentText, r.ID, r.TextEnc); err != nil {
			return out, err
		}
		for _, f := range found {
			if f.ID == r.SessionID {
				out[i].ActivityTitle, out[i].Place = f.Title, f.Place
			}
		}
	}
	return out, nil
}

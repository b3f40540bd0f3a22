package project

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/org"
	"baodao/service/page"
	"baodao/service/pairing"
	"baodao/service/read"
)

// View is a project with the two organisations that own it.
type View struct {
	Project       model.Project
	Campus, Local model.Org
}

// Project reads one project. Errors: fault.ErrNotFound also when it is out of the actor's sight.
func (s *Service) Project(ctx context.Context, actor access.Actor, id int64) (View, error) {
	if err := actor.Require(access.ProjectRead); err != nil {
		return View{}, err
	}
	sc, err := s.sceneOf(s.DB.WithContext(ctx), id)
	if err != nil {
		return View{}, err
	}
	return View{Project: sc.row, Campus: sc.campus, Local: sc.local}, sc.readable(actor)
}

// readable checks access.ProjectRead; an advisor also sees the projects they advise, wherever their role hangs.
func (sc projectScene) readable(actor access.Actor) error {
	if advises(actor, access.ProjectRead, sc.object) {
		return nil
	}
	return actor.Check(access.ProjectRead, sc.object)
}

// may checks a permission on the project; who reads it hears that they may not, never that there is none.
func (sc projectScene) may(actor access.Actor, p access.Permission) error {
	return narrowed(actor, p, sc.object, sc.object.Paths...)
}

// Sees tells whether the actor may read the object: by the table, or because they advise its team.
func Sees(actor access.Actor, o access.Object) bool {
	return actor.Sees(o) || advises(actor, o.Read, o)
}

// advises tells whether the actor advises the team (see TeamOf) and has the permission anywhere.
func advises(actor access.Actor, p access.Permission, o access.Object) bool {
	return actor.UserID != 0 && actor.Has(p) && slices.Contains(o.Advisors, actor.UserID)
}

// ProjectFilter narrows a list of projects; zero values do not.
type ProjectFilter struct {
	ProgrammeID, PairingID, DemandID int64
	Status                           model.ProjectStatus
}

// Projects lists the projects in the actor's sight, newest first: those of their organisations on either side, and those
// in whose team they are.
func (s *Service) Projects(ctx context.Context, actor access.Actor, f ProjectFilter, p page.Request) (page.Result[View], error) {
	if err := actor.Require(access.ProjectRead); err != nil {
		return page.Result[View]{}, err
	}
	key, after, err := p.Key("projects", 1)
	if err != nil {
		return page.Result[View]{}, err
	}
	tx := s.DB.WithContext(ctx)
	q := tx.Where(s.visibleProjects(tx, actor))
	for _, of := range [...]struct {
		column string
		id     int64
	}{{"programme_id", f.ProgrammeID}, {"pairing_id", f.PairingID}, {"demand_id", f.DemandID}} {
		if of.id != 0 {
			q = q.Where(of.column+" = ?", of.id)
		}
	}
	if f.Status != "" {
		q = q.Where("status = ?", f.Status)
	}
	if after {
		q = q.Where("id < ?", key[0])
	}
	var rows []model.Project
	if err := q.Order("id DESC").Limit(p.Size() + 1).Find(&rows).Error; err != nil {
		return page.Result[View]{}, fmt.Errorf("list projects: %w", err)
	}
	cut := page.Cut(rows, p.Size(), "projects", func(r model.Project) []int64 { return []int64{r.ID} })
	return withSides(tx, cut)
}

// visibleProjects is the condition that keeps a list within the actor's sight.
func (s *Service) visibleProjects(tx *gorm.DB, actor access.Actor) *gorm.DB {
	where, args := actor.Where(access.ProjectRead, []string{"path"}, "", "")
	orgs := tx.Model(&model.Org{}).Select("id").Where(where, args...)
	cond := tx.Where("campus_org_id IN (?) OR local_org_id IN (?)", orgs, orgs)
	for column, id := range map[string]int64{"student_id": actor.StudentID, "user_id": actor.UserID} {
		if id != 0 {
			cond = cond.Or("id IN (?)", teamsWith(tx, s.Now(), column, id))
		}
	}
	return cond
}

// teamsWith selects the projects in whose team a student (student_id) or an advisor (user_id) is at an instant.
func teamsWith(tx *gorm.DB, at time.Time, column string, id int64) *gorm.DB {
	return serving(tx.Model(&model.ProjectMember{}), at).Select("project_id").Where(column+" = ?", id)
}

// withSides adds the organisations of both sides in one query.
func withSides(tx *gorm.DB, rows page.Result[model.Project]) (page.Result[View], error) {
	var ids []int64
	for _, r := range rows.Items {
		ids = append(ids, r.CampusOrgID, r.LocalOrgID)
	}
	orgs, err := org.ByIDs(tx, ids...)
	if err != nil {
		return page.Result[View]{}, err
	}
	return page.MapResult(rows, func(r model.Project) View {
		return View{Project: r, Campus: orgs[r.CampusOrgID], Local: orgs[r.LocalOrgID]}
	}), nil
}

// projectSides are the two organisations that own a project.
type projectSides struct{ campus, local model.Org }

func (s projectSides) paths() []string { return []string{s.campus.Path, s.local.Path} }

// projectScene is a project with what the permission table needs to know of it.
type projectScene struct {
	row model.Project
	projectSides
	object access.Object
}

// openProject locks a project for a decision that depends on it.
func (s *Service) openProject(tx *gorm.DB, id int64) (projectScene, error) {
	return s.sceneOf(atomic.ForUpdate(tx), id)
}

// sceneOf reads a project, its sides and its team of today. A lock on q is taken on the project only.
func (s *Service) sceneOf(q *gorm.DB, id int64) (projectScene, error) {
	var sc projectScene
	row, err := read.One[model.Project](q.Where("id = ?", id), "project")
	if err != nil {
		return sc, err
	}
	sc.row = row
	tx := q.Session(&gorm.Session{NewDB: true})
	if sc.projectSides, err = sidesOf(tx, sc.row); err != nil {
		return sc, err
	}
	team, err := TeamOf(tx, id, s.Now())
	if err != nil {
		return sc, err
	}
	sc.object = access.Object{
		Paths: sc.paths(), Leads: team.Leads, Advisors: team.Advisors,
		StudentIDs: slices.Concat(team.Leads, team.Members), Read: access.ProjectRead,
	}
	return sc, nil
}

func sidesOf(tx *gorm.DB, p model.Project) (projectSides, error) {
	orgs, err := org.ByIDs(tx, p.CampusOrgID, p.LocalOrgID)
	return projectSides{campus: orgs[p.CampusOrgID], local: orgs[p.LocalOrgID]}, err
}

// projectView reads a project that was just written.
func projectView(tx *gorm.DB, id int64) (View, error) {
	var p model.Project
	if err := tx.Where("id = ?", id).First(&p).Error; err != nil {
		return View{}, fmt.Errorf("read project: %w", err)
	}
	sides, err := sidesOf(tx, p)
	return View{Project: p, Campus: sides.campus, Local: sides.local}, err
}

// lockPairing holds a pairing until the transaction ends and returns it with its state at the moment; fault.ErrNotFound
// if there is none.
func lockPairing(tx *gorm.DB, id int64, now time.Time) (model.Pairing, error) {
	p, err := pairing.Lock(tx, id)
	if err == nil {
		p.Status = pairing.StatusAt(p, now)
	}
	return p, err
}

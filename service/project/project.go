package project

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/programme"
	"baodao/service/text"
)

// Refusals of writing projects.
var (
	ErrPairing = fault.Define(fault.Conflict, "project.pairing_not_active", "结对关系不是生效状态，不能立项或开展活动。", "The pairing is not active.")
	ErrLocked  = fault.Define(fault.Conflict, "project.locked_fields", "项目运行中，只能调整目标、任务和职责清单。", "While a project runs only goals, tasks and duties may change.")
)

// Plan is the content of a project that its makers write.
type Plan struct {
	Title    string
	Field    string // code of the policy's fields, empty for none
	Category string // code of the policy's categories, empty for none
	Goals    []string
	Tasks    []string
	Duties   []string
	RiskPlan string // needed to submit
	Support  []string
}

// maxItem is the longest goal, task or duty, in characters.
const maxItem = 200

// NewProject asks for a project of a pairing.
type NewProject struct {
	PairingID int64
	DemandID  *int64 // that it is drafted from, nil for none
	Plan
}

// CreateProject drafts a project. Programme and both sides are those of the pairing, which must be ACTIVE.
// Errors: fault.ErrNotFound and access.ErrDenied (no right on either side), ErrPairing, fault.ErrInvalid.
func (s *Service) CreateProject(ctx context.Context, actor access.Actor, key idem.Key, in NewProject) (View, error) {
	if err := actor.Require(access.ProjectWrite); err != nil {
		return View{}, err
	}
	return idem.Run(ctx, s.DB, s.Now(), actor, "createProject", key, func(tx *gorm.DB) (View, error) { return s.DraftProject(tx, actor, in) })
}

// DraftProject is CreateProject within a transaction.
func (s *Service) DraftProject(tx *gorm.DB, actor access.Actor, in NewProject) (View, error) {
	if err := actor.Require(access.ProjectWrite); err != nil {
		return View{}, err
	}
	wrong := in.settle()
	p, err := lockPairing(tx, in.PairingID, s.Now())
	if err != nil {
		return View{}, err
	}
	row := s.newProject(actor, p, in)
	sides, err := sidesOf(tx, row)
	if err != nil {
		return View{}, err
	}
	object := access.Object{Paths: sides.paths(), Read: access.PairingRead}
	if err := actor.Check(access.ProjectWrite, object); err != nil {
		return View{}, err
	}
	if p.Status != model.PairingActive {
		return View{}, ErrPairing
	}
	if err := checkPlan(tx, row.ProgrammeID, in.Plan, wrong); err != nil {
		return View{}, err
	}
	if err := tx.Create(&row).Error; err != nil {
		return View{}, fmt.Errorf("create project: %w", err)
	}
	entry := audit.Entry{Action: "project.create", Object: row.TableName(), ObjectID: row.ID, OrgPath: sides.campus.Path, To: string(row.Status), Data: map[string]any{"pairing_id": p.ID}}
	return View{Project: row, Campus: sides.campus, Local: sides.local}, s.Audit.Write(tx, actor, entry)
}

func (s *Service) newProject(actor access.Actor, p model.Pairing, in NewProject) model.Project {
	now, plan := s.Now(), in.Plan
	return model.Project{
		ID: s.NewID(), ProgrammeID: p.ProgrammeID, PairingID: p.ID, DemandID: in.DemandID, CampusOrgID: p.CampusOrgID, LocalOrgID: p.LocalOrgID,
		Title: plan.Title, Field: plan.Field, Category: plan.Category,
		Goals: listOf(plan.Goals), Tasks: listOf(plan.Tasks), Duties: listOf(plan.Duties), RiskPlan: plan.RiskPlan, Support: listOf(plan.Support),
		Status: model.ProjectDraft, CreatedBy: actor.UserID, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
}

// settle brings the texts of a plan into their canonical form and returns what is wrong with them.
func (p *Plan) settle() fault.Collector {
	var c fault.Collector
	text.Settle(&c,
		text.Field{At: "/title", In: &p.Title, Max: 100},
		text.Field{At: "/risk_plan", In: &p.RiskPlan, Max: 2000, Lines: true, Optional: true},
	)
	p.Goals = text.Items(&c, "/goals", p.Goals, maxItem)
	p.Tasks = text.Items(&c, "/tasks", p.Tasks, maxItem)
	p.Duties = text.Items(&c, "/duties", p.Duties, maxItem)
	return c
}

// checkPlan adds what the programme does not know to what is wrong with the texts of a plan.
func checkPlan(tx *gorm.DB, programmeID int64, plan Plan, c fault.Collector) error {
	policy, err := programme.PolicyOf(tx, programmeID)
	if err != nil {
		return err
	}
	programme.CheckCodes(&c, policy, plan.Field, plan.Category)
	return c.Err()
}

// UpdateProject writes the whole plan anew: all of it while DRAFT; while RUNNING goals, tasks and duties only, and which
// of them changed is kept in the audit log (S6). version is the one the caller read.
// Errors: fault.ErrNotFound, access.ErrDenied, fault.ErrStale, fault.ErrState, ErrLocked, fault.ErrInvalid.
func (s *Service) UpdateProject(ctx context.Context, actor access.Actor, id, version int64, plan Plan) (View, error) {
	wrong := plan.settle()
	return content.Do(ctx, s.Content, actor, func() (View, error) { return s.updateProject(ctx, actor, id, version, plan, wrong) })
}

func (s *Service) updateProject(ctx context.Context, actor access.Actor, id, version int64, plan Plan, wrong fault.Collector) (View, error) {
	var out View
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		sc, err := s.openProject(tx, id)
		if err != nil {
			return err
		}
		if err := sc.may(actor, access.ProjectWrite); err != nil {
			return err
		}
		if sc.row.Version != version {
			return fault.ErrStale
		}
		move := audit.Move{Action: "project.update", OrgPath: sc.campus.Path}
		switch sc.row.Status {
		case model.ProjectDraft:
			err = checkPlan(tx, sc.row.ProgrammeID, plan, wrong)
		case model.ProjectRunning:
			move.Action, move.Data = "project.adjust", adjusted(sc.row, plan)
			if err = onlyLists(sc.row, plan); err == nil {
				err = wrong.Err()
			}
			if err == nil {
				err = s.Content.Passed(tx, actor, content.Project, sc.campus.Path, plan.texts())
			}
		default:
			err = fault.ErrState
		}
		if err != nil {
			return err
		}
		if move.Set, err = planColumns(plan); err != nil {
			return err
		}
		if err := s.Audit.Edit(tx, actor, &sc.row, version, move); err != nil {
			return err
		}
		out, err = projectView(tx, id)
		return err
	})
	return out, err
}

func planColumns(plan Plan) (map[string]any, error) {
	set := map[string]any{"title": plan.Title, "field": plan.Field, "category": plan.Category, "risk_plan": plan.RiskPlan}
	for column, list := range map[string][]string{"goals": plan.Goals, "tasks": plan.Tasks, "duties": plan.Duties, "support": plan.Support} {
		text, err := jsonText(list)
		if err != nil {
			return nil, err
		}
		set[column] = text
	}
	return set, nil
}

// onlyLists is ErrLocked, naming every field that a running project may not change.
func onlyLists(p model.Project, plan Plan) error {
	var fields []fault.Field
	add := func(same bool, pointer string) {
		if !same {
			fields = append(fields, fault.Field{Pointer: pointer, Code: "locked", ZH: "项目运行中不能修改", EN: "may not change while the project runs"})
		}
	}
	add(p.Title == plan.Title, "/title")
	add(p.Field == plan.Field, "/field")
	add(p.Category == plan.Category, "/category")
	add(p.RiskPlan == plan.RiskPlan, "/risk_plan")
	add(slices.Equal(p.Support, plan.Support), "/support")
	if len(fields) > 0 {
		return ErrLocked.With(fields...)
	}
	return nil
}

// adjusted says of each list that the plan changes how many entries it had and has: never the texts, which anybody may
// have put anything into, and which nobody can take out of the audit log.
func adjusted(p model.Project, plan Plan) map[string]any {
	changed := map[string]any{}
	note := func(name string, was, is []string) {
		if !slices.Equal(was, is) {
			changed[name] = map[string]int{"from": len(was), "to": len(is)}
		}
	}
	note("goals", p.Goals, plan.Goals)
	note("tasks", p.Tasks, plan.Tasks)
	note("duties", p.Duties, plan.Duties)
	return map[string]any{"changed": changed}
}

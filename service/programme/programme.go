package programme

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/org"
	"baodao/service/text"
)

// Refusals of this package.
var (
	ErrCodeTaken = fault.Define(fault.Conflict, "programme.code_taken", "这个计划代码已被使用，请换一个。", "Another programme has this code.")
	ErrClosed    = fault.Define(fault.Conflict, "programme.closed", "计划已结束，不能再修改。", "The programme is closed and cannot be changed.")
)

// Service keeps programmes. What it writes, it writes for those who hold programme.write on the owner; committees of
// counties, cities and provinces need a login of the last five minutes.
type Service struct {
	DB      *gorm.DB
	Now     clock.Clock
	NewID   func() int64
	Audit   *audit.Log
	Content *content.Service // looks at texts before others see them; nil lets everything through
}

// New is a programme to be made. With a Preset, Policy changes single rules of it and nil Phases means its phases;
// without one, Policy has to give every rule.
type New struct {
	Code, Name string
	OwnerOrgID int64
	Preset     string
	Policy     Override
	Phases     []Phase
}

// Detail is a programme with everything that belongs to it.
type Detail struct {
	Programme  model.Programme
	OwnerName  string
	Policy     model.Policy
	Phases     []model.Phase
	Milestones []model.Milestone
}

// owners are the kinds of organisations that may own a programme.
func owners() []model.OrgKind {
	return []model.OrgKind{model.OrgUniversityCommittee, model.OrgCountyCommittee, model.OrgCityCommittee, model.OrgProvincialCommittee}
}

// Create makes a DRAFT programme: fault.ErrInvalid with every wrong field, access.ErrDenied when the owner is not the
// actor's, access.ErrStepUp, ErrCodeTaken.
func (s *Service) Create(ctx context.Context, actor access.Actor, key idem.Key, in New) (Detail, error) {
	if err := actor.Require(access.ProgrammeWrite); err != nil {
		return Detail{}, err
	}
	policy, phases, err := s.settle(&in)
	if err != nil {
		return Detail{}, err
	}
	return idem.Run(ctx, s.DB, s.Now(), actor, "createProgramme", key, func(tx *gorm.DB) (Detail, error) {
		owner, err := s.ownerFor(tx, actor, in.OwnerOrgID)
		if err != nil {
			return Detail{}, err
		}
		now := s.Now()
		row := model.Programme{
			ID: s.NewID(), Code: in.Code, Name: in.Name, OwnerOrgID: owner.ID, Status: model.ProgrammeDraft,
			PolicyVersion: 1, Version: 1, CreatedAt: now, UpdatedAt: now,
		}
		if err := s.insert(tx, actor, row, policy, phases); err != nil {
			return Detail{}, err
		}
		err = s.Audit.Write(tx, actor, audit.Entry{
			Action: "programme.create", Object: row.TableName(), ObjectID: row.ID, OrgPath: owner.Path, To: row.State(),
			Data: map[string]any{"preset": in.Preset, "policy_version": 1},
		})
		if err != nil {
			return Detail{}, err
		}
		return detail(tx, row, owner)
	})
}

var codeForm = regexp.MustCompile(`^[A-Z0-9][A-Z0-9_-]{1,39}$`)

// maxName is the longest name of a programme, in characters.
const maxName = 100

// settle works out policy and phases of a new programme, makes its name canonical and reports every wrong field at once.
func (s *Service) settle(in *New) (model.Policy, []Phase, error) {
	var c fault.Collector
	c.Add(!codeForm.MatchString(in.Code), "/code", "pattern", "须为 2–40 个大写字母、数字、- 或 _", "must be 2–40 of A-Z 0-9 - _")
	text.Settle(&c, text.Field{At: "/name", In: &in.Name, Max: maxName})
	preset, known := presetBy(in.Preset)
	c.Add(in.Preset != "" && !known, "/preset", "not_found", "没有这个预设", "is not a preset")
	missing := in.Policy.onto(&preset.Policy)
	if known {
		missing = nil
	}
	for _, name := range missing {
		c.Add(true, "/policy/"+name, "required", "必填", "is required")
	}
	if len(missing) == 0 {
		checkPolicy(&c, "/policy", &preset.Policy)
	}
	phases := preset.Phases
	if in.Phases != nil {
		phases = in.Phases
	}
	checkPhases(&c, phases)
	return preset.Policy, phases, c.Err()
}

// ownerFor reads the organisation that is to own a programme and checks that the actor may act for it.
func (s *Service) ownerFor(tx *gorm.DB, actor access.Actor, id int64) (model.Org, error) {
	var c fault.Collector
	owner, err := org.ByID(tx, id)
	if errors.Is(err, fault.ErrNotFound) {
		c.Add(true, "/owner_org_id", "not_found", "没有这个组织", "is not an organisation")
		return owner, c.Err()
	}
	if err != nil {
		return owner, err
	}
	if err := s.mayWrite(actor, owner, access.Object{Paths: []string{owner.Path}, Public: true}); err != nil {
		return owner, err
	}
	c.Add(owner.Status != model.OrgActive, "/owner_org_id", "state", "该组织不在正常状态", "is not active")
	c.Add(!slices.Contains(owners(), owner.Kind), "/owner_org_id", "kind", "只有高校团委和县级以上团委可以开设计划", "must be a university's, county's, city's or provincial committee")
	return owner, c.Err()
}

// mayWrite checks programme.write on a programme of owner. A university's officer writes the university's own; for
// anybody else the table asks for a fresh login.
func (s *Service) mayWrite(actor access.Actor, owner model.Org, o access.Object) error {
	if err := actor.Check(access.ProgrammeWrite, o); err != nil {
		return err
	}
	for _, g := range actor.Grants {
		if g.Column == access.UNI && g.OrgPath == owner.Path {
			return nil
		}
	}
	return actor.Fresh(s.Now())
}

func (s *Service) insert(tx *gorm.DB, actor access.Actor, row model.Programme, policy model.Policy, phases []Phase) error {
	err := tx.Create(&row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrCodeTaken
	}
	if err != nil {
		return fmt.Errorf("add programme: %w", err)
	}
	if err := s.addPolicy(tx, actor, row.ID, 1, policy); err != nil {
		return err
	}
	return s.putPhases(tx, row.ID, phases)
}

func (s *Service) addPolicy(tx *gorm.DB, actor access.Actor, programmeID, version int64, policy model.Policy) error {
	row := model.ProgrammePolicy{ProgrammeID: programmeID, Version: version, Policy: policy, CreatedBy: actor.UserID, CreatedAt: s.Now()}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("add policy version: %w", err)
	}
	return nil
}

// Get reads a programme. A DRAFT is fault.ErrNotFound for those who may not write it.
func (s *Service) Get(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	db := s.DB.WithContext(ctx)
	row, owner, err := withOwner(db, id)
	if err != nil {
		return Detail{}, err
	}
	if !visible(actor, row, owner) {
		return Detail{}, fault.ErrNotFound
	}
	return detail(db, row, owner)
}

// object is what the permission table needs to know of a programme.
func object(p model.Programme, owner model.Org) access.Object {
	return access.Object{Paths: []string{owner.Path}, Public: p.Status != model.ProgrammeDraft}
}

func visible(actor access.Actor, p model.Programme, owner model.Org) bool {
	return p.Status != model.ProgrammeDraft || actor.Check(access.ProgrammeWrite, object(p, owner)) == nil
}

func withOwner(tx *gorm.DB, id int64) (model.Programme, model.Org, error) {
	row, err := ByID(tx, id)
	if err != nil {
		return row, model.Org{}, err
	}
	owner, err := org.ByID(tx, row.OwnerOrgID)
	return row, owner, err
}

// lock reads a programme for a write by the actor, and holds it.
func (s *Service) lock(tx *gorm.DB, actor access.Actor, id int64) (model.Programme, model.Org, error) {
	row, err := ByID(atomic.ForUpdate(tx), id)
	if err != nil {
		return row, model.Org{}, err
	}
	owner, err := org.ByID(tx, row.OwnerOrgID)
	if err != nil {
		return row, owner, err
	}
	return row, owner, s.mayWrite(actor, owner, object(row, owner))
}

// detail reads what belongs to a programme.
func detail(tx *gorm.DB, p model.Programme, owner model.Org) (Detail, error) {
	d := Detail{Programme: p, OwnerName: owner.Name, Phases: []model.Phase{}, Milestones: []model.Milestone{}}
	var err error
	if d.Policy, err = PolicyOf(tx, p.ID); err != nil {
		return d, err
	}
	if err := tx.Where("programme_id = ?", p.ID).Order("starts_on").Find(&d.Phases).Error; err != nil {
		return d, fmt.Errorf("read phases: %w", err)
	}
	if err := tx.Where("programme_id = ?", p.ID).Order("due_on, id").Find(&d.Milestones).Error; err != nil {
		return d, fmt.Errorf("read milestones: %w", err)
	}
	return d, nil
}

package pairing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/org"
	"baodao/service/programme"
	"baodao/service/text"
)

// New is a proposal. Side says for which side the proposer speaks and is needed only of somebody with rights on both.
type New struct {
	ProgrammeID, CampusOrgID, LocalOrgID int64
	Level                                string
	ParentID                             int64 // 0 for none
	Side, Note                           string
}

// noteMax is how many characters a note or a reason may have.
const noteMax = 500

// Propose asks two units to pair. A person of one side proposes and has thereby accepted for it; a committee above one of
// them recommends, and both still have to accept. The answer is due after the policy's number of days.
//
// access.ErrDenied for anybody else, fault.ErrInvalid naming every wrong field, ErrNotActive, ErrOrgNotActive,
// ErrOutOfProgramme, ErrExists; content.ErrRisky and content.ErrInReview of the note.
func (s *Service) Propose(ctx context.Context, actor access.Actor, key idem.Key, in New) (Detail, error) {
	if err := actor.Require(access.Person); err != nil {
		return Detail{}, err
	}
	if !actor.Has(access.PairingPropose) && !actor.Has(access.PairingRecommend) {
		return Detail{}, access.ErrDenied
	}
	return content.Do(ctx, s.Content, actor, func() (Detail, error) { return s.propose(ctx, actor, key, in) })
}

func (s *Service) propose(ctx context.Context, actor access.Actor, key idem.Key, in New) (Detail, error) {
	return idem.Run(ctx, s.DB, s.Now(), actor, "proposePairing", key, func(tx *gorm.DB) (Detail, error) {
		d, err := s.draft(tx, in)
		if err != nil {
			return Detail{}, err
		}
		if err := s.sign(&d, actor, in.Side); err != nil {
			return Detail{}, err
		}
		if err := s.Content.Passed(tx, actor, content.Pairing, d.CampusPath, []content.Text{{At: "/note", Text: d.Note}}); err != nil {
			return Detail{}, err
		}
		return d, s.add(tx, actor, d)
	})
}

// add writes a proposal down and tells those who may answer it; ErrExists when the two are paired, or asked, already.
func (s *Service) add(tx *gorm.DB, actor access.Actor, d Detail) error {
	if err := s.settlePrevious(tx, d); err != nil {
		return err
	}
	err := tx.Create(&d.Pairing).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrExists
	}
	if err != nil {
		return fmt.Errorf("add pairing: %w", err)
	}
	err = s.Audit.Write(tx, actor, audit.Entry{
		Action: "pairing.propose", Object: d.TableName(), ObjectID: d.ID, OrgPath: d.CampusPath, To: d.State(), Data: ids(d),
	})
	if err != nil {
		return err
	}
	return s.tellProposed(tx, d, actor.UserID)
}

func ids(d Detail) map[string]any {
	return map[string]any{"programme_id": d.ProgrammeID, "campus_org_id": d.CampusOrgID, "local_org_id": d.LocalOrgID}
}

// draft makes the row of a proposal and checks everything that does not depend on who proposes.
func (s *Service) draft(tx *gorm.DB, in New) (Detail, error) {
	p, owner, policy, err := readProgramme(tx, in.ProgrammeID)
	if err != nil {
		return Detail{}, err
	}
	orgs, err := org.ByIDs(tx, in.CampusOrgID, in.LocalOrgID)
	if err != nil {
		return Detail{}, err
	}
	campus, local := orgs[in.CampusOrgID], orgs[in.LocalOrgID]
	var wrong fault.Collector
	text.Settle(&wrong, text.Field{At: "/note", In: &in.Note, Max: noteMax, Lines: true, Optional: true})
	if err := checkSides(in, campus, local, wrong); err != nil {
		return Detail{}, err
	}
	now := s.Now()
	d := Detail{
		Pairing: model.Pairing{
			ID: s.NewID(), ProgrammeID: p.ID, CampusOrgID: campus.ID, LocalOrgID: local.ID, LiveProgrammeID: &p.ID, Level: in.Level,
			Status: model.PairingProposed, Note: in.Note, AnswerDueAt: now.AddDate(0, 0, int(policy.PairingAnswerDays)),
			Version: 1, CreatedAt: now, UpdatedAt: now,
		},
		CampusName: campus.Name, CampusPath: campus.Path, LocalName: local.Name, LocalPath: local.Path,
	}
	if in.ParentID != 0 {
		d.ParentID = &in.ParentID
	}
	if err := s.checkParent(tx, d); err != nil {
		return Detail{}, err
	}
	switch {
	case p.Status != model.ProgrammeActive:
		return Detail{}, ErrNotActive
	case campus.Status != model.OrgActive || local.Status != model.OrgActive:
		return Detail{}, ErrOrgNotActive
	case !programme.Reaches(owner, campus, local):
		return Detail{}, ErrOutOfProgramme
	}
	return d, nil
}

// readProgramme reads what a proposal needs of a programme. A draft is as unknown as one that does not exist.
func readProgramme(tx *gorm.DB, id int64) (p model.Programme, owner model.Org, policy model.Policy, err error) {
	p, err = programme.ByID(tx, id)
	if errors.Is(err, fault.ErrNotFound) || (err == nil && p.Status == model.ProgrammeDraft) {
		return p, owner, policy, wrong("/programme_id", "not_found", "没有这个计划", "is not a programme")
	}
	if err != nil {
		return p, owner, policy, err
	}
	if owner, err = org.ByID(tx, p.OwnerOrgID); err != nil {
		return p, owner, policy, err
	}
	policy, err = programme.PolicyOf(tx, p.ID)
	return p, owner, policy, err
}

// checkSides names every field that is wrong in itself: unknown organisations, kinds that do not fit the level, a long note.
func checkSides(in New, campus, local model.Org, c fault.Collector) error {
	campusKinds, localKinds := kinds(in.Level)
	c.Add(campusKinds == nil, "/level", "enum", "只能是 TOWN_DEPARTMENT 或 COMMUNITY_BRANCH", "must be TOWN_DEPARTMENT or COMMUNITY_BRANCH")
	c.Add(campus.ID == 0, "/campus_org_id", "not_found", "没有这个组织", "is not an organisation")
	c.Add(local.ID == 0, "/local_org_id", "not_found", "没有这个组织", "is not an organisation")
	c.Add(campusKinds != nil && campus.ID != 0 && !slices.Contains(campusKinds, campus.Kind), "/campus_org_id", "kind", "这类高校组织不能在该层级结对", "is not of a kind that pairs at this level")
	c.Add(localKinds != nil && local.ID != 0 && !slices.Contains(localKinds, local.Kind), "/local_org_id", "kind", "这类地方组织不能在该层级结对", "is not of a kind that pairs at this level")
	return c.Err()
}

// kinds are the organisations that pair at a level; nil for a level that is none.
func kinds(level string) (campus, local []model.OrgKind) {
	switch level {
	case model.PairingTownDepartment:
		return []model.OrgKind{model.OrgDepartmentCommittee}, []model.OrgKind{model.OrgTownYouthCommittee}
	case model.PairingCommunityBranch:
		return []model.OrgKind{model.OrgLeagueBranch, model.OrgGeneralBranch, model.OrgStudentClub, model.OrgStudentUnion, model.OrgVolunteerAssociation},
			[]model.OrgKind{model.OrgCommunity, model.OrgYouthHome, model.OrgVenue}
	}
	return nil, nil
}

// checkParent: a pairing of community and branch may stand below the active pairing of the town and the department
// that they belong to. Whatever else is named gets one and the same answer, which tells nothing about it.
func (s *Service) checkParent(tx *gorm.DB, d Detail) error {
	if d.ParentID == nil {
		return nil
	}
	parent, err := s.read(tx, *d.ParentID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	fits := err == nil && d.Level == model.PairingCommunityBranch && parent.Level == model.PairingTownDepartment &&
		parent.ProgrammeID == d.ProgrammeID && parent.Status == model.PairingActive &&
		strings.HasPrefix(d.CampusPath, parent.CampusPath) && strings.HasPrefix(d.LocalPath, parent.LocalPath)
	if !fits {
		return wrong("/parent_id", "not_found", "须是双方上级镇街与院系之间生效中的结对", "must be the active pairing of the town and the department above these two")
	}
	return nil
}

// sign notes who proposes: a person of one side accepts for it, a committee above either side only recommends.
func (s *Service) sign(d *Detail, actor access.Actor, asked string) error {
	d.ProposedBy = actor.UserID
	mine := d.sidesOf(actor)
	if len(mine) == 0 && asked == "" && actor.Check(access.PairingRecommend, d.object()) == nil {
		d.Origin = model.OriginCommittee
		return nil
	}
	side, err := chooseSide(mine, asked)
	if err != nil {
		return err
	}
	now := s.Now()
	d.Origin = model.OriginSelf
	if side == Campus {
		d.CampusAcceptedBy, d.CampusAcceptedAt = &actor.UserID, &now
	} else {
		d.LocalAcceptedBy, d.LocalAcceptedAt = &actor.UserID, &now
	}
	return nil
}

// settlePrevious writes down the end of an earlier pairing of the two that is over by the clock but still holds their place.
func (s *Service) settlePrevious(tx *gorm.DB, d Detail) error {
	var rows []model.Pairing
	err := tx.Where("live_programme_id = ? AND campus_org_id = ? AND local_org_id = ?", d.ProgrammeID, d.CampusOrgID, d.LocalOrgID).Find(&rows).Error
	if err != nil {
		return fmt.Errorf("look for earlier pairing: %w", err)
	}
	for _, row := range rows {
		if _, err := s.settle(tx, row.ID); err != nil {
			return err
		}
	}
	return nil
}

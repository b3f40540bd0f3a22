package org

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/fault"
)

// Refusals about appointments.
var (
	ErrRoleKind   = fault.Define(fault.Invalid, "grant.role_misfit", "这类组织没有这个角色。", "This role cannot be held in an organisation of this kind.")
	ErrRank       = fault.Define(fault.Forbidden, "grant.beyond_rank", "只能任命职级低于自己的角色。", "You can appoint only to roles strictly below your own rank.")
	ErrOwnGrant   = fault.Define(fault.Forbidden, "grant.own", "不能任命或解任自己。", "Nobody appoints or dismisses themselves.")
	ErrSeparation = fault.Define(fault.Conflict, "grant.separation", "系统、安全、审计管理员须由不同的人担任，且不兼任业务角色。", "Operator, security administrator and auditor are separate people without any other role.")
)

// seats says in which kinds of organisations a role is held; system roles are held in none.
var seats = map[access.Role][]model.OrgKind{ //nolint:gochecknoglobals // a table
	access.HostStaff:       {model.OrgCommunity, model.OrgYouthHome, model.OrgVenue},
	access.TownOfficer:     {model.OrgTownYouthCommittee},
	access.BranchSecretary: {model.OrgLeagueBranch, model.OrgGeneralBranch},
	access.ClubLead:        {model.OrgStudentClub, model.OrgStudentUnion, model.OrgVolunteerAssociation},
	access.Advisor:         {model.OrgDepartmentCommittee, model.OrgUniversityCommittee},
	access.CommitteeOfficer: {
		model.OrgDepartmentCommittee, model.OrgUniversityCommittee, model.OrgCountyCommittee, model.OrgCityCommittee, model.OrgProvincialCommittee,
	},
	access.Operator: nil, access.SecurityAdmin: nil, access.Auditor: nil,
}

// appoints says which columns of the permission table each column appoints to: strictly lower ranks of its own branches.
var appoints = map[access.Column][]access.Column{ //nolint:gochecknoglobals // a table
	access.TWN: {access.COM},
	access.DEP: {access.BRS, access.ADV},
	access.CTY: {access.TWN, access.COM},
	access.UNI: {access.DEP, access.BRS, access.ADV},
	access.CIT: {access.CTY, access.TWN, access.COM, access.UNI, access.DEP, access.BRS, access.ADV},
	access.PRV: {access.CIT, access.CTY, access.TWN, access.COM, access.UNI, access.DEP, access.BRS, access.ADV},
	access.SEC: {
		access.PRV, access.CIT, access.CTY, access.TWN, access.COM, access.UNI, access.DEP, access.BRS, access.ADV,
		access.OPS, access.SEC, access.AUD,
	},
}

// fits tells whether a role can be held in o; the zero Org stands for the system.
func fits(role access.Role, o model.Org) bool {
	kinds, known := seats[role]
	if o.ID == 0 {
		return known && kinds == nil
	}
	return slices.Contains(kinds, o.Kind)
}

// system tells whether a role is one of the three that administer the system itself.
func system(role access.Role) bool {
	kinds, known := seats[role]
	return known && kinds == nil
}

// needsFresh tells whether appointments by holders of a column ask for a fresh login (* in the table).
func needsFresh(c access.Column) bool { return c != access.TWN && c != access.DEP }

// mayAppoint checks that the actor, under permission p, may fill and empty the seat of a role in o: o lies in the actor's
// subtree, the role fits o and is strictly below the actor's rank, the login is fresh where the rank asks for it, and the
// actor's own role has not been taken away meanwhile. read is what makes the seat visible.
func (s *Service) mayAppoint(tx *gorm.DB, actor access.Actor, p, read access.Permission, role access.Role, o model.Org) error {
	object := access.Object{Read: read}
	if o.ID != 0 {
		object.Paths = []string{o.Path}
	}
	if err := actor.Check(p, object); err != nil {
		return err
	}
	if actor.UserID == 0 {
		return access.ErrDenied // appointments are made by people
	}
	if !fits(role, o) {
		return ErrRoleKind
	}
	own, ok := appointer(actor, p, access.ColumnOf(role, string(o.Kind)), o.Path)
	if !ok {
		return ErrRank
	}
	if needsFresh(own.Column) {
		if err := actor.Fresh(s.Now()); err != nil {
			return err
		}
	}
	return holds(tx, actor.UserID, own, s.Now())
}

// appointer finds the grant by which the actor appoints to a seat in path, rather one that needs no fresh login.
func appointer(actor access.Actor, p access.Permission, seat access.Column, path string) (access.Grant, bool) {
	var found access.Grant
	ok := false
	for _, g := range actor.Grants {
		scope := access.ScopeOf(p, g.Column)
		reaches := scope == access.All || (scope == access.Sub && g.OrgPath != "" && strings.HasPrefix(path, g.OrgPath))
		if reaches && slices.Contains(appoints[g.Column], seat) && (!ok || !needsFresh(g.Column)) {
			found, ok = g, true
		}
	}
	return found, ok
}

// holds checks, and keeps true until the commit, that a user still holds a role.
func holds(tx *gorm.DB, user int64, g access.Grant, now time.Time) error {
	var ids []int64
	err := atomic.ForUpdate(tx).Model(&model.RoleGrant{}).
		Where("user_id = ? AND role = ? AND org_id = ? AND live = ?", user, string(g.Role), g.OrgID, true).
		Where("from_at <= ? AND (to_at IS NULL OR to_at > ?)", access.Begun(now), now).Pluck("id", &ids).Error
	if err != nil {
		return fmt.Errorf("check own role: %w", err)
	}
	if len(ids) == 0 {
		return access.ErrDenied
	}
	return nil
}

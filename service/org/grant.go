package org

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/text"
	"baodao/service/vault"
)

// Refusals of giving a role.
var (
	ErrGrantExists   = fault.Define(fault.Conflict, "grant.exists", "此人已有这个角色。", "The person holds this role already.")
	ErrGrantStranger = fault.Define(fault.Conflict, "grant.stranger", "此人不在您的管辖范围内，不能直接任命，请改发邀请码。", "This person is not within your sight: send an invitation code instead.")
)

// GrantInfo is a role grant with the holder's name, masked for system administrators and auditors.
type GrantInfo struct {
	model.RoleGrant
	UserName string
}

// NewGrant is a role for a person. OrgID 0 stands for the system.
type NewGrant struct {
	UserID int64
	Role   access.Role
	OrgID  int64
	Until  *time.Time // nil: without end
}

// Grants lists the roles that are held in an organisation and not revoked, by id; organisation 0 lists system roles.
func (s *Service) Grants(ctx context.Context, actor access.Actor, orgID int64, p page.Request) (page.Result[GrantInfo], error) {
	var none page.Result[GrantInfo]
	if err := actor.Require(access.GrantRead); err != nil {
		return none, err
	}
	db := s.DB.WithContext(ctx)
	o, err := orgOrSystem(db, orgID)
	if err != nil {
		return none, err
	}
	if err := actor.Check(access.GrantRead, seatObject(o, access.OrgRead)); err != nil {
		return none, err
	}
	keys, ok, err := p.Key("grants", 1)
	if err != nil {
		return none, err
	}
	q := db.Where("org_id = ? AND live = ?", orgID, true)
	if ok {
		q = q.Where("id > ?", keys[0])
	}
	var rows []model.RoleGrant
	if err := q.Order("id").Limit(p.Size() + 1).Find(&rows).Error; err != nil {
		return none, fmt.Errorf("list role grants: %w", err)
	}
	cut := page.Cut(rows, p.Size(), "grants", func(g model.RoleGrant) []int64 { return []int64{g.ID} })
	names, err := s.userNames(db, idsOf(cut.Items, func(g model.RoleGrant) int64 { return g.UserID }))
	if err != nil {
		return none, err
	}
	full := o.ID != 0 && seesNames(actor, o.Path)
	return page.MapResult(cut, func(g model.RoleGrant) GrantInfo {
		info := GrantInfo{RoleGrant: g, UserName: names[g.UserID]}
		if !full {
			info.UserName = vault.MaskName(info.UserName)
		}
		return info
	}), nil
}

// seesNames tells whether the actor reads the grants of path by a role of the organisation, not of the system.
func seesNames(actor access.Actor, path string) bool {
	for _, c := range columnsOver(actor, access.GrantRead, path) {
		if c != access.SEC && c != access.AUD {
			return true
		}
	}
	return false
}

// Grant gives a role to a person: strictly below the actor's rank, inside the actor's subtree, never to oneself. By the
// number of an account only those can be appointed whose names the actor may read already; anybody else needs an
// invitation, so that trying numbers shows nobody's name. Unknown accounts are ErrGrantStranger too.
func (s *Service) Grant(ctx context.Context, actor access.Actor, key idem.Key, in NewGrant) (model.RoleGrant, error) {
	if err := actor.Require(access.GrantWrite); err != nil {
		return model.RoleGrant{}, err
	}
	return idem.Run(ctx, s.DB, s.Now(), actor, "createRoleGrant", key, func(tx *gorm.DB) (model.RoleGrant, error) {
		o, err := orgOrSystem(atomic.ForUpdate(tx), in.OrgID)
		if err != nil {
			return model.RoleGrant{}, err
		}
		if in.UserID == actor.UserID {
			return model.RoleGrant{}, ErrOwnGrant
		}
		if err := s.mayAppoint(tx, actor, access.GrantWrite, access.OrgRead, in.Role, o); err != nil {
			return model.RoleGrant{}, err
		}
		var wrong fault.Collector
		wrong.Add(in.Until != nil && !in.Until.After(s.Now()), "/until", "order", "须晚于现在", "must lie in the future")
		if err := wrong.Err(); err != nil {
			return model.RoleGrant{}, err
		}
		if o.ID != 0 && o.Status != model.OrgActive {
			return model.RoleGrant{}, ErrNotActive
		}
		if err := s.knows(tx, actor, in.UserID); err != nil {
			return model.RoleGrant{}, err
		}
		return s.appoint(tx, actor, o, in, actor.UserID)
	})
}

// appoint writes the grant. The caller has checked that it may be given.
func (s *Service) appoint(tx *gorm.DB, actor access.Actor, o model.Org, in NewGrant, by int64) (model.RoleGrant, error) {
	if err := activeUser(tx, in.UserID); err != nil {
		return model.RoleGrant{}, err
	}
	if err := s.separate(tx, in); err != nil {
		return model.RoleGrant{}, err
	}
	now, live := s.Now(), true
	row := model.RoleGrant{
		ID: s.NewID(), UserID: in.UserID, Role: string(in.Role), OrgID: o.ID, FromAt: now, ToAt: in.Until, Live: &live, GrantedBy: by, CreatedAt: now,
	}
	err := tx.Create(&row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return row, ErrGrantExists
	}
	if err != nil {
		return row, fmt.Errorf("insert role grant: %w", err)
	}
	return row, s.Audit.Write(tx, actor, audit.Entry{
		Action: "grant.create", Object: "role_grants", ObjectID: row.ID, OrgPath: o.Path,
		Data: map[string]any{"user_id": row.UserID, "role": row.Role, "granted_by": by},
	})
}

// separate keeps the three system roles on separate people without other roles, and takes grants that ran out of the way.
func (s *Service) separate(tx *gorm.DB, in NewGrant) error {
	err := tx.Model(&model.RoleGrant{}).Where("user_id = ? AND live = ? AND to_at <= ?", in.UserID, true, s.Now()).Update("live", nil).Error
	if err != nil {
		return fmt.Errorf("close ended grants: %w", err)
	}
	var roles []string
	if err := tx.Model(&model.RoleGrant{}).Where("user_id = ? AND live = ?", in.UserID, true).Pluck("role", &roles).Error; err != nil {
		return fmt.Errorf("read roles: %w", err)
	}
	for _, held := range roles {
		if held != string(in.Role) && (system(in.Role) || system(access.Role(held))) {
			return ErrSeparation
		}
	}
	return nil
}

// Revoke takes a role away, at once. Who may give it may take it; nobody takes their own. The reason must not be
// content.ErrRisky.
func (s *Service) Revoke(ctx context.Context, actor access.Actor, id int64, reason string) (model.RoleGrant, error) {
	if err := actor.Require(access.GrantWrite); err != nil {
		return model.RoleGrant{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (model.RoleGrant, error) { return s.tryRevoke(ctx, actor, id, reason) })
}

func (s *Service) tryRevoke(ctx context.Context, actor access.Actor, id int64, reason string) (row model.RoleGrant, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		row = model.RoleGrant{}
		err := atomic.ForUpdate(tx).Where("id = ?", id).First(&row).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return fault.ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("read role grant: %w", err)
		}
		return s.revoke(tx, actor, &row, reason)
	})
	return row, err
}

func (s *Service) revoke(tx *gorm.DB, actor access.Actor, row *model.RoleGrant, reason string) error {
	if row.UserID == actor.UserID {
		return ErrOwnGrant
	}
	o, err := orgOrSystem(tx, row.OrgID)
	if err != nil {
		return err
	}
	if err := s.mayAppoint(tx, actor, access.GrantWrite, access.GrantRead, access.Role(row.Role), o); err != nil {
		return err
	}
	if reason, err = text.Reason(reason); err != nil {
		return err
	}
	if row.RevokedAt != nil {
		return fault.ErrState
	}
	if err := s.Content.Reason(tx, actor, content.Org, o.Path, reason); err != nil {
		return err
	}
	now := s.Now()
	row.RevokedAt, row.Live = &now, nil
	if err := tx.Model(&model.RoleGrant{}).Where("id = ?", row.ID).Updates(map[string]any{"revoked_at": now, "live": nil}).Error; err != nil {
		return fmt.Errorf("revoke role grant: %w", err)
	}
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: "grant.revoke", Object: "role_grants", ObjectID: row.ID, OrgPath: o.Path, Reason: reason,
		Data: map[string]any{"user_id": row.UserID, "role": row.Role},
	})
}

// seatObject is what the table needs to know of the seats in o; the zero Org stands for the system.
func seatObject(o model.Org, read access.Permission) access.Object {
	if o.ID == 0 {
		return access.Object{Read: read}
	}
	return access.Object{Paths: []string{o.Path}, Read: read}
}

func orgOrSystem(tx *gorm.DB, id int64) (model.Org, error) {
	if id == 0 {
		return model.Org{}, nil
	}
	return ByID(tx, id)
}

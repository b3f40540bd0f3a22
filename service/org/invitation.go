package org

import (
	"context"
	"fmt"

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
)

// ErrInvitation says that a code opens nothing: unknown, used, revoked, out of date, or the organisation is gone.
var ErrInvitation = fault.Define(fault.Invalid, "invitation.invalid", "邀请码无效或已失效，请向邀请人核实。", "The code is wrong, used, revoked or expired.")

// How long an invitation is good, in days.
const (
	InviteDays    = 7
	MaxInviteDays = 30
)

// States of an invitation. They follow from its times.
const (
	InvitationOpen     = "OPEN"
	InvitationRedeemed = "REDEEMED"
	InvitationRevoked  = "REVOKED"
	InvitationExpired  = "EXPIRED"
)

// NewInvitation offers a role to whoever redeems the code.
type NewInvitation struct {
	OrgID int64
	Role  access.Role
	Note  string // for which post, at most 100 characters; stored in clear, so no names
	Days  int    // good for so many days, 0: InviteDays
}

// InvitationInfo is an invitation as it stands now. Code is there only in the answer to its creation.
type InvitationInfo struct {
	model.Invitation
	State string
	Code  string
}

// Invite makes an invitation under the rules of a role grant. The note must not be content.ErrRisky.
func (s *Service) Invite(ctx context.Context, actor access.Actor, key idem.Key, in NewInvitation) (InvitationInfo, error) {
	if err := actor.Require(access.Invite); err != nil {
		return InvitationInfo{}, err
	}
	o, err := ByID(s.DB.WithContext(ctx), in.OrgID)
	if err == nil {
		err = actor.Check(access.Invite, seatObject(o, access.OrgRead)) // asked of a repeat too: its answer holds the code
	}
	if err != nil {
		return InvitationInfo{}, err
	}
	row, err := content.Do(ctx, s.Content, actor, func() (model.Invitation, error) {
		return idem.Run(ctx, s.DB, s.Now(), actor, "createInvitation", key, func(tx *gorm.DB) (model.Invitation, error) {
			return s.invite(tx, actor, in)
		})
	})
	if err != nil {
		return InvitationInfo{}, err
	}
	code, err := s.code("invite", row.ID)
	return InvitationInfo{Invitation: row, State: s.invitationState(row), Code: code}, err
}

func (s *Service) invite(tx *gorm.DB, actor access.Actor, in NewInvitation) (model.Invitation, error) {
	var row model.Invitation
	o, err := ByID(atomic.ForUpdate(tx), in.OrgID)
	if err != nil {
		return row, err
	}
	if err := s.mayAppoint(tx, actor, access.Invite, access.OrgRead, in.Role, o); err != nil {
		return row, err
	}
	if o.Status != model.OrgActive {
		return row, ErrNotActive
	}
	var wrong fault.Collector
	text.Settle(&wrong, text.Field{At: "/note", In: &in.Note, Max: 100, Optional: true})
	days, ok := daysOr(in.Days, InviteDays, MaxInviteDays)
	wrong.Add(!ok, "/days", "max", "须在 1 与 30 之间", "must be between 1 and 30")
	if err := wrong.Err(); err != nil {
		return row, err
	}
	if err := s.Content.Offered(tx, actor, content.Org, o.Path, []content.Text{{At: "/note", Text: in.Note}}); err != nil {
		return row, err
	}
	now := s.Now()
	row = model.Invitation{ID: s.NewID(), OrgID: o.ID, Role: string(in.Role), Note: in.Note, ExpiresAt: now.AddDate(0, 0, days), CreatedBy: actor.UserID, CreatedAt: now}
	code, err := s.code("invite", row.ID)
	if err != nil {
		return row, err
	}
	row.CodeHash = hashCode(code)
	if err := tx.Create(&row).Error; err != nil {
		return row, fmt.Errorf("insert invitation: %w", err)
	}
	return row, s.Audit.Write(tx, actor, audit.Entry{
		Action: "invitation.create", Object: "invitations", ObjectID: row.ID, OrgPath: o.Path, To: InvitationOpen, Data: map[string]any{"role": row.Role},
	})
}

// daysOr takes the default for 0 and refuses what is not within 1…limit.
func daysOr(days, standard, limit int) (int, bool) {
	if days == 0 {
		return standard, true
	}
	return days, days >= 1 && days <= limit
}

func (s *Service) invitationState(i model.Invitation) string {
	switch {
	case i.RedeemedAt != nil:
		return InvitationRedeemed
	case i.RevokedAt != nil:
		return InvitationRevoked
	case !i.ExpiresAt.After(s.Now()):
		return InvitationExpired
	default:
		return InvitationOpen
	}
}

// Invitations lists the invitations of an organisation, newest first, without their codes.
func (s *Service) Invitations(ctx context.Context, actor access.Actor, orgID int64, p page.Request) (page.Result[InvitationInfo], error) {
	var none page.Result[InvitationInfo]
	if err := actor.Require(access.Invite); err != nil {
		return none, err
	}
	db := s.DB.WithContext(ctx)
	o, err := ByID(db, orgID)
	if err != nil {
		return none, err
	}
	if err := actor.Check(access.Invite, access.Object{Paths: []string{o.Path}, Read: access.OrgRead}); err != nil {
		return none, err
	}
	keys, ok, err := p.Key("invitations", 1)
	if err != nil {
		return none, err
	}
	q := db.Where("org_id = ?", orgID)
	if ok {
		q = q.Where("id < ?", keys[0])
	}
	var rows []model.Invitation
	if err := q.Order("id DESC").Limit(p.Size() + 1).Find(&rows).Error; err != nil {
		return none, fmt.Errorf("list invitations: %w", err)
	}
	cut := page.Cut(rows, p.Size(), "invitations", func(i model.Invitation) []int64 { return []int64{i.ID} })
	return page.MapResult(cut, func(i model.Invitation) InvitationInfo {
		return InvitationInfo{Invitation: i, State: s.invitationState(i)}
	}), nil
}

// RevokeInvitation makes an open invitation useless.
func (s *Service) RevokeInvitation(ctx context.Context, actor access.Actor, id int64) (InvitationInfo, error) {
	var row model.Invitation
	if err := actor.Require(access.Invite); err != nil {
		return InvitationInfo{}, err
	}
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		var err error
		if row, err = lockedBy[model.Invitation](tx, "id = ?", id, fault.ErrNotFound); err != nil {
			return err
		}
		o, err := ByID(tx, row.OrgID)
		if err != nil {
			return err
		}
		if err := s.mayAppoint(tx, actor, access.Invite, "", access.Role(row.Role), o); err != nil {
			return err
		}
		if s.invitationState(row) != InvitationOpen {
			return fault.ErrState
		}
		now := s.Now()
		row.RevokedAt = &now
		if err := tx.Model(&model.Invitation{}).Where("id = ?", id).Update("revoked_at", now).Error; err != nil {
			return fmt.Errorf("revoke invitation: %w", err)
		}
		return s.Audit.Write(tx, actor, audit.Entry{
			Action: "invitation.revoke", Object: "invitations", ObjectID: id, OrgPath: o.Path, From: InvitationOpen, To: InvitationRevoked,
		})
	})
	return InvitationInfo{Invitation: row, State: s.invitationState(row)}, err
}

// Redeem gives the signed-in person the role of an invitation, once. The inviter's right was checked when it was made.
func (s *Service) Redeem(ctx context.Context, actor access.Actor, key idem.Key, code string) (model.RoleGrant, error) {
	if err := actor.Require(access.Person); err != nil {
		return model.RoleGrant{}, err
	}
	return idem.Run(ctx, s.DB, s.Now(), actor, "redeemInvitation", key, func(tx *gorm.DB) (model.RoleGrant, error) {
		row, err := lockedBy[model.Invitation](tx, "code_hash = ?", hashCode(code), ErrInvitation)
		if err != nil {
			return model.RoleGrant{}, err
		}
		o, err := ByID(tx, row.OrgID)
		if err != nil {
			return model.RoleGrant{}, err
		}
		if s.invitationState(row) != InvitationOpen || o.Status != model.OrgActive {
			return model.RoleGrant{}, ErrInvitation
		}
		if row.CreatedBy == actor.UserID {
			return model.RoleGrant{}, ErrOwnGrant
		}
		return s.redeem(tx, actor, row, o)
	})
}

func (s *Service) redeem(tx *gorm.DB, actor access.Actor, row model.Invitation, o model.Org) (model.RoleGrant, error) {
	res := tx.Model(&model.Invitation{}).Where("id = ? AND redeemed_by IS NULL AND revoked_at IS NULL", row.ID).
		Updates(map[string]any{"redeemed_by": actor.UserID, "redeemed_at": s.Now()})
	if res.Error != nil {
		return model.RoleGrant{}, fmt.Errorf("redeem invitation: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return model.RoleGrant{}, ErrInvitation
	}
	grant, err := s.appoint(tx, actor, o, NewGrant{UserID: actor.UserID, Role: access.Role(row.Role), OrgID: o.ID}, row.CreatedBy)
	if err != nil {
		return grant, err
	}
	return grant, s.Audit.Write(tx, actor, audit.Entry{
		Action: "invitation.redeem", Object: "invitations", ObjectID: row.ID, OrgPath: o.Path, From: InvitationOpen, To: InvitationRedeemed,
		Data: map[string]any{"grant_id": grant.ID},
	})
}

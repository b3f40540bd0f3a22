package org

import (
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/fault"
	"baodao/service/vault"
)

// activeUser locks the account, so that one person's roles change one at a time; an unknown or closed one is a wrong field.
func activeUser(tx *gorm.DB, id int64) error {
	var users []model.User
	err := atomic.ForUpdate(tx).Select("id", "status").Where("id = ?", id).Find(&users).Error
	if err != nil {
		return fmt.Errorf("read user: %w", err)
	}
	var wrong fault.Collector
	wrong.Add(len(users) == 0 || users[0].Status != model.UserActive, "/user_id", "not_found", "没有这个用户，或账号已停用", "is not an active user")
	return wrong.Err()
}

// knows is nil when the actor may read a user's name: the user holds a role in effect in an organisation whose roles the
// actor reads, or is a student of a branch whose members the actor reads. Who reaches all seats reads names masked, and
// may appoint anybody. Otherwise it is ErrGrantStranger.
func (s *Service) knows(tx *gorm.DB, actor access.Actor, user int64) error {
	if actor.Check(access.GrantWrite, access.Object{}) == nil {
		return nil
	}
	now := s.Now()
	roles, args := actor.Where(access.GrantRead, []string{"o.path"}, "", "")
	holders := tx.Table("role_grants g").Joins("JOIN orgs o ON o.id = g.org_id").Where("g.user_id = ? AND g.live = ?", user, true).
		Where("g.from_at <= ? AND (g.to_at IS NULL OR g.to_at > ?)", access.Begun(now), now).Where(roles, args...)
	members, args := actor.Where(access.OrgMember, []string{"o.path"}, "", "")
	students := tx.Table("student_profiles p").Joins("JOIN orgs o ON o.id = p.branch_id").Where("p.user_id = ?", user).Where(members, args...)
	for column, q := range map[string]*gorm.DB{"g.id": holders, "p.id": students} {
		var found []int64
		if err := q.Limit(1).Pluck(column, &found).Error; err != nil {
			return fmt.Errorf("look whether the person is known: %w", err)
		}
		if len(found) > 0 {
			return nil
		}
	}
	return ErrGrantStranger
}

// userNames opens the names of users; who has none is missing.
func (s *Service) userNames(tx *gorm.DB, ids []int64) (map[int64]string, error) {
	names := map[int64]string{}
	if len(ids) == 0 {
		return names, nil
	}
	var users []model.User
	if err := tx.Select("id", "name_enc").Where("id IN ?", ids).Find(&users).Error; err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	people, err := s.Vault.People(tx, ids...)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		name, err := people[u.ID].Open(vault.UserName, u.ID, u.NameEnc)
		if err != nil {
			return nil, err
		}
		names[u.ID] = name
	}
	return names, nil
}

// setUserName writes the name that the school vouches for into the account.
func (s *Service) setUserName(tx *gorm.DB, user int64, me *vault.Person, name string) error {
	err := tx.Model(&model.User{}).Where("id = ?", user).Updates(map[string]any{
		"name_enc": me.Seal(vault.UserName, user, name), "name_idx": s.Vault.Index(vault.UserName, name),
		"version": gorm.Expr("version + 1"), "updated_at": s.Now(),
	}).Error
	return wrap("set name", err)
}

// idsOf collects distinct ids of rows.
func idsOf[T any](rows []T, id func(T) int64) []int64 {
	ids := make([]int64, 0, len(rows))
	for _, row := range rows {
		ids = append(ids, id(row))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// columnsOver are the columns by which the actor has p over the organisation at path.
func columnsOver(actor access.Actor, p access.Permission, path string) []access.Column {
	var columns []access.Column
	for _, g := range actor.Grants {
		switch scope := access.ScopeOf(p, g.Column); {
		case scope == access.All,
			scope == access.Org && g.OrgPath == path,
			scope == access.Sub && g.OrgPath != "" && strings.HasPrefix(path, g.OrgPath):
			columns = append(columns, g.Column)
		}
	}
	return columns
}

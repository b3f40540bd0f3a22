package org

import (
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
)

// officersMost is how many people of one organisation are told of something.
const officersMost = 50

// Officers finds who answers for organisations, given by their paths: for each the people whose role there lets them do p
// or, where there is nobody, those of the nearest organisation above whose role reaches down to it.
func Officers(tx *gorm.DB, now time.Time, p access.Permission, paths ...string) ([]int64, error) {
	var all []int64
	for _, path := range paths {
		ids := PathIDs(path)
		orgs, err := ByIDs(tx, ids...)
		if err != nil {
			return nil, err
		}
		slices.Reverse(ids)
		for i, id := range ids {
			users, err := holders(tx, now, id, rolesFor(p, orgs[id].Kind, i == 0))
			if err != nil {
				return nil, err
			}
			if len(users) > 0 {
				all = append(all, users...)
				break
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// rolesFor are the roles in organisations of a kind that allow p, for the organisation itself or for one below it.
func rolesFor(p access.Permission, kind model.OrgKind, itself bool) []access.Role {
	var roles []access.Role
	for role, kinds := range seats {
		scope := access.ScopeOf(p, access.ColumnOf(role, string(kind)))
		if slices.Contains(kinds, kind) && (scope == access.Sub || itself && scope == access.Org) {
			roles = append(roles, role)
		}
	}
	return roles
}

// holders are people with an account who hold one of the roles now, the oldest grants first.
func holders(tx *gorm.DB, now time.Time, orgID int64, roles []access.Role) (users []int64, err error) {
	if len(roles) == 0 {
		return nil, nil
	}
	err = tx.Table("role_grants AS g").Joins("JOIN users AS u ON u.id = g.user_id AND u.status = ?", model.UserActive).
		Where("g.org_id = ? AND g.live = ? AND g.role IN ?", orgID, true, roles).
		Where("g.from_at <= ? AND (g.to_at IS NULL OR g.to_at > ?)", access.Begun(now), now).
		Order("g.id").Limit(officersMost).Pluck("g.user_id", &users).Error
	if err != nil {
		return nil, fmt.Errorf("find officers: %w", err)
	}
	return users, nil
}

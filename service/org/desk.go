package org

import (
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/service/access"
)

// Desk finds the organisation that has to deal with something, from the one with this path upwards: the nearest in which
// somebody who is not one of except holds a role that lets them do p there, and these people. Where there is nobody at all
// it is the nearest whose kind knows such a role, and empty when none does.
func Desk(tx *gorm.DB, now time.Time, p access.Permission, path string, except ...int64) (desk string, users []int64, err error) {
	ids := PathIDs(path)
	orgs, err := ByIDs(tx, ids...)
	if err != nil {
		return "", nil, err
	}
	for _, id := range slices.Backward(ids) {
		roles := rolesFor(p, orgs[id].Kind, true)
		if len(roles) == 0 {
			continue
		}
		users, err := holders(tx, now, id, roles)
		if err != nil {
			return "", nil, err
		}
		users = slices.DeleteFunc(users, func(user int64) bool { return slices.Contains(except, user) })
		if len(users) > 0 {
			return orgs[id].Path, users, nil
		}
		if desk == "" {
			desk = orgs[id].Path
		}
	}
	return desk, nil, nil
}

// PathAbove is the path of the organisation directly above the one with this path; empty at the top.
func PathAbove(path string) string {
	trimmed := strings.TrimSuffix(path, "/")
	if up := trimmed[:strings.LastIndex(trimmed, "/")+1]; up != "/" {
		return up
	}
	return ""
}

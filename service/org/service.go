package org

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/read"
	"baodao/service/vault"
)

// Service keeps organisations and the people in them. It is safe for concurrent use.
type Service struct {
	DB        *gorm.DB
	Now       clock.Clock
	NewID     func() int64
	Audit     *audit.Log
	Vault     *vault.Vault
	Content   *content.Service                         // looks at names before others see them; nil lets everything through
	TermAdded func(tx *gorm.DB, term model.Term) error // told of a new term in its transaction; nil: nobody is
	InviteKey []byte                                   // at least 32 secret bytes, from which the codes of invitations and of joining are derived
}

// today is the present day in China.
func (s *Service) today() model.Date { return dayOf(s.Now()) }

func dayOf(t time.Time) model.Date { return model.Date(t.In(clock.China()).Format(time.DateOnly)) }

// branchKinds are the organisations that students belong to.
func branchKinds() []model.OrgKind {
	return []model.OrgKind{model.OrgLeagueBranch, model.OrgGeneralBranch}
}

func isBranch(o model.Org) bool { return slices.Contains(branchKinds(), o.Kind) }

// parentPath is the path of the organisation above, empty at the top.
func parentPath(o model.Org) string {
	return strings.TrimSuffix(o.Path, strconv.FormatInt(o.ID, 10)+"/")
}

// universityOf finds the university that o stands in, which may be o itself; fault.ErrNotFound if there is none.
func universityOf(tx *gorm.DB, o model.Org) (model.Org, error) {
	u, err := read.One[model.Org](tx.Where("kind = ? AND id IN ?", model.OrgUniversityCommittee, PathIDs(o.Path)), "university")
	if err != nil {
		return u, err
	}
	return u, nil
}

// PathIDs are the ids of a path, from the top down.
func PathIDs(path string) []int64 {
	var ids []int64
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if id, err := strconv.ParseInt(part, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// Located is the lowest of some organisations on a path that has a location: what stands on the path and has none is there.
func Located(path string, orgs map[int64]model.Org) (model.Org, bool) {
	for _, id := range slices.Backward(PathIDs(path)) {
		if o := orgs[id]; o.LatE6 != nil && o.LngE6 != nil {
			return o, true
		}
	}
	return model.Org{}, false
}

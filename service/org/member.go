package org

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
	"baodao/service/vault"
)

// Students lists the students of the branches in an organisation's subtree, by branch and id. The number is full for
// the branch and the department, masked for the university.
func (s *Service) Students(ctx context.Context, actor access.Actor, orgID int64, p page.Request) (page.Result[StudentInfo], error) {
	var none page.Result[StudentInfo]
	if err := actor.Require(access.OrgMember); err != nil {
		return none, err
	}
	db := s.DB.WithContext(ctx)
	o, err := ByID(db, orgID)
	if err != nil {
		return none, err
	}
	if err := actor.Check(access.OrgMember, access.Object{Paths: []string{o.Path}, Read: access.OrgRead}); err != nil {
		return none, err
	}
	keys, _, err := p.Key("students", 2)
	if err != nil {
		return none, err
	}
	rows, err := studentsBelow(db, o, append(keys, 0, 0)[:2], p.Size()+1)
	if err != nil {
		return none, err
	}
	cut := page.Cut(rows, p.Size(), "students", func(r model.StudentProfile) []int64 { return []int64{r.BranchID, r.ID} })
	infos, err := s.openStudents(db, cut.Items)
	if err != nil {
		return none, err
	}
	columns := columnsOver(actor, access.OrgMember, o.Path)
	if !slices.Contains(columns, access.BRS) && !slices.Contains(columns, access.DEP) {
		for i := range infos {
			infos[i].Number, infos[i].Name = vault.MaskNumber(infos[i].Number), vault.MaskName(infos[i].Name)
		}
	}
	return page.Result[StudentInfo]{Items: infos, Next: cut.Next}, nil
}

// studentsBelow reads n students of the branches below o after the key (branch, id), in the order of the index on branches.
func studentsBelow(db *gorm.DB, o model.Org, after []int64, n int) ([]model.StudentProfile, error) {
	var units []model.Org
	if err := db.Select("id", "kind").Where("path >= ? AND path < ?", o.Path, access.PathEnd(o.Path)).Find(&units).Error; err != nil {
		return nil, fmt.Errorf("list branches: %w", err)
	}
	var branches []int64
	for _, unit := range units {
		if isBranch(unit) && unit.ID >= after[0] {
			branches = append(branches, unit.ID)
		}
	}
	if len(branches) == 0 {
		return nil, nil
	}
	var rows []model.StudentProfile
	err := db.Where("branch_id IN ? AND (branch_id > ? OR id > ?)", branches, after[0], after[1]).
		Order("branch_id").Order("id").Limit(n).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list students: %w", err)
	}
	return rows, nil
}

// openStudents opens the personal fields of students with one query for their keys.
func (s *Service) openStudents(tx *gorm.DB, rows []model.StudentProfile) ([]StudentInfo, error) {
	people, err := s.Vault.People(tx, idsOf(rows, func(r model.StudentProfile) int64 { return r.PersonID })...)
	if err != nil {
		return nil, err
	}
	infos := make([]StudentInfo, len(rows))
	for i, r := range rows {
		no, noErr := people[r.PersonID].Open(vault.StudentNo, r.ID, r.StudentNoEnc)
		name, nameErr := people[r.PersonID].Open(vault.StudentName, r.ID, r.NameEnc)
		if err := errors.Join(noErr, nameErr); err != nil {
			return nil, err
		}
		infos[i] = StudentInfo{StudentProfile: r, Name: name, Number: no}
	}
	return infos, nil
}

package org

import (
	"encoding/json"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/fault"
	"baodao/service/vault"
)

// insertBatch is how many rows one INSERT carries.
const insertBatch = 500

// enlist writes the new students, each with a key and a membership from today.
func (s *Service) enlist(tx *gorm.DB, r roll) error {
	if len(r.added) == 0 {
		return nil
	}
	ids := make([]int64, len(r.added))
	for i := range ids {
		ids[i] = s.NewID()
	}
	people, err := s.Vault.NewPeople(tx, ids...)
	if err != nil {
		return err
	}
	profiles, members := make([]model.StudentProfile, len(ids)), make([]model.Membership, len(ids))
	now, today := s.Now(), s.today()
	for i, a := range r.added {
		id := ids[i]
		profiles[i] = model.StudentProfile{
			ID: id, PersonID: id, UniversityID: r.university, BranchID: a.branchID, Major: a.major, Grade: a.grade, Tags: a.tags,
			HomeRegion: a.homeRegion, Version: 1, CreatedAt: now, UpdatedAt: now,
			StudentNoEnc: people[id].Seal(vault.StudentNo, id, a.number), StudentNoIdx: s.Vault.Index(vault.StudentNo, a.number),
			NameEnc: people[id].Seal(vault.StudentName, id, a.name), NameIdx: s.Vault.Index(vault.StudentName, a.name),
		}
		if a.tags == nil {
			profiles[i].Tags = []string{}
		}
		if a.graduatesOn != "" {
			profiles[i].GraduatesOn = &r.added[i].graduatesOn
		}
		members[i] = model.Membership{ID: s.NewID(), StudentID: id, OrgID: a.branchID, FromOn: today, CreatedAt: now}
	}
	err = tx.CreateInBatches(profiles, insertBatch).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return fault.ErrBusy.Because(fmt.Errorf("a student was added meanwhile: %w", err))
	}
	if err != nil {
		return fmt.Errorf("insert students: %w", err)
	}
	return wrap("insert memberships", tx.CreateInBatches(members, insertBatch).Error)
}

// amend writes what changed of students who were there.
func (s *Service) amend(tx *gorm.DB, r roll) error {
	for _, a := range r.changed {
		if a.renamed {
			if err := s.rename(tx, a); err != nil {
				return err
			}
		}
		if err := s.moveTo(tx, a.old.ID, a.old.BranchID, a.branchID); err != nil {
			return err
		}
		if tags, ok := a.set["tags"]; ok {
			raw, err := json.Marshal(tags)
			if err != nil {
				return fmt.Errorf("write tags: %w", err)
			}
			a.set["tags"] = string(raw)
		}
		a.set["version"], a.set["updated_at"] = a.old.Version+1, s.Now()
		res := tx.Table("student_profiles").Where("id = ? AND version = ?", a.old.ID, a.old.Version).Updates(a.set)
		if res.Error != nil {
			return fmt.Errorf("update student: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			return fault.ErrStale
		}
	}
	return nil
}

// rename seals the new name, for the account too when one is bound.
func (s *Service) rename(tx *gorm.DB, a amendment) error {
	person, err := s.Vault.Person(tx, a.old.PersonID)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil // the person has been forgotten: there is no key to seal with
	}
	if err != nil {
		return err
	}
	a.set["name_enc"] = person.Seal(vault.StudentName, a.old.ID, a.row.name)
	a.set["name_idx"] = s.Vault.Index(vault.StudentName, a.row.name)
	if a.old.UserID == nil {
		return nil
	}
	return s.setUserName(tx, *a.old.UserID, person, a.row.name)
}

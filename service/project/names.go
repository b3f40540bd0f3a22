package project

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/vault"
)

// liveGrants is a query over the role grants (g) that count at an instant.
func liveGrants(tx *gorm.DB, at time.Time) *gorm.DB {
	return tx.Table("role_grants g").Where("g.live = ? AND g.from_at <= ? AND (g.to_at IS NULL OR g.to_at > ?)", true, access.Begun(at), at)
}

// named adds the names of members: two queries for the rows, one for their keys.
func (s *Service) named(tx *gorm.DB, rows []model.ProjectMember, full bool) ([]Member, error) {
	var students, users []int64
	for _, m := range rows {
		if m.StudentID != 0 {
			students = append(students, m.StudentID)
		} else {
			users = append(users, m.UserID)
		}
	}
	names, err := s.names(tx, students, users)
	if err != nil {
		return nil, err
	}
	out := make([]Member, len(rows))
	for i, m := range rows {
		out[i] = Member{Row: m, Name: names[max(m.StudentID, m.UserID)]}
		if !full {
			out[i].Name = vault.MaskName(out[i].Name)
		}
	}
	return out, nil
}

// names decrypts the names of students and users, by student id and user id. Who is deleted is "".
func (s *Service) names(tx *gorm.DB, students, users []int64) (map[int64]string, error) {
	sealed, err := sealedNames(tx, students, users)
	if err != nil {
		return nil, err
	}
	var persons []int64
	for _, n := range sealed {
		persons = append(persons, n.PersonID)
	}
	keys, err := s.Vault.People(tx, persons...)
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string, len(sealed))
	for _, n := range sealed {
		if names[n.ID], err = keys[n.PersonID].Open(n.column, n.ID, n.NameEnc); err != nil {
			return nil, err
		}
	}
	return names, nil
}

type sealedName struct {
	ID, PersonID int64
	NameEnc      []byte
	column       vault.Column
}

func sealedNames(tx *gorm.DB, students, users []int64) ([]sealedName, error) {
	var all []sealedName
	read := func(table, person string, column vault.Column, ids []int64) error {
		if len(ids) == 0 {
			return nil
		}
		var rows []sealedName
		if err := tx.Table(table).Select("id, "+person+" AS person_id, name_enc").Where("id IN ?", ids).Scan(&rows).Error; err != nil {
			return fmt.Errorf("read names: %w", err)
		}
		for _, r := range rows {
			r.column = column
			all = append(all, r)
		}
		return nil
	}
	if err := read("student_profiles", "person_id", vault.StudentName, students); err != nil {
		return nil, err
	}
	return all, read("users", "id", vault.UserName, users)
}

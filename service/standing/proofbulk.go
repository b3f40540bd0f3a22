package standing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/org"
)

// MaxBulk is how many students one request may name.
const MaxBulk = 500

// RecordProofs records one proof for many students of an organisation and what stands below it: all of them or none.
// fault.ErrInvalid names every student who is not there, is named twice or is the actor. The note must not be content.ErrRisky.
func (s *Service) RecordProofs(ctx context.Context, actor access.Actor, key idem.Key, orgID int64, in NewProof, studentIDs []int64) ([]model.StudentProof, error) {
	if err := person(actor, access.ProofWrite); err != nil {
		return nil, err
	}
	var wrong fault.Collector
	in.check(&wrong)
	wrong.Add(len(studentIDs) == 0, "/student_ids", "min_items", "至少 1 名学生", "must name at least 1 student")
	wrong.Add(len(studentIDs) > MaxBulk, "/student_ids", "max_items", "最多 500 名学生", "must name at most 500 students")
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return content.Do(ctx, s.Content, actor, func() ([]model.StudentProof, error) {
		return idem.Run(ctx, s.DB, s.Now(), actor, "recordProofs", key, func(tx *gorm.DB) ([]model.StudentProof, error) {
			return s.recordAll(tx, actor, orgID, in, studentIDs)
		})
	})
}

func (s *Service) recordAll(tx *gorm.DB, actor access.Actor, orgID int64, in NewProof, studentIDs []int64) ([]model.StudentProof, error) {
	unit, err := org.ByID(tx, orgID)
	if err == nil {
		err = actor.Check(access.ProofWrite, access.Object{Paths: []string{unit.Path}, Read: access.OrgRead})
	}
	if err != nil {
		return nil, err
	}
	paths, err := belong(tx, actor, unit, studentIDs)
	if err == nil {
		err = s.noteShown(tx, actor, unit.Path, in.Note)
	}
	if err != nil {
		return nil, err
	}
	rows, entries := make([]model.StudentProof, len(studentIDs)), make([]audit.Entry, len(studentIDs))
	for i, id := range studentIDs {
		rows[i] = s.newProof(actor, id, in)
		entries[i] = recorded(rows[i], paths[id])
	}
	if err := tx.CreateInBatches(rows, 100).Error; err != nil {
		return nil, fmt.Errorf("record proofs: %w", err)
	}
	return rows, s.Audit.WriteAll(tx, actor, entries)
}

// belong demands that every student is named once, is not the actor, and is of the unit or what stands below it. It gives
// the paths of their branches.
func belong(tx *gorm.DB, actor access.Actor, unit model.Org, ids []int64) (map[int64]string, error) {
	var found []struct {
		ID   int64
		Path string
	}
	err := tx.Table("student_profiles AS s").Joins("JOIN orgs AS o ON o.id = s.branch_id").Where("s.id IN ?", ids).
		Select("s.id, o.path").Scan(&found).Error
	if err != nil {
		return nil, fmt.Errorf("read students: %w", err)
	}
	paths := make(map[int64]string, len(found))
	for _, f := range found {
		if strings.HasPrefix(f.Path, unit.Path) {
			paths[f.ID] = f.Path
		}
	}
	var wrong fault.Collector
	for i, id := range ids {
		at, own := fmt.Sprintf("/student_ids/%d", i), id == actor.StudentID && id != 0
		wrong.Add(paths[id] == "" && !own, at, "not_found", "不是该组织的学生", "is not a student of the organisation")
		wrong.Add(own, at, "own_interest", "不能给自己登记", "is yourself")
		wrong.Add(slices.Contains(ids[:i], id), at, "unique_items", "同一名学生出现了两次", "the student appears twice")
	}
	return paths, wrong.Err()
}

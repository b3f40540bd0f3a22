package org

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/vault"
)

// roll is what an import is going to do.
type roll struct {
	university int64
	added      []addition
	changed    []amendment
	report     *Report
}

// addition is a student who was not there.
type addition struct {
	student
	branchID int64
}

// amendment is a student of whom the file says something else.
type amendment struct {
	old      model.StudentProfile
	row      student
	branchID int64
	renamed  bool
	set      map[string]any
}

func (r *roll) fail(line int, column, code, zh, en string) {
	r.report.Failed++
	r.report.Errors = append(r.report.Errors, RowError{Line: line, Column: column, Code: code, ZH: zh, EN: en})
}

// fill decides row by row what to do. Wrong rows are noted in the report.
func (s *Service) fill(tx *gorm.DB, r *roll, o model.Org, rows []student) error {
	units, err := unitsBelow(tx, o)
	if err != nil {
		return err
	}
	var homes []string
	for _, row := range rows {
		if row.homeRegion != "" {
			homes = append(homes, row.homeRegion)
		}
	}
	slices.Sort(homes)
	regions, err := knownRegions(tx, slices.Compact(homes))
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(rows, 500) {
		old, err := s.profilesByNumber(tx, r.university, batch)
		if err != nil {
			return err
		}
		for _, row := range batch {
			if row.homeRegion != "" && !regions[row.homeRegion] {
				r.fail(row.line, colHome, "not_found", "没有这个行政区划代码", "is not a known division")
				continue
			}
			if branch, ok := units.branchOf(r, row); ok {
				s.decide(r, units, row, branch, old[row.number])
			}
		}
	}
	return nil
}

// decide adds, changes or leaves one student.
func (s *Service) decide(r *roll, u units, row student, branch int64, old model.StudentProfile) {
	if old.ID == 0 {
		r.added = append(r.added, addition{student: row, branchID: branch})
		r.report.Created++
		return
	}
	if !u.ids[old.BranchID] {
		r.fail(row.line, colNumber, "out_of_scope", "该学号登记在其他单位，请由校团委调整", "belongs to a student of another unit")
		return
	}
	a := amendment{old: old, row: row, branchID: branch, set: map[string]any{}}
	a.renamed = !bytes.Equal(old.NameIdx, s.Vault.Index(vault.StudentName, row.name))
	note := func(stated bool, column string, value any) {
		if stated {
			a.set[column] = value
		}
	}
	note(branch != old.BranchID, "branch_id", branch)
	note(row.major != "" && row.major != old.Major, "major", row.major)
	note(row.grade != "" && row.grade != old.Grade, "grade", row.grade)
	note(row.homeRegion != "" && row.homeRegion != old.HomeRegion, "home_region", row.homeRegion)
	note(row.graduatesOn != "" && (old.GraduatesOn == nil || row.graduatesOn != *old.GraduatesOn), "graduates_on", row.graduatesOn)
	note(row.tags != nil && !sameTags(row.tags, old.Tags), "tags", row.tags)
	if !a.renamed && len(a.set) == 0 {
		r.report.Unchanged++
		return
	}
	r.changed = append(r.changed, a)
	r.report.Updated++
}

func sameTags(sorted, old []string) bool {
	old = slices.Clone(old)
	slices.Sort(old)
	return slices.Equal(sorted, old)
}

// profilesByNumber locks the students of the batch that are there already, by number.
func (s *Service) profilesByNumber(tx *gorm.DB, university int64, batch []student) (map[string]model.StudentProfile, error) {
	numbers := make(map[string]string, len(batch))
	indexes := make([][]byte, len(batch))
	for i, row := range batch {
		indexes[i] = s.Vault.Index(vault.StudentNo, row.number)
		numbers[string(indexes[i])] = row.number
	}
	var rows []model.StudentProfile
	err := atomic.ForUpdate(tx).Where("university_id = ? AND student_no_idx IN ?", university, indexes).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("look up students: %w", err)
	}
	found := make(map[string]model.StudentProfile, len(rows))
	for _, p := range rows {
		found[numbers[string(p.StudentNoIdx)]] = p
	}
	return found, nil
}

// units are the organisations below the one that a roster is for.
type units struct {
	self     model.Org
	ids      map[int64]bool
	names    map[int64]string
	branches map[string][]model.Org // active ones, by name
}

func unitsBelow(tx *gorm.DB, o model.Org) (units, error) {
	u := units{self: o, ids: map[int64]bool{}, names: map[int64]string{}, branches: map[string][]model.Org{}}
	var rows []model.Org
	if err := tx.Where("path >= ? AND path < ?", o.Path, access.PathEnd(o.Path)).Find(&rows).Error; err != nil {
		return u, fmt.Errorf("read branches: %w", err)
	}
	for _, row := range rows {
		u.ids[row.ID], u.names[row.ID] = true, row.Name
		if isBranch(row) && row.Status == model.OrgActive {
			u.branches[row.Name] = append(u.branches[row.Name], row)
		}
	}
	return u, nil
}

// branchOf finds the branch of a row by name; a department that is stated must stand above it.
func (u units) branchOf(r *roll, row student) (int64, bool) {
	if row.branch == "" && isBranch(u.self) {
		return u.self.ID, true
	}
	var fits []model.Org
	for _, b := range u.branches[row.branch] {
		if row.department == "" || u.under(b, row.department) {
			fits = append(fits, b)
		}
	}
	switch len(fits) {
	case 1:
		return fits[0].ID, true
	case 0:
		r.fail(row.line, colBranch, "not_found", "没有这个团支部，请先建立或核对名称与院系", "is not an active branch here")
	default:
		r.fail(row.line, colBranch, "ambiguous", "有多个同名的团支部，请填写院系", "names several branches; state the department")
	}
	return 0, false
}

// under tells whether an organisation above the branch has a name that begins with department.
func (u units) under(branch model.Org, department string) bool {
	return slices.ContainsFunc(PathIDs(parentPath(branch)), func(id int64) bool {
		name, known := u.names[id]
		return known && strings.HasPrefix(name, department)
	})
}

package signup

import (
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/fault"
	"baodao/service/project"
	"baodao/service/read"
	"baodao/service/vault"
)

// LockStudents makes everything that follows in this transaction the only thing that happens to these students' signups,
// check-ins and claims. It comes before every other lock. Students are locked in the order of their ids.
func LockStudents(tx *gorm.DB, ids ...int64) error {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	var locked []int64
	err := atomic.ForUpdate(tx.Model(&model.StudentProfile{})).
		Where("id IN ?", ids).Order("id").Pluck("id", &locked).Error
	if err != nil {
		return fmt.Errorf("lock students: %w", err)
	}
	if len(locked) != len(ids) {
		return fault.ErrNotFound
	}
	return nil
}

// ByID reads a signup; fault.ErrNotFound if there is none.
func ByID(tx *gorm.DB, id int64) (model.Signup, error) {
	return read.One[model.Signup](tx.Where("id = ?", id), "signup")
}

// positionOf reads a position and its activity, if the actor may see them: fault.ErrNotFound otherwise.
func positionOf(tx *gorm.DB, actor access.Actor, id int64, now time.Time) (model.Position, model.Activity, error) {
	p, err := read.One[model.Position](tx.Where("id = ?", id), "position")
	if err != nil {
		return p, model.Activity{}, err
	}
	a, err := project.ActivityByID(tx, p.ActivityID)
	if err != nil {
		return p, a, err
	}
	if a.PublishedAt != nil {
		return p, a, nil // anybody sees a published activity
	}
	o, err := project.ActivityObject(tx, a, now)
	if err == nil && !project.Sees(actor, o) {
		err = fault.ErrNotFound
	}
	return p, a, err
}

// personal is what the permission table needs to know of one signup: the activity's owners and team, the student whose
// own record it is, and that it is no public thing even when its activity is.
func personal(tx *gorm.DB, row model.Signup, now time.Time) (access.Object, error) {
	a, err := project.ActivityByID(tx, row.ActivityID)
	if err != nil {
		return access.Object{}, err
	}
	o, err := project.ActivityObject(tx, a, now)
	o.Public, o.Read, o.StudentIDs = false, access.SignupList, []int64{row.StudentID}
	return o, err
}

// Student is a student as lists show them.
type Student struct {
	ID       int64
	Name     string // whole, or 王*; empty once the person's key is destroyed
	No       string // always masked: 2023****17
	BranchID int64
}

// Students reads students for a list: whole tells whether names are shown whole.
func Students(tx *gorm.DB, v *vault.Vault, whole bool, ids ...int64) (map[int64]Student, error) {
	out := make(map[int64]Student, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []model.StudentProfile
	if err := tx.Select("id", "person_id", "branch_id", "name_enc", "student_no_enc").Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read students: %w", err)
	}
	persons := make([]int64, len(rows))
	for i, p := range rows {
		persons[i] = p.PersonID
	}
	keys, err := v.People(tx, persons...)
	if err != nil {
		return nil, err
	}
	for _, p := range rows {
		name, err := keys[p.PersonID].Open(vault.StudentName, p.ID, p.NameEnc)
		if err != nil {
			return nil, err
		}
		no, err := keys[p.PersonID].Open(vault.StudentNo, p.ID, p.StudentNoEnc)
		if err != nil {
			return nil, err
		}
		if !whole {
			name = vault.MaskName(name)
		}
		out[p.ID] = Student{ID: p.ID, Name: name, No: vault.MaskNumber(no), BranchID: p.BranchID}
	}
	return out, nil
}

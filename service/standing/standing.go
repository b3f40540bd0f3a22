// Package standing keeps what a student brings along to a sign-up: proofs of training, insurance and clearance, consents,
// and how reliably they came before. What counts now follows from times; no job is needed.
package standing

import (
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/org"
	"baodao/service/read"
)

// Service keeps proofs, consents, reliability and suspensions. It is safe for concurrent use.
type Service struct {
	DB    *gorm.DB
	Now   clock.Clock
	NewID func() int64
	Audit *audit.Log

	Content *content.Service // looks at notes and reasons before others see them; nil lets everything through
	Trail   Trail            // nil forgets nothing
}

// Trail holds positions of students.
type Trail interface {
	// ForgetPositions deletes them, in the transaction in which the consent ends.
	ForgetPositions(tx *gorm.DB, studentID int64) error
}

// maxText is the longest note, in characters.
const maxText = 200

// aboutStudent is what the permission table needs to know of a record about a student, whom visible lets one see;
// fault.ErrNotFound if there is no such student.
func aboutStudent(tx *gorm.DB, id int64, visible access.Permission) (access.Object, error) {
	row, err := read.One[model.StudentProfile](tx.Select("id", "branch_id").Where("id = ?", id), "student")
	if err != nil {
		return access.Object{}, err
	}
	branch, err := org.ByID(tx, row.BranchID)
	return access.Object{Paths: []string{branch.Path}, StudentIDs: []int64{id}, Read: visible}, err
}

// mayDecide checks that a person may change a student's record that is not their own.
func mayDecide(actor access.Actor, p access.Permission, o access.Object) error {
	if err := actor.Check(p, o); err != nil {
		return err
	}
	return actor.NotOwn(o.StudentIDs, nil)
}

// person is Require for those who must be a person: API clients decide about nobody.
func person(actor access.Actor, p access.Permission) error {
	if err := actor.Require(p); err != nil {
		return err
	}
	if actor.UserID == 0 {
		return access.ErrDenied
	}
	return nil
}

func isDay(d model.Date) bool {
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil
}

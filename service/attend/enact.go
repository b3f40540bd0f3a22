package attend

import (
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
	"baodao/service/audit"
)

// with is the attempt after its row counted.
func (t attempt) with(row *model.CheckIn) attempt {
	p := &t.attendance
	p.SignupID, p.SessionID, p.StudentID = row.SignupID, row.SessionID, row.StudentID
	if row.Kind == model.KindIn {
		p.InID, p.InAt = new(row.ID), new(row.LogicalAt)
	} else {
		p.OutID, p.OutAt = new(row.ID), new(row.LogicalAt)
	}
	return t
}

// enact makes good tries count, in few statements: their pairs open or close, closed pairs become claims. Students are
// locked, so what was judged still holds; a pair that opens twice is ErrAlreadyIn all the same.
func (s *Service) enact(tx *gorm.DB, tries []good) error {
	if len(tries) == 0 {
		return nil
	}
	acts := make([]audit.Act, len(tries))
	var opened, closed []model.Attendance
	var pairs []good
	for i, g := range tries {
		acts[i] = audit.Act{Actor: g.actor, Entry: audit.Entry{
			Action: "check_in.make", Object: "check_ins", ObjectID: g.row.ID, OrgPath: g.try.scene.path, To: g.row.Kind, Reason: g.reason,
			Data: map[string]any{"session_id": g.row.SessionID, "signup_id": g.row.SignupID},
		}}
		if g.row.Kind == model.KindIn {
			opened = append(opened, g.try.attendance)
		} else {
			closed, pairs = append(closed, g.try.attendance), append(pairs, g)
		}
	}
	if err := s.Audit.WriteActs(tx, acts); err != nil {
		return err
	}
	if err := openPairs(tx, opened); err != nil {
		return err
	}
	if err := closePairs(tx, closed); err != nil {
		return err
	}
	return s.credit(tx, pairs)
}

func openPairs(tx *gorm.DB, rows []model.Attendance) error {
	if len(rows) == 0 {
		return nil
	}
	err := tx.CreateInBatches(rows, rowsMost).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrAlreadyIn
	}
	if err != nil {
		return fmt.Errorf("open pairs: %w", err)
	}
	return nil
}

func closePairs(tx *gorm.DB, rows []model.Attendance) error {
	if len(rows) == 0 {
		return nil
	}
	over := clause.OnConflict{
		Columns: []clause.Column{{Name: "signup_id"}, {Name: "session_id"}}, DoUpdates: clause.AssignmentColumns([]string{"out_id", "out_at"}),
	}
	if err := tx.Clauses(over).CreateInBatches(rows, rowsMost).Error; err != nil {
		return fmt.Errorf("close pairs: %w", err)
	}
	return nil
}

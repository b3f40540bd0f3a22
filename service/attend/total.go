package attend

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
)

// totalColumns are what a total is a sum over, as an expression over a line e and its term t.
const totalColumns = "COALESCE(t.id, 0) AS term_id, e.branch_path, e.programme_id, e.class, e.basis, e.student_id, e.branch_id"

// fromLines joins each line with the term that holds its day.
const fromLines = ` FROM hours_entries AS e
LEFT JOIN student_profiles AS p ON p.id = e.student_id
LEFT JOIN terms AS t ON t.university_id = p.university_id AND t.starts_on <= e.served_on AND t.ends_on >= e.served_on`

const groupLines = " GROUP BY COALESCE(t.id, 0), e.branch_path, e.programme_id, e.class, e.basis, e.student_id, e.branch_id"

// addUp adds lines to the totals of their students. The caller holds the head of the ledger, so nobody else does.
func (s *Service) addUp(tx *gorm.DB, lines []model.HoursEntry) error {
	students := make([]int64, len(lines))
	for i, l := range lines {
		students[i] = l.StudentID
	}
	terms, err := termsOf(tx, students...)
	if err != nil {
		return err
	}
	sums := map[model.HoursTotal]int64{}
	for _, l := range lines {
		key := model.HoursTotal{BranchPath: l.BranchPath, ProgrammeID: l.ProgrammeID, Class: l.Class, Basis: l.Basis, StudentID: l.StudentID, BranchID: l.BranchID}
		if t, ok := termOn(terms[l.StudentID], l.ServedOn); ok {
			key.TermID = t.ID
		}
		sums[key] += l.Minutes
	}
	rows := make([]model.HoursTotal, 0, len(sums))
	for key, minutes := range sums {
		key.Minutes = minutes
		rows = append(rows, key)
	}
	slices.SortFunc(rows, func(a, b model.HoursTotal) int {
		return cmp.Or(cmp.Compare(a.TermID, b.TermID), cmp.Compare(a.BranchPath, b.BranchPath), cmp.Compare(a.StudentID, b.StudentID))
	})
	return addTotals(tx, rows)
}

// addTotals adds minutes to totals, which begin at 0.
func addTotals(tx *gorm.DB, rows []model.HoursTotal) error {
	if len(rows) == 0 {
		return nil
	}
	more := "hours_totals.minutes + excluded.minutes"
	if tx.Name() == "mysql" {
		more = "minutes + VALUES(minutes)"
	}
	set := clause.OnConflict{
		Columns:   []clause.Column{{Name: "term_id"}, {Name: "branch_path"}, {Name: "programme_id"}, {Name: "class"}, {Name: "basis"}, {Name: "student_id"}, {Name: "branch_id"}},
		DoUpdates: clause.Assignments(map[string]any{"minutes": gorm.Expr(more)}),
	}
	if err := tx.Clauses(set).CreateInBatches(rows, chunk).Error; err != nil {
		return fmt.Errorf("add up the ledger: %w", err)
	}
	return nil
}

// TermAdded puts the totals of the days of a new term under it. Whoever adds a term calls it in that transaction.
func (s *Service) TermAdded(tx *gorm.DB, term model.Term) error {
	if _, err := s.end(tx); err != nil { // nobody writes meanwhile
		return err
	}
	var counted []int64
	if err := tx.Model(&model.HoursTotal{}).Where("term_id = ?", term.ID).Limit(1).Pluck("student_id", &counted).Error; err != nil || len(counted) > 0 {
		return err // the chain began just now
	}
	var rows []model.HoursTotal
	err := tx.Raw("SELECT "+totalColumns+", SUM(e.minutes) AS minutes"+fromLines+" WHERE t.id = ?"+groupLines, term.ID).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("add up a term: %w", err)
	}
	moved := make([]model.HoursTotal, 0, 2*len(rows))
	for _, r := range rows {
		out := r
		out.TermID, out.Minutes = 0, -r.Minutes
		moved = append(moved, out, r)
	}
	return addTotals(tx, moved)
}

// recount makes the totals anew from the lines.
func (s *Service) recount(tx *gorm.DB) error {
	if err := tx.Where("1 = 1").Delete(&model.HoursTotal{}).Error; err != nil {
		return fmt.Errorf("empty the totals: %w", err)
	}
	err := tx.Exec("INSERT INTO hours_totals (term_id, branch_path, programme_id, class, basis, student_id, branch_id, minutes) SELECT " +
		totalColumns + ", SUM(e.minutes)" + fromLines + groupLines).Error
	if err != nil {
		return fmt.Errorf("recount the ledger: %w", err)
	}
	return nil
}

// Recount makes the totals anew from the lines of the ledger and returns how many were wrong before. It is for the operator.
func (s *Service) Recount(ctx context.Context) (wrong int, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		if _, err := s.end(tx); err != nil {
			return err
		}
		off, err := totalsOff(tx, -1)
		if err != nil {
			return err
		}
		wrong = len(off)
		if err := s.recount(tx); err != nil {
			return err
		}
		return s.Audit.Write(tx, access.System("ledger"), audit.Entry{Action: "ledger.recount", Object: "hours_totals", Data: map[string]any{"wrong": wrong}})
	})
	return wrong, err
}

// totalsOff finds totals that are not the sum of their lines, and by how many minutes too high each is; at most limit, -1
// for all.
func totalsOff(db *gorm.DB, limit int) ([]model.HoursTotal, error) {
	var off []model.HoursTotal
	err := db.Table("(SELECT term_id, branch_path, programme_id, class, basis, student_id, branch_id, minutes FROM hours_totals UNION ALL SELECT " +
		totalColumns + ", -SUM(e.minutes)" + fromLines + groupLines + ") AS x").
		Select("term_id, branch_path, programme_id, class, basis, student_id, branch_id, SUM(minutes) AS minutes").
		Group("term_id, branch_path, programme_id, class, basis, student_id, branch_id").Having("SUM(minutes) <> 0").
		Order("student_id, term_id, programme_id").Limit(limit).Scan(&off).Error
	if err != nil {
		return nil, fmt.Errorf("compare totals with the ledger: %w", err)
	}
	return off, nil
}

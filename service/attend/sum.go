package attend

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/project"
)

// Whose hours an organisation's totals are.
const (
	ByBranch = "BRANCH" // of the students of branches below it, on the day of posting
	ByHost   = "HOST"   // served at hosts below it today
)

// fewest is the smallest number of people of whom those above the school are told a sum.
const fewest = 5

// Asked says which lines a total is of; the zero value takes all.
type Asked struct {
	By                  string // ByBranch or ByHost; empty: ByHost for local organisations, ByBranch for others
	ProgrammeID, TermID int64
	AsOf                time.Time // lines posted until then (included); the zero time, or one to come, means all
}

// Totals are sums of ledger lines and nothing else.
type Totals struct {
	AsOf                         time.Time
	Minutes, Volunteer, Practice int64
	Students                     int64       // with more than no minutes; 0 when Hidden
	Parts                        []TotalPart // by programme, class and basis
	Hidden                       bool        // parts of fewer than five students are left out, of the sums too
}

// TotalPart is the sum of one programme, class and basis.
type TotalPart struct {
	ProgrammeID   int64
	ProgrammeName string
	Class, Basis  string
	Minutes       int64
	Students      int64 // with more than no minutes
}

// TotalsOfOrg sums up for an organisation and all below it. Those who read no single hours there are not told sums of
// fewer than five students, nor sums within a day: to them now is when the day began, or asking often would tell each posting.
func (s *Service) TotalsOfOrg(ctx context.Context, actor access.Actor, orgID int64, in Asked) (Totals, error) {
	if err := actor.Require(access.HoursTotals); err != nil {
		return Totals{}, err
	}
	db := s.DB.WithContext(ctx)
	top, err := org.ByID(db, orgID)
	if err == nil {
		err = actor.Check(access.HoursTotals, access.Object{Paths: []string{top.Path}, Read: access.OrgRead})
	}
	if err != nil {
		return Totals{}, err
	}
	sum := s.summing(in)
	numbersOnly := actor.Check(access.HoursRead, access.Object{Paths: []string{top.Path}}) != nil
	if numbersOnly {
		sum.AsOf, _ = dayBounds(sum.AsOf)
		sum.now = false
	}
	if in.By == ByHost || in.By == "" && top.Side == model.SideLocal {
		sum.lines("JOIN activities AS a ON a.id = e.activity_id JOIN orgs AS h ON h.id = a.host_org_id", "h.path >= ? AND h.path < ?", top.Path, access.PathEnd(top.Path))
	} else {
		sum.totals("branch_path >= ? AND branch_path < ?", top.Path, access.PathEnd(top.Path))
	}
	out, err := sum.run(db)
	if numbersOnly {
		out.hide()
	}
	return out, err
}

// TotalsOfProject sums up what was served in the activities of a project.
func (s *Service) TotalsOfProject(ctx context.Context, actor access.Actor, projectID int64, in Asked) (Totals, error) {
	if err := actor.Require(access.HoursTotals); err != nil {
		return Totals{}, err
	}
	db := s.DB.WithContext(ctx)
	o, err := project.ObjectOf(db, projectID, s.Now())
	if err == nil {
		err = actor.Check(access.HoursTotals, o)
	}
	if err != nil {
		return Totals{}, err
	}
	sum := s.summing(in)
	sum.lines("JOIN activities AS a ON a.id = e.activity_id", "a.project_id = ?", projectID)
	return sum.run(db)
}

// RecordOf is MyRecord for whoever reads the hours of a student.
func (s *Service) RecordOf(ctx context.Context, actor access.Actor, studentID int64, asOf time.Time) (Record, error) {
	if err := actor.Require(access.HoursRead); err != nil {
		return Record{}, err
	}
	db := s.DB.WithContext(ctx)
	homes, err := homesNow(db, studentID)
	if err == nil {
		err = actor.Check(access.HoursRead, access.Object{Paths: homes, StudentIDs: []int64{studentID}, Read: access.HoursRead})
	}
	if err != nil {
		return Record{}, err
	}
	return s.record(db, studentID, asOf)
}

// homesNow is the path of a student's branch today; fault.ErrNotFound without such a student.
func homesNow(db *gorm.DB, studentID int64) ([]string, error) {
	var paths []string
	err := db.Table("student_profiles AS p").Joins("JOIN orgs AS o ON o.id = p.branch_id").Where("p.id = ?", studentID).Pluck("o.path", &paths).Error
	if err != nil {
		return nil, fmt.Errorf("read branch: %w", err)
	}
	if len(paths) == 0 {
		return nil, fault.ErrNotFound
	}
	return paths, nil
}

// summing is a sum in the making: SQL that yields programme, class, basis, student and minutes, one row after another.
type summing struct {
	Asked
	now  bool // everything that was posted
	sql  string
	args []any
}

func (s *Service) summing(in Asked) *summing {
	out := &summing{Asked: in}
	if at := s.Now(); in.AsOf.IsZero() || !in.AsOf.Before(at) {
		out.AsOf, out.now = at, true
	}
	return out
}

// totals takes the stored totals and, for a past moment, the lines since then off again.
func (s *summing) totals(where string, args ...any) {
	s.sql, s.args = "SELECT programme_id, class, basis, student_id, minutes FROM hours_totals WHERE "+where, args
	if s.TermID != 0 {
		s.sql, s.args = s.sql+" AND term_id = ?", append(s.args, s.TermID)
	}
	if s.ProgrammeID != 0 {
		s.sql, s.args = s.sql+" AND programme_id = ?", append(s.args, s.ProgrammeID)
	}
	if !s.now {
		stored, have := s.sql, s.args
		s.from("-", "", "e.posted_at > ? AND e."+strings.ReplaceAll(where, "AND ", "AND e."), append([]any{s.AsOf}, args...)...)
		s.sql, s.args = stored+" UNION ALL "+s.sql, append(append([]any{}, have...), s.args...)
	}
}

// lines takes the lines themselves.
func (s *summing) lines(join, where string, args ...any) {
	if !s.now {
		where, args = where+" AND e.posted_at <= ?", append(args, s.AsOf)
	}
	s.from("", join, where, args...)
}

// from selects lines with a sign.
func (s *summing) from(sign, join, where string, args ...any) {
	if s.TermID != 0 {
		join += " JOIN terms AS t ON t.id = ? AND t.starts_on <= e.served_on AND t.ends_on >= e.served_on JOIN student_profiles AS p ON p.id = e.student_id AND p.university_id = t.university_id"
		args = append([]any{s.TermID}, args...)
	}
	if s.ProgrammeID != 0 {
		where, args = where+" AND e.programme_id = ?", append(args, s.ProgrammeID)
	}
	s.sql = "SELECT e.programme_id, e.class, e.basis, e.student_id, " + sign + "e.minutes AS minutes FROM hours_entries AS e " + join + " WHERE " + where
	s.args = args
}

func (t *Totals) addUp() {
	t.Minutes, t.Volunteer, t.Practice = 0, 0, 0
	for _, p := range t.Parts {
		t.Minutes += p.Minutes
		if p.Class == model.ClassVolunteer {
			t.Volunteer += p.Minutes
		} else {
			t.Practice += p.Minutes
		}
	}
}

// hide leaves out what is of too few people, and what would tell it by subtraction.
func (t *Totals) hide() {
	shown := t.Parts[:0]
	for _, p := range t.Parts {
		if p.Students >= fewest {
			shown = append(shown, p)
		}
	}
	t.Hidden = len(shown) < len(t.Parts)
	if t.Parts = shown; t.Hidden {
		t.Students = 0
		t.addUp()
	}
}

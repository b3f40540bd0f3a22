package attend

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
)

// Line is a line of the ledger with what is read beside it.
type Line struct {
	model.HoursEntry
	ActivityTitle string
	ProgrammeName string
}

const listMyHours = "hours.mine"

// MyHours pages the student's own ledger lines, newest first.
func (s *Service) MyHours(ctx context.Context, actor access.Actor, req page.Request) (page.Result[Line], error) {
	none := page.Result[Line]{Items: []Line{}}
	if actor.StudentID == 0 {
		return none, actor.Require(access.Person)
	}
	keys, later, err := req.Key(listMyHours, 1)
	if err != nil {
		return none, err
	}
	q := s.DB.WithContext(ctx).Table("hours_entries AS e").
		Joins("JOIN activities AS a ON a.id = e.activity_id").Joins("JOIN programmes AS p ON p.id = e.programme_id").
		Select("e.*, a.title AS activity_title, p.name AS programme_name").Where("e.student_id = ?", actor.StudentID)
	if later {
		q = q.Where("e.id < ?", keys[0])
	}
	rows := []Line{}
	if err := q.Order("e.id DESC").Limit(req.Size() + 1).Scan(&rows).Error; err != nil {
		return none, fmt.Errorf("list ledger lines: %w", err)
	}
	return page.Cut(rows, req.Size(), listMyHours, func(l Line) []int64 { return []int64{l.ID} }), nil
}

// Record is what a student has served, as sums of ledger lines and nothing else.
type Record struct {
	AsOf      time.Time
	Minutes   int64 // all classes
	Volunteer int64
	Practice  int64
	Parts     []Part // by programme, term, class and basis, in the order of their first day of service
}

// Part is the sum of one programme, term, class and basis.
type Part struct {
	ProgrammeID   int64
	ProgrammeName string
	TermID        int64 // 0 outside every term of the university
	TermName      string
	Class         string
	Basis         string
	Minutes       int64
}

// MyRecord sums the student's ledger lines posted until asOf (included); the zero time, or one to come, means all: a clock
// that was put back hides no line.
func (s *Service) MyRecord(ctx context.Context, actor access.Actor, asOf time.Time) (Record, error) {
	if actor.StudentID == 0 {
		return Record{AsOf: s.summing(Asked{AsOf: asOf}).AsOf, Parts: []Part{}}, actor.Require(access.Person)
	}
	return s.record(s.DB.WithContext(ctx), actor.StudentID, asOf)
}

func (s *Service) record(db *gorm.DB, studentID int64, asOf time.Time) (Record, error) {
	sum := s.summing(Asked{AsOf: asOf})
	out := Record{AsOf: sum.AsOf, Parts: []Part{}}
	days, err := daysOf(db, studentID, sum)
	if err != nil {
		return out, err
	}
	terms, err := termsOf(db, studentID)
	if err != nil {
		return out, err
	}
	for _, d := range days {
		out.add(d, terms[studentID])
	}
	return out, nil
}

// served is the sum of one programme, day, class and basis.
type served struct {
	ProgrammeID   int64
	ProgrammeName string
	Class         string
	Basis         string
	ServedOn      model.Date
	Minutes       int64
}

// add puts a day into the totals and into its part.
func (r *Record) add(d served, terms []model.Term) {
	r.Minutes += d.Minutes
	if d.Class == model.ClassVolunteer {
		r.Volunteer += d.Minutes
	} else {
		r.Practice += d.Minutes
	}
	part := Part{ProgrammeID: d.ProgrammeID, ProgrammeName: d.ProgrammeName, Class: d.Class, Basis: d.Basis}
	if t, ok := termOn(terms, d.ServedOn); ok {
		part.TermID, part.TermName = t.ID, t.Name
	}
	for i, p := range r.Parts {
		if p.ProgrammeID == part.ProgrammeID && p.TermID == part.TermID && p.Class == part.Class && p.Basis == part.Basis {
			r.Parts[i].Minutes += d.Minutes
			return
		}
	}
	part.Minutes = d.Minutes
	r.Parts = append(r.Parts, part)
}

// daysOf sums a student's lines by programme, day, class and basis.
func daysOf(db *gorm.DB, studentID int64, sum *summing) ([]served, error) {
	var days []served
	q := db.Table("hours_entries AS e").Joins("JOIN programmes AS p ON p.id = e.programme_id").Where("e.student_id = ?", studentID)
	if !sum.now {
		q = q.Where("e.posted_at <= ?", sum.AsOf)
	}
	err := q.Group("e.programme_id, p.name, e.class, e.basis, e.served_on").Order("e.served_on, e.programme_id, e.class, e.basis").
		Select("e.programme_id, p.name AS programme_name, e.class, e.basis, e.served_on, SUM(e.minutes) AS minutes").Scan(&days).Error
	if err != nil {
		return nil, fmt.Errorf("sum ledger lines: %w", err)
	}
	return days, nil
}

// termsOf reads the terms of students' universities, by student, the oldest first.
func termsOf(db *gorm.DB, students ...int64) (map[int64][]model.Term, error) {
	var people []struct{ ID, UniversityID int64 }
	if err := db.Model(&model.StudentProfile{}).Select("id, university_id").Where("id IN ?", students).Scan(&people).Error; err != nil {
		return nil, fmt.Errorf("read universities: %w", err)
	}
	at := map[int64]int64{}
	for _, p := range people {
		at[p.ID] = p.UniversityID
	}
	var terms []model.Term
	if err := db.Where("university_id IN ?", append(slices.Collect(maps.Values(at)), 0)).Order("starts_on").Find(&terms).Error; err != nil {
		return nil, fmt.Errorf("read terms: %w", err)
	}
	of := map[int64][]model.Term{}
	for _, t := range terms {
		of[t.UniversityID] = append(of[t.UniversityID], t)
	}
	out := make(map[int64][]model.Term, len(at))
	for student, university := range at {
		out[student] = of[university]
	}
	return out, nil
}

// termOn finds the term that holds a day; both its days belong to it.
func termOn(terms []model.Term, day model.Date) (model.Term, bool) {
	for _, t := range terms {
		if t.StartsOn <= day && day <= t.EndsOn {
			return t, true
		}
	}
	return model.Term{}, false
}

package standing

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
)

// Line is one line of the ledger of reliability.
type Line struct {
	model.ReliabilityEntry

	ReversedBy int64 // the line that reverses it, 0 if none
}

// Reliability is how reliably a student came.
type Reliability struct {
	Points     int64                   // sum of the lines that have not expired; 0 or less
	Suspension *model.SignupSuspension // the one in force, nil if none
	Lines      page.Result[Line]       // newest first
}

// MyReliability reads the actor's own; who is no student has none.
func (s *Service) MyReliability(ctx context.Context, actor access.Actor, req page.Request) (Reliability, error) {
	if err := actor.Require(access.Person); err != nil {
		return Reliability{}, err
	}
	return s.reliability(s.DB.WithContext(ctx), actor.StudentID, req)
}

// ReliabilityOf reads a student's.
func (s *Service) ReliabilityOf(ctx context.Context, actor access.Actor, studentID int64, req page.Request) (Reliability, error) {
	if err := actor.Require(access.ReliabilityRead); err != nil {
		return Reliability{}, err
	}
	db := s.DB.WithContext(ctx)
	o, err := aboutStudent(db, studentID, access.ReliabilityRead)
	if err == nil {
		err = actor.Check(access.ReliabilityRead, o)
	}
	if err != nil {
		return Reliability{}, err
	}
	return s.reliability(db, studentID, req)
}

func (s *Service) reliability(db *gorm.DB, studentID int64, req page.Request) (out Reliability, err error) {
	now := s.Now()
	err = db.Model(&model.ReliabilityEntry{}).Where("student_id = ? AND expires_at > ?", studentID, now).
		Select("COALESCE(SUM(points), 0)").Scan(&out.Points).Error
	if err != nil {
		return out, fmt.Errorf("sum reliability: %w", err)
	}
	var standing []model.SignupSuspension
	err = db.Where("student_id = ?", studentID).Where(inForce, now, now).Order("to_at DESC").Limit(1).Find(&standing).Error
	if err != nil {
		return out, fmt.Errorf("read suspension: %w", err)
	}
	if len(standing) > 0 {
		out.Suspension = &standing[0]
	}
	out.Lines, err = lines(db, studentID, req)
	return out, err
}

const listReliability = "reliability_entries"

func lines(db *gorm.DB, studentID int64, req page.Request) (page.Result[Line], error) {
	keys, later, err := req.Key(listReliability, 1)
	if err != nil {
		return page.Result[Line]{}, err
	}
	q := db.Table("reliability_entries AS e").
		Joins("LEFT JOIN reliability_entries AS r ON r.signup_id = e.signup_id AND r.kind = ? AND r.reverses = e.id", model.ReliabilityReversal).
		Select("e.*, COALESCE(r.id, 0) AS reversed_by").Where("e.student_id = ?", studentID)
	if later {
		q = q.Where("e.id < ?", keys[0])
	}
	var rows []Line
	if err := q.Order("e.id DESC").Limit(req.Size() + 1).Scan(&rows).Error; err != nil {
		return page.Result[Line]{}, fmt.Errorf("list reliability: %w", err)
	}
	return page.Cut(rows, req.Size(), listReliability, func(l Line) []int64 { return []int64{l.ID} }), nil
}

package survey

import (
	"context"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/matching/geo"
	"baodao/service/read"
	"baodao/service/vault"
)

// MyHome reads where the actor lives in vacations, as it was kept: on a grid of 500 m. fault.ErrNotFound when they have not
// said.
func (s *Service) MyHome(ctx context.Context, actor access.Actor) (geo.Point, error) {
	if err := actor.Require(access.Willingness); err != nil {
		return geo.Point{}, err
	}
	return s.home(s.DB.WithContext(ctx), actor.StudentID)
}

func (s *Service) home(tx *gorm.DB, studentID int64) (geo.Point, error) {
	row, err := read.One[model.StudentHome](tx.Where("student_id = ?", studentID), "home")
	if err != nil {
		return geo.Point{}, err
	}
	key, err := s.keyOf(tx, studentID)
	if err != nil {
		return geo.Point{}, err
	}
	at, err := openHome(key, studentID, row.HomeEnc)
	if err == nil && at == nil {
		err = fault.ErrNotFound
	}
	if err != nil {
		return geo.Point{}, err
	}
	return *at, nil
}

// SetHome keeps where the actor lives in vacations. It serves the distances of vacation rounds and nothing else, and nobody
// but the actor reads it.
func (s *Service) SetHome(ctx context.Context, actor access.Actor, at geo.Point) (out geo.Point, err error) {
	if err := actor.Require(access.Willingness); err != nil {
		return out, err
	}
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		key, err := s.keyOf(tx, actor.StudentID)
		if err != nil {
			return err
		}
		row := model.StudentHome{StudentID: actor.StudentID, HomeEnc: key.Seal(vault.Home, actor.StudentID, homeText(coarse(at))), UpdatedAt: s.Now()}
		again := clause.OnConflict{Columns: []clause.Column{{Name: "student_id"}}, DoUpdates: clause.AssignmentColumns([]string{"home_enc", "updated_at"})}
		if err := tx.Clauses(again).Create(&row).Error; err != nil {
			return fmt.Errorf("write home: %w", err)
		}
		if err := s.Audit.Write(tx, actor, audit.Entry{Action: "home.set", Object: row.TableName(), ObjectID: actor.StudentID, OrgPath: actor.BranchPath}); err != nil {
			return err
		}
		out, err = s.home(tx, actor.StudentID)
		return err
	})
	return out, err
}

// ForgetHome deletes where the actor lives; without a home it changes nothing.
func (s *Service) ForgetHome(ctx context.Context, actor access.Actor) error {
	if err := actor.Require(access.Willingness); err != nil {
		return err
	}
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		res := tx.Where("student_id = ?", actor.StudentID).Delete(&model.StudentHome{})
		if res.Error != nil {
			return fmt.Errorf("delete home: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			return nil
		}
		return s.Audit.Write(tx, actor, audit.Entry{Action: "home.forget", Object: model.StudentHome{}.TableName(), ObjectID: actor.StudentID, OrgPath: actor.BranchPath})
	})
}

// keyOf opens the data key of a student; fault.ErrNotFound without such a student.
func (s *Service) keyOf(tx *gorm.DB, studentID int64) (*vault.Person, error) {
	row, err := read.One[model.StudentProfile](tx.Select("id", "person_id").Where("id = ?", studentID), "student")
	if err != nil {
		return nil, err
	}
	return s.Vault.Person(tx, row.PersonID)
}

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
	"baodao/service/org"
	"baodao/service/read"
)

// ErrManyBlocks refuses more hosts than a student may avoid.
var ErrManyBlocks = fault.Define(fault.Conflict, "block.too_many", "最多屏蔽 20 个单位，请先取消一些。", "At most 20 hosts can be avoided; take one off the list first.")

// mostBlocks is how many hosts a student may avoid: enough for bad memories, too few to choose by.
const mostBlocks = 20

// MyBlocks lists the hosts that the actor does not want, by id.
func (s *Service) MyBlocks(ctx context.Context, actor access.Actor) ([]model.Org, error) {
	if err := actor.Require(access.Willingness); err != nil {
		return nil, err
	}
	return blockedHosts(s.DB.WithContext(ctx), actor.StudentID)
}

func blockedHosts(tx *gorm.DB, studentID int64) ([]model.Org, error) {
	rows := []model.Org{}
	err := tx.Table("orgs AS o").Select("o.*").Joins("JOIN match_blocks AS b ON b.org_id = o.id").
		Where("b.student_id = ? AND b.side = ?", studentID, model.BlockByStudent).Order("o.id").Limit(mostBlocks).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read blocked hosts: %w", err)
	}
	return rows, nil
}

// AvoidHost keeps a host away from the actor: it is neither recommended nor matched. The host does not learn of it. Doing it
// again changes nothing. fault.ErrNotFound for what is no host, ErrManyBlocks.
func (s *Service) AvoidHost(ctx context.Context, actor access.Actor, orgID int64) (out []model.Org, err error) {
	if err := actor.Require(access.Willingness); err != nil {
		return nil, err
	}
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		host, err := org.ByID(tx, orgID)
		if err != nil {
			return err
		}
		if host.Side != model.SideLocal {
			return fault.ErrNotFound
		}
		if _, err := read.One[model.StudentProfile](atomic.ForUpdate(tx).Select("id").Where("id = ?", actor.StudentID), "student"); err != nil {
			return err
		}
		if err := s.avoid(tx, actor, orgID); err != nil {
			return err
		}
		out, err = blockedHosts(tx, actor.StudentID)
		return err
	})
	return out, err
}

// avoid adds a host to those of a locked student.
func (s *Service) avoid(tx *gorm.DB, actor access.Actor, orgID int64) error {
	var have []int64
	err := tx.Model(&model.MatchBlock{}).Where("student_id = ? AND side = ?", actor.StudentID, model.BlockByStudent).Limit(mostBlocks).Pluck("org_id", &have).Error
	if err != nil {
		return fmt.Errorf("read blocked hosts: %w", err)
	}
	for _, id := range have {
		if id == orgID {
			return nil
		}
	}
	if len(have) >= mostBlocks {
		return ErrManyBlocks
	}
	row := model.MatchBlock{StudentID: actor.StudentID, OrgID: orgID, Side: model.BlockByStudent, ReasonEnc: []byte{}, CreatedBy: actor.UserID, CreatedAt: s.Now()}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("write block: %w", err)
	}
	return s.tellBlock(tx, actor, "block.avoid", row, actor.BranchPath)
}

// AllowHost takes a host off the actor's list; fault.ErrNotFound when it is not on it.
func (s *Service) AllowHost(ctx context.Context, actor access.Actor, orgID int64) error {
	if err := actor.Require(access.Willingness); err != nil {
		return err
	}
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		return s.unblock(tx, actor, model.MatchBlock{StudentID: actor.StudentID, OrgID: orgID, Side: model.BlockByStudent}, actor.BranchPath)
	})
}

// unblock deletes a block; fault.ErrNotFound without one.
func (s *Service) unblock(tx *gorm.DB, actor access.Actor, row model.MatchBlock, path string) error {
	res := tx.Where("student_id = ? AND org_id = ? AND side = ?", row.StudentID, row.OrgID, row.Side).Delete(&model.MatchBlock{})
	if res.Error != nil {
		return fmt.Errorf("delete block: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return fault.ErrNotFound
	}
	return s.tellBlock(tx, actor, "block.lift", row, path)
}

// tellBlock writes who was kept away from whom, by whom. Reasons stay out of the log.
func (s *Service) tellBlock(tx *gorm.DB, actor access.Actor, action string, row model.MatchBlock, path string) error {
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: action, Object: row.TableName(), ObjectID: row.StudentID, OrgPath: path, Data: map[string]any{"org_id": row.OrgID, "side": row.Side},
	})
}

// onBlock is what happens when a block is set again.
func onBlock() clause.OnConflict {
	key := []clause.Column{{Name: "student_id"}, {Name: "org_id"}, {Name: "side"}}
	return clause.OnConflict{Columns: key, DoUpdates: clause.AssignmentColumns([]string{"reason_enc", "created_by", "created_at"})}
}

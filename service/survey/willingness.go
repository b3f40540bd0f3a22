package survey

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
)

// Offer is what a student says to a programme.
type Offer struct {
	Willing   bool
	Slots     Week
	Skills    []string // codes of the policy
	Interests []string // codes of categories, the first wanted most; at most three
	MaxDistM  int64
}

// Willingness is what a student has said; version 0 when nothing yet.
type Willingness struct {
	Offer

	ProgrammeID int64
	Version     int64
}

// defaultDistM is how far a student goes who has not said, in metres.
const defaultDistM = 10_000

// MyWillingness reads what the actor has said to a programme that is running.
func (s *Service) MyWillingness(ctx context.Context, actor access.Actor, programmeID int64) (Willingness, error) {
	if err := actor.Require(access.Willingness); err != nil {
		return Willingness{}, err
	}
	return willingness(s.DB.WithContext(ctx), actor.StudentID, programmeID)
}

func willingness(tx *gorm.DB, studentID, programmeID int64) (Willingness, error) {
	policy, err := policyOf(tx, programmeID)
	if err != nil {
		return Willingness{}, err
	}
	var rows []model.Willingness
	if err := tx.Where("student_id = ? AND programme_id = ?", studentID, programmeID).Find(&rows).Error; err != nil {
		return Willingness{}, fmt.Errorf("read willingness: %w", err)
	}
	out := Willingness{ProgrammeID: programmeID, Offer: Offer{Skills: []string{}, Interests: []string{}, MaxDistM: defaultDistM}}
	if len(rows) == 0 {
		return out, nil
	}
	r := rows[0]
	out.Version = r.Version
	out.Offer = Offer{Willing: r.Willing, Slots: Week(r.Slots), Skills: skillCodes(policy, r.Skills), Interests: []string{}, MaxDistM: r.MaxDistM} //nolint:gosec // checked when it was written
	for _, code := range []string{r.Interest1, r.Interest2, r.Interest3} {
		if code != "" {
			out.Interests = append(out.Interests, code)
		}
	}
	return out, nil
}

// OfferWillingness writes all of what the actor says to a programme anew. version is the one they read, 0 for the first time.
// fault.ErrInvalid, fault.ErrStale.
func (s *Service) OfferWillingness(ctx context.Context, actor access.Actor, programmeID, version int64, in Offer) (out Willingness, err error) {
	if err := actor.Require(access.Willingness); err != nil {
		return out, err
	}
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		policy, err := policyOf(tx, programmeID)
		if err != nil {
			return err
		}
		row, err := in.row(policy)
		if err != nil {
			return err
		}
		row.StudentID, row.ProgrammeID, row.Version, row.UpdatedAt = actor.StudentID, programmeID, version+1, s.Now()
		if err := s.putWillingness(tx, version, row); err != nil {
			return err
		}
		err = s.Audit.Write(tx, actor, audit.Entry{
			Action: "willingness.offer", Object: row.TableName(), ObjectID: actor.StudentID, OrgPath: actor.BranchPath, Data: map[string]any{"programme_id": programmeID, "version": row.Version},
		})
		if err != nil {
			return err
		}
		out, err = willingness(tx, actor.StudentID, programmeID)
		return err
	})
	return out, err
}

// row checks an offer and turns it into columns.
func (in Offer) row(policy model.Policy) (model.Willingness, error) {
	var c fault.Collector
	row := model.Willingness{Willing: in.Willing, Slots: int64(in.Slots), MaxDistM: in.MaxDistM} //nolint:gosec // 42 bits
	row.Skills = skillBits(&c, "/skills", policy, in.Skills)
	for i, code := range in.Interests {
		at := fmt.Sprintf("/interests/%d", i)
		checkCategory(&c, at, policy, code)
		c.Add(slices.Contains(in.Interests[:i], code), at, "unique_items", "类别重复", "is named twice")
	}
	for i, to := range []*string{&row.Interest1, &row.Interest2, &row.Interest3} {
		if i < len(in.Interests) {
			*to = in.Interests[i]
		}
	}
	c.Add(in.Willing && in.Slots == 0, "/slots", "required", "请至少选择一个有空的时段", "needs at least one free block")
	return row, c.Err()
}

// putWillingness inserts the first version or replaces the one that was read; fault.ErrStale when another one came between.
func (s *Service) putWillingness(tx *gorm.DB, version int64, row model.Willingness) error {
	if version == 0 {
		row.CreatedAt = row.UpdatedAt
		return inserted(tx.Create(&row).Error)
	}
	return replaced(tx.Model(&model.Willingness{}).Where("student_id = ? AND programme_id = ? AND version = ?", row.StudentID, row.ProgrammeID, version).
		Select("willing", "slots", "skills", "interest1", "interest2", "interest3", "max_dist_m", "version", "updated_at").Updates(&row))
}

// inserted turns a row that somebody else has just inserted into fault.ErrStale.
func inserted(err error) error {
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return fault.ErrStale
	}
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}

// replaced turns an update that found no row of the version into fault.ErrStale.
func replaced(res *gorm.DB) error {
	if res.Error != nil {
		return fmt.Errorf("write answer: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return fault.ErrStale
	}
	return nil
}

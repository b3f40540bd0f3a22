package round

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/signup"
	"baodao/service/vault"
)

// Refusals about groups of friends.
var (
	ErrGroupCode = fault.Define(fault.Invalid, "match.group_code", "小组码不对，请向发起的同学核实。", "No group of this round has the code; ask whoever made it.")
	ErrGroupFull = fault.Define(fault.Conflict, "match.group_full", "小组最多 4 人，已满。", "A group has at most four friends, and this one has.")
	ErrGrouped   = fault.Define(fault.Conflict, "match.grouped", "您已在一个小组里，请先退出。", "You are in a group already; leave it first.")
)

// groupMost is how many friends want the same position at most.
const groupMost = 4

// Group is some friends who want the same position. The zero Group is of nobody.
type Group struct {
	ID      int64
	Code    string // to join by
	Lead    int64  // whose list counts
	Members []signup.Student
}

// membersOf are the students of a group, who leads first; the student alone where there is none.
func membersOf(db *gorm.DB, roundID, studentID int64) ([]int64, error) {
	rows, err := groupOf(db, roundID, studentID)
	if err != nil || len(rows) == 0 {
		return []int64{studentID}, err
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.StudentID
	}
	return ids, nil
}

// groupOf reads the group of a student, who leads first.
func groupOf(db *gorm.DB, roundID, studentID int64) ([]model.MatchGroup, error) {
	var rows []model.MatchGroup
	err := db.Where("round_id = ? AND group_id IN (?)", roundID,
		db.Session(&gorm.Session{NewDB: true}).Model(&model.MatchGroup{}).Select("group_id").Where("round_id = ? AND student_id = ?", roundID, studentID)).
		Order("leads DESC, student_id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read group of friends: %w", err)
	}
	return rows, nil
}

// MyGroup reads the student's group in a round; the zero Group when there is none. Names are masked.
func (s *Service) MyGroup(ctx context.Context, actor access.Actor, roundID int64) (Group, error) {
	db := s.DB.WithContext(ctx)
	if _, err := s.asked(db, actor, roundID); err != nil {
		return Group{}, err
	}
	return s.group(db, roundID, actor.StudentID)
}

func (s *Service) group(db *gorm.DB, roundID, studentID int64) (Group, error) {
	rows, err := groupOf(db, roundID, studentID)
	if err != nil || len(rows) == 0 {
		return Group{}, err
	}
	g := Group{ID: rows[0].GroupID, Lead: rows[0].StudentID, Code: s.groupCode(rows[0].GroupID)}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.StudentID
	}
	known, err := signup.Students(db, s.Vault, false, ids...)
	for _, id := range ids {
		g.Members = append(g.Members, known[id])
	}
	return g, err
}

// groupCode is the code of a group: ten characters that follow from its number and a key.
func (s *Service) groupCode(id int64) string {
	sum := s.Vault.Index(vault.GroupCode, "of "+strconv.FormatInt(id, 10))
	return base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").EncodeToString(sum[:10])[:10]
}

// groupIndex is what is stored of a code. Case, blanks and hyphens do not matter; O is read as 0, I and L as 1.
func (s *Service) groupIndex(code string) []byte {
	plain := strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(strings.TrimSpace(code)))
	return s.Vault.Index(vault.GroupCode, plain)
}

// MakeGroup begins a group, which the student leads: the others join by its code. Errors: those of PutWishes, ErrGrouped.
func (s *Service) MakeGroup(ctx context.Context, actor access.Actor, key idem.Key, roundID int64) (Group, error) {
	db := s.DB.WithContext(ctx)
	r, err := s.asked(db, actor, roundID)
	if err == nil {
		err = s.mayTakePart(db, actor, &r)
	}
	if err != nil {
		return Group{}, err
	}
	id, err := idem.Run(ctx, s.DB, s.Now(), actor, "createMatchGroup", key, func(tx *gorm.DB) (int64, error) {
		row := model.MatchGroup{RoundID: r.ID, StudentID: actor.StudentID, GroupID: s.NewID(), Leads: true, CreatedAt: s.Now()}
		row.CodeHash = s.groupIndex(s.groupCode(row.GroupID))
		return row.GroupID, s.enter(tx, actor, &r, row)
	})
	if err != nil {
		return Group{}, err
	}
	return s.groupIf(db, r.ID, actor.StudentID, id)
}

// groupIf reads the group of a student if it is still this one.
func (s *Service) groupIf(db *gorm.DB, roundID, studentID, id int64) (Group, error) {
	g, err := s.group(db, roundID, studentID)
	if err == nil && g.ID != id {
		err = fault.ErrNotFound
	}
	return g, err
}

// JoinGroup lets the student into a group by its code. Joining again gets the same answer. Errors: those of PutWishes,
// ErrGroupCode, ErrGroupFull, ErrGrouped.
func (s *Service) JoinGroup(ctx context.Context, actor access.Actor, roundID int64, code string) (Group, error) {
	db := s.DB.WithContext(ctx)
	r, err := s.asked(db, actor, roundID)
	if err == nil {
		err = s.mayTakePart(db, actor, &r)
	}
	if err != nil {
		return Group{}, err
	}
	var out Group
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		var lead []model.MatchGroup
		if err := atomic.ForUpdate(tx).Where("round_id = ? AND code_hash = ?", r.ID, s.groupIndex(code)).Find(&lead).Error; err != nil {
			return fmt.Errorf("lock group of friends: %w", err)
		}
		if len(lead) == 0 {
			return ErrGroupCode
		}
		friends, err := membersOf(tx, r.ID, lead[0].StudentID)
		if err != nil {
			return err
		}
		switch {
		case slices.Contains(friends, actor.StudentID):
		case len(friends) >= groupMost:
			return ErrGroupFull
		default:
			row := model.MatchGroup{RoundID: r.ID, StudentID: actor.StudentID, GroupID: lead[0].GroupID, CreatedAt: s.Now()}
			if err := s.enter(tx, actor, &r, row); err != nil {
				return err
			}
		}
		out, err = s.group(tx, r.ID, actor.StudentID)
		return err
	})
	return out, err
}

// enter writes a member of a group while the round takes lists.
func (s *Service) enter(tx *gorm.DB, actor access.Actor, r *model.MatchRound, row model.MatchGroup) error {
	err := tx.Create(&row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrGrouped
	}
	if err != nil {
		return fmt.Errorf("write group of friends: %w", err)
	}
	return s.grouped(tx, actor, r, "match_group.join", row.GroupID)
}

// grouped notes a change of a group, if the round still takes lists.
func (s *Service) grouped(tx *gorm.DB, actor access.Actor, r *model.MatchRound, action string, id int64) error {
	err := s.Audit.Write(tx, actor, audit.Entry{
		Action: action, Object: model.MatchGroup{}.TableName(), ObjectID: id, OrgPath: actor.BranchPath, Data: map[string]any{"round_id": r.ID, "student_id": actor.StudentID},
	})
	if err != nil {
		return err
	}
	return s.stillTaken(tx, r.ID)
}

// LeaveGroup takes the student out of the group; when who leads leaves, there is no group any more. Leaving twice is the same
// as once. ErrWishesOver once lists are frozen.
func (s *Service) LeaveGroup(ctx context.Context, actor access.Actor, roundID int64) error {
	r, err := s.asked(s.DB.WithContext(ctx), actor, roundID)
	if err != nil {
		return err
	}
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		rows, err := groupOf(atomic.ForUpdate(tx), r.ID, actor.StudentID)
		if err != nil || len(rows) == 0 {
			return err
		}
		q := tx.Where("round_id = ? AND group_id = ?", r.ID, rows[0].GroupID)
		if rows[0].StudentID != actor.StudentID {
			q = q.Where("student_id = ?", actor.StudentID)
		}
		if err := q.Delete(&model.MatchGroup{}).Error; err != nil {
			return fmt.Errorf("leave group of friends: %w", err)
		}
		return s.grouped(tx, actor, &r, "match_group.leave", rows[0].GroupID)
	})
}

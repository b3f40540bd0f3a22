package survey

import (
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/matching/geo"
	"baodao/service/matching/score"
	"baodao/service/org"
	"baodao/service/programme"
	"baodao/service/vault"
)

// chunk is how many ids one query names.
const chunk = 500

// Student is what a student offers to a programme, as matching takes it.
type Student struct {
	StudentID int64
	BranchID  int64 // today
	Willing   bool
	Slots     Week
	Skills    uint32
	Interests [3]int8 // places of the categories in the policy, score.None for none
	MaxDistM  int32
	Home      *geo.Point // only where homes were asked for; nil for none
}

// studentRow is a student's answer with what stands elsewhere.
type studentRow struct {
	model.Willingness

	BranchID, PersonID int64
	HomeEnc            []byte
}

// Students reads what many students offer to a programme, by rising id, in two queries for each 500 of them, or three where
// homes are opened. Who has said nothing is missing.
func (s *Service) Students(tx *gorm.DB, programmeID int64, homes bool, ids ...int64) ([]Student, error) {
	policy, err := programme.PolicyOf(tx, programmeID)
	if err != nil {
		return nil, err
	}
	return s.StudentsBy(tx, policy, programmeID, homes, ids...)
}

// StudentsBy is Students for who has the programme's policy at hand.
func (s *Service) StudentsBy(tx *gorm.DB, policy model.Policy, programmeID int64, homes bool, ids ...int64) ([]Student, error) {
	out := make([]Student, 0, len(ids))
	for part := range slices.Chunk(sorted(ids), chunk) {
		var rows []studentRow
		q := tx.Table("student_willingness AS w").Joins("JOIN student_profiles AS p ON p.id = w.student_id").
			Where("w.programme_id = ? AND w.student_id IN ?", programmeID, part).Order("w.student_id")
		columns := "w.*, p.branch_id, p.person_id"
		if homes {
			q, columns = q.Joins("LEFT JOIN student_homes AS h ON h.student_id = w.student_id"), columns+", h.home_enc"
		}
		if err := q.Select(columns).Find(&rows).Error; err != nil {
			return nil, fmt.Errorf("read willingness: %w", err)
		}
		more, err := s.students(tx, out, policy, rows)
		if err != nil {
			return nil, err
		}
		out = more
	}
	return out, nil
}

// students adds rows as matching takes them.
func (s *Service) students(tx *gorm.DB, out []Student, policy model.Policy, rows []studentRow) ([]Student, error) {
	keys, err := s.keysOf(tx, rows)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		st := Student{
			StudentID: r.StudentID, BranchID: r.BranchID, Willing: r.Willing, Slots: Week(r.Slots), Skills: uint32(r.Skills), MaxDistM: int32(r.MaxDistM), //nolint:gosec // checked when they were written
			Interests: [3]int8{category(policy, r.Interest1), category(policy, r.Interest2), category(policy, r.Interest3)},
		}
		if st.Home, err = openHome(keys[r.PersonID], r.StudentID, r.HomeEnc); err != nil {
			return nil, err
		}
		out = append(out, st)
	}
	return out, nil
}

// keysOf opens the keys of those whose home was read.
func (s *Service) keysOf(tx *gorm.DB, rows []studentRow) (map[int64]*vault.Person, error) {
	var persons []int64
	for _, r := range rows {
		if len(r.HomeEnc) > 0 {
			persons = append(persons, r.PersonID)
		}
	}
	return s.Vault.People(tx, sorted(persons)...)
}

// category is the place of a category in the policy, as far as matching knows categories.
func category(policy model.Policy, code string) int8 {
	i := slices.IndexFunc(policy.Categories, func(c model.Item) bool { return c.Code == code })
	if i < 0 || i >= score.Categories {
		return score.None
	}
	return int8(i)
}

// Unit is what an organisation has answered for a programme.
type Unit struct {
	OrgID      int64
	Slots      Week
	Skills     uint32
	Partners   int64 // 0: nobody is wanted
	Students   int64
	Categories []int8 // of its needs: places in the policy, rising, each once
}

// Units reads what many organisations have answered for a programme, in two queries for each 500 of them. Who has not
// answered is missing.
func (s *Service) Units(tx *gorm.DB, programmeID int64, ids ...int64) (map[int64]Unit, error) {
	policy, err := programme.PolicyOf(tx, programmeID)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]Unit, len(ids))
	for part := range slices.Chunk(sorted(ids), chunk) {
		var rows []model.OrgSurvey
		if err := tx.Where("programme_id = ? AND org_id IN ?", programmeID, part).Find(&rows).Error; err != nil {
			return nil, fmt.Errorf("read surveys: %w", err)
		}
		for _, r := range rows {
			out[r.OrgID] = Unit{OrgID: r.OrgID, Slots: Week(r.Slots), Skills: uint32(r.Skills), Partners: r.Partners, Students: r.Students} //nolint:gosec // checked when they were written
		}
		var needs []model.OrgSurveyItem
		if err := tx.Where("programme_id = ? AND org_id IN ? AND kind = ?", programmeID, part, model.SurveyNeed).Find(&needs).Error; err != nil {
			return nil, fmt.Errorf("read needs: %w", err)
		}
		for _, n := range needs {
			if c := category(policy, n.Code); c != score.None {
				u := out[n.OrgID]
				u.Categories = sorted(append(u.Categories, c))
				out[n.OrgID] = u
			}
		}
	}
	return out, nil
}

// Places tells where organisations are: their own location or that of the nearest one above them that has one, in two
// queries for each 500 of them. Who is nowhere is missing.
func Places(tx *gorm.DB, ids ...int64) (map[int64]geo.Point, error) {
	out := make(map[int64]geo.Point, len(ids))
	for part := range slices.Chunk(sorted(ids), chunk) {
		units, err := org.ByIDs(tx, part...)
		if err != nil {
			return nil, err
		}
		var above []int64
		for _, o := range units {
			above = append(above, org.PathIDs(o.Path)...)
		}
		known := map[int64]model.Org{}
		for some := range slices.Chunk(sorted(above), chunk) {
			found, err := org.ByIDs(tx, some...)
			if err != nil {
				return nil, err
			}
			for id, o := range found {
				known[id] = o
			}
		}
		for _, o := range units {
			if there, ok := org.Located(o.Path, known); ok {
				out[o.ID] = geo.Point{LatE6: *there.LatE6, LngE6: *there.LngE6}
			}
		}
	}
	return out, nil
}

// PlaceOn is the location of the lowest organisation of a path that has one; ok is false when none has.
func PlaceOn(tx *gorm.DB, path string) (at geo.Point, ok bool, err error) {
	var rows []model.Org
	if err := tx.Select("id", "lat_e6", "lng_e6").Where("id IN ?", org.PathIDs(path)).Find(&rows).Error; err != nil {
		return at, false, fmt.Errorf("read where a branch is: %w", err)
	}
	known := make(map[int64]model.Org, len(rows))
	for _, o := range rows {
		known[o.ID] = o
	}
	there, ok := org.Located(path, known)
	if ok {
		at = geo.Point{LatE6: *there.LatE6, LngE6: *there.LngE6}
	}
	return at, ok, nil
}

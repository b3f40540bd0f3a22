package survey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/matching/score"
)

// fewest is the smallest number of students of whom a sum is told.
const fewest = 5

// Summary is what was answered at and below an organisation.
type Summary struct {
	Hosts, Campus          SideSum
	Needs, Venues, Support []LineSum // by code
	Willing                int64     // students who want to take part; 0 when fewer than five
	Interests, Skills      []CodeSum // of them, by category and by skill
	Slots                  []SlotSum // of them, by free block, in order
	Hidden                 bool      // sums of fewer than five students are left out
}

// SideSum sums up one side.
type SideSum struct {
	Asked, Answered, Partners, Students int64
	Slots                               []SlotSum // of organisations that are open, in order
}

// LineSum sums up the lines with one code.
type LineSum struct {
	Kind, Code   string
	Orgs, Amount int64
}

// CodeSum is how many named a code.
type CodeSum struct {
	Code  string
	Count int64
}

// SlotSum is how many are free or open in a block.
type SlotSum struct {
	Day, Block int // Monday is 0
	Count      int64
}

// SummaryOf sums up what organisations at and below one have answered for a programme, and what students there are willing to
// do; of fewer than five students nothing is told.
func (s *Service) SummaryOf(ctx context.Context, actor access.Actor, orgID, programmeID int64) (Summary, error) {
	if err := actor.Require(access.SurveyRead); err != nil {
		return Summary{}, err
	}
	db := s.DB.WithContext(ctx)
	top, err := surveyed(db, actor, access.SurveyRead, orgID)
	if err != nil {
		return Summary{}, err
	}
	policy, err := policyOf(db, programmeID)
	if err != nil {
		return Summary{}, err
	}
	var out Summary
	if out.Hosts, err = sideSum(db, top, programmeID, model.SideLocal); err != nil {
		return out, err
	}
	if out.Campus, err = sideSum(db, top, programmeID, model.SideCampus); err != nil {
		return out, err
	}
	if err := out.lines(db, top, programmeID); err != nil {
		return out, err
	}
	if err := out.students(db, top, programmeID, policy); err != nil {
		return out, err
	}
	return out, out.interests(db, top, programmeID, policy)
}

// sideSum counts the organisations of a side that are asked and have answered.
func sideSum(db *gorm.DB, top model.Org, programmeID int64, side string) (SideSum, error) {
	columns := append([]string{"COUNT(*)", "COUNT(v.org_id)", "COALESCE(SUM(v.partners), 0)", "COALESCE(SUM(v.students), 0)"}, bitSums("v.slots", score.Slots)...)
	got, err := numbers(asked(db, top, programmeID).Where("o.side = ?", side), columns)
	if err != nil {
		return SideSum{}, fmt.Errorf("sum up surveys: %w", err)
	}
	return SideSum{Asked: got[0], Answered: got[1], Partners: got[2], Students: got[3], Slots: slotSums(got[4:], 1)}, nil
}

// lines sums up needs, venues and support, by code.
func (out *Summary) lines(db *gorm.DB, top model.Org, programmeID int64) error {
	rows := []LineSum{}
	err := asked(db, top, programmeID).Joins("JOIN org_survey_items AS i ON i.org_id = v.org_id AND i.programme_id = v.programme_id").
		Select("i.kind, i.code, COUNT(DISTINCT i.org_id) AS orgs, COALESCE(SUM(i.amount), 0) AS amount").Group("i.kind, i.code").Order("i.kind, i.code").Find(&rows).Error
	if err != nil {
		return fmt.Errorf("sum up lines: %w", err)
	}
	for _, r := range rows {
		switch r.Kind {
		case model.SurveyNeed:
			out.Needs = append(out.Needs, r)
		case model.SurveyVenue:
			out.Venues = append(out.Venues, r)
		default:
			out.Support = append(out.Support, r)
		}
	}
	return nil
}

// willing selects the answers (w) of willing students of branches at and below an organisation.
func willing(db *gorm.DB, top model.Org, programmeID int64) *gorm.DB {
	return db.Table("student_willingness AS w").Joins("JOIN student_profiles AS p ON p.id = w.student_id").Joins("JOIN orgs AS b ON b.id = p.branch_id").
		Where("w.programme_id = ? AND w.willing = ? AND b.path >= ? AND b.path < ?", programmeID, true, top.Path, access.PathEnd(top.Path))
}

// students counts who is willing, by skill and by block.
func (out *Summary) students(db *gorm.DB, top model.Org, programmeID int64, policy model.Policy) error {
	skills := policy.SkillItems()
	columns := slices.Concat([]string{"COUNT(*)"}, bitSums("w.skills", len(skills)), bitSums("w.slots", score.Slots))
	got, err := numbers(willing(db, top, programmeID), columns)
	if err != nil {
		return fmt.Errorf("count willing students: %w", err)
	}
	out.Willing = out.told(got[0])
	for i, skill := range skills {
		if n := out.told(got[1+i]); n > 0 {
			out.Skills = append(out.Skills, CodeSum{Code: skill.Code, Count: n})
		}
	}
	blocks := got[1+len(skills):]
	for _, n := range blocks {
		out.told(n)
	}
	out.Slots = slotSums(blocks, fewest)
	return nil
}

// told is a number of students as it is told.
func (out *Summary) told(n int64) int64 {
	if n > 0 && n < fewest {
		out.Hidden = true
		return 0
	}
	return n
}

// interests counts who is willing by the categories they named, in the order of the policy.
func (out *Summary) interests(db *gorm.DB, top model.Org, programmeID int64, policy model.Policy) error {
	var rows []struct {
		Interest1 string `gorm:"column:interest1"`
		Interest2 string `gorm:"column:interest2"`
		Interest3 string `gorm:"column:interest3"`
		N         int64
	}
	err := willing(db, top, programmeID).Select("w.interest1, w.interest2, w.interest3, COUNT(*) AS n").Group("w.interest1, w.interest2, w.interest3").Find(&rows).Error
	if err != nil {
		return fmt.Errorf("count interests: %w", err)
	}
	named := map[string]int64{}
	for _, r := range rows {
		for _, code := range []string{r.Interest1, r.Interest2, r.Interest3} {
			named[code] += r.N
		}
	}
	for _, c := range policy.Categories {
		if n := out.told(named[c.Code]); n > 0 {
			out.Interests = append(out.Interests, CodeSum{Code: c.Code, Count: n})
		}
	}
	slices.SortStableFunc(out.Interests, func(a, b CodeSum) int { return cmp.Compare(b.Count, a.Count) })
	return nil
}

// bitSums are the columns that count each of the lowest n bits of a column.
func bitSums(column string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("COALESCE(SUM((%s >> %d) & 1), 0)", column, i)
	}
	return out
}

// numbers reads one row of whole numbers.
func numbers(q *gorm.DB, columns []string) (out []int64, err error) {
	rows, err := q.Select(strings.Join(columns, ", ")).Rows()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Err(), rows.Close()) }()
	out = make([]int64, len(columns))
	into := make([]any, len(columns))
	for i := range out {
		into[i] = &out[i]
	}
	if !rows.Next() {
		return nil, errors.New("no row of sums")
	}
	return out, rows.Scan(into...)
}

// slotSums are the blocks with at least so many.
func slotSums(counts []int64, least int64) []SlotSum {
	out := []SlotSum{}
	for i, n := range counts {
		if n >= least {
			out = append(out, SlotSum{Day: i / blocksADay, Block: i % blocksADay, Count: n})
		}
	}
	return out
}

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

// fewest is the smallest number of students of whom a sum is told, and the step in which sums are: else those of the parts of an
// organisation, taken from that of the whole, would tell of fewer.
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
// do, in steps of five; of fewer than five students nothing is told.
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
	sum, err := s.willing.of(s.Now(), [2]int64{top.ID, programmeID}, func() (*willingSum, error) { return sumWilling(db, top, programmeID) })
	if err == nil {
		out.students(sum, policy)
	}
	return out, err
}

// sideSum counts the organisations of a side that are asked and have answered.
func sideSum(db *gorm.DB, top model.Org, programmeID int64, side string) (SideSum, error) {
	columns := append([]string{"COUNT(*)", "COUNT(v.org_id)", "COALESCE(SUM(v.partners), 0)", "COALESCE(SUM(v.students), 0)"}, bitSums("v.slots", score.Slots)...)
	got, err := numbers(asked(db, top, programmeID).Where("o.side = ?", side), columns)
	if err != nil {
		return SideSum{}, fmt.Errorf("sum up surveys: %w", err)
	}
	return SideSum{Asked: got[0], Answered: got[1], Partners: got[2], Students: got[3], Slots: slotSums(got[4:])}, nil
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

// students tells who is willing, by skill, by block and by the categories they named, these most wanted first.
func (out *Summary) students(sum *willingSum, policy model.Policy) {
	out.Willing = out.told(sum.all)
	skills := policy.SkillItems()
	for i, skill := range skills[:min(len(skills), score.Skills)] {
		if n := out.told(sum.skills[i]); n > 0 {
			out.Skills = append(out.Skills, CodeSum{Code: skill.Code, Count: n})
		}
	}
	slots := make([]int64, len(sum.slots))
	for i, n := range sum.slots {
		slots[i] = out.told(n)
	}
	out.Slots = slotSums(slots)
	for _, c := range policy.Categories {
		if n := out.told(sum.interests[c.Code]); n > 0 {
			out.Interests = append(out.Interests, CodeSum{Code: c.Code, Count: n})
		}
	}
	slices.SortStableFunc(out.Interests, func(a, b CodeSum) int { return cmp.Compare(b.Count, a.Count) })
}

// told is a number of students as it is told: rounded down to a step.
func (out *Summary) told(n int64) int64 {
	if n > 0 && n < fewest {
		out.Hidden = true
		return 0
	}
	return n - n%fewest
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

// slotSums are the blocks with any.
func slotSums(counts []int64) []SlotSum {
	out := []SlotSum{}
	for i, n := range counts {
		if n > 0 {
			out = append(out, SlotSum{Day: i / blocksADay, Block: i % blocksADay, Count: n})
		}
	}
	return out
}

package round

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"baodao/model"
)

// admits gives an audience the bit of a skill that nobody asks for, so that the rules keep everybody else away from the
// position. One whose audience gets none, because there are too many different ones, stays out of the round.
func (c *census) admits(a *model.Audience) bool {
	if a == nil || len(a.OrgIDs)+len(a.Grades)+len(a.Tags) == 0 || c.audience(a) >= 0 {
		return true
	}
	free := ^c.skills &^ c.given()
	if free == 0 {
		return false
	}
	c.audiences, c.bits = append(c.audiences, *a), append(c.bits, 1<<(31-bits.LeadingZeros32(free)))
	return true
}

// given are the bits of all audiences.
func (c *census) given() (all uint32) {
	for _, bit := range c.bits {
		all |= bit
	}
	return all
}

// audience is the number of an audience, -1 for everybody.
func (c *census) audience(a *model.Audience) int {
	if a == nil {
		return -1
	}
	return slices.IndexFunc(c.audiences, func(b model.Audience) bool {
		return slices.Equal(a.OrgIDs, b.OrgIDs) && slices.Equal(a.Grades, b.Grades) && slices.Equal(a.Tags, b.Tags)
	})
}

// meant are the bits of the audiences that a student belongs to: package signup says who does.
func (c *census) meant(branchPath, grade string, tags []string) (all uint32) {
	for i, a := range c.audiences {
		inUnit := len(a.OrgIDs) == 0 || slices.ContainsFunc(a.OrgIDs, func(id int64) bool { return strings.Contains(branchPath, fmt.Sprintf("/%d/", id)) })
		inGrade := len(a.Grades) == 0 || slices.Contains(a.Grades, grade)
		tagged := len(a.Tags) == 0 || slices.ContainsFunc(tags, func(t string) bool { return slices.Contains(a.Tags, t) })
		if inUnit && inGrade && tagged {
			all |= c.bits[i]
		}
	}
	return all
}

package survey

import (
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/fault"
	"baodao/service/programme"
)

// policyOf reads the policy of a programme that is running; another one is a wrong field.
func policyOf(tx *gorm.DB, programmeID int64) (model.Policy, error) {
	var c fault.Collector
	p, err := programme.ByID(tx, programmeID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return model.Policy{}, err
	}
	c.Add(p.Status != model.ProgrammeActive, "/programme_id", "not_found", "没有这个进行中的计划", "is no active programme")
	if err := c.Err(); err != nil {
		return model.Policy{}, err
	}
	return programme.PolicyOf(tx, programmeID)
}

// skillBits turns codes into bits and notes those that the policy does not have.
func skillBits(c *fault.Collector, pointer string, policy model.Policy, codes []string) (bits int64) {
	skills := policy.SkillItems()
	for i, code := range codes {
		at := slices.IndexFunc(skills, func(s model.Item) bool { return s.Code == code })
		c.Add(at < 0, fmt.Sprintf("%s/%d", pointer, i), "not_found", "不是本计划的技能代码", "is not one of the programme's skills")
		if at >= 0 {
			bits |= 1 << at
		}
	}
	return bits
}

// skillCodes are the codes of bits, in the order of the policy.
func skillCodes(policy model.Policy, bits int64) []string {
	out := []string{}
	for i, s := range policy.SkillItems() {
		if bits>>i&1 == 1 {
			out = append(out, s.Code)
		}
	}
	return out
}

// checkCategory notes a category that the policy does not have.
func checkCategory(c *fault.Collector, pointer string, policy model.Policy, code string) {
	known := slices.ContainsFunc(policy.Categories, func(i model.Item) bool { return i.Code == code })
	c.Add(!known, pointer, "not_found", "不是本计划的类别代码", "is not one of the programme's categories")
}

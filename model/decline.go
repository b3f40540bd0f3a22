package model

import "slices"

// ReasonOther is the reason that every policy knows; it should come with words.
const ReasonOther = "OTHER"

// MaxDeclineReasons is how many reasons for declining a proposal a policy may name.
const MaxDeclineReasons = 20

// DeclineItems are the reasons for which a host may decline a proposal of a match round, OTHER always among them; policies
// that were written before the rule have DefaultDeclineReasons.
func (p Policy) DeclineItems() []Item {
	if len(p.DeclineReasons) == 0 {
		return DefaultDeclineReasons()
	}
	if slices.ContainsFunc(p.DeclineReasons, func(i Item) bool { return i.Code == ReasonOther }) {
		return p.DeclineReasons
	}
	return append(slices.Clone(p.DeclineReasons), Item{Code: ReasonOther, Name: "其他"})
}

// DefaultDeclineReasons is a list to begin with.
func DefaultDeclineReasons() []Item {
	return []Item{
		{Code: "NO_CAPACITY", Name: "接待能力有变化"},
		{Code: "TIME_CHANGED", Name: "服务时间有变化"},
		{Code: "SKILL", Name: "实际工作需要其他技能"},
		{Code: "SAFETY", Name: "安全条件不具备"},
		{Code: "EARLIER_SERVICE", Name: "以往服务中有未解决的问题"},
		{Code: ReasonOther, Name: "其他"},
	}
}

package project

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/fault"
	"baodao/service/org"
)

// SignupRules is how seats of an activity are given, and to whom.
type SignupRules struct {
	Mode        string          // empty: model.SignupFirstCome
	Audience    *model.Audience // nil: every student
	Waitlist    bool            // who comes when it is full waits
	PairedUntil *time.Time      // until then seats may be kept for branches that are paired with the host
	PairedFirst bool            // until then nobody else signs up at all
}

// settle fills in what was left out.
func (r SignupRules) settle() SignupRules {
	r.Mode = cmp.Or(r.Mode, model.SignupFirstCome)
	if a := r.Audience; a != nil {
		if len(a.OrgIDs)+len(a.Grades)+len(a.Tags) == 0 {
			r.Audience = nil
		} else {
			r.Audience = &model.Audience{OrgIDs: tidy(a.OrgIDs), Grades: tidy(a.Grades), Tags: tidy(a.Tags)}
		}
	}
	return r
}

// tidy is a list as a set in order, nil when it is empty.
func tidy[T cmp.Ordered](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

func (r SignupRules) equal(o SignupRules) bool {
	sameTime := (r.PairedUntil == nil) == (o.PairedUntil == nil) && (r.PairedUntil == nil || r.PairedUntil.Equal(*o.PairedUntil))
	return sameTime && r.Mode == o.Mode && r.Waitlist == o.Waitlist && r.PairedFirst == o.PairedFirst && reflect.DeepEqual(r.Audience, o.Audience)
}

// rulesOf reads the rules of an activity back.
func rulesOf(a model.Activity) SignupRules {
	return SignupRules{Mode: a.SignupMode, Audience: a.Audience, Waitlist: a.Waitlist, PairedUntil: a.PairedUntil, PairedFirst: a.PairedFirst}.settle()
}

// into sets the columns that follow from settled rules.
func (r SignupRules) into(set map[string]any) error {
	set["signup_mode"], set["waitlist"], set["paired_until"], set["paired_first"], set["audience"] = r.Mode, r.Waitlist, r.PairedUntil, r.PairedFirst, nil
	if r.Audience == nil {
		return nil
	}
	raw, err := json.Marshal(r.Audience)
	if err != nil {
		return fmt.Errorf("store audience: %w", err)
	}
	set["audience"] = string(raw)
	return nil
}

// checkRules notes rules that do not fit each other or the rest of the draft.
func (d Draft) checkRules(c *fault.Collector) {
	r := d.Rules.settle()
	reserved := false
	for i, p := range d.Positions {
		at := fmt.Sprintf("/positions/%d/reserved", i)
		c.Add(p.Reserved > p.Capacity, at, "max", "不能多于名额", "may not be more than capacity")
		c.Add(p.Reserved > 0 && r.PairedUntil == nil, at, "needs", "预留名额须给出 paired_until", "needs paired_until")
		c.Add(p.Reserved > 0 && r.Mode == model.SignupLottery, at, "not_allowed", "抽签时已向所有同学开放，不能预留名额", "is not for lotteries: when they are drawn, seats are for everybody")
		reserved = reserved || p.Reserved > 0
	}
	c.Add(r.PairedFirst && r.PairedUntil == nil, "/paired_until", "required", "请填写结对团支部优先到什么时候", "is required: until when paired branches come first")
	c.Add(r.PairedUntil != nil && !reserved && !r.PairedFirst, "/paired_until", "not_allowed", "没有预留名额，也没有结对优先，不需要这个时间", "is for reserved seats or paired_first only")
	if r.PairedUntil != nil {
		c.Add(!r.PairedUntil.After(d.SignupOpensAt) || r.PairedUntil.After(d.SignupClosesAt), "/paired_until", "order", "须在报名开始之后、截止之前", "must be within the sign-up window")
	}
	matched := r.Mode == model.SignupMatched
	c.Add(matched && (r.Waitlist || r.PairedFirst), "/signup_mode", "not_allowed", "名额由匹配轮次产生，不能有候补或结对优先", "MATCHED has no waiting list and no paired_first: places come from match rounds")
	c.Add(matched && !d.onSpot(), "/signup_mode", "needs", "匹配轮次按距离匹配，须是线下活动，首个场次须有坐标", "MATCHED needs an onsite activity whose first session has coordinates: rounds go by distance")
	noUnits := r.Audience == nil || len(r.Audience.OrgIDs) == 0
	c.Add(r.Mode == model.SignupAssignedUnit && noUnits, "/audience/org_ids", "required", "指定单位报名须给出单位", "is required: the assigned units")
}

// onSpot tells whether the activity takes place where its first session says.
func (d Draft) onSpot() bool {
	sessions := d.settle().Sessions
	return d.Mode == ModeOnsite && len(sessions) > 0 && sessions[0].At != nil
}

// checkUnits notes units of the audience that are no active campus units.
func (r SignupRules) checkUnits(tx *gorm.DB, c *fault.Collector) error {
	if r.Audience == nil || len(r.Audience.OrgIDs) == 0 {
		return nil
	}
	orgs, err := org.ByIDs(tx, r.Audience.OrgIDs...)
	if err != nil {
		return err
	}
	for i, id := range r.Audience.OrgIDs {
		o := orgs[id]
		c.Add(o.Side != model.SideCampus || o.Status != model.OrgActive, fmt.Sprintf("/audience/org_ids/%d", i), "not_found", "不是有效的校内组织", "is no active campus organisation")
	}
	return nil
}

package project

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/matching/geo"
	"baodao/service/programme"
	"baodao/service/text"
)

// Modes of an activity.
const (
	ModeOnsite = "ONSITE"
	ModeRemote = "REMOTE"
	ModeHybrid = "HYBRID"
)

// maxSession is the longest session; freeCancel is how long before the start cancelling is free when nothing else is said.
const (
	maxSession = 24 * time.Hour
	freeCancel = 24 * time.Hour
)

// Draft is the whole content of an activity that its organiser writes.
type Draft struct {
	Title, Summary    string
	Field, Category   string // codes of the policy, empty for none
	Carriers          []string
	Mode              string
	PlacementMode     string
	SignupOpensAt     time.Time
	SignupClosesAt    time.Time // after the opening, not after the first session's start
	CancelUntil       time.Time // zero: 24 h before the first session
	MinTurnout        int64
	CountsAsVolunteer bool
	InsuranceRequired bool
	TrainingRequired  bool
	MinorsContact     bool
	RiskNote          string // needed to publish
	HostContactID     int64  // user at the host, needed to publish; 0 for none yet
	Rules             SignupRules
	Sessions          []Slot // at least one
	Positions         []Seat // at least one
}

// Slot is a time and place of an activity: [StartsAt, EndsAt), at most 24 h.
type Slot struct {
	StartsAt, EndsAt time.Time
	Place            string
	At               *geo.Point // nil: no coordinates
	RadiusM          int64
}

// Seat is a position as its organiser writes it.
type Seat struct {
	Title, Description string
	Capacity           int64
	Reserved           int64 // of them, kept for paired branches until Rules.PairedUntil
}

// settle puts the sessions in order of time and fills in what was left out.
func (d Draft) settle() Draft {
	d.Sessions = slices.Clone(d.Sessions)
	slices.SortStableFunc(d.Sessions, func(a, b Slot) int { return a.StartsAt.Compare(b.StartsAt) })
	if d.CancelUntil.IsZero() && len(d.Sessions) > 0 {
		d.CancelUntil = d.Sessions[0].StartsAt.Add(-freeCancel)
	}
	d.Carriers = listOf(d.Carriers)
	d.Rules = d.Rules.settle()
	return d
}

// settleTexts brings what people wrote into its canonical form and returns what is wrong with it.
func (d *Draft) settleTexts() fault.Collector {
	var c fault.Collector
	text.Settle(&c,
		text.Field{At: "/title", In: &d.Title, Max: 100},
		text.Field{At: "/summary", In: &d.Summary, Max: 2000, Lines: true, Optional: true},
		text.Field{At: "/risk_note", In: &d.RiskNote, Max: 1000, Lines: true, Optional: true},
	)
	d.Sessions, d.Positions = slices.Clone(d.Sessions), slices.Clone(d.Positions)
	for i := range d.Sessions {
		d.Sessions[i].settleText(&c, fmt.Sprintf("/sessions/%d", i))
	}
	for i := range d.Positions {
		at := fmt.Sprintf("/positions/%d", i)
		text.Settle(&c,
			text.Field{At: at + "/title", In: &d.Positions[i].Title, Max: 60},
			text.Field{At: at + "/description", In: &d.Positions[i].Description, Max: 1000, Lines: true, Optional: true},
		)
	}
	return c
}

// settleText does the same for a session; at is the pointer to it.
func (s *Slot) settleText(c *fault.Collector, at string) {
	text.Settle(c, text.Field{At: at + "/place", In: &s.Place, Max: 200, Optional: true})
}

// check notes everything that is wrong with the draft by itself; d is not settled, so that pointers fit what was sent.
func (d Draft) check(c *fault.Collector, now time.Time) {
	c.Add(len(d.Sessions) == 0, "/sessions", "min_items", "至少一个场次", "needs at least one")
	c.Add(len(d.Positions) == 0, "/positions", "min_items", "至少一个岗位", "needs at least one")
	checkSlots(c, d.Mode, d.Sessions, now)
	if len(d.Sessions) == 0 {
		return
	}
	settled := d.settle()
	first := settled.Sessions[0].StartsAt
	c.Add(!d.SignupOpensAt.Before(d.SignupClosesAt), "/signup_closes_at", "order", "报名截止须晚于报名开始", "must be after signup_opens_at")
	c.Add(d.SignupClosesAt.After(first), "/signup_closes_at", "order", "报名截止不能晚于第一个场次开始", "may not be after the first session starts")
	c.Add(!d.SignupClosesAt.After(now), "/signup_closes_at", "past", "报名截止须在将来", "must be in the future")
	c.Add(settled.CancelUntil.After(first), "/cancel_until", "order", "免责取消截止不能晚于第一个场次开始", "may not be after the first session starts")
	seats := int64(0)
	for _, p := range d.Positions {
		seats += p.Capacity
	}
	d.checkRules(c)
	c.Add(d.MinTurnout > seats, "/min_turnout", "max", "最低人数不能多于名额总数", "may not be more than all seats together")
}

// checkSlots notes sessions that are too long, turned round, in the past, without a place, or lie over another one.
func checkSlots(c *fault.Collector, mode string, slots []Slot, now time.Time) {
	order := make([]int, len(slots))
	for i, s := range slots {
		order[i] = i
		at := fmt.Sprintf("/sessions/%d", i)
		checkSlot(c, at, mode, s, now)
	}
	slices.SortStableFunc(order, func(a, b int) int { return slots[a].StartsAt.Compare(slots[b].StartsAt) })
	for i := 1; i < len(order); i++ {
		before, this := slots[order[i-1]], slots[order[i]]
		c.Add(this.StartsAt.Before(before.EndsAt), fmt.Sprintf("/sessions/%d/starts_at", order[i]), "overlap", "与另一个场次时间重叠", "overlaps another session")
	}
}

// checkSlot notes what is wrong with one session; at is the pointer to it, "" when it is the body itself.
func checkSlot(c *fault.Collector, at, mode string, s Slot, now time.Time) {
	c.Add(!s.StartsAt.Before(s.EndsAt), at+"/ends_at", "order", "结束须晚于开始", "must be after starts_at")
	c.Add(s.EndsAt.Sub(s.StartsAt) > maxSession, at+"/ends_at", "max", "一个场次最长 24 小时", "may be at most 24 hours after starts_at")
	wholeMinute(c, at+"/starts_at", s.StartsAt)
	wholeMinute(c, at+"/ends_at", s.EndsAt)
	c.Add(!s.StartsAt.After(now), at+"/starts_at", "past", "开始时间须在将来", "must be in the future")
	c.Add(mode != ModeRemote && strings.TrimSpace(s.Place) == "", at+"/place", "required", "请填写地点", "is required unless the activity is remote")
}

// wholeMinute notes a time with seconds: durations are whole minutes.
func wholeMinute(c *fault.Collector, pointer string, at time.Time) {
	c.Add(!at.Equal(at.Truncate(time.Minute)), pointer, "whole_minute", "须为整分钟，秒与毫秒为 0", "must be a whole minute: seconds and milliseconds are 0")
}

// checkContents checks a draft against the programme and the people at the host; c holds what is wrong with its texts.
func (s *Service) checkContents(tx *gorm.DB, programmeID int64, host model.Org, d Draft, c fault.Collector) error {
	policy, err := programme.PolicyOf(tx, programmeID)
	if err != nil {
		return err
	}
	programme.CheckCodes(&c, policy, d.Field, d.Category)
	if err := d.Rules.checkUnits(tx, &c); err != nil {
		return err
	}
	d.check(&c, s.Now())
	if d.HostContactID != 0 {
		ok, err := s.AnswersFor(tx, d.HostContactID, host)
		if err != nil {
			return err
		}
		c.Add(!ok, "/host_contact_id", "not_found", "接收方没有这位工作人员", "is no staff of the host or its town")
	}
	return c.Err()
}

// AnswersFor tells whether a user works at the host or for its town today.
func (s *Service) AnswersFor(tx *gorm.DB, userID int64, host model.Org) (bool, error) {
	var found []int64
	err := liveGrants(tx, s.Now()).Joins("JOIN users u ON u.id = g.user_id").
		Where("g.user_id = ? AND u.status = ? AND g.org_id IN ? AND g.role IN ?", userID, model.UserActive,
			[]int64{host.ID, host.ParentID}, []access.Role{access.HostStaff, access.TownOfficer}).
		Limit(1).Pluck("g.id", &found).Error
	if err != nil {
		return false, fmt.Errorf("look for host contact: %w", err)
	}
	return len(found) > 0, nil
}

// columns are the columns of the activity that follow from a settled draft.
func (d Draft) columns() (map[string]any, error) {
	carriers, err := jsonText(d.Carriers)
	if err != nil {
		return nil, err
	}
	set := map[string]any{
		"title": d.Title, "summary": d.Summary, "field": d.Field, "category": d.Category, "carriers": carriers,
		"mode": d.Mode, "placement_mode": d.PlacementMode, "signup_opens_at": d.SignupOpensAt, "signup_closes_at": d.SignupClosesAt,
		"cancel_until": d.CancelUntil, "min_turnout": d.MinTurnout, "counts_as_volunteer": d.CountsAsVolunteer,
		"insurance_required": d.InsuranceRequired, "training_required": d.TrainingRequired, "minors_contact": d.MinorsContact,
		"risk_note": d.RiskNote, "host_contact_id": d.HostContactID,
	}
	if err := d.Rules.into(set); err != nil {
		return nil, err
	}
	for column, value := range span(d.Sessions) {
		set[column] = value
	}
	return set, nil
}

// span are the columns of the activity that follow from its sessions in order of time.
func span(slots []Slot) map[string]any {
	first, last := slots[0], slots[len(slots)-1]
	set := map[string]any{"starts_at": first.StartsAt, "ends_at": last.EndsAt, "lat_e6": nil, "lng_e6": nil}
	if first.At != nil {
		set["lat_e6"], set["lng_e6"] = first.At.LatE6, first.At.LngE6
	}
	return set
}

func (s Slot) equal(o Slot) bool {
	samePoint := (s.At == nil) == (o.At == nil) && (s.At == nil || *s.At == *o.At)
	return samePoint && s.StartsAt.Equal(o.StartsAt) && s.EndsAt.Equal(o.EndsAt) && s.Place == o.Place && s.RadiusM == o.RadiusM
}

// slotOf reads a session back.
func slotOf(s model.Session) Slot {
	return Slot{StartsAt: s.StartsAt, EndsAt: s.EndsAt, Place: s.Place, At: pointOf(s.LatE6, s.LngE6), RadiusM: s.RadiusM}
}

func pointOf(lat, lng *int64) *geo.Point {
	if lat == nil || lng == nil {
		return nil
	}
	return &geo.Point{LatE6: *lat, LngE6: *lng}
}

package api

import (
	"baodao/model"
	"baodao/service/project"
)

// AudienceBody says who may sign up. What is left out asks for nothing.
type AudienceBody struct {
	OrgIDs []ID     `json:"org_ids,omitempty" maxItems:"100" doc:"Campus units with all below them; the assigned units of ASSIGNED_UNIT"`
	Grades []string `json:"grades,omitempty" maxItems:"20" pattern:"^20[0-9]{2}$" patternDescription:"a year" doc:"Years of entry" example:"[\"2025\"]"`
	Tags   []string `json:"tags,omitempty" maxItems:"4" enum:"LEAGUE_CADRE,QINGMA,LEAGUE_MEMBER,ORDINARY" doc:"One of these is enough" example:"[\"LEAGUE_MEMBER\"]"`
}

// SignupRulesBody is how seats are given.
type SignupRulesBody struct {
	SignupMode  string        `json:"signup_mode,omitempty" enum:"FIRST_COME,REVIEW,LOTTERY,ASSIGNED_UNIT,MATCHED" default:"FIRST_COME" doc:"FIRST_COME: in the order of the requests; REVIEW: the organiser chooses; LOTTERY: drawn when sign-up closes; ASSIGNED_UNIT: the units of the audience sign their members up; MATCHED: places come from match rounds alone" example:"FIRST_COME"`
	Audience    *AudienceBody `json:"audience,omitempty" doc:"Who may sign up; every student when left out"`
	Waitlist    bool          `json:"waitlist,omitempty" doc:"Who comes when it is full waits for a seat"`
	PairedUntil *Time         `json:"paired_until,omitempty" doc:"Until then reserved seats are for paired branches; then they are for everybody" example:"2026-10-14T01:00:00.000Z"`
	PairedFirst bool          `json:"paired_first,omitempty" doc:"Until paired_until only paired branches sign up at all"`
}

func (b SignupRulesBody) rules() project.SignupRules {
	r := project.SignupRules{Mode: b.SignupMode, Waitlist: b.Waitlist, PairedFirst: b.PairedFirst}
	if b.PairedUntil != nil {
		at := b.PairedUntil.Time()
		r.PairedUntil = &at
	}
	if b.Audience != nil {
		r.Audience = &model.Audience{OrgIDs: Views(b.Audience.OrgIDs, func(id ID) int64 { return int64(id) }), Grades: b.Audience.Grades, Tags: b.Audience.Tags}
	}
	return r
}

func newSignupRulesBody(a model.Activity) SignupRulesBody {
	b := SignupRulesBody{SignupMode: a.SignupMode, Waitlist: a.Waitlist, PairedFirst: a.PairedFirst, PairedUntil: AtOrNil(a.PairedUntil)}
	if a.Audience != nil {
		b.Audience = &AudienceBody{OrgIDs: Views(a.Audience.OrgIDs, func(id int64) ID { return ID(id) }), Grades: a.Audience.Grades, Tags: a.Audience.Tags}
	}
	return b
}

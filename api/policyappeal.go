package api

import (
	"baodao/model"
	"baodao/service/programme"
)

// AppealRulesView is the part of a policy that says how long appeals take, and how near a session help is.
type AppealRulesView struct {
	AppealFileDays int64 `json:"appeal_file_days" minimum:"0" maximum:"366" doc:"Days after a decision within which a student may appeal; 0: 30" example:"30"`
	AppealDays     int64 `json:"appeal_days" minimum:"0" maximum:"366" doc:"Days to decide about an appeal before it goes to the organisation above, and to go on with one that was denied; 0: 10" example:"10"`
	HelpHours      int64 `json:"help_hours" minimum:"0" maximum:"720" doc:"Hours before and after a session in which its participants find whom to call and may report an incident; 0: 24" example:"24"`
}

// AppealRulesChange gives single ones of these rules.
type AppealRulesChange struct {
	AppealFileDays *int64 `json:"appeal_file_days,omitempty" minimum:"0" maximum:"366" doc:"Days after a decision within which a student may appeal; 0: 30" example:"30"`
	AppealDays     *int64 `json:"appeal_days,omitempty" minimum:"0" maximum:"366" doc:"Days to decide about an appeal before it goes to the organisation above, and to go on with one that was denied; 0: 10" example:"10"`
	HelpHours      *int64 `json:"help_hours,omitempty" minimum:"0" maximum:"720" doc:"Hours before and after a session in which its participants find whom to call and may report an incident; 0: 24" example:"24"`
}

func newAppealRulesView(p model.Policy) AppealRulesView {
	return AppealRulesView{AppealFileDays: p.AppealFileDays, AppealDays: p.AppealDays, HelpHours: p.HelpHours}
}

func (v AppealRulesView) onto(p *model.Policy) {
	p.AppealFileDays, p.AppealDays, p.HelpHours = v.AppealFileDays, v.AppealDays, v.HelpHours
}

func (v AppealRulesChange) onto(o *programme.Override) {
	o.AppealFileDays, o.AppealDays, o.HelpHours = v.AppealFileDays, v.AppealDays, v.HelpHours
}

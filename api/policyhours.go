package api

import (
	"baodao/model"
	"baodao/service/programme"
)

// HoursRulesView is the part of a policy that says how check-ins are put right, how hours come about that no code shows at once, and how they are confirmed.
type HoursRulesView struct {
	PassCodeMinutes    int64 `json:"pass_code_minutes" minimum:"0" maximum:"120" doc:"Minutes for which staff may open a spoken pass code at a time; 0: there are none" example:"15"`
	CorrectionDays     int64 `json:"correction_days" minimum:"0" maximum:"90" doc:"Days after the end of a session in which staff may correct who came and went when; 0: 7" example:"7"`
	AnnulMinutes       int64 `json:"annul_minutes" minimum:"0" maximum:"1440" doc:"Minutes in which a check-in or check-out can be taken back by whoever made it; 0: 15" example:"15"`
	OfflineUploadHours int64 `json:"offline_upload_hours" minimum:"0" maximum:"720" doc:"Hours in which check-ins that were recorded without a network, or a log of remote work, must arrive: later ones go to review; 0: 24" example:"24"`
	OfflineSkewMinutes int64 `json:"offline_skew_minutes" minimum:"0" maximum:"1440" doc:"Minutes by which the clock of a device that records without a network may be wrong; what one that is worse recorded goes to review; 0: 5" example:"5"`
	MakeupDays         int64 `json:"makeup_days" minimum:"0" maximum:"366" doc:"Days after a session in which hours for it may be proposed, logged or sent in; 0: 14" example:"14"`
	PublicNoticeDays   int64 `json:"public_notice_days" minimum:"0" maximum:"60" doc:"Days that recognised hours of basis MANUAL or MAKEUP are publicised before they are posted; 0: 7" example:"7"`
	CheckInNoticeDays  int64 `json:"check_in_notice_days" minimum:"0" maximum:"60" doc:"Days that recognised hours of basis CHECKIN or REMOTE are publicised before they are posted; 0: they are posted at once" example:"0"`
	HostConfirmDays    int64 `json:"host_confirm_days" minimum:"0" maximum:"180" doc:"Days the host has to confirm hours; then the organisation above it is told. 0: 7" example:"7"`
}

// HoursRulesChange gives single ones of these rules.
type HoursRulesChange struct {
	PassCodeMinutes    *int64 `json:"pass_code_minutes,omitempty" minimum:"0" maximum:"120" doc:"Minutes for which staff may open a spoken pass code at a time; 0: there are none" example:"15"`
	CorrectionDays     *int64 `json:"correction_days,omitempty" minimum:"0" maximum:"90" doc:"Days after the end of a session in which staff may correct who came and went when; 0: 7" example:"7"`
	AnnulMinutes       *int64 `json:"annul_minutes,omitempty" minimum:"0" maximum:"1440" doc:"Minutes in which a check-in or check-out can be taken back by whoever made it; 0: 15" example:"15"`
	OfflineUploadHours *int64 `json:"offline_upload_hours,omitempty" minimum:"0" maximum:"720" doc:"Hours in which check-ins that were recorded without a network, or a log of remote work, must arrive: later ones go to review; 0: 24" example:"24"`
	OfflineSkewMinutes *int64 `json:"offline_skew_minutes,omitempty" minimum:"0" maximum:"1440" doc:"Minutes by which the clock of a device that records without a network may be wrong; what one that is worse recorded goes to review; 0: 5" example:"5"`
	MakeupDays         *int64 `json:"makeup_days,omitempty" minimum:"0" maximum:"366" doc:"Days after a session in which hours for it may be proposed, logged or sent in; 0: 14" example:"14"`
	PublicNoticeDays   *int64 `json:"public_notice_days,omitempty" minimum:"0" maximum:"60" doc:"Days that recognised hours of basis MANUAL or MAKEUP are publicised before they are posted; 0: 7" example:"7"`
	CheckInNoticeDays  *int64 `json:"check_in_notice_days,omitempty" minimum:"0" maximum:"60" doc:"Days that recognised hours of basis CHECKIN or REMOTE are publicised before they are posted; 0: they are posted at once" example:"0"`
	HostConfirmDays    *int64 `json:"host_confirm_days,omitempty" minimum:"0" maximum:"180" doc:"Days the host has to confirm hours; then the organisation above it is told. 0: 7" example:"7"`
}

func newHoursRulesView(p model.Policy) HoursRulesView {
	return HoursRulesView{
		PassCodeMinutes:    p.PassCodeMinutes,
		CorrectionDays:     p.CorrectionDays,
		AnnulMinutes:       p.AnnulMinutes,
		OfflineUploadHours: p.OfflineUploadHours,
		OfflineSkewMinutes: p.OfflineSkewMinutes,
		MakeupDays:         p.MakeupDays,
		PublicNoticeDays:   p.PublicNoticeDays,
		CheckInNoticeDays:  p.CheckInNoticeDays,
		HostConfirmDays:    p.HostConfirmDays,
	}
}

func (v HoursRulesView) onto(p *model.Policy) {
	p.PassCodeMinutes = v.PassCodeMinutes
	p.CorrectionDays = v.CorrectionDays
	p.AnnulMinutes = v.AnnulMinutes
	p.OfflineUploadHours = v.OfflineUploadHours
	p.OfflineSkewMinutes = v.OfflineSkewMinutes
	p.MakeupDays = v.MakeupDays
	p.PublicNoticeDays = v.PublicNoticeDays
	p.CheckInNoticeDays = v.CheckInNoticeDays
	p.HostConfirmDays = v.HostConfirmDays
}

func (v HoursRulesChange) onto(o *programme.Override) {
	o.PassCodeMinutes = v.PassCodeMinutes
	o.CorrectionDays = v.CorrectionDays
	o.AnnulMinutes = v.AnnulMinutes
	o.OfflineUploadHours = v.OfflineUploadHours
	o.OfflineSkewMinutes = v.OfflineSkewMinutes
	o.MakeupDays = v.MakeupDays
	o.PublicNoticeDays = v.PublicNoticeDays
	o.CheckInNoticeDays = v.CheckInNoticeDays
	o.HostConfirmDays = v.HostConfirmDays
}

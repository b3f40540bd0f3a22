package api

import (
	"baodao/model"
	"baodao/service/programme"
)

// PolicyItem is one entry of a taxonomy.
type PolicyItem struct {
	Code string `json:"code" pattern:"^[A-Z][A-Z0-9_]{1,39}$" patternDescription:"2–40 of A-Z 0-9 _, beginning with a letter" doc:"Stable code, unique within the list" example:"ECOLOGY"`
	Name string `json:"name" minLength:"1" maxLength:"40" doc:"What people read" example:"生态环保"`
}

// PolicyView is the rules of a programme: what is asked, as data. The same shape is read and written.
type PolicyView struct {
	EvidenceRulesView
	HoursRulesView
	AppealRulesView

	BranchParticipationPermille  int64        `json:"branch_participation_permille" minimum:"0" maximum:"1000" doc:"Target share of branches that take part in a year, per mille (250 = 25 %); 0: none" example:"250"`
	StudentParticipationPermille int64        `json:"student_participation_permille" minimum:"0" maximum:"1000" doc:"Target share of students that take part in a year, per mille; 0: none" example:"250"`
	BranchPairingPermille        int64        `json:"branch_pairing_permille" minimum:"0" maximum:"1000" doc:"Target share of branches with an active pairing, per mille; 0: none" example:"300"`
	BranchTermMin                int64        `json:"branch_term_min" minimum:"0" maximum:"100" doc:"Activities of a branch and term: at least" example:"2"`
	BranchTermMax                int64        `json:"branch_term_max" minimum:"0" maximum:"100" doc:"Activities of a branch and term: at most; 0: no limit" example:"3"`
	StudentMin                   int64        `json:"student_min" minimum:"0" maximum:"100" doc:"Activities of a student while at university: at least" example:"1"`
	DailyMinTerms                int64        `json:"daily_min_terms" minimum:"0" maximum:"20" doc:"Length of a DAILY placement in terms: at least" example:"1"`
	ConcentratedMinDays          int64        `json:"concentrated_min_days" minimum:"0" maximum:"366" doc:"Length of a CONCENTRATED placement in days: at least" example:"30"`
	CaseQuota                    int64        `json:"case_quota" minimum:"0" maximum:"1000" doc:"Cases that a department hands in" example:"3"`
	CaseMinChars                 int64        `json:"case_min_chars" minimum:"0" maximum:"20000" doc:"Characters of a case's text: at least" example:"1000"`
	CasePhotos                   int64        `json:"case_photos" minimum:"0" maximum:"50" doc:"Photos of a case" example:"5"`
	CasePhotoMinBytes            int64        `json:"case_photo_min_bytes" minimum:"0" maximum:"10485760" doc:"Bytes of each photo: at least" example:"1048576"`
	PairingDue                   string       `json:"pairing_due" pattern:"^([0-9]{2}-[0-9]{2})?$" patternDescription:"MM-DD" doc:"Day of the year by which units are to be paired, MM-DD; empty: none" example:"11-15"`
	KickoffDue                   string       `json:"kickoff_due" pattern:"^([0-9]{2}-[0-9]{2})?$" patternDescription:"MM-DD" doc:"Day of the year by which the first activity is to take place, MM-DD; empty: none" example:"11-20"`
	PilotMinCounties             int64        `json:"pilot_min_counties" minimum:"0" maximum:"10000" doc:"Pilot counties of a city: at least" example:"2"`
	PilotMinTowns                int64        `json:"pilot_min_towns" minimum:"0" maximum:"10000" doc:"Pilot towns of a pilot county: at least" example:"2"`
	PilotMinCommunities          int64        `json:"pilot_min_communities" minimum:"0" maximum:"10000" doc:"Pilot communities of a pilot county: at least" example:"10"`
	YearStarts                   string       `json:"year_starts" pattern:"^[0-9]{2}-[0-9]{2}$" patternDescription:"MM-DD" doc:"First day of the programme year, MM-DD" example:"09-01"`
	PairingAnswerDays            int64        `json:"pairing_answer_days" minimum:"1" maximum:"366" doc:"Days until a pairing proposal expires" example:"14"`
	PairingNoticeDays            int64        `json:"pairing_notice_days" minimum:"0" maximum:"366" doc:"Days between the notice of one side of a pairing and its end, unless both sides want it sooner" example:"14"`
	PairingMinDays               int64        `json:"pairing_min_days" minimum:"0" maximum:"1830" doc:"Days that a pairing lasts at least, unless both sides want its end" example:"90"`
	CheckInEarlyMinutes          int64        `json:"check_in_early_minutes" minimum:"0" maximum:"1440" doc:"Check-in opens so many minutes before a session starts" example:"30"`
	CheckOutLateMinutes          int64        `json:"check_out_late_minutes" minimum:"0" maximum:"1440" doc:"Check-out closes so many minutes after a session ends" example:"60"`
	PresenceMinPermille          int64        `json:"presence_min_permille" minimum:"0" maximum:"1000" doc:"Presence below this share of the planned minutes earns none, per mille" example:"600"`
	DayMaxMinutes                int64        `json:"day_max_minutes" minimum:"1" maximum:"1440" doc:"Minutes credited to a person and day: at most" example:"480"`
	NoShowWindowDays             int64        `json:"no_show_window_days" minimum:"0" maximum:"3660" doc:"Days in which no-shows are counted towards a suspension, and after which a penalty expires; 0: 180" example:"180"`
	NoShowLimit                  int64        `json:"no_show_limit" minimum:"0" maximum:"100" doc:"No-shows within no_show_window_days that suspend a student from signing up; 0: never" example:"3"`
	SuspensionDays               int64        `json:"suspension_days" minimum:"0" maximum:"366" doc:"Days that a suspension from signing up lasts; 0: no suspension" example:"7"`
	LateCancelPoints             int64        `json:"late_cancel_points" minimum:"0" maximum:"100" doc:"Reliability points taken off for a cancellation after cancel_until; 0: none" example:"1"`
	NoShowPoints                 int64        `json:"no_show_points" minimum:"0" maximum:"100" doc:"Reliability points taken off for a no-show; 0: none" example:"3"`
	NoShowAfterHours             int64        `json:"no_show_after_hours" minimum:"0" maximum:"720" doc:"Hours after the end of an activity until a seat without a check-in becomes a no-show; 0: 48" example:"48"`
	WeekMaxMinutes               int64        `json:"week_max_minutes" minimum:"0" maximum:"10080" doc:"Minutes of sessions a student may sign up for in a week, Monday to Sunday in China: at most; 0: no limit" example:"2400"`
	TermMaxActivities            int64        `json:"term_max_activities" minimum:"0" maximum:"1000" doc:"Activities a student may sign up for in a term: at most; 0: no limit" example:"0"`
	TravelKMH                    int64        `json:"travel_kmh" minimum:"0" maximum:"200" doc:"Speed in km/h by which the time between two activities at different places is reckoned; 0: none is asked for" example:"20"`
	WaitlistCutoffMinutes        int64        `json:"waitlist_cutoff_minutes" minimum:"0" maximum:"10080" doc:"Nobody moves up from the waiting list in the last so many minutes before an activity; 0: until it starts" example:"120"`
	OfferMinutes                 int64        `json:"offer_minutes" minimum:"0" maximum:"10080" doc:"Minutes to answer the offer of a seat from the waiting list; 0: it is given at once" example:"0"`
	LotteryBaseWeight            int64        `json:"lottery_base_weight" minimum:"0" maximum:"1000" doc:"Weight of every entry in a lottery; 0: 1" example:"1"`
	LotteryFirstPracticeWeight   int64        `json:"lottery_first_practice_weight" minimum:"0" maximum:"1000" doc:"Weight in a lottery of a student who still lacks the practice asked for; 0: the same as everybody" example:"3"`
	RoundInputDays               int64        `json:"round_input_days" minimum:"1" maximum:"3660" doc:"Days after a match round was closed or cancelled, or after the wishes of one that nobody publishes, until what people entered for it is destroyed: lists, places, free time; results and digests stay" example:"365"`
	SignupConsent                string       `json:"signup_consent" maxLength:"20" doc:"Version of the text that a student must have agreed to (SIGNUP_SHARE) before signing up; empty: none" example:"2026-09"`
	Fields                       []PolicyItem `json:"fields" minItems:"1" maxItems:"50" doc:"Fields of work"`
	Categories                   []PolicyItem `json:"categories" minItems:"1" maxItems:"50" doc:"Categories of projects; match rounds know the first twelve"`
	DeclineReasons               []PolicyItem `json:"decline_reasons,omitempty" minItems:"1" maxItems:"20" doc:"Reasons for which a host may decline a proposal of a match round; OTHER is always one. A list to begin with when left out"`
	Skills                       []PolicyItem `json:"skills" minItems:"1" maxItems:"32" doc:"Skills that students name and positions ask for. Once the programme is open they keep their places: rename them, or add others at the end"`
}

// PolicyChange gives single rules; what is left out stays as it is in the preset. Without a preset every rule is needed.
type PolicyChange struct {
	EvidenceRulesChange
	HoursRulesChange
	AppealRulesChange

	BranchParticipationPermille  *int64       `json:"branch_participation_permille,omitempty" minimum:"0" maximum:"1000" doc:"Target share of branches that take part in a year, per mille (250 = 25 %); 0: none" example:"250"`
	StudentParticipationPermille *int64       `json:"student_participation_permille,omitempty" minimum:"0" maximum:"1000" doc:"Target share of students that take part in a year, per mille; 0: none" example:"250"`
	BranchPairingPermille        *int64       `json:"branch_pairing_permille,omitempty" minimum:"0" maximum:"1000" doc:"Target share of branches with an active pairing, per mille; 0: none" example:"300"`
	BranchTermMin                *int64       `json:"branch_term_min,omitempty" minimum:"0" maximum:"100" doc:"Activities of a branch and term: at least" example:"2"`
	BranchTermMax                *int64       `json:"branch_term_max,omitempty" minimum:"0" maximum:"100" doc:"Activities of a branch and term: at most; 0: no limit" example:"3"`
	StudentMin                   *int64       `json:"student_min,omitempty" minimum:"0" maximum:"100" doc:"Activities of a student while at university: at least" example:"1"`
	DailyMinTerms                *int64       `json:"daily_min_terms,omitempty" minimum:"0" maximum:"20" doc:"Length of a DAILY placement in terms: at least" example:"1"`
	ConcentratedMinDays          *int64       `json:"concentrated_min_days,omitempty" minimum:"0" maximum:"366" doc:"Length of a CONCENTRATED placement in days: at least" example:"30"`
	CaseQuota                    *int64       `json:"case_quota,omitempty" minimum:"0" maximum:"1000" doc:"Cases that a department hands in" example:"3"`
	CaseMinChars                 *int64       `json:"case_min_chars,omitempty" minimum:"0" maximum:"20000" doc:"Characters of a case's text: at least" example:"1000"`
	CasePhotos                   *int64       `json:"case_photos,omitempty" minimum:"0" maximum:"50" doc:"Photos of a case" example:"5"`
	CasePhotoMinBytes            *int64       `json:"case_photo_min_bytes,omitempty" minimum:"0" maximum:"10485760" doc:"Bytes of each photo: at least" example:"1048576"`
	PairingDue                   *string      `json:"pairing_due,omitempty" pattern:"^([0-9]{2}-[0-9]{2})?$" patternDescription:"MM-DD" doc:"Day of the year by which units are to be paired, MM-DD; empty: none" example:"11-15"`
	KickoffDue                   *string      `json:"kickoff_due,omitempty" pattern:"^([0-9]{2}-[0-9]{2})?$" patternDescription:"MM-DD" doc:"Day of the year by which the first activity is to take place, MM-DD; empty: none" example:"11-20"`
	PilotMinCounties             *int64       `json:"pilot_min_counties,omitempty" minimum:"0" maximum:"10000" doc:"Pilot counties of a city: at least" example:"2"`
	PilotMinTowns                *int64       `json:"pilot_min_towns,omitempty" minimum:"0" maximum:"10000" doc:"Pilot towns of a pilot county: at least" example:"2"`
	PilotMinCommunities          *int64       `json:"pilot_min_communities,omitempty" minimum:"0" maximum:"10000" doc:"Pilot communities of a pilot county: at least" example:"10"`
	YearStarts                   *string      `json:"year_starts,omitempty" pattern:"^[0-9]{2}-[0-9]{2}$" patternDescription:"MM-DD" doc:"First day of the programme year, MM-DD" example:"09-01"`
	PairingAnswerDays            *int64       `json:"pairing_answer_days,omitempty" minimum:"1" maximum:"366" doc:"Days until a pairing proposal expires" example:"14"`
	PairingNoticeDays            *int64       `json:"pairing_notice_days,omitempty" minimum:"0" maximum:"366" doc:"Days between the notice of one side of a pairing and its end, unless both sides want it sooner" example:"14"`
	PairingMinDays               *int64       `json:"pairing_min_days,omitempty" minimum:"0" maximum:"1830" doc:"Days that a pairing lasts at least, unless both sides want its end" example:"90"`
	CheckInEarlyMinutes          *int64       `json:"check_in_early_minutes,omitempty" minimum:"0" maximum:"1440" doc:"Check-in opens so many minutes before a session starts" example:"30"`
	CheckOutLateMinutes          *int64       `json:"check_out_late_minutes,omitempty" minimum:"0" maximum:"1440" doc:"Check-out closes so many minutes after a session ends" example:"60"`
	PresenceMinPermille          *int64       `json:"presence_min_permille,omitempty" minimum:"0" maximum:"1000" doc:"Presence below this share of the planned minutes earns none, per mille" example:"600"`
	DayMaxMinutes                *int64       `json:"day_max_minutes,omitempty" minimum:"1" maximum:"1440" doc:"Minutes credited to a person and day: at most" example:"480"`
	NoShowWindowDays             *int64       `json:"no_show_window_days,omitempty" minimum:"0" maximum:"3660" doc:"Days in which no-shows are counted towards a suspension, and after which a penalty expires; 0: 180" example:"180"`
	NoShowLimit                  *int64       `json:"no_show_limit,omitempty" minimum:"0" maximum:"100" doc:"No-shows within no_show_window_days that suspend a student from signing up; 0: never" example:"3"`
	SuspensionDays               *int64       `json:"suspension_days,omitempty" minimum:"0" maximum:"366" doc:"Days that a suspension from signing up lasts; 0: no suspension" example:"7"`
	LateCancelPoints             *int64       `json:"late_cancel_points,omitempty" minimum:"0" maximum:"100" doc:"Reliability points taken off for a cancellation after cancel_until; 0: none" example:"1"`
	NoShowPoints                 *int64       `json:"no_show_points,omitempty" minimum:"0" maximum:"100" doc:"Reliability points taken off for a no-show; 0: none" example:"3"`
	NoShowAfterHours             *int64       `json:"no_show_after_hours,omitempty" minimum:"0" maximum:"720" doc:"Hours after the end of an activity until a seat without a check-in becomes a no-show; 0: 48" example:"48"`
	WeekMaxMinutes               *int64       `json:"week_max_minutes,omitempty" minimum:"0" maximum:"10080" doc:"Minutes of sessions a student may sign up for in a week, Monday to Sunday in China: at most; 0: no limit" example:"2400"`
	TermMaxActivities            *int64       `json:"term_max_activities,omitempty" minimum:"0" maximum:"1000" doc:"Activities a student may sign up for in a term: at most; 0: no limit" example:"0"`
	TravelKMH                    *int64       `json:"travel_kmh,omitempty" minimum:"0" maximum:"200" doc:"Speed in km/h by which the time between two activities at different places is reckoned; 0: none is asked for" example:"20"`
	WaitlistCutoffMinutes        *int64       `json:"waitlist_cutoff_minutes,omitempty" minimum:"0" maximum:"10080" doc:"Nobody moves up from the waiting list in the last so many minutes before an activity; 0: until it starts" example:"120"`
	OfferMinutes                 *int64       `json:"offer_minutes,omitempty" minimum:"0" maximum:"10080" doc:"Minutes to answer the offer of a seat from the waiting list; 0: it is given at once" example:"0"`
	LotteryBaseWeight            *int64       `json:"lottery_base_weight,omitempty" minimum:"0" maximum:"1000" doc:"Weight of every entry in a lottery; 0: 1" example:"1"`
	LotteryFirstPracticeWeight   *int64       `json:"lottery_first_practice_weight,omitempty" minimum:"0" maximum:"1000" doc:"Weight in a lottery of a student who still lacks the practice asked for; 0: the same as everybody" example:"3"`
	RoundInputDays               *int64       `json:"round_input_days,omitempty" minimum:"1" maximum:"3660" doc:"Days after a match round was closed or cancelled, or after the wishes of one that nobody publishes, until what people entered for it is destroyed: lists, places, free time; results and digests stay" example:"365"`
	SignupConsent                *string      `json:"signup_consent,omitempty" maxLength:"20" doc:"Version of the text that a student must have agreed to (SIGNUP_SHARE) before signing up; empty: none" example:"2026-09"`
	Fields                       []PolicyItem `json:"fields,omitempty" minItems:"1" maxItems:"50" doc:"Fields of work"`
	Categories                   []PolicyItem `json:"categories,omitempty" minItems:"1" maxItems:"50" doc:"Categories of projects; match rounds know the first twelve"`
	DeclineReasons               []PolicyItem `json:"decline_reasons,omitempty" minItems:"1" maxItems:"20" doc:"Reasons for which a host may decline a proposal of a match round; OTHER is always one"`
	Skills                       []PolicyItem `json:"skills,omitempty" minItems:"1" maxItems:"32" doc:"Skills that students name and positions ask for"`
}

func newPolicyView(p model.Policy) PolicyView {
	item := func(i model.Item) PolicyItem { return PolicyItem(i) }
	return PolicyView{
		EvidenceRulesView:            newEvidenceRulesView(p),
		HoursRulesView:               newHoursRulesView(p),
		AppealRulesView:              newAppealRulesView(p),
		BranchParticipationPermille:  p.BranchParticipationPermille,
		StudentParticipationPermille: p.StudentParticipationPermille,
		BranchPairingPermille:        p.BranchPairingPermille,
		BranchTermMin:                p.BranchTermMin,
		BranchTermMax:                p.BranchTermMax,
		StudentMin:                   p.StudentMin,
		DailyMinTerms:                p.DailyMinTerms,
		ConcentratedMinDays:          p.ConcentratedMinDays,
		CaseQuota:                    p.CaseQuota,
		CaseMinChars:                 p.CaseMinChars,
		CasePhotos:                   p.CasePhotos,
		CasePhotoMinBytes:            p.CasePhotoMinBytes,
		PairingDue:                   p.PairingDue,
		KickoffDue:                   p.KickoffDue,
		PilotMinCounties:             p.PilotMinCounties,
		PilotMinTowns:                p.PilotMinTowns,
		PilotMinCommunities:          p.PilotMinCommunities,
		YearStarts:                   p.YearStarts,
		PairingAnswerDays:            p.PairingAnswerDays,
		PairingNoticeDays:            p.PairingNoticeDays,
		PairingMinDays:               p.PairingMinDays,
		CheckInEarlyMinutes:          p.CheckInEarlyMinutes,
		CheckOutLateMinutes:          p.CheckOutLateMinutes,
		PresenceMinPermille:          p.PresenceMinPermille,
		DayMaxMinutes:                p.DayMaxMinutes,
		NoShowWindowDays:             p.NoShowWindowDays,
		NoShowLimit:                  p.NoShowLimit,
		SuspensionDays:               p.SuspensionDays,
		LateCancelPoints:             p.LateCancelPoints,
		NoShowPoints:                 p.NoShowPoints,
		NoShowAfterHours:             p.NoShowAfterHours,
		WeekMaxMinutes:               p.WeekMaxMinutes,
		TermMaxActivities:            p.TermMaxActivities,
		TravelKMH:                    p.TravelKMH,
		WaitlistCutoffMinutes:        p.WaitlistCutoffMinutes,
		OfferMinutes:                 p.OfferMinutes,
		LotteryBaseWeight:            p.LotteryBaseWeight,
		LotteryFirstPracticeWeight:   p.LotteryFirstPracticeWeight,
		RoundInputDays:               p.RoundInputKept(),
		SignupConsent:                p.SignupConsent,
		Fields:                       Views(p.Fields, item), Categories: Views(p.Categories, item), Skills: Views(p.SkillItems(), item), DeclineReasons: Views(p.DeclineItems(), item),
	}
}

func (v PolicyView) policy() model.Policy {
	out := model.Policy{
		BranchParticipationPermille:  v.BranchParticipationPermille,
		StudentParticipationPermille: v.StudentParticipationPermille,
		BranchPairingPermille:        v.BranchPairingPermille,
		BranchTermMin:                v.BranchTermMin,
		BranchTermMax:                v.BranchTermMax,
		StudentMin:                   v.StudentMin,
		DailyMinTerms:                v.DailyMinTerms,
		ConcentratedMinDays:          v.ConcentratedMinDays,
		CaseQuota:                    v.CaseQuota,
		CaseMinChars:                 v.CaseMinChars,
		CasePhotos:                   v.CasePhotos,
		CasePhotoMinBytes:            v.CasePhotoMinBytes,
		PairingDue:                   v.PairingDue,
		KickoffDue:                   v.KickoffDue,
		PilotMinCounties:             v.PilotMinCounties,
		PilotMinTowns:                v.PilotMinTowns,
		PilotMinCommunities:          v.PilotMinCommunities,
		YearStarts:                   v.YearStarts,
		PairingAnswerDays:            v.PairingAnswerDays,
		PairingNoticeDays:            v.PairingNoticeDays,
		PairingMinDays:               v.PairingMinDays,
		CheckInEarlyMinutes:          v.CheckInEarlyMinutes,
		CheckOutLateMinutes:          v.CheckOutLateMinutes,
		PresenceMinPermille:          v.PresenceMinPermille,
		DayMaxMinutes:                v.DayMaxMinutes,
		NoShowWindowDays:             v.NoShowWindowDays,
		NoShowLimit:                  v.NoShowLimit,
		SuspensionDays:               v.SuspensionDays,
		LateCancelPoints:             v.LateCancelPoints,
		NoShowPoints:                 v.NoShowPoints,
		NoShowAfterHours:             v.NoShowAfterHours,
		WeekMaxMinutes:               v.WeekMaxMinutes,
		TermMaxActivities:            v.TermMaxActivities,
		TravelKMH:                    v.TravelKMH,
		WaitlistCutoffMinutes:        v.WaitlistCutoffMinutes,
		OfferMinutes:                 v.OfferMinutes,
		LotteryBaseWeight:            v.LotteryBaseWeight,
		LotteryFirstPracticeWeight:   v.LotteryFirstPracticeWeight,
		RoundInputDays:               v.RoundInputDays,
		SignupConsent:                v.SignupConsent,
		Fields:                       itemsOf(v.Fields), Categories: itemsOf(v.Categories), Skills: itemsOf(v.Skills), DeclineReasons: itemsOf(v.DeclineReasons),
	}
	v.EvidenceRulesView.onto(&out)
	v.HoursRulesView.onto(&out)
	v.AppealRulesView.onto(&out)
	return out
}

func (v PolicyChange) override() programme.Override {
	out := programme.Override{
		BranchParticipationPermille:  v.BranchParticipationPermille,
		StudentParticipationPermille: v.StudentParticipationPermille,
		BranchPairingPermille:        v.BranchPairingPermille,
		BranchTermMin:                v.BranchTermMin,
		BranchTermMax:                v.BranchTermMax,
		StudentMin:                   v.StudentMin,
		DailyMinTerms:                v.DailyMinTerms,
		ConcentratedMinDays:          v.ConcentratedMinDays,
		CaseQuota:                    v.CaseQuota,
		CaseMinChars:                 v.CaseMinChars,
		CasePhotos:                   v.CasePhotos,
		CasePhotoMinBytes:            v.CasePhotoMinBytes,
		PairingDue:                   v.PairingDue,
		KickoffDue:                   v.KickoffDue,
		PilotMinCounties:             v.PilotMinCounties,
		PilotMinTowns:                v.PilotMinTowns,
		PilotMinCommunities:          v.PilotMinCommunities,
		YearStarts:                   v.YearStarts,
		PairingAnswerDays:            v.PairingAnswerDays,
		PairingNoticeDays:            v.PairingNoticeDays,
		PairingMinDays:               v.PairingMinDays,
		CheckInEarlyMinutes:          v.CheckInEarlyMinutes,
		CheckOutLateMinutes:          v.CheckOutLateMinutes,
		PresenceMinPermille:          v.PresenceMinPermille,
		DayMaxMinutes:                v.DayMaxMinutes,
		NoShowWindowDays:             v.NoShowWindowDays,
		NoShowLimit:                  v.NoShowLimit,
		SuspensionDays:               v.SuspensionDays,
		LateCancelPoints:             v.LateCancelPoints,
		NoShowPoints:                 v.NoShowPoints,
		NoShowAfterHours:             v.NoShowAfterHours,
		WeekMaxMinutes:               v.WeekMaxMinutes,
		TermMaxActivities:            v.TermMaxActivities,
		TravelKMH:                    v.TravelKMH,
		WaitlistCutoffMinutes:        v.WaitlistCutoffMinutes,
		OfferMinutes:                 v.OfferMinutes,
		LotteryBaseWeight:            v.LotteryBaseWeight,
		LotteryFirstPracticeWeight:   v.LotteryFirstPracticeWeight,
		RoundInputDays:               v.RoundInputDays,
		SignupConsent:                v.SignupConsent,
	}
	v.EvidenceRulesChange.onto(&out)
	v.HoursRulesChange.onto(&out)
	v.AppealRulesChange.onto(&out)
	out.Fields, out.Categories, out.Skills, out.DeclineReasons = itemsOrNil(v.Fields), itemsOrNil(v.Categories), itemsOrNil(v.Skills), itemsOrNil(v.DeclineReasons)
	return out
}

// itemsOrNil is nil for a list that was not sent.
func itemsOrNil(in []PolicyItem) *[]model.Item {
	if in == nil {
		return nil
	}
	out := itemsOf(in)
	return &out
}

func itemsOf(items []PolicyItem) []model.Item {
	return Views(items, func(i PolicyItem) model.Item { return model.Item(i) })
}

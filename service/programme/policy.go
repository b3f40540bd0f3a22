package programme

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"baodao/model"
	"baodao/service/fault"
	"baodao/service/text"
)

// Override changes single rules of a preset, or gives all of a policy's rules; nil leaves the preset's.
type Override struct {
	BranchParticipationPermille, StudentParticipationPermille, BranchPairingPermille                                                      *int64
	BranchTermMin, BranchTermMax, StudentMin, DailyMinTerms, ConcentratedMinDays                                                          *int64
	CaseQuota, CaseMinChars, CasePhotos, CasePhotoMinBytes                                                                                *int64
	PilotMinCounties, PilotMinTowns, PilotMinCommunities                                                                                  *int64
	PairingAnswerDays, PairingNoticeDays, PairingMinDays, CheckInEarlyMinutes, CheckOutLateMinutes                                        *int64
	NoShowWindowDays, NoShowLimit, SuspensionDays, LateCancelPoints, NoShowPoints                                                         *int64
	NoShowAfterHours, PublicNoticeDays, CheckInNoticeDays, HostConfirmDays, WeekMaxMinutes, TermMaxActivities, TravelKMH                  *int64
	WaitlistCutoffMinutes, OfferMinutes                                                                                                   *int64
	LotteryBaseWeight, LotteryFirstPracticeWeight                                                                                         *int64
	AppealFileDays, AppealDays, HelpHours, ReviewDays                                                                                     *int64
	OfflineUploadHours, OfflineSkewMinutes, MakeupDays                                                                                    *int64
	PairingDue, KickoffDue, YearStarts, SignupConsent                                                                                     *string
	PresenceMinPermille, DayMaxMinutes, AnnulMinutes, CorrectionDays, PassCodeMinutes                                                     *int64
	LocationDriftM, LocationAccuracyMinM, LocationAccuracyMaxM, LocationSpeedKMH, DeviceMaxStudents, PositionRepeatsMax, LocationKeepDays *int64
	RoundInputDays                                                                                                                        *int64
	Fields, Categories, Skills, DeclineReasons                                                                                            *[]model.Item
}

// rule is one whole-number rule of a policy: its name, where it stands, what an override says, and what it may be.
type rule struct {
	name     string
	value    *int64
	override *int64
	min, max int64
}

func rules(p *model.Policy, o Override) []rule {
	return append(hoursRules(p, o), []rule{
		{"branch_participation_permille", &p.BranchParticipationPermille, o.BranchParticipationPermille, 0, 1000},
		{"student_participation_permille", &p.StudentParticipationPermille, o.StudentParticipationPermille, 0, 1000},
		{"branch_pairing_permille", &p.BranchPairingPermille, o.BranchPairingPermille, 0, 1000},
		{"branch_term_min", &p.BranchTermMin, o.BranchTermMin, 0, 100},
		{"branch_term_max", &p.BranchTermMax, o.BranchTermMax, 0, 100},
		{"student_min", &p.StudentMin, o.StudentMin, 0, 100},
		{"daily_min_terms", &p.DailyMinTerms, o.DailyMinTerms, 0, 20},
		{"concentrated_min_days", &p.ConcentratedMinDays, o.ConcentratedMinDays, 0, 366},
		{"case_quota", &p.CaseQuota, o.CaseQuota, 0, 1000},
		{"case_min_chars", &p.CaseMinChars, o.CaseMinChars, 0, 20000},
		{"case_photos", &p.CasePhotos, o.CasePhotos, 0, 50},
		{"case_photo_min_bytes", &p.CasePhotoMinBytes, o.CasePhotoMinBytes, 0, 10 << 20},
		{"pilot_min_counties", &p.PilotMinCounties, o.PilotMinCounties, 0, 10000},
		{"pilot_min_towns", &p.PilotMinTowns, o.PilotMinTowns, 0, 10000},
		{"pilot_min_communities", &p.PilotMinCommunities, o.PilotMinCommunities, 0, 10000},
		{"pairing_answer_days", &p.PairingAnswerDays, o.PairingAnswerDays, 1, 366},
		{"pairing_notice_days", &p.PairingNoticeDays, o.PairingNoticeDays, 0, 366},
		{"pairing_min_days", &p.PairingMinDays, o.PairingMinDays, 0, 1830},
		{"check_in_early_minutes", &p.CheckInEarlyMinutes, o.CheckInEarlyMinutes, 0, 1440},
		{"check_out_late_minutes", &p.CheckOutLateMinutes, o.CheckOutLateMinutes, 0, 1440},
		{"presence_min_permille", &p.PresenceMinPermille, o.PresenceMinPermille, 0, 1000},
		{"day_max_minutes", &p.DayMaxMinutes, o.DayMaxMinutes, 1, 1440},
		{"no_show_window_days", &p.NoShowWindowDays, o.NoShowWindowDays, 0, 3660},
		{"no_show_limit", &p.NoShowLimit, o.NoShowLimit, 0, 100},
		{"suspension_days", &p.SuspensionDays, o.SuspensionDays, 0, 366},
		{"late_cancel_points", &p.LateCancelPoints, o.LateCancelPoints, 0, 100},
		{"no_show_points", &p.NoShowPoints, o.NoShowPoints, 0, 100},
		{"no_show_after_hours", &p.NoShowAfterHours, o.NoShowAfterHours, 0, 720},
		{"week_max_minutes", &p.WeekMaxMinutes, o.WeekMaxMinutes, 0, 10080},
		{"term_max_activities", &p.TermMaxActivities, o.TermMaxActivities, 0, 1000},
		{"travel_kmh", &p.TravelKMH, o.TravelKMH, 0, 200},
		{"waitlist_cutoff_minutes", &p.WaitlistCutoffMinutes, o.WaitlistCutoffMinutes, 0, 10080},
		{"offer_minutes", &p.OfferMinutes, o.OfferMinutes, 0, 10080},
		{"lottery_base_weight", &p.LotteryBaseWeight, o.LotteryBaseWeight, 0, 1000},
		{"lottery_first_practice_weight", &p.LotteryFirstPracticeWeight, o.LotteryFirstPracticeWeight, 0, 1000},
		{"location_drift_m", &p.LocationDriftM, o.LocationDriftM, 0, 2000},
		{"location_accuracy_min_m", &p.LocationAccuracyMinM, o.LocationAccuracyMinM, 0, 100},
		{"location_accuracy_max_m", &p.LocationAccuracyMaxM, o.LocationAccuracyMaxM, 0, 10000},
		{"location_speed_kmh", &p.LocationSpeedKMH, o.LocationSpeedKMH, 0, 2000},
		{"device_max_students", &p.DeviceMaxStudents, o.DeviceMaxStudents, 0, 100},
		{"position_repeats_max", &p.PositionRepeatsMax, o.PositionRepeatsMax, 0, 100},
		{"location_keep_days", &p.LocationKeepDays, o.LocationKeepDays, 0, 30},
		{"review_days", &p.ReviewDays, o.ReviewDays, 0, 60},
		{"round_input_days", &p.RoundInputDays, o.RoundInputDays, 1, 3660},
	}...)
}

// hoursRules are those of check-ins that are put right or come from elsewhere, of the confirmation of hours, and of appeals.
func hoursRules(p *model.Policy, o Override) []rule {
	return []rule{
		{"annul_minutes", &p.AnnulMinutes, o.AnnulMinutes, 0, 1440},
		{"correction_days", &p.CorrectionDays, o.CorrectionDays, 0, 90},
		{"pass_code_minutes", &p.PassCodeMinutes, o.PassCodeMinutes, 0, 120},
		{"offline_upload_hours", &p.OfflineUploadHours, o.OfflineUploadHours, 0, 720},
		{"offline_skew_minutes", &p.OfflineSkewMinutes, o.OfflineSkewMinutes, 0, 1440},
		{"makeup_days", &p.MakeupDays, o.MakeupDays, 0, 366},
		{"public_notice_days", &p.PublicNoticeDays, o.PublicNoticeDays, 0, 60},
		{"check_in_notice_days", &p.CheckInNoticeDays, o.CheckInNoticeDays, 0, 60},
		{"host_confirm_days", &p.HostConfirmDays, o.HostConfirmDays, 0, 180},
		{"appeal_file_days", &p.AppealFileDays, o.AppealFileDays, 0, 366},
		{"appeal_days", &p.AppealDays, o.AppealDays, 0, 366},
		{"help_hours", &p.HelpHours, o.HelpHours, 0, 720},
	}
}

// onto writes the given rules over p and names those that were not given.
func (o Override) onto(p *model.Policy) (missing []string) {
	for _, r := range rules(p, o) {
		missing = put(missing, r.name, r.value, r.override)
	}
	missing = put(missing, "pairing_due", &p.PairingDue, o.PairingDue)
	missing = put(missing, "kickoff_due", &p.KickoffDue, o.KickoffDue)
	missing = put(missing, "year_starts", &p.YearStarts, o.YearStarts)
	missing = put(missing, "signup_consent", &p.SignupConsent, o.SignupConsent)
	missing = put(missing, "fields", &p.Fields, o.Fields)
	missing = put(missing, "categories", &p.Categories, o.Categories)
	put(nil, "", &p.DeclineReasons, o.DeclineReasons) // there is always a list
	return put(missing, "skills", &p.Skills, o.Skills)
}

// put sets to when there is something to set, or adds name to what is missing.
func put[T any](missing []string, name string, to, from *T) []string {
	if from == nil {
		return append(missing, name)
	}
	*to = *from
	return missing
}

// checkPolicy notes every wrong rule of p and brings its names into their canonical form; prefix is where the policy stands
// in the request ("" or "/policy").
func checkPolicy(c *fault.Collector, prefix string, p *model.Policy) {
	for _, r := range rules(p, Override{}) {
		low, high := strconv.FormatInt(r.min, 10), strconv.FormatInt(r.max, 10)
		c.Add(*r.value < r.min, prefix+"/"+r.name, "min", "不能小于 "+low, "must be at least "+low)
		c.Add(*r.value > r.max, prefix+"/"+r.name, "max", "不能大于 "+high, "must be at most "+high)
	}
	c.Add(p.BranchTermMax != 0 && p.BranchTermMax < p.BranchTermMin, prefix+"/branch_term_max", "order", "不能小于 branch_term_min（0 表示不设上限）", "must not be below branch_term_min (0: no upper limit)")
	c.Add(p.PairingDue != "" && !isMonthDay(p.PairingDue), prefix+"/pairing_due", "format", "须为 MM-DD，且每年都有这一天", "must be MM-DD, a day of every year")
	c.Add(p.KickoffDue != "" && !isMonthDay(p.KickoffDue), prefix+"/kickoff_due", "format", "须为 MM-DD，且每年都有这一天", "must be MM-DD, a day of every year")
	c.Add(!isMonthDay(p.YearStarts), prefix+"/year_starts", "format", "须为 MM-DD，且每年都有这一天", "must be MM-DD, a day of every year")
	text.Settle(c, text.Field{At: prefix + "/signup_consent", In: &p.SignupConsent, Max: 20, Optional: true})
	p.Fields = checkItems(c, prefix+"/fields", p.Fields, maxItems)
	p.Categories = checkItems(c, prefix+"/categories", p.Categories, maxItems)
	p.Skills = checkItems(c, prefix+"/skills", p.SkillItems(), model.MaxSkills)
	p.DeclineReasons = checkItems(c, prefix+"/decline_reasons", p.DeclineItems(), model.MaxDeclineReasons+1)
}

// maxItems is how many entries a taxonomy may have.
const maxItems = 50

var itemCode = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,39}$`)

// checkItems notes every wrong entry and returns a copy with the names in their canonical form.
func checkItems(c *fault.Collector, pointer string, items []model.Item, most int) []model.Item {
	items = slices.Clone(items)
	c.Add(len(items) == 0, pointer, "min_items", "至少 1 项", "must have at least 1 item")
	c.Add(len(items) > most, pointer, "max_items", fmt.Sprintf("最多 %d 项", most), fmt.Sprintf("must have at most %d items", most))
	seen := map[string]bool{}
	for i, item := range items {
		at := fmt.Sprintf("%s/%d", pointer, i)
		c.Add(!itemCode.MatchString(item.Code), at+"/code", "pattern", "须为 2–40 个大写字母、数字或下划线，字母开头", "must be 2–40 of A-Z 0-9 _, beginning with a letter")
		c.Add(seen[item.Code], at+"/code", "unique_items", "代码重复", "is a code used twice")
		text.Settle(c, text.Field{At: at + "/name", In: &items[i].Name, Max: 40})
		seen[item.Code] = true
	}
	return items
}

// isMonthDay tells whether s is MM-DD and exists in every year (so not 02-29).
func isMonthDay(s string) bool {
	_, err := time.Parse(time.DateOnly, "2023-"+s)
	return err == nil && len(s) == 5
}

package model

import (
	"cmp"
	"fmt"
	"strconv"
	"time"
)

// Policy is the rules of a programme as data. Ratios are per mille of the denominator (250 = 25 %).
type Policy struct {
	BranchParticipationPermille  int64  `json:"branch_participation_permille"`
	StudentParticipationPermille int64  `json:"student_participation_permille"`
	BranchPairingPermille        int64  `json:"branch_pairing_permille"`
	BranchTermMin                int64  `json:"branch_term_min"`
	BranchTermMax                int64  `json:"branch_term_max"`
	StudentMin                   int64  `json:"student_min"`
	DailyMinTerms                int64  `json:"daily_min_terms"`
	ConcentratedMinDays          int64  `json:"concentrated_min_days"`
	CaseQuota                    int64  `json:"case_quota"`
	CaseMinChars                 int64  `json:"case_min_chars"`
	CasePhotos                   int64  `json:"case_photos"`
	CasePhotoMinBytes            int64  `json:"case_photo_min_bytes"`
	PairingDue                   string `json:"pairing_due"` // MM-DD
	KickoffDue                   string `json:"kickoff_due"` // MM-DD
	PilotMinCounties             int64  `json:"pilot_min_counties"`
	PilotMinTowns                int64  `json:"pilot_min_towns"`
	PilotMinCommunities          int64  `json:"pilot_min_communities"`
	YearStarts                   string `json:"year_starts"` // MM-DD, first day of the programme year
	PairingAnswerDays            int64  `json:"pairing_answer_days"`
	PairingNoticeDays            int64  `json:"pairing_notice_days"`           // between one side's notice and the end
	PairingMinDays               int64  `json:"pairing_min_days"`              // that it lasts unless both sides want its end
	CheckInEarlyMinutes          int64  `json:"check_in_early_minutes"`        // before the session starts
	CheckOutLateMinutes          int64  `json:"check_out_late_minutes"`        // after the session ends
	PresenceMinPermille          int64  `json:"presence_min_permille"`         // of the planned minutes; below it no minutes
	DayMaxMinutes                int64  `json:"day_max_minutes"`               // credited per person and day
	AnnulMinutes                 int64  `json:"annul_minutes"`                 // see Annul
	CorrectionDays               int64  `json:"correction_days"`               // see Correction
	PassCodeMinutes              int64  `json:"pass_code_minutes"`             // a pass code is open at a time at most; 0: never
	NoShowWindowDays             int64  `json:"no_show_window_days"`           // in days, see NoShowWindow
	NoShowLimit                  int64  `json:"no_show_limit"`                 // 0: nobody is suspended
	SuspensionDays               int64  `json:"suspension_days"`               // 0: nobody is suspended
	LateCancelPoints             int64  `json:"late_cancel_points"`            // taken off, so not negative
	NoShowPoints                 int64  `json:"no_show_points"`                // taken off, so not negative
	NoShowAfterHours             int64  `json:"no_show_after_hours"`           // see NoShowAfter
	WeekMaxMinutes               int64  `json:"week_max_minutes"`              // 0: no limit
	TermMaxActivities            int64  `json:"term_max_activities"`           // 0: no limit
	TravelKMH                    int64  `json:"travel_kmh"`                    // 0: no travel time
	WaitlistCutoffMinutes        int64  `json:"waitlist_cutoff_minutes"`       // before the start; 0: until it
	OfferMinutes                 int64  `json:"offer_minutes"`                 // 0: promoted at once
	LotteryBaseWeight            int64  `json:"lottery_base_weight"`           // see Weights
	LotteryFirstPracticeWeight   int64  `json:"lottery_first_practice_weight"` // see Weights
	AppealFileDays               int64  `json:"appeal_file_days"`              // see AppealFileWindow
	AppealDays                   int64  `json:"appeal_days"`                   // see AppealWindow
	HelpHours                    int64  `json:"help_hours"`                    // see HelpWindow
	OfflineUploadHours           int64  `json:"offline_upload_hours"`          // see OfflineUpload
	OfflineSkewMinutes           int64  `json:"offline_skew_minutes"`          // see OfflineSkew
	MakeupDays                   int64  `json:"makeup_days"`                   // see Makeup
	PublicNoticeDays             int64  `json:"public_notice_days"`            // see NoticeTime
	CheckInNoticeDays            int64  `json:"check_in_notice_days"`          // see NoticeTime
	HostConfirmDays              int64  `json:"host_confirm_days"`             // see HostTime
	SignupConsent                string `json:"signup_consent"`                // text version; empty: none is asked for
	LocationDriftM               int64  `json:"location_drift_m"`
	LocationAccuracyMinM         int64  `json:"location_accuracy_min_m"`
	LocationAccuracyMaxM         int64  `json:"location_accuracy_max_m"`
	LocationSpeedKMH             int64  `json:"location_speed_kmh"`
	DeviceMaxStudents            int64  `json:"device_max_students"`
	PositionRepeatsMax           int64  `json:"position_repeats_max"`
	LocationKeepDays             int64  `json:"location_keep_days"`
	ReviewDays                   int64  `json:"review_days"`
	RoundInputDays               int64  `json:"round_input_days"` // see RoundInputKept
	Fields                       []Item `json:"fields"`
	Categories                   []Item `json:"categories"`
	Skills                       []Item `json:"skills,omitempty"`          // see SkillItems
	DeclineReasons               []Item `json:"decline_reasons,omitempty"` // see DeclineItems
}

// Year is the programme year that holds day: from the last year_starts on or before it, until the next one (excluded).
func (p Policy) Year(day Date) (from, to Date) {
	year, err := strconv.Atoi(string(day[:4]))
	if err != nil {
		panic(fmt.Sprintf("model: %q is not a date", day))
	}
	if string(day[5:]) < p.YearStarts {
		year--
	}
	return Date(fmt.Sprintf("%04d-%s", year, p.YearStarts)), Date(fmt.Sprintf("%04d-%s", year+1, p.YearStarts))
}

// NoShowWindow is the time in which no-shows are counted; policies that were written before the rule have 180 days.
func (p Policy) NoShowWindow() time.Duration {
	return time.Duration(cmp.Or(p.NoShowWindowDays, 180)) * 24 * time.Hour
}

// NoShowAfter is the time after the end of an activity until a seat without a check-in is a no-show; policies that were
// written before the rule have 48 hours.
func (p Policy) NoShowAfter() time.Duration {
	return time.Duration(cmp.Or(p.NoShowAfterHours, 48)) * time.Hour
}

// AppealFileWindow is how many days one may appeal after a decision; policies that were written before the rule have 30.
func (p Policy) AppealFileWindow() int64 { return cmp.Or(p.AppealFileDays, 30) }

// AppealWindow is how many days there are to decide about an appeal, and for the student to go on with one that was denied;
// policies that were written before the rule have 10.
func (p Policy) AppealWindow() int64 { return cmp.Or(p.AppealDays, 10) }

// HelpWindow is how long before and after a session its participants find whom to call; policies that were written before
// the rule have 24 hours.
func (p Policy) HelpWindow() time.Duration { return time.Duration(cmp.Or(p.HelpHours, 24)) * time.Hour }

// OfflineUpload is the time after which what was recorded without a network goes to review, as does a work log that comes so
// long after its session; policies that were written before the rule have 24 hours.
func (p Policy) OfflineUpload() time.Duration {
	return time.Duration(cmp.Or(p.OfflineUploadHours, 24)) * time.Hour
}

// OfflineSkew is how wrong the clock of a recording device may be before a person looks; policies that were written before
// the rule have 5 minutes.
func (p Policy) OfflineSkew() time.Duration {
	return time.Duration(cmp.Or(p.OfflineSkewMinutes, 5)) * time.Minute
}

// Makeup is the time after a session in which hours for it may still be proposed, logged or sent in; policies that were
// written before the rule have 14 days.
func (p Policy) Makeup() time.Duration {
	return time.Duration(cmp.Or(p.MakeupDays, 14)) * 24 * time.Hour
}

// Annul is the time in which a check-in or check-out can be taken back; policies that were written before the rule have 15
// minutes.
func (p Policy) Annul() time.Duration {
	return time.Duration(cmp.Or(p.AnnulMinutes, 15)) * time.Minute
}

// Correction is the time after the end of a session in which staff may correct who came and went when; policies that were
// written before the rule have 7 days.
func (p Policy) Correction() time.Duration {
	return time.Duration(cmp.Or(p.CorrectionDays, 7)) * 24 * time.Hour
}

// Weights are those of a lottery: of every entry, and of a student who still lacks the practice asked for. Policies that
// were written before the rules give everybody the same.
func (p Policy) Weights() (base, firstPractice int64) {
	base = cmp.Or(p.LotteryBaseWeight, 1)
	return base, cmp.Or(p.LotteryFirstPracticeWeight, base)
}

// NoticeTime is how long a recognised claim of a basis is publicised before it is posted; 0: it is posted at once. What does
// not rest on a check-in or a work log is always publicised; policies that were written before the rule have 7 days.
func (p Policy) NoticeTime(basis string) time.Duration {
	days := cmp.Or(p.PublicNoticeDays, 7)
	if basis == BasisCheckIn || basis == BasisRemote {
		days = p.CheckInNoticeDays
	}
	return time.Duration(days) * 24 * time.Hour
}

// HostTime is how long the host has to confirm; then the organisation above it is told. Policies that were written before
// the rule have 7 days.
func (p Policy) HostTime() time.Duration {
	return time.Duration(cmp.Or(p.HostConfirmDays, 7)) * 24 * time.Hour
}

// EvidenceRules are the thresholds of what is doubtful in a check-in.
type EvidenceRules struct {
	DriftM, AccuracyMinM, AccuracyMaxM int64
	SpeedKMH                           int64
	DeviceStudents                     int64
	Repeats                            int64
	Keep                               time.Duration // of positions, after the hours are final
	Host                               time.Duration // that a review waits for the host alone
}

// Evidence is the rules about evidence; policies that were written before them have the defaults.
func (p Policy) Evidence() EvidenceRules {
	return EvidenceRules{
		DriftM: cmp.Or(p.LocationDriftM, 100), AccuracyMinM: cmp.Or(p.LocationAccuracyMinM, 1), AccuracyMaxM: cmp.Or(p.LocationAccuracyMaxM, 500),
		SpeedKMH: cmp.Or(p.LocationSpeedKMH, 200), DeviceStudents: cmp.Or(p.DeviceMaxStudents, 1), Repeats: p.PositionRepeatsMax,
		Keep: time.Duration(cmp.Or(p.LocationKeepDays, 30)) * 24 * time.Hour,
		Host: time.Duration(cmp.Or(p.ReviewDays, 3)) * 24 * time.Hour,
	}
}

// RoundInputKept is for how many days what people entered for a match round is kept after it was closed or cancelled;
// policies that were written before the rule have 365.
func (p Policy) RoundInputKept() int64 { return cmp.Or(p.RoundInputDays, 365) }

// Item is one entry of a taxonomy.
type Item struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

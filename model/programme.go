package model

import (
	"cmp"
	"fmt"
	"strconv"
	"time"
)

// ProgrammeStatus is the state of a programme.
type ProgrammeStatus string

// The states of a programme.
const (
	ProgrammeDraft  ProgrammeStatus = "DRAFT"
	ProgrammeActive ProgrammeStatus = "ACTIVE"
	ProgrammeClosed ProgrammeStatus = "CLOSED"
)

var programmeMoves = moves[ProgrammeStatus]{ //nolint:gochecknoglobals // a table
	ProgrammeDraft:  {ProgrammeActive, ProgrammeClosed},
	ProgrammeActive: {ProgrammeClosed},
}

// Programme is one practice plan of a committee or university with its own policy.
type Programme struct {
	ID            int64           `gorm:"primaryKey;autoIncrement:false;comment:id"`
	Code          string          `gorm:"size:40;not null;uniqueIndex:uq_programme_code;comment:short code"`
	Name          string          `gorm:"size:100;not null;comment:full name"`
	OwnerOrgID    int64           `gorm:"not null;index:ix_programme_owner;comment:who runs it; its subtree is the scope"`
	Status        ProgrammeStatus `gorm:"size:12;not null;comment:see docs/states.md"`
	PolicyVersion int64           `gorm:"not null;comment:newest row of programme_policies"`
	Version       int64           `gorm:"not null;comment:for If-Match"`
	CreatedAt     time.Time       `gorm:"not null;comment:when"`
	UpdatedAt     time.Time       `gorm:"not null;comment:when"`
}

// TableName of Programme.
func (Programme) TableName() string { return "programmes" }

// Key returns id and version.
func (p *Programme) Key() (id, version int64) { return p.ID, p.Version }

// State returns the status.
func (p *Programme) State() string { return string(p.Status) }

// MayBecome asks the table of moves.
func (p *Programme) MayBecome(next string) bool {
	return programmeMoves.allow(p.Status, ProgrammeStatus(next))
}

// ProgrammePolicy is one version of a programme's rules. Rows are never changed.
type ProgrammePolicy struct {
	ProgrammeID int64     `gorm:"primaryKey;autoIncrement:false;comment:programme"`
	Version     int64     `gorm:"primaryKey;autoIncrement:false;comment:1, 2, …"`
	Policy      Policy    `gorm:"type:text;serializer:json;not null;comment:the rules"`
	CreatedBy   int64     `gorm:"not null;comment:user"`
	CreatedAt   time.Time `gorm:"not null;comment:when"`
}

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
	Fields                       []Item `json:"fields"`
	Categories                   []Item `json:"categories"`
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

// Item is one entry of a taxonomy.
type Item struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// Phase is one stage of a programme, both days included.
type Phase struct {
	ID          int64  `gorm:"primaryKey;autoIncrement:false;comment:id"`
	ProgrammeID int64  `gorm:"not null;uniqueIndex:uq_phase,priority:1;comment:programme"`
	Kind        string `gorm:"size:12;not null;uniqueIndex:uq_phase,priority:2;comment:PILOT EVALUATION ROLLOUT"`
	StartsOn    Date   `gorm:"size:10;not null;comment:first day"`
	EndsOn      *Date  `gorm:"size:10;comment:last day, NULL without end"`
}

// TableName of Phase.
func (Phase) TableName() string { return "programme_phases" }

// Milestone is a due day of a programme.
type Milestone struct {
	ID          int64     `gorm:"primaryKey;autoIncrement:false;comment:id"`
	ProgrammeID int64     `gorm:"not null;uniqueIndex:uq_milestone,priority:1;comment:programme"`
	Kind        string    `gorm:"size:24;not null;uniqueIndex:uq_milestone,priority:2;comment:PAIRING KICKOFF CASES SUMMARY OTHER"`
	Name        string    `gorm:"size:60;not null;comment:shown"`
	DueOn       Date      `gorm:"size:10;not null;uniqueIndex:uq_milestone,priority:3;comment:last day"`
	CreatedAt   time.Time `gorm:"not null;comment:when"`
}

// PairingStatus is the state of a pairing.
type PairingStatus string

// The states of a pairing.
const (
	PairingDraft    PairingStatus = "DRAFT"
	PairingProposed PairingStatus = "PROPOSED"
	PairingActive   PairingStatus = "ACTIVE"
	PairingDormant  PairingStatus = "DORMANT"
	PairingEnded    PairingStatus = "ENDED"
	PairingDeclined PairingStatus = "DECLINED"
	PairingExpired  PairingStatus = "EXPIRED"
)

var pairingMoves = moves[PairingStatus]{ //nolint:gochecknoglobals // a table
	PairingDraft:    {PairingProposed, PairingEnded},
	PairingProposed: {PairingActive, PairingDeclined, PairingExpired},
	PairingActive:   {PairingDormant, PairingEnded},
	PairingDormant:  {PairingActive, PairingEnded},
}

// Pairing levels and origins.
const (
	PairingTownDepartment  = "TOWN_DEPARTMENT"
	PairingCommunityBranch = "COMMUNITY_BRANCH"
	OriginSelf             = "SELF"
	OriginRecommended      = "RECOMMENDED"
	OriginCommittee        = "COMMITTEE"
)

// Pairing joins a campus unit and a local unit within a programme. It is active only after both sides accepted.
// At most one is live (proposed, active or dormant) for each campus unit, local unit and programme.
type Pairing struct {
	ID               int64         `gorm:"primaryKey;autoIncrement:false;comment:id"`
	ProgrammeID      int64         `gorm:"not null;index:ix_pairing_programme;index:ix_pairing_campus,priority:2;comment:programme"`
	CampusOrgID      int64         `gorm:"not null;index:ix_pairing_campus,priority:1;uniqueIndex:uq_pairing_live,priority:2;comment:campus side"`
	LocalOrgID       int64         `gorm:"not null;index:ix_pairing_local;uniqueIndex:uq_pairing_live,priority:3;comment:local side"`
	LiveProgrammeID  *int64        `gorm:"uniqueIndex:uq_pairing_live,priority:1;comment:the programme while proposed, active or dormant, else NULL"`
	Level            string        `gorm:"size:20;not null;comment:TOWN_DEPARTMENT COMMUNITY_BRANCH"`
	Origin           string        `gorm:"size:12;not null;comment:SELF RECOMMENDED COMMITTEE"`
	ParentID         *int64        `gorm:"comment:pairing of town and department above it"`
	Status           PairingStatus `gorm:"size:12;not null;comment:see docs/states.md"`
	Note             string        `gorm:"size:500;not null;comment:what the proposer wrote"`
	FromOn           *Date         `gorm:"size:10;comment:first day, set when it becomes active"`
	ToOn             *Date         `gorm:"size:10;index:ix_pairing_to;comment:first day after, NULL while open"`
	ProposedBy       int64         `gorm:"not null;comment:user"`
	CampusAcceptedBy *int64        `gorm:"comment:user"`
	CampusAcceptedAt *time.Time    `gorm:"comment:when"`
	LocalAcceptedBy  *int64        `gorm:"comment:user"`
	LocalAcceptedAt  *time.Time    `gorm:"comment:when"`
	AnswerDueAt      time.Time     `gorm:"not null;index:ix_pairing_due;comment:a proposal expires then"`
	Reason           string        `gorm:"size:500;not null;comment:of the end"`
	Version          int64         `gorm:"not null;comment:counts changes"`
	CreatedAt        time.Time     `gorm:"not null;comment:when"`
	UpdatedAt        time.Time     `gorm:"not null;comment:when"`
}

// TableName of Pairing.
func (Pairing) TableName() string { return "pairings" }

// Key returns id and version.
func (p *Pairing) Key() (id, version int64) { return p.ID, p.Version }

// State returns the status.
func (p *Pairing) State() string { return string(p.Status) }

// MayBecome asks the table of moves.
func (p *Pairing) MayBecome(next string) bool {
	return pairingMoves.allow(p.Status, PairingStatus(next))
}

// PairingRenewal says for one side of a pairing that it goes on in a term. Rows are only added.
type PairingRenewal struct {
	PairingID int64     `gorm:"primaryKey;autoIncrement:false;comment:pairing"`
	TermID    int64     `gorm:"primaryKey;autoIncrement:false;comment:term of the campus side's university"`
	Side      string    `gorm:"primaryKey;size:8;comment:CAMPUS LOCAL"`
	By        int64     `gorm:"column:renewed_by;not null;comment:user"`
	At        time.Time `gorm:"column:renewed_at;not null;comment:when"`
}

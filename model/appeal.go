package model

import "time"

// What a student may appeal against.
const (
	AppealPenalty    = "RELIABILITY_ENTRY" // a line that took points off
	AppealSuspension = "SUSPENSION"        // from signing up
	AppealSignup     = "SIGNUP"            // rejected, removed, or marked as absent
	AppealCheckIn    = "CHECK_IN"          // refused by a reviewer, before there was a claim
	AppealClaim      = "HOURS_CLAIM"       // rejected
	AppealHours      = "HOURS_ENTRY"       // a line of the ledger that was reversed, or has too few minutes
)

// Outcomes of an appeal.
const (
	OutcomeUpheld = "UPHELD"
	OutcomeDenied = "DENIED"
)

// AppealStatus is the state of an appeal.
type AppealStatus string

// The states of an appeal.
const (
	AppealFiled     AppealStatus = "FILED"
	AppealInReview  AppealStatus = "IN_REVIEW"
	AppealUpheld    AppealStatus = "UPHELD"
	AppealDenied    AppealStatus = "DENIED"
	AppealEscalated AppealStatus = "ESCALATED"
	AppealFinal     AppealStatus = "FINAL"
	AppealWithdrawn AppealStatus = "WITHDRAWN"
)

var appealMoves = moves[AppealStatus]{ //nolint:gochecknoglobals // a table
	AppealFiled:     {AppealInReview, AppealEscalated, AppealWithdrawn},
	AppealInReview:  {AppealUpheld, AppealDenied, AppealEscalated, AppealWithdrawn},
	AppealDenied:    {AppealEscalated, AppealFinal},
	AppealEscalated: {AppealFinal, AppealWithdrawn},
}

// Appeal asks somebody else to look again at a decision about a student. There is at most one for each decision, unless it
// was withdrawn.
type Appeal struct {
	ID            int64        `gorm:"primaryKey;autoIncrement:false;comment:id"`
	SubjectKind   string       `gorm:"size:20;not null;uniqueIndex:uq_appeal_live,priority:1;comment:RELIABILITY_ENTRY SUSPENSION SIGNUP CHECK_IN HOURS_CLAIM HOURS_ENTRY"`
	SubjectID     int64        `gorm:"not null;comment:row it is about"`
	LiveSubjectID *int64       `gorm:"uniqueIndex:uq_appeal_live,priority:2;comment:the same, NULL once it is withdrawn"`
	StudentID     int64        `gorm:"not null;index:ix_appeal_student;comment:who appeals"`
	UserID        int64        `gorm:"not null;comment:account it was filed with; its key seals the text"`
	ProgrammeID   int64        `gorm:"not null;comment:programme whose policy sets the days"`
	ActivityID    int64        `gorm:"not null;comment:activity it goes back to, 0 if none"`
	TextEnc       []byte       `gorm:"size:8192;not null;comment:why, encrypted with the key of the account"`
	Files         []int64      `gorm:"type:text;serializer:json;not null;comment:JSON of the uploads that prove it"`
	FirstBy       int64        `gorm:"not null;comment:user who decided first, 0 for the system or the student"`
	FirstAt       time.Time    `gorm:"not null;comment:when that was decided"`
	OrgPath       string       `gorm:"size:255;not null;index:ix_appeal_path;comment:organisation with which it lies"`
	Status        AppealStatus `gorm:"size:12;not null;comment:see docs/states.md"`
	ReviewerID    *int64       `gorm:"comment:user who looks at it, NULL while nobody does"`
	Escalations   int64        `gorm:"not null;comment:how often it went to the organisation above"`
	DueAt         *time.Time   `gorm:"index:ix_appeal_due;comment:to be decided, or gone on with, before this; NULL once nothing is due"`
	Outcome       string       `gorm:"size:8;not null;comment:UPHELD DENIED, empty while nobody has decided"`
	Effect        string       `gorm:"size:12;not null;comment:what upholding it changed, empty if nothing"`
	DecidedBy     *int64       `gorm:"comment:user who decided last"`
	DecidedAt     *time.Time   `gorm:"comment:when"`
	Reason        string       `gorm:"size:200;not null;comment:of that decision"`
	Version       int64        `gorm:"not null;comment:counts changes"`
	CreatedAt     time.Time    `gorm:"not null;comment:when"`
	UpdatedAt     time.Time    `gorm:"not null;comment:when"`
}

// TableName of Appeal.
func (Appeal) TableName() string { return "appeals" }

// Key returns id and version.
func (a *Appeal) Key() (id, version int64) { return a.ID, a.Version }

// State returns the status.
func (a *Appeal) State() string { return string(a.Status) }

// MayBecome asks the table of moves.
func (a *Appeal) MayBecome(next string) bool { return appealMoves.allow(a.Status, AppealStatus(next)) }

// Open tells whether somebody has to decide about it.
func (a *Appeal) Open() bool {
	return a.Status == AppealFiled || a.Status == AppealInReview || a.Status == AppealEscalated
}

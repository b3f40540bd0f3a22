package model

import "time"

// What a proof proves.
const (
	ProofTraining  = "TRAINING"
	ProofInsurance = "INSURANCE"
	ProofClearance = "CLEARANCE" // for work with minors
)

// StudentProof says that a student has what an activity may ask for, over a time: from_on included, to_on excluded.
// It is revoked, never deleted or rewritten.
type StudentProof struct {
	ID         int64      `gorm:"primaryKey;autoIncrement:false;comment:id"`
	StudentID  int64      `gorm:"not null;index:ix_proof_student;comment:who"`
	Kind       string     `gorm:"size:12;not null;comment:TRAINING INSURANCE CLEARANCE"`
	FromOn     Date       `gorm:"size:10;not null;comment:first day"`
	ToOn       *Date      `gorm:"size:10;comment:first day after, NULL without end"`
	Note       string     `gorm:"size:200;not null;comment:policy number, course; no personal data"`
	RecordedBy int64      `gorm:"not null;comment:user"`
	RevokedAt  *time.Time `gorm:"comment:when, NULL while it counts"`
	RevokedBy  *int64     `gorm:"comment:user"`
	Reason     string     `gorm:"size:200;not null;comment:of the revocation"`
	Version    int64      `gorm:"not null;comment:counts changes"`
	CreatedAt  time.Time  `gorm:"not null;comment:when"`
}

// Purposes of consents.
const (
	ConsentSignupShare = "SIGNUP_SHARE" // the organiser and the host read who signed up
	ConsentLocation    = "LOCATION"
	ConsentPhoto       = "PHOTO_PUBLICATION"
	ConsentCrossOrg    = "CROSS_ORG_SHARE"
)

// Consent is one agreement of a user to one text. Withdrawing ends it and keeps the row. At most one is live for each
// user and purpose.
type Consent struct {
	ID          int64      `gorm:"primaryKey;autoIncrement:false;comment:id"`
	UserID      int64      `gorm:"not null;uniqueIndex:uq_consent_live,priority:1;comment:who agreed"`
	Purpose     string     `gorm:"size:20;not null;uniqueIndex:uq_consent_live,priority:2;comment:SIGNUP_SHARE LOCATION PHOTO_PUBLICATION CROSS_ORG_SHARE"`
	TextVersion string     `gorm:"size:20;not null;comment:which text was agreed to"`
	GrantedAt   time.Time  `gorm:"not null;comment:when"`
	WithdrawnAt *time.Time `gorm:"comment:when it ended, NULL while it lasts"`
	Live        *bool      `gorm:"uniqueIndex:uq_consent_live,priority:3;comment:1 until it ends, then NULL"`
}

// Kinds of reliability entries.
const (
	ReliabilityNoShow     = "NO_SHOW"
	ReliabilityLateCancel = "LATE_CANCEL"
	ReliabilityReversal   = "REVERSAL"
)

// ReliabilityEntry is one line of the ledger of reliability. Lines are only added; a correction is a line with the points
// negated. Each signup has at most one line of a kind, and each line at most one reversal.
type ReliabilityEntry struct {
	ID          int64     `gorm:"primaryKey;autoIncrement:false;comment:id"`
	StudentID   int64     `gorm:"not null;index:ix_reliability_student,priority:1;comment:who"`
	Kind        string    `gorm:"size:12;not null;uniqueIndex:uq_reliability,priority:2;comment:NO_SHOW LATE_CANCEL REVERSAL"`
	Points      int64     `gorm:"not null;comment:negative for a penalty, positive for its reversal"`
	SignupID    int64     `gorm:"not null;uniqueIndex:uq_reliability,priority:1;comment:signup it is about"`
	ProgrammeID int64     `gorm:"not null;comment:programme whose policy set the points"`
	Reverses    int64     `gorm:"not null;uniqueIndex:uq_reliability,priority:3;comment:0, or the id of the line it reverses"`
	Reason      string    `gorm:"size:200;not null;comment:of a reversal"`
	ExpiresAt   time.Time `gorm:"not null;comment:counts until then"`
	CreatedAt   time.Time `gorm:"not null;index:ix_reliability_student,priority:2;comment:when it counts from"`
}

// SuspendedForNoShows is the reason of a suspension.
const SuspendedForNoShows = "NO_SHOWS"

// SignupSuspension keeps a student from signing up from from_at until to_at. It keeps the rule it began by: it has its reason
// as long as `needs` no-shows that came after counts_from, and had not expired when it began, are not reversed.
type SignupSuspension struct {
	ID         int64      `gorm:"primaryKey;autoIncrement:false;comment:id"`
	StudentID  int64      `gorm:"not null;index:ix_suspension_student,priority:1;comment:who"`
	FromAt     time.Time  `gorm:"not null;comment:begins"`
	ToAt       time.Time  `gorm:"not null;index:ix_suspension_student,priority:2;comment:ends"`
	EntryID    int64      `gorm:"not null;comment:reliability entry that reached the limit"`
	Needs      int64      `gorm:"not null;comment:no-shows that were the limit"`
	CountsFrom time.Time  `gorm:"not null;comment:begin of the window in which they were counted"`
	Reason     string     `gorm:"size:200;not null;comment:NO_SHOWS"`
	LiftedAt   *time.Time `gorm:"comment:when it was lifted, NULL while it stands"`
	LiftedBy   *int64     `gorm:"comment:user, 0 for the system"`
	CreatedAt  time.Time  `gorm:"not null;comment:when"`
}

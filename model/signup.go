package model

import "time"

// SignupStatus is the state of a signup.
type SignupStatus string

// The states of a signup.
const (
	SignupPendingReview SignupStatus = "PENDING_REVIEW"
	SignupInLottery     SignupStatus = "IN_LOTTERY"
	SignupWaitlisted    SignupStatus = "WAITLISTED"
	SignupOffered       SignupStatus = "OFFERED"
	SignupConfirmed     SignupStatus = "CONFIRMED"
	SignupCompleted     SignupStatus = "COMPLETED"
	SignupCancelled     SignupStatus = "CANCELLED_BY_USER"
	SignupLateCancel    SignupStatus = "LATE_CANCEL"
	SignupRejected      SignupStatus = "REJECTED"
	SignupLostLottery   SignupStatus = "LOST_LOTTERY"
	SignupOfferExpired  SignupStatus = "OFFER_EXPIRED"
	SignupLeave         SignupStatus = "LEAVE_APPROVED"
	SignupNoShow        SignupStatus = "NO_SHOW"
	SignupRemoved       SignupStatus = "REMOVED"
)

var signupMoves = moves[SignupStatus]{ //nolint:gochecknoglobals // a table
	SignupPendingReview: {SignupConfirmed, SignupWaitlisted, SignupRejected, SignupCancelled, SignupRemoved},
	SignupInLottery:     {SignupConfirmed, SignupWaitlisted, SignupLostLottery, SignupCancelled, SignupRemoved},
	SignupWaitlisted:    {SignupOffered, SignupConfirmed, SignupCancelled, SignupRemoved},
	SignupOffered:       {SignupConfirmed, SignupOfferExpired, SignupCancelled, SignupRemoved},
	SignupConfirmed:     {SignupCompleted, SignupCancelled, SignupLateCancel, SignupLeave, SignupNoShow, SignupRemoved},
	SignupCompleted:     {SignupConfirmed}, // its last check-out was annulled
}

// Live tells whether a signup in this state counts against the one-per-activity rule.
func (s SignupStatus) Live() bool {
	switch s {
	case SignupPendingReview, SignupInLottery, SignupWaitlisted, SignupOffered, SignupConfirmed, SignupCompleted:
		return true
	default:
		return false
	}
}

// Signup is one student's wish for one position of an activity. At most one is live per activity; the database enforces it.
type Signup struct {
	ID             int64        `gorm:"primaryKey;autoIncrement:false;comment:id"`
	LiveActivityID *int64       `gorm:"uniqueIndex:uq_live_signup,priority:1;comment:the activity while the signup is live, else NULL"`
	StudentID      int64        `gorm:"not null;uniqueIndex:uq_live_signup,priority:2;index:ix_signup_student,priority:1;comment:who signs up"`
	ActivityID     int64        `gorm:"not null;index:ix_signup_activity,priority:1;comment:activity"`
	PositionID     int64        `gorm:"not null;index:ix_signup_position;comment:position wished for"`
	Status         SignupStatus `gorm:"size:20;not null;comment:see docs/states.md"`
	Note           string       `gorm:"size:500;not null;comment:why this student fits"`
	Reason         string       `gorm:"size:200;not null;comment:of an exit"`
	Version        int64        `gorm:"not null;comment:counts moves"`
	CreatedAt      time.Time    `gorm:"not null;comment:when"`
	UpdatedAt      time.Time    `gorm:"not null;comment:when"`
}

// TableName of Signup.
func (Signup) TableName() string { return "signups" }

// Key returns id and version.
func (s *Signup) Key() (id, version int64) { return s.ID, s.Version }

// State returns the status.
func (s *Signup) State() string { return string(s.Status) }

// MayBecome asks the table of moves.
func (s *Signup) MayBecome(next string) bool { return signupMoves.allow(s.Status, SignupStatus(next)) }

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

	// on appeal
	SignupRejected: {SignupConfirmed, SignupWaitlisted},
	SignupRemoved:  {SignupConfirmed, SignupWaitlisted},
	SignupNoShow:   {SignupLeave},
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
	PositionID     int64        `gorm:"not null;index:ix_signup_position;uniqueIndex:uq_signup_queue,priority:1;comment:position wished for"`
	Status         SignupStatus `gorm:"size:20;not null;comment:see docs/states.md"`
	Note           string       `gorm:"size:500;not null;comment:why this student fits"`
	Reason         string       `gorm:"size:200;not null;comment:of an exit"`
	Version        int64        `gorm:"not null;comment:counts moves"`
	CreatedAt      time.Time    `gorm:"not null;comment:when"`
	UpdatedAt      time.Time    `gorm:"not null;comment:when"`
	QueueNo        *int64       `gorm:"uniqueIndex:uq_signup_queue,priority:2;comment:place in the position's waiting list while WAITLISTED, else NULL"`
	OfferedUntil   *time.Time   `gorm:"index:ix_signup_offer;comment:an offer lapses then; NULL unless OFFERED"`
	GroupID        *int64       `gorm:"index:ix_signup_group;comment:group sign-up it came with, NULL if none"`
	Paired         bool         `gorm:"not null;comment:its branch is paired with the host: may take reserved seats"`
	LeaveReason    string       `gorm:"size:200;not null;comment:leave asked for, empty if none"`
	MergedFrom     *int64       `gorm:"comment:signup of a merged activity that it goes on from: never costs points; NULL if none"`
}

// TableName of Signup.
func (Signup) TableName() string { return "signups" }

// Key returns id and version.
func (s *Signup) Key() (id, version int64) { return s.ID, s.Version }

// State returns the status.
func (s *Signup) State() string { return string(s.Status) }

// MayBecome asks the table of moves.
func (s *Signup) MayBecome(next string) bool { return signupMoves.allow(s.Status, SignupStatus(next)) }

// Seated tells whether a signup in this state holds a seat of its position.
func (s SignupStatus) Seated() bool {
	return s == SignupConfirmed || s == SignupOffered || s == SignupCompleted
}

// SignupGroup is a branch or team that signed up as one.
type SignupGroup struct {
	ID         int64     `gorm:"primaryKey;autoIncrement:false;comment:id"`
	ActivityID int64     `gorm:"not null;index:ix_signup_group_activity;comment:activity"`
	PositionID int64     `gorm:"not null;comment:position"`
	OrgID      int64     `gorm:"not null;comment:branch or club, 0 for a project team"`
	ProjectID  int64     `gorm:"not null;comment:project whose team it is, 0 for a branch"`
	AllOrNone  bool      `gorm:"not null;comment:seats are given to all of them at once or to none"`
	Members    int64     `gorm:"not null;comment:students signed up"`
	CreatedBy  int64     `gorm:"not null;comment:user"`
	CreatedAt  time.Time `gorm:"not null;comment:when"`
}

// Lottery is the draw of an activity: what was promised before and what came out.
type Lottery struct {
	ActivityID int64      `gorm:"primaryKey;autoIncrement:false;comment:activity"`
	Nonce      []byte     `gorm:"size:32;not null;comment:random; the seed follows from it and a key of the program"`
	Commitment []byte     `gorm:"size:32;not null;comment:of the seed, public from the publication on"`
	Seed       []byte     `gorm:"size:32;comment:made public by the draw, NULL before"`
	DrawnAt    *time.Time `gorm:"index:ix_lottery_drawn;comment:when, NULL before"`
	CreatedAt  time.Time  `gorm:"not null;comment:when"`
}

// LotteryDraw is the draw of one position.
type LotteryDraw struct {
	PositionID int64  `gorm:"primaryKey;autoIncrement:false;comment:position"`
	ActivityID int64  `gorm:"not null;index:ix_lottery_draw_activity;comment:activity"`
	Capacity   int64  `gorm:"not null;comment:seats that were free"`
	Entries    int64  `gorm:"not null;comment:how many took part"`
	Digest     []byte `gorm:"size:32;not null;comment:of the entries and the stake"`
}

// LotteryEntry is one entry of a draw, as it was weighed.
type LotteryEntry struct {
	PositionID int64 `gorm:"primaryKey;autoIncrement:false;comment:position"`
	Place      int64 `gorm:"primaryKey;autoIncrement:false;comment:place in the drawn order, from 1"`
	SignupID   int64 `gorm:"not null;comment:the entry"`
	Weight     int64 `gorm:"not null;comment:chance, relative to the others"`
	Won        bool  `gorm:"not null;comment:got a seat"`
}

package model

import "time"

// Where a check-in was made, seen from the place of the session: the class that stays when the coordinates are gone.
const (
	DistanceNone    = ""        // no position was sent
	DistanceDropped = "DROPPED" // one was sent without a live consent: it was not kept and not looked at
	DistanceUnknown = "UNKNOWN" // it says nothing: the session has no place, or the fix is too coarse
	DistanceInside  = "INSIDE"  // within the fence
	DistanceNear    = "NEAR"    // outside, by no more than the accuracy of the fix and the drift of a city explain
	DistanceFar     = "FAR"     // farther off than that
)

// The map datums of a position.
const (
	DatumGCJ02 = "GCJ02"
	DatumWGS84 = "WGS84"
)

// CheckInEvidence is what the phone said beside the code, as long as somebody may have to look at it. The row goes when
// the hours are final; the class and the doubts stay with the check-in.
type CheckInEvidence struct {
	CheckInID  int64     `gorm:"primaryKey;autoIncrement:false;comment:check_ins row"`
	StudentID  int64     `gorm:"not null;index:ix_evidence_student,priority:1;comment:who"`
	SignupID   int64     `gorm:"not null;comment:signup"`
	SessionID  int64     `gorm:"not null;comment:session"`
	At         time.Time `gorm:"not null;index:ix_evidence_at;index:ix_evidence_student,priority:2;index:ix_evidence_device,priority:2;comment:when it arrived"`
	FixEnc     []byte    `gorm:"size:512;comment:JSON of the position as the phone gave it, encrypted with the person's key; NULL for none"`
	FixHash    []byte    `gorm:"size:32;index:ix_evidence_fix;comment:keyed digest of a position of full precision, NULL for none"`
	DeviceHash []byte    `gorm:"size:32;index:ix_evidence_device,priority:1;comment:keyed digest of the device id, NULL for none"`
}

// TableName of CheckInEvidence.
func (CheckInEvidence) TableName() string { return "check_in_evidence" }

// SealedFix is what CheckInEvidence.FixEnc holds: a position as the phone gave it.
type SealedFix struct {
	Lat       float64  `json:"lat"`
	Lng       float64  `json:"lng"`
	Datum     string   `json:"datum"`
	AccuracyM float64  `json:"accuracy_m"`
	AltitudeM *float64 `json:"altitude_m,omitempty"`
	SpeedMS   *float64 `json:"speed_ms,omitempty"`
}

// ReviewStatus is the state of the review of a doubtful check-in.
type ReviewStatus string

// The states of a review.
const (
	ReviewWaiting  ReviewStatus = "WAITING"
	ReviewAccepted ReviewStatus = "ACCEPTED"
	ReviewRefused  ReviewStatus = "REFUSED"
	ReviewLapsed   ReviewStatus = "LAPSED" // the check-in was annulled
)

var reviewMoves = moves[ReviewStatus]{ //nolint:gochecknoglobals // a table
	ReviewWaiting: {ReviewAccepted, ReviewRefused, ReviewLapsed},
	ReviewRefused: {ReviewAccepted}, // by an appeal alone
}

// CheckInReview asks a person about a check-in with the verdict REVIEW. There is one for each of them.
type CheckInReview struct {
	ID         int64        `gorm:"primaryKey;autoIncrement:false;comment:check_ins row"`
	StudentID  int64        `gorm:"not null;index:ix_review_student;comment:who"`
	SignupID   int64        `gorm:"not null;index:ix_review_pair,priority:1;comment:signup"`
	SessionID  int64        `gorm:"not null;index:ix_review_pair,priority:2;comment:session"`
	ActivityID int64        `gorm:"not null;index:ix_review_activity;comment:activity"`
	BranchID   int64        `gorm:"not null;comment:branch of the student on that day, 0 if none"`
	Status     ReviewStatus `gorm:"size:12;not null;index:ix_review_status;comment:see docs/states.md"`
	DecidedBy  *int64       `gorm:"comment:user, NULL while nobody has decided"`
	Reason     string       `gorm:"size:200;not null;comment:what the reviewer wrote"`
	Version    int64        `gorm:"not null;comment:counts moves"`
	CreatedAt  time.Time    `gorm:"not null;comment:when"`
	UpdatedAt  time.Time    `gorm:"not null;comment:when"`
}

// TableName of CheckInReview.
func (CheckInReview) TableName() string { return "check_in_reviews" }

// Key returns id and version.
func (r *CheckInReview) Key() (id, version int64) { return r.ID, r.Version }

// State returns the status.
func (r *CheckInReview) State() string { return string(r.Status) }

// MayBecome asks the table of moves.
func (r *CheckInReview) MayBecome(next string) bool {
	return reviewMoves.allow(r.Status, ReviewStatus(next))
}

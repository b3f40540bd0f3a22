package model

import "time"

// Kinds, methods and verdicts of a check-in.
const (
	KindIn          = "IN"
	KindOut         = "OUT"
	MethodSelfScan  = "SELF_SCAN"
	MethodStaffScan = "STAFF_SCAN"
	MethodHost      = "HOST_CONFIRM"
	MethodOffline   = "OFFLINE_BATCH"
	MethodRemote    = "REMOTE_LOG"
	MethodPassCode  = "PASSCODE"
	MethodManual    = "MANUAL"
	VerdictOK       = "OK"
	VerdictReview   = "REVIEW"
	VerdictFailed   = "FAILED"
	VerdictAnnulled = "ANNULLED"
)

// CheckIn is one try to check in or out: good ones and failed ones. Rows are only added; annulling adds a row too.
type CheckIn struct {
	ID         int64     `gorm:"primaryKey;autoIncrement:false;comment:id"`
	StudentID  int64     `gorm:"not null;uniqueIndex:uq_checkin_nonce,priority:1;index:ix_checkin_student,priority:1;comment:who, 0 if a scanned code named nobody"`
	Nonce      string    `gorm:"size:64;not null;uniqueIndex:uq_checkin_nonce,priority:2;comment:made by the client, or by us for a staff confirmation"`
	SignupID   int64     `gorm:"not null;index:ix_checkin_signup;comment:signup, 0 if there was none"`
	SessionID  int64     `gorm:"not null;index:ix_checkin_session,priority:1;comment:session, 0 if the code named none"`
	Kind       string    `gorm:"size:4;not null;comment:IN OUT"`
	Method     string    `gorm:"size:16;not null;comment:SELF_SCAN STAFF_SCAN HOST_CONFIRM …"`
	LogicalAt  time.Time `gorm:"not null;comment:when it counts: server time"`
	ReceivedAt time.Time `gorm:"not null;index:ix_checkin_student,priority:2;comment:when it arrived"`
	Verdict    string    `gorm:"size:8;not null;comment:OK REVIEW FAILED ANNULLED"`
	Reason     string    `gorm:"size:40;not null;comment:code of the failure or doubt"`
	Distance   string    `gorm:"size:8;not null;comment:DROPPED UNKNOWN INSIDE NEAR FAR, empty when no position was sent"`
	Doubts     string    `gorm:"size:200;not null;comment:codes of all doubts, with commas"`
	OperatorID int64     `gorm:"not null;comment:staff user, 0 for the student"`
	AnnulsID   *int64    `gorm:"uniqueIndex:uq_checkin_annuls;comment:the row that this one annuls"`
	BatchID    *int64    `gorm:"index:ix_checkin_batch;comment:offline batch it came with, NULL if none"`
}

// Attendance is the present state of one student in one session: the one open or closed pair.
type Attendance struct {
	SignupID  int64      `gorm:"primaryKey;autoIncrement:false;comment:signup"`
	SessionID int64      `gorm:"primaryKey;autoIncrement:false;index:ix_attendance_session;comment:session"`
	StudentID int64      `gorm:"not null;index:ix_attendance_student;comment:who"`
	InID      *int64     `gorm:"comment:check_ins row of the check-in"`
	InAt      *time.Time `gorm:"comment:when"`
	OutID     *int64     `gorm:"comment:check_ins row of the check-out"`
	OutAt     *time.Time `gorm:"comment:when"`
}

// TableName of Attendance.
func (Attendance) TableName() string { return "attendances" }

// PassOpening is a time during which a session's pass code, eight digits that staff read out, is accepted. Of several of
// one session and kind the newest counts.
type PassOpening struct {
	ID        int64     `gorm:"primaryKey;autoIncrement:false;comment:id"`
	SessionID int64     `gorm:"not null;index:ix_pass_session;comment:session"`
	Kind      string    `gorm:"size:4;not null;comment:IN OUT"`
	OpenedBy  int64     `gorm:"not null;comment:staff user"`
	OpenedAt  time.Time `gorm:"not null;comment:when"`
	ClosesAt  time.Time `gorm:"not null;comment:it is accepted before this"`
	Wrong     int64     `gorm:"not null;comment:wrong codes that were sent meanwhile"`
}

// TableName of PassOpening.
func (PassOpening) TableName() string { return "pass_openings" }

// ClaimStatus is the state of a claim for hours.
type ClaimStatus string

// The states of a claim.
const (
	ClaimInReview   ClaimStatus = "IN_REVIEW" // half of its pair is in doubt and nobody has decided yet
	ClaimComputed   ClaimStatus = "COMPUTED"
	ClaimLead       ClaimStatus = "LEAD_CONFIRMED"
	ClaimHostFirst  ClaimStatus = "HOST_FIRST" // one person of the host, of two: what no check-in shows needs both
	ClaimHost       ClaimStatus = "HOST_CONFIRMED"
	ClaimRecognised ClaimStatus = "RECOGNISED"
	ClaimPublicised ClaimStatus = "PUBLICISED"
	ClaimPosted     ClaimStatus = "POSTED"
	ClaimDisputed   ClaimStatus = "DISPUTED"
	ClaimRejected   ClaimStatus = "REJECTED"
)

var claimMoves = moves[ClaimStatus]{ //nolint:gochecknoglobals // a table
	ClaimInReview:   {ClaimComputed, ClaimDisputed, ClaimRejected},
	ClaimComputed:   {ClaimLead, ClaimDisputed, ClaimRejected},
	ClaimLead:       {ClaimHostFirst, ClaimHost, ClaimDisputed, ClaimRejected},
	ClaimHostFirst:  {ClaimHost, ClaimDisputed, ClaimRejected},
	ClaimHost:       {ClaimRecognised, ClaimDisputed, ClaimRejected},
	ClaimRecognised: {ClaimPublicised, ClaimPosted},
	ClaimPublicised: {ClaimPosted, ClaimDisputed, ClaimRejected},
	ClaimDisputed:   {ClaimComputed, ClaimInReview, ClaimRejected},
	ClaimRejected:   {ClaimComputed}, // on appeal
}

// What a claim, and the lines posted for it, rest on.
const (
	BasisCheckIn = "CHECKIN" // a closed pair of check-in and check-out
	BasisManual  = "MANUAL"  // a reasoned entry by the team or the host
	BasisMakeUp  = "MAKEUP"  // proposed afterwards, with a proof
	BasisRemote  = "REMOTE"  // a work log with a deliverable
)

// HoursClaim asks for the minutes of one session of one signup. Nobody confirms their own.
type HoursClaim struct {
	ID           int64       `gorm:"primaryKey;autoIncrement:false;comment:id"`
	SignupID     int64       `gorm:"not null;uniqueIndex:uq_claim,priority:1;comment:signup, 0 in a make-up of somebody without a seat"`
	SessionID    int64       `gorm:"not null;uniqueIndex:uq_claim,priority:2;comment:session"`
	ActivityID   int64       `gorm:"not null;index:ix_claim_activity,priority:1;comment:activity"`
	StudentID    int64       `gorm:"not null;index:ix_claim_student,priority:1;comment:who earns"`
	Minutes      int64       `gorm:"not null;comment:whole minutes, at most the planned ones"`
	Class        string      `gorm:"size:12;not null;comment:VOLUNTEER PRACTICE"`
	Basis        string      `gorm:"size:8;not null;comment:CHECKIN MANUAL MAKEUP REMOTE"`
	InID         int64       `gorm:"not null;comment:check_ins row, 0 if none"`
	OutID        int64       `gorm:"not null;comment:check_ins row, 0 if none"`
	StartsAt     time.Time   `gorm:"not null;comment:credited from"`
	EndsAt       time.Time   `gorm:"not null;index:ix_claim_student,priority:2;comment:credited until"`
	Status       ClaimStatus `gorm:"size:16;not null;index:ix_claim_activity,priority:2;index:ix_claim_due,priority:1;comment:see docs/states.md"`
	LeadBy       *int64      `gorm:"comment:user who confirmed as lead"`
	HostBy       *int64      `gorm:"comment:user who confirmed as host"`
	RecognisedBy *int64      `gorm:"comment:user who recognised for the school"`
	DueAt        *time.Time  `gorm:"index:ix_claim_due,priority:2;comment:LEAD_CONFIRMED: the host's answer is due; PUBLICISED: it is posted then; without meaning in other states"`
	EscalatedAt  *time.Time  `gorm:"comment:when the host's silence went to the organisation above, NULL if it did not"`
	NoticePath   string      `gorm:"size:255;not null;comment:path of the branch before which it was publicised, empty if it never was"`
	Reason       string      `gorm:"size:200;not null;comment:of a dispute or rejection, or why the minutes are fewer"`
	Version      int64       `gorm:"not null;comment:counts moves"`
	CreatedAt    time.Time   `gorm:"not null;comment:when"`
	UpdatedAt    time.Time   `gorm:"not null;comment:when"`
	MakeupNo     int64       `gorm:"not null;uniqueIndex:uq_claim,priority:3;comment:its own id in a make-up of somebody without a seat, else 0"`
	ProposedBy   *int64      `gorm:"comment:user who proposed a MANUAL or MAKEUP claim, NULL for one that was computed"`
	SecondBy     *int64      `gorm:"comment:second user who confirmed a MANUAL or MAKEUP claim as host"`
}

// Proposed tells whether a person asked for the claim: no check-in and no log of work stands behind it.
func (c *HoursClaim) Proposed() bool { return c.Basis == BasisManual || c.Basis == BasisMakeUp }

// TableName of HoursClaim.
func (HoursClaim) TableName() string { return "hours_claims" }

// Key returns id and version.
func (c *HoursClaim) Key() (id, version int64) { return c.ID, c.Version }

// State returns the status.
func (c *HoursClaim) State() string { return string(c.Status) }

// MayBecome asks the table of moves.
func (c *HoursClaim) MayBecome(next string) bool {
	return claimMoves.allow(c.Status, ClaimStatus(next))
}

// Classes of hours.
const (
	ClassVolunteer = "VOLUNTEER"
	ClassPractice  = "PRACTICE"
)

// HoursEntry is one line of the ledger of service hours. Lines are only added; a correction is a line with the minutes negated.
type HoursEntry struct {
	ID          int64     `gorm:"primaryKey;autoIncrement:false;comment:id"`
	StudentID   int64     `gorm:"not null;index:ix_hours_student,priority:1;comment:who"`
	Minutes     int64     `gorm:"not null;comment:whole minutes, negative in a reversal"`
	Class       string    `gorm:"size:12;not null;comment:VOLUNTEER PRACTICE"`
	Basis       string    `gorm:"size:8;not null;comment:of its claim: CHECKIN MANUAL MAKEUP REMOTE"`
	ClaimID     int64     `gorm:"not null;uniqueIndex:uq_hours_claim,priority:1;comment:claim"`
	Reversal    int64     `gorm:"not null;uniqueIndex:uq_hours_claim,priority:2;comment:0, or the id of the line it reverses"`
	ProgrammeID int64     `gorm:"not null;index:ix_hours_student,priority:2;index:ix_hours_branch,priority:2;index:ix_hours_path,priority:1;comment:programme"`
	ActivityID  int64     `gorm:"not null;index:ix_hours_activity;comment:activity"`
	ServedOn    Date      `gorm:"size:10;not null;index:ix_hours_student,priority:3;index:ix_hours_branch,priority:3;index:ix_hours_path,priority:3;comment:day of the session in China"`
	BranchID    int64     `gorm:"not null;index:ix_hours_branch,priority:1;comment:student's branch on that day, 0 if none"`
	BranchPath  string    `gorm:"size:255;not null;index:ix_hours_path,priority:2;comment:path of that branch on the day of posting"`
	PostedBy    int64     `gorm:"not null;comment:user who recognised"`
	PostedAt    time.Time `gorm:"not null;index:ix_hours_posted;comment:when it counts from"`
}

// HoursLink chains a line of the ledger to the one before it. Lines are chained in the transaction that posts them.
type HoursLink struct {
	Seq     int64  `gorm:"primaryKey;autoIncrement:false;comment:1, 2, … without a gap"`
	EntryID int64  `gorm:"not null;uniqueIndex:uq_hours_link;comment:line of the ledger"`
	MAC     []byte `gorm:"column:mac;size:32;not null;comment:HMAC-SHA-256 of the MAC before it, seq and every column of the line"`
}

// HoursHead is the end of the chain: one row, locked by whoever posts.
type HoursHead struct {
	ID       int64     `gorm:"primaryKey;autoIncrement:false;comment:always 1"`
	Seq      int64     `gorm:"not null;comment:of the last link, 0 without one"`
	MAC      []byte    `gorm:"column:mac;size:32;not null;comment:of the last link"`
	Sign     []byte    `gorm:"size:32;not null;comment:HMAC-SHA-256 of seq and mac, so that nobody without the key can cut the tail off"`
	SignedAt time.Time `gorm:"not null;comment:when"`
}

// HoursTotal is the sum of the ledger lines of one student, term, branch, programme, class and basis. It is written in the
// transaction that writes the lines and is never the source of anything.
type HoursTotal struct {
	TermID      int64  `gorm:"primaryKey;autoIncrement:false;comment:term of the student's university that holds the day, 0 outside every term"`
	BranchPath  string `gorm:"primaryKey;size:255;comment:as in the line"`
	ProgrammeID int64  `gorm:"primaryKey;autoIncrement:false;comment:programme"`
	Class       string `gorm:"primaryKey;size:12;comment:VOLUNTEER PRACTICE"`
	Basis       string `gorm:"primaryKey;size:8;comment:CHECKIN MANUAL MAKEUP REMOTE"`
	StudentID   int64  `gorm:"primaryKey;autoIncrement:false;index:ix_hours_total_student;comment:who"`
	BranchID    int64  `gorm:"primaryKey;autoIncrement:false;comment:as in the line"`
	Minutes     int64  `gorm:"not null;comment:sum of the lines, reversals included"`
}

// OfflineBatch is one upload of what was recorded without a network.
type OfflineBatch struct {
	ID         int64     `gorm:"primaryKey;autoIncrement:false;comment:id"`
	SessionID  int64     `gorm:"not null;index:ix_offline_session;comment:session"`
	OperatorID int64     `gorm:"not null;comment:user who recorded and sent it"`
	DeviceAt   time.Time `gorm:"not null;comment:what the device took for the time when it sent it"`
	ReceivedAt time.Time `gorm:"not null;comment:server time"`
	Total      int64     `gorm:"not null;comment:rows that were sent, without repeats"`
	Doubtful   int64     `gorm:"not null;comment:of them, rows for review"`
	Failed     int64     `gorm:"not null;comment:of them, rows that did not count"`
	Unknown    int64     `gorm:"not null;comment:of the failed ones, rows whose token is not ours; they name nobody, so no row is kept"`
}

// TableName of OfflineBatch.
func (OfflineBatch) TableName() string { return "offline_batches" }

// HoursStatement is what stands behind a claim in words: why hours are proposed, or what was made in remote work.
// Its pictures are the uploads that name the claim.
type HoursStatement struct {
	ClaimID   int64     `gorm:"primaryKey;autoIncrement:false;comment:claim"`
	UserID    int64     `gorm:"not null;comment:who wrote it"`
	Minutes   int64     `gorm:"not null;comment:what was asked for"`
	Text      string    `gorm:"size:2000;not null;comment:as it was written"`
	CreatedAt time.Time `gorm:"not null;comment:when"`
}

// TableName of HoursStatement.
func (HoursStatement) TableName() string { return "hours_statements" }

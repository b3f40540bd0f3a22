package model

import "time"

// Student tags.
const (
	TagLeagueCadre  = "LEAGUE_CADRE"
	TagQingma       = "QINGMA"
	TagLeagueMember = "LEAGUE_MEMBER"
	TagOrdinary     = "ORDINARY"
)

// StudentProfile is a student of one university. It exists from the roster import on, before a user is bound to it.
type StudentProfile struct {
	ID           int64     `gorm:"primaryKey;autoIncrement:false;comment:id, the student_id everywhere"`
	PersonID     int64     `gorm:"not null;index:ix_student_person;comment:person key: own id until bound, then the user's"`
	UserID       *int64    `gorm:"uniqueIndex:uq_student_user;comment:bound account, NULL until then"`
	UniversityID int64     `gorm:"not null;uniqueIndex:uq_student_no,priority:1;comment:org of the university"`
	StudentNoEnc []byte    `gorm:"size:255;not null;comment:student number, encrypted"`
	StudentNoIdx []byte    `gorm:"size:32;not null;uniqueIndex:uq_student_no,priority:2;comment:blind index of the student number"`
	NameEnc      []byte    `gorm:"size:512;not null;comment:name, encrypted"`
	NameIdx      []byte    `gorm:"size:32;not null;index:ix_student_name;comment:blind index of the name"`
	BranchID     int64     `gorm:"not null;index:ix_student_branch;comment:branch today; the dated truth is memberships"`
	Major        string    `gorm:"size:60;not null;comment:major, empty if unknown"`
	Grade        string    `gorm:"size:10;not null;comment:year of entry, empty if unknown"`
	Tags         []string  `gorm:"type:text;serializer:json;not null;comment:LEAGUE_CADRE QINGMA LEAGUE_MEMBER ORDINARY"`
	HomeRegion   string    `gorm:"size:12;not null;comment:12-digit division, empty if unknown"`
	GraduatesOn  *Date     `gorm:"size:10;comment:expected"`
	Version      int64     `gorm:"not null;comment:for If-Match"`
	CreatedAt    time.Time `gorm:"not null;comment:when"`
	UpdatedAt    time.Time `gorm:"not null;comment:when"`
}

// Membership says that a student belonged to an organisation over a time: from_on included, to_on excluded.
// Denominators of all ratios come from here.
type Membership struct {
	ID        int64     `gorm:"primaryKey;autoIncrement:false;comment:id"`
	StudentID int64     `gorm:"not null;index:ix_member_student,priority:1;comment:who"`
	OrgID     int64     `gorm:"not null;index:ix_member_org,priority:1;comment:branch or club"`
	FromOn    Date      `gorm:"size:10;not null;index:ix_member_org,priority:2;comment:first day"`
	ToOn      *Date     `gorm:"size:10;comment:first day after, NULL while it lasts"`
	CreatedAt time.Time `gorm:"not null;comment:when"`
}

// JoinCode lets students ask to join a branch.
type JoinCode struct {
	ID        int64      `gorm:"primaryKey;autoIncrement:false;comment:id"`
	BranchID  int64      `gorm:"not null;index:ix_join_branch;comment:branch"`
	CodeHash  []byte     `gorm:"size:32;not null;uniqueIndex:uq_join_code;comment:SHA-256 of the code"`
	ExpiresAt time.Time  `gorm:"not null;comment:good until"`
	RevokedAt *time.Time `gorm:"comment:when"`
	CreatedBy int64      `gorm:"not null;comment:user"`
	CreatedAt time.Time  `gorm:"not null;comment:when"`
}

// JoinStatus is the state of a join request.
type JoinStatus string

// The states of a join request.
const (
	JoinPending   JoinStatus = "PENDING"
	JoinApproved  JoinStatus = "APPROVED"
	JoinRejected  JoinStatus = "REJECTED"
	JoinWithdrawn JoinStatus = "WITHDRAWN"
)

var joinMoves = moves[JoinStatus]{JoinPending: {JoinApproved, JoinRejected, JoinWithdrawn}} //nolint:gochecknoglobals // a table

// JoinRequest asks to join a branch; the branch approves. At most one is pending for a user.
type JoinRequest struct {
	ID           int64      `gorm:"primaryKey;autoIncrement:false;comment:id"`
	BranchID     int64      `gorm:"not null;index:ix_joinreq_branch,priority:1;comment:branch"`
	UserID       int64      `gorm:"not null;index:ix_joinreq_user;comment:who asks"`
	PendingUser  *int64     `gorm:"uniqueIndex:uq_joinreq_pending;comment:the user while pending, else NULL"`
	StudentNoEnc []byte     `gorm:"size:255;not null;comment:student number, encrypted under the user's key"`
	NameEnc      []byte     `gorm:"size:512;not null;comment:name, encrypted under the user's key"`
	Status       JoinStatus `gorm:"size:12;not null;index:ix_joinreq_branch,priority:2;comment:see docs/states.md"`
	DecidedBy    *int64     `gorm:"comment:user"`
	DecidedAt    *time.Time `gorm:"comment:when"`
	Reason       string     `gorm:"size:200;not null;comment:of a rejection"`
	Version      int64      `gorm:"not null;comment:counts moves"`
	CreatedAt    time.Time  `gorm:"not null;comment:when"`
	UpdatedAt    time.Time  `gorm:"not null;comment:when"`
}

// TableName of JoinRequest.
func (JoinRequest) TableName() string { return "join_requests" }

// Key returns id and version.
func (r *JoinRequest) Key() (id, version int64) { return r.ID, r.Version }

// State returns the status.
func (r *JoinRequest) State() string { return string(r.Status) }

// MayBecome asks the table of moves.
func (r *JoinRequest) MayBecome(next string) bool { return joinMoves.allow(r.Status, JoinStatus(next)) }

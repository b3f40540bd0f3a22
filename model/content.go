package model

import "time"

// CheckStatus is the state of a check of content.
type CheckStatus string

// The states of a check.
const (
	CheckPending  CheckStatus = "PENDING"  // WeChat is still to be asked
	CheckChecking CheckStatus = "CHECKING" // WeChat has the picture, trace_id will name its verdict
	CheckReview   CheckStatus = "REVIEW"   // a person must look
	CheckPassed   CheckStatus = "PASSED"   // may be shown
	CheckRisky    CheckStatus = "RISKY"    // may never be shown
	CheckExpired  CheckStatus = "EXPIRED"  // nobody looked in time; it is not shown, and may be sent again
)

var checkMoves = moves[CheckStatus]{ //nolint:gochecknoglobals // a table
	CheckPending:  {CheckChecking, CheckReview, CheckPassed, CheckRisky},
	CheckChecking: {CheckReview, CheckPassed, CheckRisky},
	CheckReview:   {CheckPassed, CheckRisky, CheckExpired},
}

// What a check looks at.
const (
	CheckText  = "TEXT"
	CheckImage = "IMAGE"
)

// ContentCheck is the verdict about texts of one author, by their digest, or about one uploaded picture. The texts are kept
// while somebody may have to read them.
type ContentCheck struct {
	ID        int64       `gorm:"primaryKey;autoIncrement:false;comment:id"`
	Kind      string      `gorm:"size:8;not null;comment:TEXT IMAGE"`
	Purpose   string      `gorm:"size:16;not null;comment:where it will stand: PROFILE ORG PAIRING PROJECT ACTIVITY PICTURE"`
	UserID    int64       `gorm:"not null;uniqueIndex:uq_check_text,priority:2;comment:author, 0 for an API client"`
	Digest    []byte      `gorm:"size:32;uniqueIndex:uq_check_text,priority:1;comment:keyed digest of purpose and texts, NULL for a picture"`
	UploadID  *int64      `gorm:"uniqueIndex:uq_check_upload;comment:the picture, NULL for texts"`
	OrgPath   string      `gorm:"size:255;not null;comment:organisation it belongs to, empty for none"`
	TextsEnc  []byte      `gorm:"size:1048576;comment:JSON of the texts, encrypted with the author's key; NULL once nobody needs to read them"`
	Status    CheckStatus `gorm:"size:12;not null;index:ix_check_due,priority:1;comment:see docs/states.md"`
	Why       string      `gorm:"size:16;not null;comment:of REVIEW: SUGGESTED UNSEEN NO_OPENID NO_ANSWER NO_ADDRESS, else empty"`
	Label     int         `gorm:"not null;comment:reason in WeChat's numbers, 0 if none"`
	Fields    []string    `gorm:"type:text;serializer:json;not null;comment:pointers of the risky fields"`
	TraceID   *string     `gorm:"size:64;index:ix_check_trace;comment:of WeChat, while it looks at the picture"`
	NextAt    time.Time   `gorm:"not null;index:ix_check_due,priority:2;comment:when to ask again, or to stop waiting"`
	DecidedBy *int64      `gorm:"comment:reviewer, NULL while no person has decided"`
	Reason    string      `gorm:"size:200;not null;comment:what the reviewer wrote"`
	Version   int64       `gorm:"not null;comment:counts the changes"`
	CreatedAt time.Time   `gorm:"not null;index:ix_check_created;comment:when"`
	UpdatedAt time.Time   `gorm:"not null;comment:when"`
}

// TableName of ContentCheck.
func (ContentCheck) TableName() string { return "content_checks" }

// Key returns id and version.
func (c *ContentCheck) Key() (id, version int64) { return c.ID, c.Version }

// State returns the status.
func (c *ContentCheck) State() string { return string(c.Status) }

// MayBecome asks the table of moves.
func (c *ContentCheck) MayBecome(next string) bool {
	return checkMoves.allow(c.Status, CheckStatus(next))
}

// Upload is a picture that a person gave. What they sent is kept without its metadata, its pixels as they came, and shown to
// nobody; what is shown was drawn anew from it. Its verdict is the ContentCheck with the same id.
type Upload struct {
	ID         int64      `gorm:"primaryKey;autoIncrement:false;comment:id"`
	UserID     int64      `gorm:"not null;index:ix_upload_user,priority:1;comment:whose"`
	Original   string     `gorm:"size:64;not null;uniqueIndex:uq_upload_original;comment:file with what came, without its metadata"`
	Display    string     `gorm:"size:64;not null;uniqueIndex:uq_upload_display;comment:file with the picture drawn anew"`
	Media      string     `gorm:"size:16;not null;comment:of the original: image/jpeg image/png image/webp"`
	Bytes      int64      `gorm:"not null;comment:of what came"`
	SHA256     []byte     `gorm:"column:sha256;size:32;not null;comment:of what came"`
	Width      int        `gorm:"not null;comment:pixels of the original, as it is stored"`
	Height     int        `gorm:"not null;comment:pixels of the original, as it is stored"`
	ShownBytes int64      `gorm:"not null;comment:of the picture drawn anew"`
	Object     string     `gorm:"size:32;not null;index:ix_upload_object,priority:1;comment:table of what uses it, empty while nothing does"`
	ObjectID   int64      `gorm:"not null;index:ix_upload_object,priority:2;comment:row of what uses it, 0 while nothing does"`
	ExpiresAt  *time.Time `gorm:"index:ix_upload_expires;comment:deleted after this, NULL while it is used"`
	CreatedAt  time.Time  `gorm:"not null;index:ix_upload_user,priority:2;comment:when"`
}

// TableName of Upload.
func (Upload) TableName() string { return "uploads" }

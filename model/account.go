package model

import "time"

// User statuses.
const (
	UserActive    = "ACTIVE"
	UserSuspended = "SUSPENDED"
	UserClosed    = "CLOSED"
)

var userMoves = moves[string]{ //nolint:gochecknoglobals // a table
	UserActive:    {UserSuspended, UserClosed},
	UserSuspended: {UserActive, UserClosed},
}

// User is a person with an account. Its id is also the id of its person key.
type User struct {
	ID         int64     `gorm:"primaryKey;autoIncrement:false;comment:id, also the person key's id"`
	OpenIDEnc  []byte    `gorm:"column:openid_enc;size:255;comment:WeChat openid, encrypted"`
	OpenIDIdx  []byte    `gorm:"column:openid_idx;size:32;uniqueIndex:uq_user_openid;comment:blind index of the openid"`
	UnionIDEnc []byte    `gorm:"column:unionid_enc;size:255;comment:WeChat unionid, encrypted, NULL if unknown"`
	UnionIDIdx []byte    `gorm:"column:unionid_idx;size:32;index:ix_user_unionid;comment:blind index of the unionid"`
	PhoneEnc   []byte    `gorm:"size:255;comment:phone in E.164, encrypted, NULL if unknown"`
	PhoneIdx   []byte    `gorm:"size:32;index:ix_user_phone;comment:blind index of the phone"`
	NameEnc    []byte    `gorm:"size:512;comment:name, encrypted, NULL if unknown"`
	NameIdx    []byte    `gorm:"size:32;index:ix_user_name;comment:blind index of the name"`
	Status     string    `gorm:"size:12;not null;index:ix_user_status;comment:ACTIVE SUSPENDED CLOSED"`
	Version    int64     `gorm:"not null;comment:for If-Match"`
	CreatedAt  time.Time `gorm:"not null;comment:when"`
	UpdatedAt  time.Time `gorm:"not null;comment:when"`
}

// TableName of User.
func (User) TableName() string { return "users" }

// Key returns id and version.
func (u *User) Key() (id, version int64) { return u.ID, u.Version }

// State returns the status.
func (u *User) State() string { return u.Status }

// MayBecome asks the table of moves.
func (u *User) MayBecome(next string) bool { return userMoves.allow(u.Status, next) }

// LoginSession is one login on one device: a family of refresh tokens of which only the newest is good.
type LoginSession struct {
	ID         int64      `gorm:"primaryKey;autoIncrement:false;comment:id, the family"`
	UserID     int64      `gorm:"not null;index:ix_login_user;comment:whose"`
	Counter    int64      `gorm:"not null;comment:number of the newest refresh token"`
	RotatedAt  time.Time  `gorm:"not null;comment:when the newest was made"`
	LoggedInAt time.Time  `gorm:"not null;comment:when the person last proved who they are"`
	ExpiresAt  time.Time  `gorm:"not null;comment:sliding end"`
	EndsAt     time.Time  `gorm:"not null;comment:absolute end"`
	RevokedAt  *time.Time `gorm:"comment:logout, reuse, ban"`
	RevokedWhy string     `gorm:"size:24;not null;comment:LOGOUT REUSE BAN ROTATION"`
}

// BootstrapCode makes its redeemer the first security administrator.
type BootstrapCode struct {
	ID        int64      `gorm:"primaryKey;autoIncrement:false;comment:id"`
	CodeHash  []byte     `gorm:"size:32;not null;uniqueIndex:uq_bootstrap;comment:SHA-256 of the code"`
	ExpiresAt time.Time  `gorm:"not null;comment:24 h after it was made"`
	UsedBy    *int64     `gorm:"comment:user"`
	UsedAt    *time.Time `gorm:"comment:when"`
	CreatedAt time.Time  `gorm:"not null;comment:when"`
}

// RoleGrant is one role of a user in an organisation over a time. org_id is 0 for system roles.
type RoleGrant struct {
	ID        int64      `gorm:"primaryKey;autoIncrement:false;comment:id"`
	UserID    int64      `gorm:"not null;uniqueIndex:uq_grant_live,priority:1;comment:who"`
	Role      string     `gorm:"size:24;not null;uniqueIndex:uq_grant_live,priority:2;comment:see glossary"`
	OrgID     int64      `gorm:"not null;index:ix_grant_org;uniqueIndex:uq_grant_live,priority:3;comment:where, 0 for system roles"`
	FromAt    time.Time  `gorm:"not null;comment:good from"`
	ToAt      *time.Time `gorm:"comment:good until, NULL without end"`
	Live      *bool      `gorm:"uniqueIndex:uq_grant_live,priority:4;comment:1 until it is revoked, then NULL"`
	GrantedBy int64      `gorm:"not null;comment:user, 0 for bootstrap"`
	RevokedAt *time.Time `gorm:"comment:when"`
	CreatedAt time.Time  `gorm:"not null;comment:when"`
}

// Invitation gives a role to the person who redeems its code.
type Invitation struct {
	ID         int64      `gorm:"primaryKey;autoIncrement:false;comment:id"`
	OrgID      int64      `gorm:"not null;index:ix_invitation_org;comment:where"`
	Role       string     `gorm:"size:24;not null;comment:what"`
	CodeHash   []byte     `gorm:"size:32;not null;uniqueIndex:uq_invitation_code;comment:SHA-256 of the code"`
	Note       string     `gorm:"size:100;not null;comment:for which post, as the inviter wrote it; in clear, no names"`
	ExpiresAt  time.Time  `gorm:"not null;comment:good until"`
	CreatedBy  int64      `gorm:"not null;comment:user"`
	RedeemedBy *int64     `gorm:"comment:user"`
	RedeemedAt *time.Time `gorm:"comment:when"`
	RevokedAt  *time.Time `gorm:"comment:when"`
	CreatedAt  time.Time  `gorm:"not null;comment:when"`
}

// APIClient is a committee's own program.
type APIClient struct {
	ID         int64      `gorm:"primaryKey;autoIncrement:false;comment:id, the client_id"`
	OrgID      int64      `gorm:"not null;index:ix_client_org;comment:whose"`
	Name       string     `gorm:"size:60;not null;comment:shown in lists"`
	Scopes     []string   `gorm:"type:text;serializer:json;not null;comment:permissions it may use"`
	SecretHash []byte     `gorm:"size:32;not null;comment:SHA-256 of the secret (256 bit random)"`
	Version    int64      `gorm:"not null;comment:tokens of an older version are dead"`
	RevokedAt  *time.Time `gorm:"comment:when"`
	CreatedBy  int64      `gorm:"not null;comment:user"`
	CreatedAt  time.Time  `gorm:"not null;comment:when"`
	UpdatedAt  time.Time  `gorm:"not null;comment:when"`
}

// TableName of APIClient.
func (APIClient) TableName() string { return "api_clients" }

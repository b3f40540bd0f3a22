package model

import "time"

// IDNode is the lease of one node number; ids made by its owner carry the number.
type IDNode struct {
	Node       int64     `gorm:"primaryKey;autoIncrement:false;comment:0-63"`
	Owner      string    `gorm:"size:64;not null;comment:random name of the process that holds it"`
	LeaseUntil time.Time `gorm:"not null;comment:free after this"`
}

// Lease lets one replica at a time run a job.
type Lease struct {
	Name    string     `gorm:"primaryKey;size:64;comment:job"`
	Owner   string     `gorm:"size:64;not null;comment:random name of the process that holds it"`
	Until   time.Time  `gorm:"not null;comment:free after this"`
	LastRun *time.Time `gorm:"comment:end of the last good run"`
	LastErr string     `gorm:"size:500;not null;comment:last failure, empty after a good run"`
}

// IdempotencyRecord keeps the answer to a creating request, written in the transaction of the effect.
type IdempotencyRecord struct {
	Caller    string    `gorm:"primaryKey;size:32;comment:u<user id> or c<client id>"`
	Operation string    `gorm:"primaryKey;size:64;comment:operation id"`
	Key       string    `gorm:"primaryKey;size:64;comment:Idempotency-Key as sent"`
	Hash      []byte    `gorm:"size:32;not null;comment:SHA-256 of the request"`
	Answer    string    `gorm:"type:mediumtext;not null;comment:JSON of what the operation returned"`
	CreatedAt time.Time `gorm:"not null;index;comment:kept at least 24 h"`
}

// AuditEntry is one line of the audit log. Persons appear by id only.
type AuditEntry struct {
	ID        int64     `gorm:"primaryKey;autoIncrement:false;comment:time ordered"`
	At        time.Time `gorm:"not null;comment:when"`
	UserID    int64     `gorm:"not null;index:ix_audit_user,priority:1;comment:who, 0 for an API client or the system"`
	ClientID  int64     `gorm:"not null;comment:API client, 0 for a person"`
	Action    string    `gorm:"size:64;not null;comment:e.g. pairing.accept"`
	Object    string    `gorm:"size:32;not null;index:ix_audit_object,priority:1;comment:table acted upon"`
	ObjectID  int64     `gorm:"not null;index:ix_audit_object,priority:2;comment:row acted upon"`
	OrgPath   string    `gorm:"size:255;not null;comment:path of the owning organisation that day"`
	FromState string    `gorm:"size:24;not null;comment:state before, empty if none"`
	ToState   string    `gorm:"size:24;not null;comment:state after, empty if none"`
	Reason    string    `gorm:"size:500;not null;comment:as given"`
	RequestID string    `gorm:"size:64;not null;comment:request id"`
	Data      string    `gorm:"type:text;not null;comment:JSON of further ids and numbers, no personal data"`
}

// TableName of AuditEntry.
func (AuditEntry) TableName() string { return "audit_log" }

// KeyCheck lets a process recognise the keys that the database was begun with, without holding them.
type KeyCheck struct {
	Name      string    `gorm:"primaryKey;size:32;comment:index, or field: and the id of a field key"`
	Proof     []byte    `gorm:"size:128;not null;comment:a known text, hashed or sealed with the key"`
	CreatedAt time.Time `gorm:"not null;comment:when"`
}

// PersonKey is the data key of one person, wrapped by the field key. Deleting the row makes all of the person's fields unreadable.
type PersonKey struct {
	PersonID   int64     `gorm:"primaryKey;autoIncrement:false;comment:users.id, or student_profiles.id until a user binds it"`
	WrappedKey []byte    `gorm:"size:128;not null;comment:AES-256-GCM of the 32-byte data key"`
	KEKID      string    `gorm:"column:kek_id;size:16;not null;comment:which field key wrapped it"`
	CreatedAt  time.Time `gorm:"not null;comment:when"`
}

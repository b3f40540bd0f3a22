package model

import "time"

// Notification is one entry of a person's inbox, the record of delivery. Its data are ids and short texts without personal
// data; title and body are made of them when it is read.
type Notification struct {
	ID        int64             `gorm:"primaryKey;autoIncrement:false;comment:id"`
	UserID    int64             `gorm:"not null;index:ix_notification_user,priority:1;index:ix_notification_unread,priority:1;comment:whose inbox"`
	Kind      string            `gorm:"size:32;not null;comment:which wording, see service/notify"`
	DedupeKey string            `gorm:"size:160;not null;uniqueIndex:uq_notification_key;comment:kind, fact and user: one fact is told once"`
	Data      map[string]string `gorm:"type:text;serializer:json;not null;comment:JSON of ids and short texts, no personal data"`
	Object    string            `gorm:"size:32;not null;comment:table of what it is about"`
	ObjectID  int64             `gorm:"not null;comment:row of what it is about"`
	ShownAt   time.Time         `gorm:"not null;index:ix_notification_user,priority:2;index:ix_notification_unread,priority:3;comment:in the inbox from this time on"`
	ReadAt    *time.Time        `gorm:"index:ix_notification_unread,priority:2;comment:when the person read it, NULL before"`
	CreatedAt time.Time         `gorm:"not null;comment:when"`
}

// NotificationPref is a person's wish about one kind; without a row WeChat is on.
type NotificationPref struct {
	UserID    int64     `gorm:"primaryKey;autoIncrement:false;comment:who"`
	Kind      string    `gorm:"primaryKey;size:32;comment:which kind"`
	Wechat    bool      `gorm:"column:wechat;not null;comment:also as a WeChat message"`
	UpdatedAt time.Time `gorm:"not null;comment:when"`
}

// NoticeTemplate maps a kind to a subscribe-message template of one mini-program. Without a row a kind stays in the inbox.
type NoticeTemplate struct {
	AppID      string            `gorm:"primaryKey;size:64;comment:mini-program"`
	Kind       string            `gorm:"primaryKey;size:32;comment:which kind"`
	TemplateID string            `gorm:"size:128;not null;comment:template at WeChat"`
	Page       string            `gorm:"size:255;not null;comment:page it opens, {name} is filled from the data"`
	Fields     map[string]string `gorm:"type:text;serializer:json;not null;comment:JSON, field key to text with {name} placeholders"`
	LongTerm   bool              `gorm:"not null;comment:one acceptance lasts, nothing is counted"`
	DisabledAt *time.Time        `gorm:"comment:when WeChat said that it does not exist, NULL while it is good"`
	UpdatedAt  time.Time         `gorm:"not null;comment:when"`
}

// States of a Notice.
const (
	NoticePending     = "PENDING"     // to be sent from next_at on
	NoticeSending     = "SENDING"     // a worker has it until lease_until
	NoticeSent        = "SENT"        // WeChat took it, or proved to have it
	NoticeUnconfirmed = "UNCONFIRMED" // nobody can tell whether WeChat took it
	NoticeDropped     = "DROPPED"     // given up, why says for what
	NoticeParked      = "PARKED"      // waits for the person's next acceptance
	NoticeExpired     = "EXPIRED"     // too late to be of use
)

// Notice is a WeChat message to be sent, the outbox row of a Notification. The person's openid is read when it is sent.
type Notice struct {
	ID         int64             `gorm:"primaryKey;autoIncrement:false;comment:id"`
	DedupeKey  string            `gorm:"size:160;not null;uniqueIndex:uq_notice_key;comment:the same as in notifications"`
	UserID     int64             `gorm:"not null;index:ix_notice_user,priority:1;comment:to whom"`
	BusyUserID *int64            `gorm:"uniqueIndex:uq_notice_busy;comment:the user while SENDING, else NULL: one message in flight per person"`
	Kind       string            `gorm:"size:32;not null;comment:which kind"`
	Template   string            `gorm:"size:128;not null;index:ix_notice_user,priority:2;comment:template at WeChat"`
	Page       string            `gorm:"size:255;not null;comment:page it opens"`
	Fields     map[string]string `gorm:"type:text;serializer:json;not null;comment:JSON, field key to text"`
	State      string            `gorm:"size:16;not null;index:ix_notice_due,priority:1;comment:PENDING SENDING SENT UNCONFIRMED DROPPED PARKED EXPIRED"`
	NextAt     time.Time         `gorm:"not null;index:ix_notice_due,priority:2;comment:not before this time"`
	ExpiresAt  *time.Time        `gorm:"comment:useless after this, NULL without end"`
	Attempts   int               `gorm:"not null;comment:failed attempts that count"`
	Resent     bool              `gorm:"not null;comment:the one attempt after an unknown outcome is used"`
	Reserved   bool              `gorm:"not null;comment:holds a unit of the ledger"`
	LastCode   int               `gorm:"not null;comment:last errcode, 0 for none"`
	LastRID    string            `gorm:"column:last_rid;size:64;not null;comment:request id of the last answer, for WeChat support"`
	Why        string            `gorm:"size:24;not null;comment:reason of the state in one word"`
	MsgID      string            `gorm:"size:32;not null;comment:WeChat message id, empty before"`
	LeaseOwner string            `gorm:"size:32;not null;comment:claim of a worker, fresh for each batch"`
	LeaseUntil *time.Time        `gorm:"comment:after this the claim is dead"`
	TriedAt    *time.Time        `gorm:"comment:last time it became SENDING"`
	CreatedAt  time.Time         `gorm:"not null;index:ix_notice_created;comment:when"`
	UpdatedAt  time.Time         `gorm:"not null;comment:when"`
}

// TableName of Notice.
func (Notice) TableName() string { return "notice_outbox" }

// NoticeFanout is a fact that many people are told, a few hundred at a time. It is told once for each kind, object and time.
type NoticeFanout struct {
	ID        int64      `gorm:"primaryKey;autoIncrement:false;comment:id"`
	Kind      string     `gorm:"size:32;not null;uniqueIndex:uq_fanout,priority:1;comment:what is told, see service/notify"`
	Object    string     `gorm:"size:32;not null;comment:table of what it is about"`
	ObjectID  int64      `gorm:"not null;uniqueIndex:uq_fanout,priority:2;comment:row of what it is about"`
	DueAt     time.Time  `gorm:"not null;uniqueIndex:uq_fanout,priority:3;comment:the time it hangs on: a session that moved is another fact"`
	NotBefore time.Time  `gorm:"not null;index:ix_fanout_open,priority:2;comment:nobody is told before this"`
	AfterID   int64      `gorm:"not null;comment:everybody up to this one has been told, 0 for nobody"`
	DoneAt    *time.Time `gorm:"index:ix_fanout_open,priority:1;comment:when the last one was told, NULL before"`
	CreatedAt time.Time  `gorm:"not null;comment:when"`
}

// SubscribeLedger estimates how many messages of a template a person still accepts; WeChat's 43101 is the truth.
type SubscribeLedger struct {
	UserID    int64      `gorm:"primaryKey;autoIncrement:false;comment:who"`
	Template  string     `gorm:"primaryKey;size:128;comment:template at WeChat"`
	Granted   int64      `gorm:"not null;comment:acceptances seen"`
	Used      int64      `gorm:"not null;comment:of them used or reserved"`
	Muted     bool       `gorm:"not null;comment:the person switched the template off"`
	ProbedAt  *time.Time `gorm:"comment:last attempt made without a known acceptance"`
	HintedAt  *time.Time `gorm:"comment:when the mini-program last told of an acceptance that no event has confirmed"`
	HintOpen  *time.Time `gorm:"comment:while one of granted is such a hint: since when"`
	UpdatedAt time.Time  `gorm:"not null;comment:when"`
}

// TableName of SubscribeLedger.
func (SubscribeLedger) TableName() string { return "subscribe_ledger" }

// SubscribeEvent is one fact that WeChat told about subscriptions, kept so that it counts once.
type SubscribeEvent struct {
	KeyHash   []byte    `gorm:"primaryKey;size:32;comment:SHA-256 of the event's key"`
	Kind      string    `gorm:"size:16;not null;comment:ANSWER MUTE SENT"`
	UserID    int64     `gorm:"not null;index:ix_subscribe_user,priority:1;comment:about whom"`
	Template  string    `gorm:"size:128;not null;index:ix_subscribe_user,priority:2;comment:template at WeChat"`
	MsgID     string    `gorm:"size:32;not null;index:ix_subscribe_msg;comment:of a SENT, else empty"`
	ErrorCode int       `gorm:"not null;comment:of a SENT, 0 is delivered"`
	NoticeID  int64     `gorm:"not null;comment:the notice it was matched with, 0 for none"`
	CreatedAt time.Time `gorm:"not null;index:ix_subscribe_created;comment:when it came in"`
}

// NoticeLane is a stretch of the way to WeChat that may be closed for a time: the whole app, or one template.
type NoticeLane struct {
	Name        string    `gorm:"primaryKey;size:160;comment:app, or template: and its id"`
	PausedUntil time.Time `gorm:"not null;comment:nothing is sent before this"`
	Reason      string    `gorm:"size:24;not null;comment:kind of the failure"`
	Code        int       `gorm:"not null;comment:errcode, 0 for none"`
	UpdatedAt   time.Time `gorm:"not null;comment:when"`
}

// StaleBinding marks a person whose openid WeChat no longer knows in this app; the next event of the person clears it.
type StaleBinding struct {
	UserID    int64     `gorm:"primaryKey;autoIncrement:false;comment:who"`
	CreatedAt time.Time `gorm:"not null;comment:when"`
}

// WechatToken is the access token that all processes share, and the lock of the one that renews it.
type WechatToken struct {
	AppID     string    `gorm:"primaryKey;size:64;comment:mini-program"`
	Sealed    []byte    `gorm:"size:8192;not null;comment:AES-256-GCM of the token and of a bad one"`
	Version   int64     `gorm:"not null;comment:counts the changes"`
	NotAfter  time.Time `gorm:"not null;comment:use the token before this"`
	ForcedAt  time.Time `gorm:"not null;comment:last forced renewal"`
	CoolUntil time.Time `gorm:"not null;comment:nobody asks for a token before this"`
	CoolCode  int       `gorm:"not null;comment:errcode that began the cooling"`
	LockOwner string    `gorm:"size:32;not null;comment:who renews it"`
	LockUntil time.Time `gorm:"not null;comment:the lock is free after this"`
}

// WechatNonce is a push message that an earlier version of the program had received; nobody writes any more of them.
type WechatNonce struct {
	KeyHash []byte    `gorm:"primaryKey;size:32;comment:SHA-256 of the signature"`
	Until   time.Time `gorm:"not null;index:ix_nonce_until;comment:forgotten after this"`
}

// Kinds of a PushEvent.
const (
	PushAnswer = "ANSWER" // the person answered the subscription dialog
	PushMute   = "MUTE"   // the person switched a template off in the settings
	PushSent   = "SENT"   // final result of a message
	PushMedia  = "MEDIA"  // verdict about a picture or sound
)

// PushEvent is one fact of WeChat's message push, kept before it is answered and worked on afterwards.
type PushEvent struct {
	KeyHash   []byte     `gorm:"primaryKey;size:32;comment:SHA-256 of the event's key: one fact is kept once"`
	Kind      string     `gorm:"size:16;not null;comment:ANSWER MUTE SENT MEDIA"`
	Payload   PushFact   `gorm:"type:text;serializer:json;not null;comment:JSON of the fact; a person is there as the blind index of the openid"`
	Attempts  int        `gorm:"not null;comment:how often it was worked on in vain"`
	NextAt    time.Time  `gorm:"not null;index:ix_push_due,priority:2;comment:not worked on before this time"`
	DoneAt    *time.Time `gorm:"index:ix_push_due,priority:1;comment:when it was worked on or given up, NULL before"`
	CreatedAt time.Time  `gorm:"not null;index:ix_push_created;comment:when it came in"`
}

// PushFact is what a PushEvent tells.
type PushFact struct {
	Person   []byte `json:"person,omitempty"` // blind index of the openid
	Template string `json:"template,omitempty"`
	Accepted bool   `json:"accepted,omitempty"`
	MsgID    string `json:"msg_id,omitempty"`
	Code     int    `json:"code,omitempty"`
	TraceID  string `json:"trace_id,omitempty"`
	Suggest  string `json:"suggest,omitempty"`
	Label    int    `json:"label,omitempty"`
}

package model

import "time"

// PairingStatus is the state of a pairing.
type PairingStatus string

// The states of a pairing.
const (
	PairingProposed PairingStatus = "PROPOSED"
	PairingActive   PairingStatus = "ACTIVE"
	PairingDormant  PairingStatus = "DORMANT"
	PairingEnded    PairingStatus = "ENDED"
	PairingDeclined PairingStatus = "DECLINED"
	PairingExpired  PairingStatus = "EXPIRED"
)

var pairingMoves = moves[PairingStatus]{ //nolint:gochecknoglobals // a table
	PairingProposed: {PairingActive, PairingDeclined, PairingExpired},
	PairingActive:   {PairingDormant, PairingEnded},
	PairingDormant:  {PairingActive, PairingEnded},
}

// Pairing levels and origins.
const (
	PairingTownDepartment  = "TOWN_DEPARTMENT"
	PairingCommunityBranch = "COMMUNITY_BRANCH"
	OriginSelf             = "SELF"
	OriginCommittee        = "COMMITTEE"
)

// Pairing joins a campus unit and a local unit within a programme. It is active only after both sides accepted.
// At most one is live (proposed, active or dormant) for each campus unit, local unit and programme.
type Pairing struct {
	ID               int64         `gorm:"primaryKey;autoIncrement:false;comment:id"`
	ProgrammeID      int64         `gorm:"not null;index:ix_pairing_programme;index:ix_pairing_campus,priority:2;comment:programme"`
	CampusOrgID      int64         `gorm:"not null;index:ix_pairing_campus,priority:1;uniqueIndex:uq_pairing_live,priority:2;comment:campus side"`
	LocalOrgID       int64         `gorm:"not null;index:ix_pairing_local;uniqueIndex:uq_pairing_live,priority:3;comment:local side"`
	LiveProgrammeID  *int64        `gorm:"uniqueIndex:uq_pairing_live,priority:1;comment:the programme while proposed, active or dormant, else NULL"`
	Level            string        `gorm:"size:20;not null;comment:TOWN_DEPARTMENT COMMUNITY_BRANCH"`
	Origin           string        `gorm:"size:12;not null;comment:SELF COMMITTEE"`
	ParentID         *int64        `gorm:"comment:pairing of town and department above it"`
	Status           PairingStatus `gorm:"size:12;not null;comment:see docs/states.md"`
	Note             string        `gorm:"size:500;not null;comment:what the proposer wrote"`
	FromOn           *Date         `gorm:"size:10;comment:first day, set when it becomes active"`
	ToOn             *Date         `gorm:"size:10;index:ix_pairing_to;comment:first day after, NULL while open"`
	ProposedBy       int64         `gorm:"not null;comment:user"`
	CampusAcceptedBy *int64        `gorm:"comment:user"`
	CampusAcceptedAt *time.Time    `gorm:"comment:when"`
	LocalAcceptedBy  *int64        `gorm:"comment:user"`
	LocalAcceptedAt  *time.Time    `gorm:"comment:when"`
	AnswerDueAt      time.Time     `gorm:"not null;index:ix_pairing_due;comment:a proposal expires then"`
	Reason           string        `gorm:"size:500;not null;comment:of the end"`
	NoticeBy         string        `gorm:"size:8;not null;comment:side that gave notice first, CAMPUS or LOCAL; empty: nobody has, or one person for both"`
	Version          int64         `gorm:"not null;comment:counts changes"`
	CreatedAt        time.Time     `gorm:"not null;comment:when"`
	UpdatedAt        time.Time     `gorm:"not null;comment:when"`
}

// TableName of Pairing.
func (Pairing) TableName() string { return "pairings" }

// Key returns id and version.
func (p *Pairing) Key() (id, version int64) { return p.ID, p.Version }

// State returns the status.
func (p *Pairing) State() string { return string(p.Status) }

// MayBecome asks the table of moves.
func (p *Pairing) MayBecome(next string) bool {
	return pairingMoves.allow(p.Status, PairingStatus(next))
}

// PairingRenewal says for one side of a pairing that it goes on in a term. Rows are only added.
type PairingRenewal struct {
	PairingID int64     `gorm:"primaryKey;autoIncrement:false;comment:pairing"`
	TermID    int64     `gorm:"primaryKey;autoIncrement:false;comment:term of the campus side's university"`
	Side      string    `gorm:"primaryKey;size:8;comment:CAMPUS LOCAL"`
	By        int64     `gorm:"column:renewed_by;not null;comment:user"`
	At        time.Time `gorm:"column:renewed_at;not null;comment:when"`
}

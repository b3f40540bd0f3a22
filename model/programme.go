package model

import (
	"time"
)

// ProgrammeStatus is the state of a programme.
type ProgrammeStatus string

// The states of a programme.
const (
	ProgrammeDraft  ProgrammeStatus = "DRAFT"
	ProgrammeActive ProgrammeStatus = "ACTIVE"
	ProgrammeClosed ProgrammeStatus = "CLOSED"
)

var programmeMoves = moves[ProgrammeStatus]{ //nolint:gochecknoglobals // a table
	ProgrammeDraft:  {ProgrammeActive, ProgrammeClosed},
	ProgrammeActive: {ProgrammeClosed},
}

// Programme is one practice plan of a committee or university with its own policy.
type Programme struct {
	ID            int64           `gorm:"primaryKey;autoIncrement:false;comment:id"`
	Code          string          `gorm:"size:40;not null;uniqueIndex:uq_programme_code;comment:short code"`
	Name          string          `gorm:"size:100;not null;comment:full name"`
	OwnerOrgID    int64           `gorm:"not null;index:ix_programme_owner;comment:who runs it; its subtree is the scope"`
	Status        ProgrammeStatus `gorm:"size:12;not null;comment:see docs/states.md"`
	PolicyVersion int64           `gorm:"not null;comment:newest row of programme_policies"`
	Version       int64           `gorm:"not null;comment:for If-Match"`
	CreatedAt     time.Time       `gorm:"not null;comment:when"`
	UpdatedAt     time.Time       `gorm:"not null;comment:when"`
}

// TableName of Programme.
func (Programme) TableName() string { return "programmes" }

// Key returns id and version.
func (p *Programme) Key() (id, version int64) { return p.ID, p.Version }

// State returns the status.
func (p *Programme) State() string { return string(p.Status) }

// MayBecome asks the table of moves.
func (p *Programme) MayBecome(next string) bool {
	return programmeMoves.allow(p.Status, ProgrammeStatus(next))
}

// ProgrammePolicy is one version of a programme's rules. Rows are never changed.
type ProgrammePolicy struct {
	ProgrammeID int64     `gorm:"primaryKey;autoIncrement:false;comment:programme"`
	Version     int64     `gorm:"primaryKey;autoIncrement:false;comment:1, 2, …"`
	Policy      Policy    `gorm:"type:text;serializer:json;not null;comment:the rules"`
	CreatedBy   int64     `gorm:"not null;comment:user"`
	CreatedAt   time.Time `gorm:"not null;comment:when"`
}

// Phase is one stage of a programme, both days included.
type Phase struct {
	ID          int64  `gorm:"primaryKey;autoIncrement:false;comment:id"`
	ProgrammeID int64  `gorm:"not null;uniqueIndex:uq_phase,priority:1;comment:programme"`
	Kind        string `gorm:"size:12;not null;uniqueIndex:uq_phase,priority:2;comment:PILOT EVALUATION ROLLOUT"`
	StartsOn    Date   `gorm:"size:10;not null;comment:first day"`
	EndsOn      *Date  `gorm:"size:10;comment:last day, NULL without end"`
}

// TableName of Phase.
func (Phase) TableName() string { return "programme_phases" }

// Milestone is a due day of a programme.
type Milestone struct {
	ID          int64     `gorm:"primaryKey;autoIncrement:false;comment:id"`
	ProgrammeID int64     `gorm:"not null;uniqueIndex:uq_milestone,priority:1;comment:programme"`
	Kind        string    `gorm:"size:24;not null;uniqueIndex:uq_milestone,priority:2;comment:PAIRING KICKOFF CASES SUMMARY OTHER"`
	Name        string    `gorm:"size:60;not null;comment:shown"`
	DueOn       Date      `gorm:"size:10;not null;uniqueIndex:uq_milestone,priority:3;comment:last day"`
	CreatedAt   time.Time `gorm:"not null;comment:when"`
}

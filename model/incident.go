package model

import "time"

// Kinds of incidents.
const (
	IncidentInjury   = "INJURY"
	IncidentIllness  = "ILLNESS"
	IncidentSafety   = "SAFETY"
	IncidentProperty = "PROPERTY"
	IncidentConflict = "CONFLICT"
	IncidentOther    = "OTHER"
)

// IncidentStatus is the state of an incident.
type IncidentStatus string

// The states of an incident.
const (
	IncidentReported IncidentStatus = "REPORTED"
	IncidentHandled  IncidentStatus = "HANDLED"
	IncidentClosed   IncidentStatus = "CLOSED"
)

var incidentMoves = moves[IncidentStatus]{ //nolint:gochecknoglobals // a table
	IncidentReported: {IncidentHandled},
	IncidentHandled:  {IncidentClosed},
}

// Incident is something that went wrong around a session.
type Incident struct {
	ID         int64          `gorm:"primaryKey;autoIncrement:false;comment:id"`
	SessionID  int64          `gorm:"not null;index:ix_incident_session;comment:session"`
	ActivityID int64          `gorm:"not null;comment:activity"`
	UserID     int64          `gorm:"not null;index:ix_incident_user;comment:who reported it; their key seals the text"`
	StudentID  int64          `gorm:"not null;comment:the same as a student, 0 for staff"`
	Kind       string         `gorm:"size:12;not null;comment:INJURY ILLNESS SAFETY PROPERTY CONFLICT OTHER"`
	TextEnc    []byte         `gorm:"size:8192;not null;comment:what happened, encrypted with the key of the account"`
	Files      []int64        `gorm:"type:text;serializer:json;not null;comment:JSON of the uploads that show it"`
	OrgPath    string         `gorm:"size:255;not null;index:ix_incident_org;comment:organiser on that day"`
	HostPath   string         `gorm:"size:255;not null;index:ix_incident_host;comment:host on that day"`
	CampusPath string         `gorm:"size:255;not null;index:ix_incident_campus;comment:campus side on that day, empty if none"`
	BranchPath string         `gorm:"size:255;not null;index:ix_incident_branch;comment:branch of the student who reported, empty for staff"`
	Status     IncidentStatus `gorm:"size:12;not null;comment:see docs/states.md"`
	HandledBy  *int64         `gorm:"comment:user"`
	HandledAt  *time.Time     `gorm:"comment:when"`
	Handling   string         `gorm:"size:200;not null;comment:what was done"`
	ClosedBy   *int64         `gorm:"comment:user"`
	ClosedAt   *time.Time     `gorm:"comment:when"`
	Closing    string         `gorm:"size:200;not null;comment:what came of it"`
	Version    int64          `gorm:"not null;comment:counts changes"`
	CreatedAt  time.Time      `gorm:"not null;comment:when"`
	UpdatedAt  time.Time      `gorm:"not null;comment:when"`
}

// TableName of Incident.
func (Incident) TableName() string { return "incidents" }

// Key returns id and version.
func (i *Incident) Key() (id, version int64) { return i.ID, i.Version }

// State returns the status.
func (i *Incident) State() string { return string(i.Status) }

// MayBecome asks the table of moves.
func (i *Incident) MayBecome(next string) bool {
	return incidentMoves.allow(i.Status, IncidentStatus(next))
}

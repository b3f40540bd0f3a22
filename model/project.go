package model

import "time"

// ProjectStatus is the state of a project.
type ProjectStatus string

// The states of a project.
const (
	ProjectDraft     ProjectStatus = "DRAFT"
	ProjectSubmitted ProjectStatus = "SUBMITTED"
	ProjectCampusOK  ProjectStatus = "CAMPUS_OK"
	ProjectHostOK    ProjectStatus = "HOST_OK"
	ProjectRunning   ProjectStatus = "RUNNING"
	ProjectClosing   ProjectStatus = "CLOSING"
	ProjectClosed    ProjectStatus = "CLOSED"
	ProjectStopped   ProjectStatus = "STOPPED"
)

var projectMoves = moves[ProjectStatus]{ //nolint:gochecknoglobals // a table
	ProjectDraft:     {ProjectSubmitted, ProjectStopped},
	ProjectSubmitted: {ProjectCampusOK, ProjectHostOK, ProjectDraft, ProjectStopped},
	ProjectCampusOK:  {ProjectRunning, ProjectDraft, ProjectStopped},
	ProjectHostOK:    {ProjectRunning, ProjectDraft, ProjectStopped},
	ProjectRunning:   {ProjectClosing, ProjectStopped},
	ProjectClosing:   {ProjectClosed, ProjectRunning},
}

// Project is a piece of work that both sides of a pairing own.
type Project struct {
	ID          int64         `gorm:"primaryKey;autoIncrement:false;comment:id"`
	ProgrammeID int64         `gorm:"not null;index:ix_project_programme;comment:programme"`
	PairingID   int64         `gorm:"not null;index:ix_project_pairing;comment:pairing"`
	CampusOrgID int64         `gorm:"not null;index:ix_project_campus;comment:campus side of the pairing"`
	LocalOrgID  int64         `gorm:"not null;index:ix_project_local;comment:local side of the pairing, the host"`
	Title       string        `gorm:"size:100;not null;comment:title"`
	Field       string        `gorm:"size:40;not null;comment:code of the policy's fields, empty if none"`
	Category    string        `gorm:"size:40;not null;comment:code of the policy's categories, empty if none"`
	Goals       []string      `gorm:"type:text;serializer:json;not null;comment:goals"`
	Tasks       []string      `gorm:"type:text;serializer:json;not null;comment:tasks"`
	Duties      []string      `gorm:"type:text;serializer:json;not null;comment:duties"`
	RiskPlan    string        `gorm:"size:2000;not null;comment:risks and what is done about them"`
	Support     []string      `gorm:"type:text;serializer:json;not null;comment:TRANSPORT MEAL INSURANCE FUNDS MATERIAL VENUE"`
	Status      ProjectStatus `gorm:"size:12;not null;comment:see docs/states.md"`
	CampusOKBy  *int64        `gorm:"column:campus_ok_by;comment:user"`
	CampusOKAt  *time.Time    `gorm:"column:campus_ok_at;comment:when"`
	HostOKBy    *int64        `gorm:"column:host_ok_by;comment:user"`
	HostOKAt    *time.Time    `gorm:"column:host_ok_at;comment:when"`
	Report      string        `gorm:"size:4000;not null;comment:closing report"`
	CreatedBy   int64         `gorm:"not null;comment:user"`
	Version     int64         `gorm:"not null;comment:for If-Match"`
	CreatedAt   time.Time     `gorm:"not null;comment:when"`
	UpdatedAt   time.Time     `gorm:"not null;comment:when"`

	ReturnReason *string `gorm:"size:200;comment:why it was sent back, NULL once it is submitted again"`
	DemandID     *int64  `gorm:"index:ix_project_demand;comment:demand it was drafted from, NULL if none"`
}

// TableName of Project.
func (Project) TableName() string { return "projects" }

// Key returns id and version.
func (p *Project) Key() (id, version int64) { return p.ID, p.Version }

// State returns the status.
func (p *Project) State() string { return string(p.Status) }

// MayBecome asks the table of moves.
func (p *Project) MayBecome(next string) bool {
	return projectMoves.allow(p.Status, ProjectStatus(next))
}

// Roles in a project team.
const (
	TeamLead    = "LEAD"
	TeamAdvisor = "ADVISOR"
	TeamMember  = "MEMBER"
)

// ProjectMember is a dated member of a project team: from_on included, to_on excluded.
// Leads and members are students (student_id), advisors are staff (user_id). Never both.
type ProjectMember struct {
	ID        int64     `gorm:"primaryKey;autoIncrement:false;comment:id"`
	ProjectID int64     `gorm:"not null;index:ix_pmember_project;uniqueIndex:uq_pmember_live,priority:1;comment:project"`
	Role      string    `gorm:"size:8;not null;comment:LEAD ADVISOR MEMBER"`
	StudentID int64     `gorm:"not null;index:ix_pmember_student;uniqueIndex:uq_pmember_live,priority:2;comment:student, 0 for an advisor"`
	UserID    int64     `gorm:"not null;index:ix_pmember_user;uniqueIndex:uq_pmember_live,priority:3;comment:advisor, 0 for a student"`
	Live      *bool     `gorm:"uniqueIndex:uq_pmember_live,priority:4;comment:1 while to_on is open, then NULL"`
	FromOn    Date      `gorm:"size:10;not null;comment:first day"`
	ToOn      *Date     `gorm:"size:10;comment:first day after"`
	CreatedAt time.Time `gorm:"not null;comment:when"`
}

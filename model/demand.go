package model

import "time"

// DemandStatus is the stored state of a demand; EXPIRED also follows from the clock, see Demand.Phase.
type DemandStatus string

// The states of a demand.
const (
	DemandDraft      DemandStatus = "DRAFT"
	DemandSubmitted  DemandStatus = "SUBMITTED"
	DemandOpen       DemandStatus = "OPEN"       // verified and on the board
	DemandDispatched DemandStatus = "DISPATCHED" // a campus unit is asked
	DemandAccepted   DemandStatus = "ACCEPTED"
	DemandFulfilled  DemandStatus = "FULFILLED"
	DemandCancelled  DemandStatus = "CANCELLED"
	DemandExpired    DemandStatus = "EXPIRED" // nobody took it before it was to begin
)

var demandMoves = moves[DemandStatus]{ //nolint:gochecknoglobals // a table
	DemandDraft:      {DemandSubmitted, DemandCancelled},
	DemandSubmitted:  {DemandOpen, DemandDraft, DemandCancelled, DemandExpired},
	DemandOpen:       {DemandDispatched, DemandAccepted, DemandCancelled, DemandExpired},
	DemandDispatched: {DemandAccepted, DemandOpen, DemandCancelled, DemandExpired},
	DemandAccepted:   {DemandFulfilled, DemandOpen, DemandCancelled},
}

// DemandPosition is a role that a host needs people for.
type DemandPosition struct {
	Title string `json:"title"`
	Count int64  `json:"count"`
	Needs string `json:"needs,omitempty"` // what it asks of people
}

// TimeWindow is [StartsAt, EndsAt).
type TimeWindow struct {
	StartsAt time.Time `json:"starts_at"`
	EndsAt   time.Time `json:"ends_at"`
}

// Demand is a host's call for help, before a campus unit has taken it.
type Demand struct {
	ID            int64            `gorm:"primaryKey;autoIncrement:false;comment:id"`
	ProgrammeID   int64            `gorm:"not null;index:ix_demand_board,priority:1;comment:programme"`
	HostOrgID     int64            `gorm:"not null;index:ix_demand_host;comment:who needs help"`
	HostPath      string           `gorm:"size:255;not null;index:ix_demand_path;comment:path of the host when it was drafted"`
	RegionCode    string           `gorm:"size:12;not null;comment:division of the host"`
	Title         string           `gorm:"size:100;not null;comment:title"`
	Summary       string           `gorm:"size:2000;not null;comment:what is to be done"`
	Field         string           `gorm:"size:40;not null;comment:code of the policy's fields, empty if none"`
	Category      string           `gorm:"size:40;not null;comment:code of the policy's categories, empty if none"`
	Place         string           `gorm:"size:200;not null;comment:address as people say it"`
	LatE6         *int64           `gorm:"column:lat_e6;comment:WGS-84, millionths of a degree"`
	LngE6         *int64           `gorm:"column:lng_e6;comment:WGS-84, millionths of a degree"`
	Positions     []DemandPosition `gorm:"type:text;serializer:json;not null;comment:JSON of the roles"`
	Seats         int64            `gorm:"not null;comment:people needed in all"`
	Windows       []TimeWindow     `gorm:"type:text;serializer:json;not null;comment:JSON of the times, in order"`
	StartsAt      *time.Time       `gorm:"index:ix_demand_due,priority:2;comment:of the first window, NULL if none yet"`
	EndsAt        *time.Time       `gorm:"comment:of the last window, NULL if none yet"`
	Support       []string         `gorm:"type:text;serializer:json;not null;comment:TRANSPORT MEAL INSURANCE FUNDS MATERIAL VENUE"`
	RiskNote      string           `gorm:"size:1000;not null;comment:risks; needed to submit"`
	ContactID     int64            `gorm:"not null;comment:user at the host who answers; needed to submit; 0 if none yet"`
	CopyOf        *int64           `gorm:"comment:earlier demand it was copied from, NULL if none"`
	Status        DemandStatus     `gorm:"size:12;not null;index:ix_demand_board,priority:2;index:ix_demand_due,priority:1;comment:see docs/states.md"`
	SubmittedBy   *int64           `gorm:"comment:user"`
	SubmittedAt   *time.Time       `gorm:"comment:when, NULL before"`
	VerifiedBy    *int64           `gorm:"comment:user, never who drafted or submitted it"`
	VerifiedAt    *time.Time       `gorm:"comment:when it came on the board, NULL before"`
	SentAt        *time.Time       `gorm:"comment:when a unit was first asked, NULL before"`
	AcceptedAt    *time.Time       `gorm:"comment:when, NULL before"`
	AcceptedBy    *int64           `gorm:"comment:user who accepted for the campus unit"`
	AcceptedOrgID *int64           `gorm:"index:ix_demand_accepted;comment:campus unit that does it, NULL before"`
	FulfilledAt   *time.Time       `gorm:"comment:when, NULL before"`
	ProjectID     *int64           `gorm:"comment:project that it became, NULL if none"`
	ActivityID    *int64           `gorm:"uniqueIndex:uq_demand_activity;comment:activity that it became, NULL if none"`
	GivenBackAt   *time.Time       `gorm:"comment:when a unit last gave it back after accepting, NULL if none did"`
	GivenBackBy   *int64           `gorm:"comment:campus unit that last gave it back, NULL if none did"`
	Reason        string           `gorm:"size:200;not null;comment:why it was sent back, given back or cancelled"`
	CreatedBy     int64            `gorm:"not null;comment:user"`
	Version       int64            `gorm:"not null;comment:for If-Match"`
	CreatedAt     time.Time        `gorm:"not null;comment:when"`
	UpdatedAt     time.Time        `gorm:"not null;comment:when"`
}

// Key returns id and version.
func (d *Demand) Key() (id, version int64) { return d.ID, d.Version }

// TableName of Demand.
func (Demand) TableName() string { return "demands" }

// State returns the stored status.
func (d *Demand) State() string { return string(d.Status) }

// MayBecome asks the table of moves.
func (d *Demand) MayBecome(next string) bool { return demandMoves.allow(d.Status, DemandStatus(next)) }

// Phase is the state at an instant: the stored one, or EXPIRED for a demand that nobody had taken when it was to begin.
func (d *Demand) Phase(now time.Time) DemandStatus {
	switch d.Status {
	case DemandSubmitted, DemandOpen, DemandDispatched:
		if d.StartsAt != nil && !now.Before(*d.StartsAt) {
			return DemandExpired
		}
	case DemandDraft, DemandAccepted, DemandFulfilled, DemandCancelled, DemandExpired:
	}
	return d.Status
}

// DispatchStatus is the state of a dispatch.
type DispatchStatus string

// The states of a dispatch.
const (
	DispatchSent      DispatchStatus = "SENT"
	DispatchAccepted  DispatchStatus = "ACCEPTED"
	DispatchDeclined  DispatchStatus = "DECLINED"
	DispatchOverdue   DispatchStatus = "OVERDUE"    // not answered in time; the unit above is asked
	DispatchForwarded DispatchStatus = "FORWARDED"  // handed on to a unit below
	DispatchWithdrawn DispatchStatus = "WITHDRAWN"  // taken back before an answer, or the demand was cancelled or has expired
	DispatchGivenBack DispatchStatus = "GIVEN_BACK" // accepted, and given back later
)

var dispatchMoves = moves[DispatchStatus]{ //nolint:gochecknoglobals // a table
	DispatchSent:     {DispatchAccepted, DispatchDeclined, DispatchOverdue, DispatchForwarded, DispatchWithdrawn},
	DispatchAccepted: {DispatchGivenBack},
}

// Dispatch asks one campus unit to take a demand. A demand has at most one that waits for an answer.
type Dispatch struct {
	ID           int64          `gorm:"primaryKey;autoIncrement:false;comment:id"`
	DemandID     int64          `gorm:"not null;index:ix_dispatch_demand;comment:demand"`
	LiveDemandID *int64         `gorm:"uniqueIndex:uq_dispatch_live;comment:the demand while SENT, else NULL"`
	OrgID        int64          `gorm:"not null;index:ix_dispatch_org;comment:campus unit that is asked"`
	OrgPath      string         `gorm:"size:255;not null;index:ix_dispatch_path;comment:its path when it was asked"`
	SentBy       int64          `gorm:"not null;comment:user, 0 for an escalation"`
	DueAt        time.Time      `gorm:"not null;index:ix_dispatch_due,priority:2;comment:answer expected before"`
	Status       DispatchStatus `gorm:"size:12;not null;index:ix_dispatch_due,priority:1;comment:see docs/states.md"`
	Reason       string         `gorm:"size:200;not null;comment:why it was declined, given back or withdrawn"`
	DecidedBy    *int64         `gorm:"comment:user"`
	DecidedAt    *time.Time     `gorm:"comment:when, NULL while SENT"`
	EscalatedOf  *int64         `gorm:"comment:overdue dispatch that it follows, NULL if none"`
	Version      int64          `gorm:"not null;comment:counts moves"`
	CreatedAt    time.Time      `gorm:"not null;comment:when"`
	UpdatedAt    time.Time      `gorm:"not null;comment:when"`
}

// TableName of Dispatch.
func (Dispatch) TableName() string { return "demand_dispatches" }

// Key returns id and version.
func (d *Dispatch) Key() (id, version int64) { return d.ID, d.Version }

// State returns the status.
func (d *Dispatch) State() string { return string(d.Status) }

// MayBecome asks the table of moves.
func (d *Dispatch) MayBecome(next string) bool {
	return dispatchMoves.allow(d.Status, DispatchStatus(next))
}

package model

import "time"

// ActivityStatus is the stored state of an activity. SIGNUP_OPEN, SIGNUP_CLOSED, ONGOING and FINISHED follow from the clock, see Phase.
type ActivityStatus string

// The states of an activity; the last four are derived and never stored.
const (
	ActivityDraft          ActivityStatus = "DRAFT"
	ActivitySubmitted      ActivityStatus = "SUBMITTED"
	ActivityReturned       ActivityStatus = "RETURNED"
	ActivityApproved       ActivityStatus = "APPROVED"
	ActivityPublished      ActivityStatus = "PUBLISHED"
	ActivityCancelled      ActivityStatus = "CANCELLED"
	ActivityMerged         ActivityStatus = "MERGED" // into merged_into, because too few had signed up
	ActivityHoursConfirmed ActivityStatus = "HOURS_CONFIRMED"
	ActivityClosed         ActivityStatus = "CLOSED"
	ActivitySignupOpen     ActivityStatus = "SIGNUP_OPEN"
	ActivitySignupClosed   ActivityStatus = "SIGNUP_CLOSED"
	ActivityOngoing        ActivityStatus = "ONGOING"
	ActivityFinished       ActivityStatus = "FINISHED"
)

var activityMoves = moves[ActivityStatus]{ //nolint:gochecknoglobals // a table
	ActivityDraft:          {ActivitySubmitted, ActivityCancelled},
	ActivitySubmitted:      {ActivityReturned, ActivityApproved},
	ActivityReturned:       {ActivitySubmitted, ActivityCancelled},
	ActivityApproved:       {ActivityPublished, ActivityReturned, ActivityCancelled},
	ActivityPublished:      {ActivityCancelled, ActivityMerged, ActivityHoursConfirmed},
	ActivityHoursConfirmed: {ActivityClosed},
}

// Activity is what is published and signed up for. It has at least one session and one position.
type Activity struct {
	ID                int64          `gorm:"primaryKey;autoIncrement:false;comment:id"`
	ProgrammeID       int64          `gorm:"not null;index:ix_activity_programme;comment:programme"`
	ProjectID         *int64         `gorm:"index:ix_activity_project;comment:project, NULL for a single activity of one unit"`
	OrgID             int64          `gorm:"not null;index:ix_activity_org;comment:organiser: who submits and publishes"`
	CampusOrgID       int64          `gorm:"not null;index:ix_activity_campus;comment:campus side, 0 if none"`
	HostOrgID         int64          `gorm:"not null;index:ix_activity_host;comment:local side: where it happens"`
	Title             string         `gorm:"size:100;not null;comment:title"`
	Summary           string         `gorm:"size:2000;not null;comment:what is done"`
	Field             string         `gorm:"size:40;not null;comment:code of the policy's fields, empty if none"`
	Category          string         `gorm:"size:40;not null;comment:code of the policy's categories, empty if none"`
	Carriers          []string       `gorm:"type:text;serializer:json;not null;comment:e.g. SAN_XIA_XIANG HOME_RETURN"`
	Mode              string         `gorm:"size:8;not null;comment:ONSITE REMOTE HYBRID"`
	PlacementMode     string         `gorm:"size:12;not null;comment:DAILY CONCENTRATED EVENT_PHASE SINGLE"`
	SignupMode        string         `gorm:"size:16;not null;comment:FIRST_COME REVIEW LOTTERY ASSIGNED_UNIT MATCHED"`
	SignupOpensAt     time.Time      `gorm:"not null;comment:included"`
	SignupClosesAt    time.Time      `gorm:"not null;index:ix_activity_closes;comment:excluded"`
	CancelUntil       time.Time      `gorm:"not null;comment:free cancelling before this"`
	MinTurnout        int64          `gorm:"not null;comment:0 if none"`
	CountsAsVolunteer bool           `gorm:"not null;comment:hours feed the VOLUNTEER class"`
	InsuranceRequired bool           `gorm:"not null;comment:cover needed before a seat"`
	TrainingRequired  bool           `gorm:"not null;comment:training needed before a seat"`
	MinorsContact     bool           `gorm:"not null;comment:clearance needed before a seat"`
	RiskNote          string         `gorm:"size:1000;not null;comment:risks, shown before sign-up; needed to publish"`
	HostContactID     int64          `gorm:"not null;comment:user at the host who answers; needed to publish; 0 if none yet"`
	Status            ActivityStatus `gorm:"size:16;not null;comment:see docs/states.md"`
	StartsAt          time.Time      `gorm:"not null;comment:start of the first session"`
	EndsAt            time.Time      `gorm:"not null;comment:end of the last session"`
	ListedAt          *time.Time     `gorm:"index:ix_activity_listed,priority:1;comment:starts_at while published, else NULL: the order of the public list"`
	LatE6             *int64         `gorm:"column:lat_e6;comment:of the first session, WGS-84, millionths of a degree"`
	LngE6             *int64         `gorm:"column:lng_e6;comment:of the first session, WGS-84, millionths of a degree"`
	ListedCell        *int64         `gorm:"index:ix_activity_cell;comment:S2 leaf cell while published, else NULL"`
	RegionCode        string         `gorm:"size:12;not null;comment:division of the host"`
	SubmittedBy       *int64         `gorm:"comment:user"`
	ApprovedBy        *int64         `gorm:"comment:user, never the submitter"`
	PublishedAt       *time.Time     `gorm:"comment:when"`
	CreatedBy         int64          `gorm:"not null;comment:user"`
	Version           int64          `gorm:"not null;comment:for If-Match"`
	CreatedAt         time.Time      `gorm:"not null;comment:when"`
	UpdatedAt         time.Time      `gorm:"not null;comment:when"`
	ReturnReason      *string        `gorm:"size:200;comment:why it was sent back, NULL once it is submitted again"`
	Audience          *Audience      `gorm:"type:text;serializer:json;comment:JSON of who may sign up, NULL for every student"`
	Waitlist          bool           `gorm:"not null;comment:who comes when it is full waits"`
	PairedUntil       *time.Time     `gorm:"comment:until then reserved seats are for paired branches, NULL for never"`
	PairedFirst       bool           `gorm:"not null;comment:until then only paired branches sign up at all"`
	CoverID           *int64         `gorm:"comment:upload that is its picture, NULL if none"`
	MergedInto        *int64         `gorm:"comment:activity that took its students over, NULL unless MERGED"`
	DemandID          *int64         `gorm:"index:ix_activity_demand;comment:demand it was drafted from, NULL if none"`
}

// The modes of signing up.
const (
	SignupFirstCome    = "FIRST_COME"    // seats in the order of the requests
	SignupReview       = "REVIEW"        // the organiser chooses
	SignupLottery      = "LOTTERY"       // drawn when sign-up closes
	SignupAssignedUnit = "ASSIGNED_UNIT" // units of the audience sign their members up
	SignupMatched      = "MATCHED"       // places come from match rounds alone
)

// Audience says who may sign up. An empty list asks for nothing.
type Audience struct {
	OrgIDs []int64  `json:"org_ids,omitempty"` // campus units; their whole subtrees
	Grades []string `json:"grades,omitempty"`  // years of entry
	Tags   []string `json:"tags,omitempty"`    // one of them is enough
}

// TableName of Activity.
func (Activity) TableName() string { return "activities" }

// Key returns id and version.
func (a *Activity) Key() (id, version int64) { return a.ID, a.Version }

// State returns the stored status.
func (a *Activity) State() string { return string(a.Status) }

// MayBecome asks the table of moves.
func (a *Activity) MayBecome(next string) bool {
	return activityMoves.allow(a.Status, ActivityStatus(next))
}

// Phase is the state at an instant: the stored one, or what the clock makes of PUBLISHED.
func (a *Activity) Phase(now time.Time) ActivityStatus {
	switch {
	case a.Status != ActivityPublished:
		return a.Status
	case !now.Before(a.EndsAt):
		return ActivityFinished
	case !now.Before(a.StartsAt):
		return ActivityOngoing
	case !now.Before(a.SignupClosesAt):
		return ActivitySignupClosed
	case !now.Before(a.SignupOpensAt):
		return ActivitySignupOpen
	default:
		return ActivityPublished
	}
}

// ActivityGram is one two-character piece of a published activity's title, host or summary, for keyword search.
type ActivityGram struct {
	Gram       string `gorm:"primaryKey;size:8;comment:two characters, lower case"`
	ActivityID int64  `gorm:"primaryKey;autoIncrement:false;comment:activity"`
}

// Session is a dated time window of an activity at a place.
type Session struct {
	ID         int64     `gorm:"primaryKey;autoIncrement:false;comment:id"`
	ActivityID int64     `gorm:"not null;index:ix_session_activity,priority:1;comment:activity"`
	StartsAt   time.Time `gorm:"not null;index:ix_session_activity,priority:2;index:ix_session_starts;comment:included"`
	EndsAt     time.Time `gorm:"not null;comment:excluded"`
	Place      string    `gorm:"size:200;not null;comment:address as people say it"`
	LatE6      *int64    `gorm:"column:lat_e6;comment:WGS-84, millionths of a degree"`
	LngE6      *int64    `gorm:"column:lng_e6;comment:WGS-84, millionths of a degree"`
	RadiusM    int64     `gorm:"not null;comment:fence in metres"`
}

// TableName of Session.
func (Session) TableName() string { return "activity_sessions" }

// Minutes is the planned length.
func (s Session) Minutes() int64 { return int64(s.EndsAt.Sub(s.StartsAt) / time.Minute) }

// Position is a role in an activity with a number of seats. taken never exceeds capacity: only conditional updates change them.
type Position struct {
	ID          int64     `gorm:"primaryKey;autoIncrement:false;comment:id"`
	ActivityID  int64     `gorm:"not null;index:ix_position_activity;comment:activity"`
	Title       string    `gorm:"size:60;not null;comment:role"`
	Description string    `gorm:"size:1000;not null;comment:what it does and needs"`
	Capacity    int64     `gorm:"not null;comment:seats"`
	Taken       int64     `gorm:"not null;check:ck_position_seats,taken >= 0 AND taken <= capacity;comment:seats given, 0..capacity"`
	Version     int64     `gorm:"not null;comment:for If-Match; sign-ups do not change it"`
	CreatedAt   time.Time `gorm:"not null;comment:when"`
	UpdatedAt   time.Time `gorm:"not null;comment:when"`
	Reserved    int64     `gorm:"not null;comment:of the seats, kept for paired branches until paired_until"`
	PairedTaken int64     `gorm:"not null;comment:of the taken seats, given to paired branches"`
	Held        int64     `gorm:"not null;comment:of the taken seats, offered and not answered yet"`
	Waiting     int64     `gorm:"not null;index:ix_position_waiting;comment:students on the waiting list"`
	QueueNo     int64     `gorm:"not null;comment:last number given in the waiting list"`
}

// Kept is how many free seats are kept for paired branches at an instant; until is the activity's paired_until.
func (p *Position) Kept(until *time.Time, now time.Time) int64 {
	if until == nil || !now.Before(*until) {
		return 0
	}
	return max(0, min(p.Reserved-p.PairedTaken, p.Capacity-p.Taken))
}

package model

import "time"

// Region is one administrative division, from province to community (GB/T 2260 and the statistics bureau's digits).
type Region struct {
	Code       string `gorm:"primaryKey;size:12;type:char(12);comment:12 digits, padded right with zeros"`
	Level      string `gorm:"size:12;not null;comment:PROVINCE CITY COUNTY TOWN COMMUNITY"`
	Name       string `gorm:"size:100;not null;comment:official name"`
	ParentCode string `gorm:"size:12;not null;index;comment:division above, empty for a province"`
}

// Region levels.
const (
	RegionProvince  = "PROVINCE"
	RegionCity      = "CITY"
	RegionCounty    = "COUNTY"
	RegionTown      = "TOWN"
	RegionCommunity = "COMMUNITY"
)

// OrgKind says what an organisation is.
type OrgKind string

// The kinds of organisations.
const (
	OrgProvincialCommittee  OrgKind = "PROVINCIAL_COMMITTEE"
	OrgCityCommittee        OrgKind = "CITY_COMMITTEE"
	OrgCountyCommittee      OrgKind = "COUNTY_COMMITTEE"
	OrgTownYouthCommittee   OrgKind = "TOWN_YOUTH_WORK_COMMITTEE"
	OrgCommunity            OrgKind = "COMMUNITY"
	OrgYouthHome            OrgKind = "YOUTH_HOME"
	OrgVenue                OrgKind = "VENUE"
	OrgUniversityCommittee  OrgKind = "UNIVERSITY_COMMITTEE"
	OrgDepartmentCommittee  OrgKind = "DEPARTMENT_COMMITTEE"
	OrgGeneralBranch        OrgKind = "GENERAL_BRANCH"
	OrgLeagueBranch         OrgKind = "LEAGUE_BRANCH"
	OrgStudentClub          OrgKind = "STUDENT_CLUB"
	OrgStudentUnion         OrgKind = "STUDENT_UNION"
	OrgVolunteerAssociation OrgKind = "VOLUNTEER_ASSOCIATION"
)

// Sides of an organisation.
const (
	SideLeague = "LEAGUE"
	SideLocal  = "LOCAL"
	SideCampus = "CAMPUS"
)

// orgChildren says which kinds may stand directly below which.
var orgChildren = map[OrgKind][]OrgKind{ //nolint:gochecknoglobals // a table
	OrgProvincialCommittee: {OrgCityCommittee, OrgUniversityCommittee},
	OrgCityCommittee:       {OrgCountyCommittee, OrgUniversityCommittee},
	OrgCountyCommittee:     {OrgTownYouthCommittee},
	OrgTownYouthCommittee:  {OrgCommunity, OrgYouthHome, OrgVenue},
	OrgUniversityCommittee: {OrgDepartmentCommittee, OrgStudentClub, OrgStudentUnion, OrgVolunteerAssociation},
	OrgDepartmentCommittee: {OrgGeneralBranch, OrgLeagueBranch, OrgStudentClub, OrgStudentUnion, OrgVolunteerAssociation},
	OrgGeneralBranch:       {OrgLeagueBranch},
}

// MayHold tells whether an organisation of kind child may stand directly below one of kind k.
func (k OrgKind) MayHold(child OrgKind) bool {
	for _, c := range orgChildren[k] {
		if c == child {
			return true
		}
	}
	return false
}

// Side returns the side that organisations of this kind are on.
func (k OrgKind) Side() string {
	switch k {
	case OrgProvincialCommittee, OrgCityCommittee, OrgCountyCommittee:
		return SideLeague
	case OrgTownYouthCommittee, OrgCommunity, OrgYouthHome, OrgVenue:
		return SideLocal
	default:
		return SideCampus
	}
}

// OrgStatus is the state of an organisation.
type OrgStatus string

// The states of an organisation.
const (
	OrgPending   OrgStatus = "PENDING"
	OrgActive    OrgStatus = "ACTIVE"
	OrgSuspended OrgStatus = "SUSPENDED"
	OrgDissolved OrgStatus = "DISSOLVED"
)

var orgMoves = moves[OrgStatus]{ //nolint:gochecknoglobals // a table
	OrgPending:   {OrgActive, OrgDissolved},
	OrgActive:    {OrgSuspended, OrgDissolved},
	OrgSuspended: {OrgActive, OrgDissolved},
}

// Org is one node of the organisation tree.
type Org struct {
	ID          int64     `gorm:"primaryKey;autoIncrement:false;comment:id"`
	Kind        OrgKind   `gorm:"size:32;not null;index:ix_org_kind;comment:what it is"`
	Side        string    `gorm:"size:8;not null;comment:LEAGUE LOCAL CAMPUS"`
	ParentID    int64     `gorm:"not null;index:ix_org_parent,priority:1;uniqueIndex:uq_org_name,priority:1;comment:organisation above, 0 at the top"`
	Path        string    `gorm:"size:255;not null;uniqueIndex:uq_org_path;comment:/1/7/42/ ids from the top to this one; the scope of every grant"`
	Name        string    `gorm:"size:100;not null;index:ix_org_name;comment:full name"`
	RegionCode  string    `gorm:"size:12;not null;index:ix_org_region;comment:12-digit division, empty if unknown"`
	ImportCode  *string   `gorm:"size:16;uniqueIndex:uq_org_import;comment:division code it was imported from, NULL when made by hand"`
	LatE6       *int64    `gorm:"column:lat_e6;index:ix_org_lat;comment:latitude, WGS-84, millionths of a degree"`
	LngE6       *int64    `gorm:"column:lng_e6;comment:longitude, WGS-84, millionths of a degree"`
	Status      OrgStatus `gorm:"size:12;not null;comment:see docs/states.md"`
	SuccessorID *int64    `gorm:"comment:who certifies for a dissolved one"`
	Version     int64     `gorm:"not null;comment:for If-Match"`
	CreatedAt   time.Time `gorm:"not null;comment:when"`
	UpdatedAt   time.Time `gorm:"not null;comment:when"`
	LiveName    *string   `gorm:"size:100;uniqueIndex:uq_org_name,priority:2;comment:the name until it is dissolved, then NULL"`
}

// Key returns id and version.
func (o *Org) Key() (id, version int64) { return o.ID, o.Version }

// State returns the status.
func (o *Org) State() string { return string(o.Status) }

// MayBecome asks the table of moves.
func (o *Org) MayBecome(next string) bool { return orgMoves.allow(o.Status, OrgStatus(next)) }

// TableName of Org.
func (Org) TableName() string { return "orgs" }

// Term is one term of a university, both days included.
type Term struct {
	ID           int64     `gorm:"primaryKey;autoIncrement:false;comment:id"`
	UniversityID int64     `gorm:"not null;uniqueIndex:uq_term,priority:1;comment:whose"`
	Name         string    `gorm:"size:40;not null;comment:2026-2027-1"`
	StartsOn     Date      `gorm:"size:10;not null;uniqueIndex:uq_term,priority:2;comment:first day"`
	EndsOn       Date      `gorm:"size:10;not null;comment:last day"`
	CreatedAt    time.Time `gorm:"not null;comment:when"`
}

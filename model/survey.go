package model

import "time"

// Willingness is what a student offers to a programme. Bits of skills are places in the policy's list of skills.
type Willingness struct {
	StudentID   int64     `gorm:"primaryKey;autoIncrement:false;index:ix_willingness_programme,priority:3;comment:who"`
	ProgrammeID int64     `gorm:"primaryKey;autoIncrement:false;index:ix_willingness_programme,priority:1;comment:programme"`
	Willing     bool      `gorm:"not null;index:ix_willingness_programme,priority:2;comment:wants to take part in match rounds"`
	Slots       int64     `gorm:"not null;comment:free blocks of the week, bit = day*6+block, Monday 0, blocks of two hours from eight"`
	Skills      int64     `gorm:"not null;comment:bits by the place in the policy's list of skills"`
	Interest1   string    `gorm:"column:interest1;size:40;not null;comment:category wanted most, empty if none"`
	Interest2   string    `gorm:"column:interest2;size:40;not null;comment:category wanted second, empty if none"`
	Interest3   string    `gorm:"column:interest3;size:40;not null;comment:category wanted third, empty if none"`
	MaxDistM    int64     `gorm:"column:max_dist_m;not null;comment:how far to go, in metres"`
	Version     int64     `gorm:"not null;comment:for If-Match"`
	CreatedAt   time.Time `gorm:"not null;comment:when"`
	UpdatedAt   time.Time `gorm:"not null;comment:when"`
}

// TableName of Willingness.
func (Willingness) TableName() string { return "student_willingness" }

// StudentHome is where a student lives in vacations, on a grid of 500 m. It serves nothing but the distances of vacation rounds.
type StudentHome struct {
	StudentID int64     `gorm:"primaryKey;autoIncrement:false;comment:who"`
	HomeEnc   []byte    `gorm:"size:128;not null;comment:WGS-84 in millionths of a degree, encrypted"`
	UpdatedAt time.Time `gorm:"not null;comment:when"`
}

// TableName of StudentHome.
func (StudentHome) TableName() string { return "student_homes" }

// PositionNeeds is what a host says of a position beyond its sessions; a position without a row has the defaults.
type PositionNeeds struct {
	PositionID int64     `gorm:"primaryKey;autoIncrement:false;comment:position"`
	Slots      int64     `gorm:"not null;comment:blocks of the week with work, as student_willingness.slots, 0 for those of its sessions"`
	Need       *int64    `gorm:"comment:blocks that a student must have free, NULL for the most that one session touches"`
	Req        int64     `gorm:"not null;comment:skills that one must have, bits by the place in the policy's list"`
	Want       int64     `gorm:"not null;comment:skills that help, bits by the place in the policy's list"`
	Urgency    int64     `gorm:"not null;comment:0 to 7"`
	MinTeam    int64     `gorm:"not null;comment:smallest team, 0 if none"`
	Version    int64     `gorm:"not null;comment:for If-Match"`
	UpdatedBy  int64     `gorm:"not null;comment:user"`
	CreatedAt  time.Time `gorm:"not null;comment:when"`
	UpdatedAt  time.Time `gorm:"not null;index:ix_needs_updated;comment:when"`
}

// TableName of PositionNeeds.
func (PositionNeeds) TableName() string { return "position_needs" }

// OrgSurvey is what an organisation needs and has, or a campus unit offers, for one programme.
type OrgSurvey struct {
	OrgID       int64     `gorm:"primaryKey;autoIncrement:false;comment:who answers"`
	ProgrammeID int64     `gorm:"primaryKey;autoIncrement:false;index:ix_survey_programme;comment:programme"`
	Slots       int64     `gorm:"not null;comment:blocks of the week in which it is open, as student_willingness.slots"`
	Skills      int64     `gorm:"not null;comment:skills wanted by a host or offered by a campus unit, bits by the place in the policy's list"`
	Partners    int64     `gorm:"not null;comment:partners that it can work with"`
	Students    int64     `gorm:"not null;comment:students that a host can take or a unit can send"`
	Version     int64     `gorm:"not null;comment:for If-Match"`
	UpdatedBy   int64     `gorm:"not null;comment:user"`
	CreatedAt   time.Time `gorm:"not null;comment:when"`
	UpdatedAt   time.Time `gorm:"not null;comment:when"`
}

// TableName of OrgSurvey.
func (OrgSurvey) TableName() string { return "org_surveys" }

// The kinds of lines of an organisation's survey.
const (
	SurveyNeed    = "NEED"    // code: a category of the policy
	SurveyVenue   = "VENUE"   // code: a venue type
	SurveySupport = "SUPPORT" // code: a kind of support
)

// OrgSurveyItem is one line of an organisation's survey.
type OrgSurveyItem struct {
	OrgID       int64  `gorm:"primaryKey;autoIncrement:false;comment:who answers"`
	ProgrammeID int64  `gorm:"primaryKey;autoIncrement:false;comment:programme"`
	Seq         int64  `gorm:"primaryKey;autoIncrement:false;comment:place in the answer, from 0"`
	Kind        string `gorm:"size:8;not null;comment:NEED VENUE SUPPORT"`
	Code        string `gorm:"size:40;not null;comment:category, venue type or kind of support"`
	Text        string `gorm:"size:500;not null;comment:what is needed, or the name of the venue"`
	Amount      int64  `gorm:"not null;comment:people needed, or people that the venue holds, 0 if not said"`
}

// TableName of OrgSurveyItem.
func (OrgSurveyItem) TableName() string { return "org_survey_items" }

// The sides of a block.
const (
	BlockByStudent = "STUDENT"
	BlockByHost    = "HOST"
)

// MatchBlock keeps a student and a host apart: neither is recommended to or matched with the other.
type MatchBlock struct {
	StudentID int64     `gorm:"primaryKey;autoIncrement:false;index:ix_block_org,priority:3;comment:student"`
	OrgID     int64     `gorm:"primaryKey;autoIncrement:false;index:ix_block_org,priority:1;comment:host"`
	Side      string    `gorm:"primaryKey;size:8;index:ix_block_org,priority:2;comment:STUDENT HOST: who set it"`
	ReasonEnc []byte    `gorm:"size:1024;not null;comment:the host's reason, encrypted with the student's key, empty if none"`
	CreatedBy int64     `gorm:"not null;comment:user"`
	CreatedAt time.Time `gorm:"not null;comment:when"`
}

// TableName of MatchBlock.
func (MatchBlock) TableName() string { return "match_blocks" }

package model

import "time"

// MatchWish is the list of one student for one round.
type MatchWish struct {
	RoundID   int64     `gorm:"primaryKey;autoIncrement:false;comment:round"`
	StudentID int64     `gorm:"primaryKey;autoIncrement:false;index:ix_match_wish_student;comment:whose"`
	Positions []int64   `gorm:"type:text;serializer:json;not null;comment:JSON of the positions, best first, at most 50"`
	Listed    int64     `gorm:"not null;comment:how many they are"`
	Open      bool      `gorm:"not null;comment:when the list is exhausted, others that suit"`
	Version   int64     `gorm:"not null;comment:for If-Match"`
	CreatedAt time.Time `gorm:"not null;comment:when"`
	UpdatedAt time.Time `gorm:"not null;comment:when"`
}

// TableName of MatchWish.
func (MatchWish) TableName() string { return "match_wishes" }

// MatchGroup is one of two to four friends who want the same position. The list of the lead is the list of all.
type MatchGroup struct {
	RoundID   int64     `gorm:"primaryKey;autoIncrement:false;uniqueIndex:uq_match_group_code,priority:1;index:ix_match_group,priority:1;comment:round"`
	StudentID int64     `gorm:"primaryKey;autoIncrement:false;comment:member"`
	GroupID   int64     `gorm:"not null;index:ix_match_group,priority:2;comment:group"`
	Leads     bool      `gorm:"not null;comment:made the group, its list counts"`
	CodeHash  []byte    `gorm:"size:32;uniqueIndex:uq_match_group_code,priority:2;comment:blind index of the code to join by, on the row of the lead, else NULL"`
	CreatedAt time.Time `gorm:"not null;comment:when"`
}

// TableName of MatchGroup.
func (MatchGroup) TableName() string { return "match_groups" }

// ProposalStatus is the state of a match proposal.
type ProposalStatus string

// The states of a match proposal.
const (
	ProposalProposed  ProposalStatus = "PROPOSED"
	ProposalConfirmed ProposalStatus = "CONFIRMED" // both said yes: it is a signup
	ProposalRejected  ProposalStatus = "REJECTED"
	ProposalLapsed    ProposalStatus = "LAPSED"
)

var proposalMoves = moves[ProposalStatus]{ //nolint:gochecknoglobals // a table
	ProposalProposed: {ProposalConfirmed, ProposalRejected, ProposalLapsed},
}

// ProposalParts are the figures of a proposal: what the student sees in it, and by what the seat was given.
type ProposalParts struct {
	Metres   int32 `json:"metres"`
	Overlap  int32 `json:"overlap"` // blocks of two hours in a week
	Near     int32 `json:"near"`    // parts of the score
	Time     int32 `json:"time"`
	Skill    int32 `json:"skill"`
	Interest int32 `json:"interest"`
	Urgency  int32 `json:"urgency"`
	Served   int32 `json:"served"`
	Points   int32 `json:"points"` // of the priority
	Seats    int32 `json:"seats"`  // of the group it belongs to, 1 without friends
}

// MatchProposal is what a round proposes to one student and one host. Nobody sees it before the round is published.
type MatchProposal struct {
	ID           int64          `gorm:"primaryKey;autoIncrement:false;comment:id"`
	RoundID      int64          `gorm:"not null;uniqueIndex:uq_match_proposal,priority:1;index:ix_match_proposal_status,priority:1;comment:round"`
	StudentID    int64          `gorm:"not null;uniqueIndex:uq_match_proposal,priority:2;index:ix_match_proposal_student;comment:to whom"`
	PositionID   int64          `gorm:"not null;index:ix_match_proposal_position;index:ix_match_proposal_status,priority:3;comment:what"`
	ActivityID   int64          `gorm:"not null;comment:of the position"`
	HostOrgID    int64          `gorm:"not null;index:ix_match_proposal_host;comment:community of the position"`
	WishNo       int64          `gorm:"not null;comment:number of the wish, from 1, 0 for not listed, the student was open to others"`
	Band         int64          `gorm:"not null;comment:class of priority"`
	Lottery      int64          `gorm:"not null;comment:rank in the lottery, from 0"`
	Score        int64          `gorm:"not null;comment:0-10000 in the eyes of the student"`
	Parts        ProposalParts  `gorm:"type:text;serializer:json;not null;comment:JSON of the figures"`
	Status       ProposalStatus `gorm:"size:12;not null;index:ix_match_proposal_status,priority:2;index:ix_match_proposal_due,priority:1;comment:see docs/states.md"`
	StudentOkAt  *time.Time     `gorm:"comment:when the student said yes, NULL before"`
	HostOkAt     *time.Time     `gorm:"comment:when the host said yes, NULL before"`
	HostOkBy     *int64         `gorm:"comment:user who said yes for the host"`
	RejectedBy   string         `gorm:"size:8;not null;comment:STUDENT HOST RULES, empty if nobody"`
	ReasonCode   string         `gorm:"size:40;not null;comment:of the policy, empty if none"`
	Reason       string         `gorm:"size:200;not null;comment:in words, empty if none"`
	AnswersUntil *time.Time     `gorm:"index:ix_match_proposal_due,priority:2;comment:lapses then, NULL before the round is published"`
	SignupID     *int64         `gorm:"comment:what it became, NULL unless CONFIRMED"`
	Version      int64          `gorm:"not null;comment:counts moves"`
	CreatedAt    time.Time      `gorm:"not null;comment:when"`
	UpdatedAt    time.Time      `gorm:"not null;comment:when"`
}

// TableName of MatchProposal.
func (MatchProposal) TableName() string { return "match_proposals" }

// Key returns id and version.
func (p *MatchProposal) Key() (id, version int64) { return p.ID, p.Version }

// State returns the status.
func (p *MatchProposal) State() string { return string(p.Status) }

// MayBecome asks the table of moves.
func (p *MatchProposal) MayBecome(next string) bool {
	return proposalMoves.allow(p.Status, ProposalStatus(next))
}

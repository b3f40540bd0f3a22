package model

import "time"

// RoundStatus is the state of a match round.
type RoundStatus string

// The states of a match round.
const (
	RoundDraft     RoundStatus = "DRAFT"
	RoundOpen      RoundStatus = "OPEN"      // the rules and the commitment are public, wishes are taken
	RoundFreezing  RoundStatus = "FREEZING"  // the inputs are being written down
	RoundFrozen    RoundStatus = "FROZEN"    // their digest is public; the draw that was named is awaited
	RoundRunning   RoundStatus = "RUNNING"   // is being matched; with a result digest: done, and not yet published
	RoundPublished RoundStatus = "PUBLISHED" // the proposals are to be seen and answered
	RoundClosed    RoundStatus = "CLOSED"
	RoundCancelled RoundStatus = "CANCELLED"
)

var roundMoves = moves[RoundStatus]{ //nolint:gochecknoglobals // a table
	RoundDraft:     {RoundOpen, RoundCancelled},
	RoundOpen:      {RoundFreezing, RoundCancelled},
	RoundFreezing:  {RoundFrozen, RoundCancelled},
	RoundFrozen:    {RoundRunning, RoundCancelled},
	RoundRunning:   {RoundPublished, RoundCancelled},
	RoundPublished: {RoundClosed},
}

// Kinds, seasons and sides of a match round.
const (
	RoundPositions = "POSITIONS" // students and positions
	RoundPairing   = "PAIRING"   // campus units and communities
	SeasonTerm     = "TERM"      // places count from the campus
	SeasonVacation = "VACATION"  // from home
	SideAsking     = 0           // students, campus units
	SideGiving     = 1           // positions, communities
)

// MatchRound is one run of the matching of a programme below one organisation.
type MatchRound struct {
	ID           int64       `gorm:"primaryKey;autoIncrement:false;comment:id"`
	Kind         string      `gorm:"size:12;not null;comment:POSITIONS PAIRING"`
	ProgrammeID  int64       `gorm:"not null;index:ix_round_programme,priority:1;uniqueIndex:uq_round_number,priority:1;comment:programme"`
	ScopeOrgID   int64       `gorm:"not null;comment:those below it take part: a campus unit, or a committee above universities"`
	ScopePath    string      `gorm:"size:255;not null;index:ix_round_scope;comment:its path when the round was made"`
	Name         string      `gorm:"size:100;not null;comment:as people call it"`
	Number       int64       `gorm:"not null;uniqueIndex:uq_round_number,priority:2;comment:number of the round as its files have it"`
	Twin         int64       `gorm:"not null;uniqueIndex:uq_round_number,priority:3;comment:0; of a round that got the number of another before that was impossible, its id"`
	Season       string      `gorm:"size:8;not null;comment:TERM VACATION"`
	Rule         string      `gorm:"size:12;not null;comment:rule by which seats are given, e.g. points-v2"`
	K            int64       `gorm:"column:k;not null;comment:wishes of a list, 1-50"`
	RadiusM      int64       `gorm:"not null;comment:farthest in metres"`
	WishesFrom   time.Time   `gorm:"not null;comment:wishes are taken from then on"`
	WishesUntil  time.Time   `gorm:"not null;comment:until then, it is frozen after"`
	AnswerHours  int64       `gorm:"not null;comment:hours in which a proposal is to be answered"`
	DrawSource   string      `gorm:"size:200;not null;comment:public draw that is awaited, named in advance"`
	SecretCommit []byte      `gorm:"size:32;not null;comment:SHA-256 of the secret, public from OPEN on"`
	Secret       []byte      `gorm:"size:128;not null;comment:sealed with the key of the round"`
	Revealed     []byte      `gorm:"size:32;comment:the secret in the open, NULL until the round was run"`
	DrawValue    string      `gorm:"size:200;not null;comment:what was drawn, empty before"`
	DrawnBy      *int64      `gorm:"comment:user who entered it, NULL before"`
	Seed         []byte      `gorm:"size:32;comment:of inputs, secret and draw, NULL before"`
	InputDigest  []byte      `gorm:"size:32;comment:SHA-256 of the inputs, NULL before FROZEN"`
	ResultDigest []byte      `gorm:"size:32;comment:SHA-256 of the result, NULL until the round was run"`
	Status       RoundStatus `gorm:"size:12;not null;index:ix_round_status,priority:1;index:ix_round_programme,priority:2;comment:see docs/states.md"`
	Done         int64       `gorm:"not null;comment:rows of the present phase that are done"`
	Total        int64       `gorm:"not null;comment:rows of the present phase, 0 while unknown"`
	LeaseOwner   string      `gorm:"size:64;not null;comment:replica at work, empty if none"`
	LeaseUntil   *time.Time  `gorm:"comment:free after this"`
	Failure      string      `gorm:"size:500;not null;comment:why the last try failed, empty if it did not"`
	Failures     int64       `gorm:"not null;comment:tries of the present phase that failed, one after the other"`
	RetryAt      *time.Time  `gorm:"comment:not tried before this, NULL at once"`
	Students     int64       `gorm:"not null;comment:students or campus units that take part"`
	Positions    int64       `gorm:"not null;comment:positions or communities that take part"`
	Seats        int64       `gorm:"not null;comment:seats of them"`
	Placed       int64       `gorm:"not null;comment:proposals"`
	Blocking     int64       `gorm:"not null;comment:groups or students left with a better place that would take them"`
	OpenedAt     *time.Time  `gorm:"comment:when, NULL before"`
	FrozenAt     *time.Time  `gorm:"comment:when, NULL before"`
	DrawnAt      *time.Time  `gorm:"comment:when, NULL before"`
	RanAt        *time.Time  `gorm:"comment:when the result was there, NULL before"`
	PublishedAt  *time.Time  `gorm:"comment:when, NULL before"`
	AnswersUntil *time.Time  `gorm:"comment:proposals lapse then, NULL before PUBLISHED"`
	ClosedAt     *time.Time  `gorm:"comment:when it was closed or cancelled, NULL before"`
	ForgottenAt  *time.Time  `gorm:"comment:when its key was destroyed, NULL before"`
	EmptiedAt    *time.Time  `gorm:"comment:when the last was deleted that the key had sealed, NULL before"`
	Reason       string      `gorm:"size:200;not null;comment:why it was cancelled"`
	CreatedBy    int64       `gorm:"not null;comment:user"`
	Version      int64       `gorm:"not null;comment:for If-Match, progress does not change it"`
	CreatedAt    time.Time   `gorm:"not null;comment:when"`
	UpdatedAt    time.Time   `gorm:"not null;index:ix_round_status,priority:2;comment:when"`
}

// TableName of MatchRound.
func (MatchRound) TableName() string { return "match_rounds" }

// Key returns id and version.
func (r *MatchRound) Key() (id, version int64) { return r.ID, r.Version }

// State returns the status.
func (r *MatchRound) State() string { return string(r.Status) }

// MayBecome asks the table of moves.
func (r *MatchRound) MayBecome(next string) bool {
	return roundMoves.allow(r.Status, RoundStatus(next))
}

// Frozen tells whether the inputs are written down.
func (r *MatchRound) Frozen() bool { return len(r.InputDigest) > 0 }

// Out tells whether the proposals are to be seen.
func (r *MatchRound) Out() bool { return r.Status == RoundPublished || r.Status == RoundClosed }

// RoundInput is one student or position as a round was run with it: a line of its files, and what came of it.
type RoundInput struct {
	RoundID int64  `gorm:"primaryKey;autoIncrement:false;uniqueIndex:uq_round_input,priority:1;comment:round"`
	Side    int64  `gorm:"primaryKey;autoIncrement:false;uniqueIndex:uq_round_input,priority:2;comment:0 asking, 1 giving"`
	Seq     int64  `gorm:"primaryKey;autoIncrement:false;comment:number in the files, from 0"`
	RefID   int64  `gorm:"not null;uniqueIndex:uq_round_input,priority:3;comment:student or campus unit, position or community"`
	Line    []byte `gorm:"size:512;not null;comment:its line of the file without the number, sealed with the key of the round"`
	Wishes  []byte `gorm:"size:1024;comment:numbers of the wishes, best first, sealed, NULL if none"`
	More    []byte `gorm:"size:4096;comment:JSON of its lines in the further files, sealed, NULL if none"`
	Filled  int64  `gorm:"not null;comment:seats given, 0 before and on the asking side"`
	Closed  bool   `gorm:"not null;comment:its team would have been too small"`
	Cutoff  int64  `gorm:"not null;comment:lowest key that holds a seat, 0 while seats are free"`
	Listed  int64  `gorm:"not null;comment:eligible students who listed it"`
	Better  int64  `gorm:"not null;comment:of them, how many got what they ranked higher"`
	Below   int64  `gorm:"not null;comment:of them, how many the cut-off left out"`
	Kept    int64  `gorm:"not null;comment:the same of the seats kept for partners, 0 while such are free or none are kept"`
}

// TableName of RoundInput.
func (RoundInput) TableName() string { return "round_inputs" }

// RanksChunk is how many of the asking side one row of ranks holds.
const RanksChunk = 4096

// RoundRanks are the places in the lottery of some of the asking side, so that a question need not draw it again.
type RoundRanks struct {
	RoundID int64  `gorm:"primaryKey;autoIncrement:false;comment:round"`
	Chunk   int64  `gorm:"primaryKey;autoIncrement:false;comment:number of the first of them, divided by 4096"`
	Ranks   []byte `gorm:"size:16384;not null;comment:four bytes each, the highest first"`
}

// ReplayStatus is the state of a replay.
type ReplayStatus string

// The states of a replay.
const (
	ReplayQueued  ReplayStatus = "QUEUED"
	ReplayRunning ReplayStatus = "RUNNING"
	ReplayDone    ReplayStatus = "DONE"   // the digests are there, equal or not
	ReplayFailed  ReplayStatus = "FAILED" // it could not be played
)

var replayMoves = moves[ReplayStatus]{ //nolint:gochecknoglobals // a table
	ReplayQueued:  {ReplayRunning, ReplayFailed},
	ReplayRunning: {ReplayQueued, ReplayDone, ReplayFailed},
}

// MatchReplay is a round that is played again from what it has stored, to compare the digests.
type MatchReplay struct {
	ID           int64        `gorm:"primaryKey;autoIncrement:false;comment:id"`
	RoundID      int64        `gorm:"not null;index:ix_match_replay_round;comment:round"`
	LiveRoundID  *int64       `gorm:"uniqueIndex:uq_match_replay_live;comment:the round until it is over, else NULL: one at a time of a round"`
	Status       ReplayStatus `gorm:"size:12;not null;comment:see docs/states.md"`
	AskedBy      int64        `gorm:"not null;comment:user"`
	LeaseOwner   string       `gorm:"size:64;not null;comment:replica at work, empty if none"`
	LeaseUntil   *time.Time   `gorm:"comment:free after this"`
	Failure      string       `gorm:"size:500;not null;comment:why the last try failed, empty if it did not"`
	Failures     int64        `gorm:"not null;comment:tries that failed"`
	RetryAt      *time.Time   `gorm:"comment:not tried before this, NULL at once"`
	InputDigest  []byte       `gorm:"size:32;comment:as it came out, NULL before, and where the stored inputs are no round any more"`
	ResultDigest []byte       `gorm:"size:32;comment:as it came out, NULL before, and where there was no result to compare with"`
	InputsEqual  *bool        `gorm:"comment:whether it was that of the round, NULL before"`
	ResultEqual  *bool        `gorm:"comment:whether it was that of the round, NULL before, and where there was no result"`
	StartedAt    *time.Time   `gorm:"comment:when the last try began, NULL before"`
	FinishedAt   *time.Time   `gorm:"comment:when it was over, NULL before"`
	Version      int64        `gorm:"not null;comment:counts moves"`
	CreatedAt    time.Time    `gorm:"not null;comment:when it was asked for"`
	UpdatedAt    time.Time    `gorm:"not null;comment:when"`
}

// TableName of MatchReplay.
func (MatchReplay) TableName() string { return "match_replays" }

// Key returns id and version.
func (r *MatchReplay) Key() (id, version int64) { return r.ID, r.Version }

// State returns the status.
func (r *MatchReplay) State() string { return string(r.Status) }

// MayBecome asks the table of moves.
func (r *MatchReplay) MayBecome(next string) bool {
	return replayMoves.allow(r.Status, ReplayStatus(next))
}

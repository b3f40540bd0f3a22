package model

// What a round of pairing makes of two units.
const (
	PairKept  = "KEPT"  // renewed, begun in the term or still to be answered: it stays whatever comes
	PairStays = "STAYS" // of last term, and given again: both are asked to renew
	PairNew   = "NEW"   // proposed when the round is published
)

// MatchPair is a pair that a round of pairing gives.
type MatchPair struct {
	RoundID     int64  `gorm:"primaryKey;autoIncrement:false;index:ix_match_pair_local,priority:1;index:ix_match_pair_open,priority:1;comment:round"`
	CampusOrgID int64  `gorm:"primaryKey;autoIncrement:false;index:ix_match_pair_open,priority:4;comment:campus unit"`
	LocalOrgID  int64  `gorm:"primaryKey;autoIncrement:false;index:ix_match_pair_local,priority:2;comment:local unit"`
	Kind        string `gorm:"size:8;not null;index:ix_match_pair_open,priority:2;comment:KEPT STAYS NEW"`
	Metres      int64  `gorm:"not null;comment:how far apart"`
	Near        int64  `gorm:"not null;comment:points for nearness"`
	Skill       int64  `gorm:"not null;comment:points for wanted skills"`
	Urgency     int64  `gorm:"not null;comment:points for urgency"`
	Stay        int64  `gorm:"not null;comment:points for a pairing of last term"`
	Band        int64  `gorm:"not null;comment:class of the campus unit at the local unit"`
	Lottery     int64  `gorm:"not null;comment:number of the campus unit"`
	PairingID   *int64 `gorm:"index:ix_match_pair_open,priority:3;comment:the pairing, or what was proposed, NULL before"`
	Refusal     string `gorm:"size:60;not null;comment:code of why nothing could be proposed, empty if it could"`
}

// TableName of MatchPair.
func (MatchPair) TableName() string { return "match_pairs" }

package survey

import (
	"gorm.io/gorm"

	"baodao/service/matching/geo"
)

// Student is what a student offers to a programme, as matching takes it. Who has said nothing is missing everywhere.
type Student struct {
	StudentID int64
	BranchID  int64 // today
	Willing   bool
	Slots     Week
	Skills    uint32
	Interests [3]int8 // places of the categories in the policy, score.None for none
	MaxDistM  int32
	Home      *geo.Point // only where homes were asked for; nil for none
}

// Position is what matching takes of a position: what its host has said, and for the rest what follows from its sessions.
type Position struct {
	PositionID, ActivityID, HostOrgID, CampusOrgID int64
	At                                             *geo.Point // of the first session, nil for none
	Category                                       int8       // place in the policy, score.None for none
	Slots                                          Week
	Need                                           uint8
	Req, Want                                      uint32
	Urgency                                        uint8
	Capacity, MinTeam                              int64
	Stated                                         bool // whether the host has said anything
}

// Unit is what an organisation has answered for a programme.
type Unit struct {
	OrgID      int64
	Slots      Week
	Skills     uint32
	Partners   int64 // 0: nobody is wanted
	Students   int64
	Categories []int8 // of its needs, places in the policy, rising
}

// Students reads what many students offer to a programme, by rising id, in a constant number of queries for up to 500 ids
// each; homes are opened only when asked for. Who has said nothing is missing.
func (s *Service) Students(tx *gorm.DB, programmeID int64, homes bool, ids ...int64) ([]Student, error) {
	return nil, nil
}

// Positions reads many positions of one programme, by rising id, in a constant number of queries for up to 500 ids each.
func (s *Service) Positions(tx *gorm.DB, programmeID int64, ids ...int64) ([]Position, error) {
	return nil, nil
}

// Units reads what many organisations have answered for a programme; who has not answered is missing.
func (s *Service) Units(tx *gorm.DB, programmeID int64, ids ...int64) (map[int64]Unit, error) {
	return nil, nil
}

// Places tells where organisations are: their own location or that of the nearest one above them that has one.
func Places(tx *gorm.DB, ids ...int64) (map[int64]geo.Point, error) {
	return nil, nil
}

// Pair is a student and a host who are kept apart.
type Pair struct{ StudentID, HostOrgID int64 }

// BlocksOf reads whom students are kept apart from, whichever side wanted it, by rising student and host, each pair once.
func BlocksOf(tx *gorm.DB, studentIDs ...int64) ([]Pair, error) {
	return nil, nil
}

// Blocked tells whether a host keeps a student away: the judge of sign-ups asks. What the student has set does not count.
func Blocked(tx *gorm.DB, studentID, hostOrgID int64) (bool, error) {
	return false, nil
}

// Package model holds the rows of the database and the tables of allowed moves between states. It has no queries.
// JSON tags appear only on documents that are stored inside a column.
package model

import "slices"

// Date is a calendar day in China, written YYYY-MM-DD. It compares as text.
type Date string

// Entity is a row with a state that only audit.Move may change.
type Entity interface {
	TableName() string
	Key() (id, version int64)
	State() string
	MayBecome(next string) bool
}

// moves is a table of allowed moves: from each state, the states that may follow.
type moves[S ~string] map[S][]S

func (m moves[S]) allow(from, to S) bool { return slices.Contains(m[from], to) }

// Machine is one table of moves, for docs/states.md.
type Machine struct {
	Name  string
	Moves map[string][]string
}

// Machines returns every table of moves.
func Machines() []Machine {
	return []Machine{
		machine("Org", orgMoves), machine("User", userMoves), machine("JoinRequest", joinMoves), machine("Programme", programmeMoves),
		machine("Pairing", pairingMoves), machine("Project", projectMoves), machine("Activity", activityMoves),
		machine("Signup", signupMoves), machine("HoursClaim", claimMoves),
		machine("ContentCheck", checkMoves), machine("CheckInReview", reviewMoves), machine("Demand", demandMoves), machine("Dispatch", dispatchMoves),
		machine("MatchRound", roundMoves), machine("MatchReplay", replayMoves), machine("MatchProposal", proposalMoves),
		machine("Appeal", appealMoves), machine("Incident", incidentMoves),
	}
}

func machine[S ~string](name string, m moves[S]) Machine {
	out := Machine{Name: name, Moves: map[string][]string{}}
	for from, next := range m {
		for _, to := range next {
			out.Moves[string(from)] = append(out.Moves[string(from)], string(to))
		}
	}
	return out
}

// All lists one value of every row type, for the test that compares the migrated schema with the models.
func All() []any {
	return []any{
		&IDNode{}, &Lease{}, &IdempotencyRecord{}, &AuditEntry{}, &KeyCheck{}, &PersonKey{},
		&Region{}, &Org{}, &Term{},
		&User{}, &LoginSession{}, &BootstrapCode{}, &RoleGrant{}, &Invitation{}, &APIClient{},
		&StudentProfile{}, &Membership{}, &JoinCode{}, &JoinRequest{},
		&Programme{}, &ProgrammePolicy{}, &Phase{}, &Milestone{}, &Pairing{}, &PairingRenewal{},
		&Project{}, &ProjectMember{}, &Activity{}, &ActivityGram{}, &Session{}, &Position{},
		&Signup{}, &SignupGroup{}, &Lottery{}, &LotteryDraw{}, &LotteryEntry{}, &CheckIn{}, &CheckInEvidence{}, &CheckInReview{}, &Attendance{}, &PassOpening{}, &HoursClaim{}, &HoursEntry{}, &HoursLink{}, &HoursHead{}, &HoursTotal{}, &OfflineBatch{}, &HoursStatement{},
		&Notification{}, &NotificationPref{}, &NoticeTemplate{}, &Notice{}, &SubscribeLedger{}, &SubscribeEvent{}, &NoticeLane{}, &StaleBinding{}, &NoticeFanout{},
		&WechatToken{}, &WechatNonce{}, &PageCode{}, &PushEvent{}, &ContentCheck{}, &Upload{},
		&StudentProof{}, &Consent{}, &ReliabilityEntry{}, &SignupSuspension{},
		&Demand{}, &Dispatch{},
		&MatchRound{}, &RoundInput{}, &RoundRanks{}, &MatchReplay{}, &MatchWish{}, &MatchGroup{}, &MatchProposal{},
		&MatchPair{},
		&Appeal{}, &Incident{},
		&Willingness{}, &StudentHome{}, &PositionNeeds{}, &OrgSurvey{}, &OrgSurveyItem{}, &MatchBlock{},
	}
}

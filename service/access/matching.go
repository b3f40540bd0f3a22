package access

// The permissions of matching in rounds.
const (
	MatchRead   Permission = "match.read"   // rules, dates and figures of rounds that were opened
	MatchRound  Permission = "match.round"  // make, open, freeze, draw, run, publish and export a round for those below
	MatchAsk    Permission = "match.ask"    // one's own wishes and proposals, and why not
	MatchAnswer Permission = "match.answer" // accept and decline for a host
	MatchSeats  Permission = "match.seats"  // who is proposed for one's positions and why, names masked
)

package verify

import "baodao/service/matching/score"

// Verdict is what the checker itself holds of a student and a position.
type Verdict uint8

// The verdicts.
const (
	Blocked     Verdict = iota // the two would rather have each other
	Has                        // it is the student's
	Forbidden                  // the rules do not let the student go there
	Unwished                   // it is not on the list
	Prefers                    // the student has what is higher on the list
	Shut                       // the position is closed
	Outranked                  // all seats are held by those who come first
	Indivisible                // friends come before some, but those do not hold enough seats
)

// Verdicts judges pairs by who really holds the seats; published cut-offs are not looked at.
func Verdicts(in *score.Instance, lists score.Lists, out *score.Outcome, o Options) func(student, position int32) Verdict {
	c := &checker{in: in, out: out, rank: lottery(in.Round.Seed, len(in.Students))}
	c.friends()
	c.readWishes(lists, o.Open)
	c.places()
	return c.verdict
}

func (c *checker) verdict(student, p int32) Verdict {
	s := c.leader[student]
	at, got, size := c.listed(s, p), -1, int32(len(c.with(s))) //nolint:gosec // at most four
	if c.out.Place[s] != score.None {
		got = c.listed(s, c.out.Place[s])
	}
	last, others := c.cutoffs(p)
	if c.reserved(p) == 0 || !c.paired(s, p) {
		last = others
	}
	switch {
	case !c.allowed(s, p):
		return Forbidden
	case at < 0:
		return Unwished
	case at == got:
		return Has
	case got >= 0 && got < at:
		return Prefers
	case c.out.Closed[p]:
		return Shut
	case c.room(s, p, c.key(s, p), size):
		return Blocked
	case c.key(s, p) < last:
		return Outranked
	default:
		return Indivisible
	}
}

// Package verify checks the result of a round of matching without the code that made it: whatever it needs (who may go
// where, priorities, the lottery, the matching itself) it works out anew from the published rules, slowly and plainly.
// Only the records, and the reading of files, are shared.
package verify

import (
	"fmt"

	"baodao/service/matching/score"
)

// Kind is what can be wrong with a result.
type Kind uint8

// The kinds, in the order in which they are reported.
const (
	Misplaced    Kind = iota // a point is not where its degrees say
	Unknown                  // a place, or a table, that the round does not have
	Apart                    // friends at different positions, or one of them without
	Ineligible               // placed where the rules do not let the student go
	OffList                  // placed where the student did not wish to go
	Overfull                 // more students than seats
	TooSmall                 // a team below its smallest
	InClosed                 // students at a closed position
	Miscounted               // the seats that are said to be taken are not those that are
	WrongCutoff              // not the lowest key that holds a seat of a full position, or not 0 while seats are free
	Uncertified              // not the first wish whose cut-off the student reaches
	Blocking                 // a student and an open position would rather have each other
	Unrepeatable             // not what the rules give from the same lists
	WrongClosing             // closed or open otherwise than the rule of the smallest teams has it
	NotBest                  // a list that is not the best positions of the student (only looked for when asked)
	kinds
)

// String says what a count of the kind counts.
func (k Kind) String() string {
	return [...]string{
		"points not where their degrees say", "places and tables that the round does not have", "friends who are apart", "places where the rules do not let the student go",
		"places that were not wished for", "positions with more students than seats", "teams below their smallest", "students at closed positions",
		"positions with miscounted seats", "wrong cut-offs", "places that are not the first wish whose cut-off is reached",
		"pairs that would rather have each other", "places that a replay gives otherwise", "positions that a replay closes or opens", "lists that are not the best",
	}[k]
}

// Kinds are all kinds.
func Kinds() []Kind {
	all := make([]Kind, kinds)
	for k := range all {
		all[k] = Kind(k)
	}
	return all
}

// Fault is one thing that is wrong. Student and Position are -1 where it is not about one.
type Fault struct {
	Kind              Kind
	Student, Position int32
}

// String tells it to a person.
func (f Fault) String() string {
	switch {
	case f.Student < 0 && f.Position < 0:
		return f.Kind.String()
	case f.Student < 0:
		return fmt.Sprintf("%s: position %d", f.Kind, f.Position)
	case f.Position < 0:
		return fmt.Sprintf("%s: student %d", f.Kind, f.Student)
	}
	return fmt.Sprintf("%s: student %d, position %d", f.Kind, f.Student, f.Position)
}

// Report is what was found.
type Report struct {
	Counts [kinds]int64
	First  []Fault // the first few of each kind

	Seats, Placed, Closed int64
	Wishes, Void          int64 // wishes, and those of them that the rules rule out
	FirstWishes, Ranks    int64 // who got the first eligible wish; the sum of the places on the lists, from 1
	Score, Metres         int64 // of all placed
	Groups                int64 // of friends; where there are some, the result is not the only one and is not replayed
	Remaining             int64 // pairs that would rather have each other and were published: only where friends take part
	Wronged               int64 // closed positions that a whole team would rather have: the rule cannot always avoid them, so no fault
	Listed                int   // lists compared with the best positions
}

// OK says that nothing is wrong.
func (r *Report) OK() bool { return r.Counts == [kinds]int64{} }

// examples is how many faults of a kind are named.
const examples = 3

func (r *Report) fault(k Kind, student, position int32) {
	if r.Counts[k]++; r.Counts[k] <= examples {
		r.First = append(r.First, Fault{k, student, position})
	}
}

// checker is a check under way.
type checker struct {
	in      *score.Instance
	out     *score.Outcome
	rank    []uint32
	leader  []int32           // of each student the first of the friends, or the student
	members map[int32][]int32 // of each first of two friends or more
	start   []int             // of each student the first of the wishes
	wish    []int32           // positions, those only that the rules allow
	keys    []uint32
	lowest  []uint32 // of each position the lowest key that holds a seat
	held    []int32
	own     []uint32 // the published cut-offs of the paired branches
	who     [][]holder
	Report
}

// MaxOpen is how many pairs of students and positions an open round can have to be checked: every list is written out.
const MaxOpen = 500_000_000

// Options say how a round was made.
type Options struct {
	Open bool // behind every list comes whatever else the student could go to, by score; no lists at all are complete ones
	// Published is how many students or groups the round says could do better: only where friends take part.
	Published int64
	Best      int // so many lists are compared with the best positions of their students: 0 where students made their own
}

// Check checks a result.
func Check(in *score.Instance, lists score.Lists, out *score.Outcome, o Options) Report {
	c := &checker{in: in, out: out}
	if !c.sized(lists) {
		return c.Report
	}
	c.points()
	c.rank = lottery(in.Round.Seed, len(in.Students))
	c.friends()
	c.readWishes(lists, o.Open)
	c.places()
	c.positions()
	c.stable(o.Published)
	c.Wronged = int64(len(c.wronged(out.Place, out.Closed)))
	if c.Groups = int64(len(c.members)); c.Groups == 0 {
		c.replay()
	}
	c.best(lists, o.Best)
	return c.Report
}

// sized checks that there is a row for everybody and that no row points outside.
func (c *checker) sized(lists score.Lists) bool {
	n, m := len(c.in.Students), len(c.in.Positions)
	if c.in.Check() != nil || len(c.out.Place) != n || len(c.out.Filled) != m || len(c.out.Cutoffs) != m || len(c.out.Closed) != m || len(lists.Wishes) != lists.Width*n && len(lists.Wishes) != 0 {
		c.fault(Unknown, score.None, score.None)
		return false
	}
	for s, p := range c.out.Place {
		if p < score.None || int(p) >= m {
			c.fault(Unknown, int32(s), p)
		}
	}
	for i, w := range lists.Wishes {
		if w != score.End && int(w.Position()) >= m {
			c.fault(Unknown, int32(i/lists.Width), w.Position()) //nolint:gosec // at most 2^24 students
		}
	}
	if c.Counts[Unknown] == 0 && !c.published() {
		c.fault(Unknown, score.None, score.None)
	}
	return c.Counts[Unknown] == 0
}

func (c *checker) points() {
	for i := range c.in.Students {
		if s := &c.in.Students[i]; misplaced(s.LatE6, s.LonE6, s.At.X, s.At.Y, s.At.Z) {
			c.fault(Misplaced, int32(i), score.None)
		}
	}
	for i := range c.in.Positions {
		if p := &c.in.Positions[i]; misplaced(p.LatE6, p.LonE6, p.At.X, p.At.Y, p.At.Z) {
			c.fault(Misplaced, score.None, int32(i))
		}
	}
}

// readWishes keeps the wishes that the rules allow: a wish for what cannot be had is as none. The wishes of friends are
// those of the first of them.
func (c *checker) readWishes(lists score.Lists, open bool) {
	c.start = make([]int, 1, len(c.in.Students)+1)
	c.wish, c.keys = make([]int32, 0, len(lists.Wishes)), make([]uint32, 0, len(lists.Wishes))
	for i := range c.in.Students {
		s := int32(i)
		if c.leader[s] == s {
			if len(lists.Wishes) > 0 {
				c.readList(s, lists.Of(i))
			}
			if open || c.agreed(s) {
				c.goOn(s)
			}
		}
		c.start = append(c.start, len(c.wish))
	}
}

func (c *checker) readList(s int32, list []score.Wish) {
	for _, w := range list {
		p := w.Position()
		c.Wishes++
		if !c.allowed(s, p) {
			c.Void++
			continue
		}
		c.wish, c.keys = append(c.wish, p), append(c.keys, c.key(s, p))
	}
}

// places looks at each student's place by itself, and counts who is where.
func (c *checker) places() {
	c.held, c.lowest = make([]int32, len(c.in.Positions)), make([]uint32, len(c.in.Positions))
	for i, p := range c.out.Place {
		s := int32(i)
		leader := c.leader[s]
		if p != c.out.Place[leader] {
			c.fault(Apart, s, p)
		}
		if p == score.None {
			continue
		}
		c.place(s, p, c.listed(leader, p))
		if key := c.key(leader, p); c.held[p] == 0 || key < c.lowest[p] {
			c.lowest[p] = key
		}
		c.held[p]++
	}
}

// place looks at one place; at is where on the list it stands.
func (c *checker) place(s, p int32, at int) {
	student, position := &c.in.Students[s], &c.in.Positions[p]
	c.Placed++
	c.Metres += metres(student, position)
	if !c.eligible(s, p) {
		c.fault(Ineligible, s, p)
	} else {
		c.Score += c.worth(student, position)
	}
	switch {
	case at < 0:
		c.fault(OffList, s, p)
	case at == 0:
		c.FirstWishes++
		fallthrough
	default:
		c.Ranks += int64(at) + 1
	}
	if c.out.Closed[p] {
		c.fault(InClosed, s, p)
	}
}

// listed is where on the list a position stands, from 0, or -1.
func (c *checker) listed(s, p int32) int {
	for i := c.start[s]; i < c.start[s+1]; i++ {
		if c.wish[i] == p {
			return i - c.start[s]
		}
	}
	return -1
}

package score

import (
	"cmp"
	"errors"
	"slices"
)

// Season says which origin a student's point is.
type Season string

// The seasons: the campus in term, the home in the vacation.
const (
	Term     Season = "term"
	Vacation Season = "vacation"
)

// Round is what is published before a round.
type Round struct {
	Number int
	Season Season
	Seed   []byte
	K      int   // positions shown to a student
	Radius int32 // metres
	Rule   Rule
}

// Instance is everything a round's result follows from, beside the lists. Students and positions are known by their index.
type Instance struct {
	Round     Round
	Students  []Student
	Positions []Position
	// Blocked are, by student, the communities that the student does not want or that do not want the student.
	Blocked map[int32][]int32
	Open    []bool // who agreed to whatever else suits when the list is exhausted; nil: nobody
}

// Misfits judges a pair in all respects.
func (in *Instance) Misfits(student int32, p *Position, f Fit) Misfit {
	m := Misfits(&in.Students[student], p, f, in.Round.Radius)
	if p.OfAny(in.Blocked[student]) {
		m |= KeptApart
	}
	return m
}

// Check tells what no round can be run with.
func (in *Instance) Check() error {
	switch {
	case len(in.Students) > MaxStudents:
		return errors.New("too many students for one round: at most 16,777,216")
	case len(in.Positions) > MaxPositions:
		return errors.New("too many positions for one round: at most 16,777,215")
	case in.Round.Radius < 1 || in.Round.Radius > 1_000_000:
		return errors.New("radius: want 1 m to 1,000 km")
	case in.Round.K < 1 || in.Round.K > MaxList:
		return errors.New("k: want 1 to 50")
	case len(in.Open) != 0 && len(in.Open) != len(in.Students):
		return errors.New("open: want a line for each student or none at all")
	case len(in.Round.Seed) == 0:
		return errors.New("a round needs a seed")
	}
	return nil
}

// Limits of lists.
const (
	MaxPositions = 1<<24 - 1
	MaxList      = 50
)

// End closes a list that is shorter than the others.
const End Wish = 1<<32 - 1

// Wish is one line of a list: a position and, once computed, the student's band there.
type Wish uint32

// NewWish puts the two together.
func NewWish(position int32, band uint8) Wish { return Wish(band)<<24 | Wish(position) } //nolint:gosec // bounded

// Position is which position is wished for.
func (w Wish) Position() int32 { return int32(w & MaxPositions) }

// Band is the student's band there.
func (w Wish) Band() uint8 { return uint8(w >> 24) }

// Lists are the lists of all students, best wish first.
type Lists struct {
	Width  int    // the longest list
	Wishes []Wish // Width for each student, closed by End when shorter
}

// NewLists makes empty lists.
func NewLists(students, width int) Lists {
	l := Lists{Width: width, Wishes: make([]Wish, students*width)}
	for i := range l.Wishes {
		l.Wishes[i] = End
	}
	return l
}

// Of is the list of a student, without its End.
func (l Lists) Of(student int) []Wish {
	list := l.Wishes[student*l.Width : (student+1)*l.Width]
	for i, w := range list {
		if w == End {
			return list[:i]
		}
	}
	return list
}

// Outcome is the result of a round.
type Outcome struct {
	Place   []int32  // of each student, or None
	Filled  []int32  // seats taken at each position
	Cutoffs []uint32 // the lowest key that holds a seat of a full position; 0 while seats are free
	Closed  []bool   // positions that stay empty because their team would have been too small
	// Partners are the cut-offs of the positions with reserved seats for students of the paired branches, by rising
	// position: 0 while a reserved seat is free for them or held by others, else the lowest key of all seats. For everybody
	// else the cut-off there is the lowest key that holds a seat beside the reserved ones; Nobody when there is none.
	Partners []PartnerCutoff
}

// Nobody is a cut-off that no key reaches: all seats are reserved, and students of paired branches hold them.
const Nobody = 1<<32 - 1

// PartnerCutoff is the cut-off of a position for students of the paired branches.
type PartnerCutoff struct {
	Position int32
	Cutoff   uint32
}

// CutoffOf is the cut-off of a position for those for whom seats are reserved there, or for everybody else.
func (o *Outcome) CutoffOf(position int32, reserved bool) uint32 {
	if reserved {
		return ofPartners(o.Partners, position, o.Cutoffs[position])
	}
	return o.Cutoffs[position]
}

func ofPartners(all []PartnerCutoff, position int32, others uint32) uint32 {
	i, ok := slices.BinarySearchFunc(all, position, func(c PartnerCutoff, p int32) int { return cmp.Compare(c.Position, p) })
	if !ok {
		return others
	}
	return all[i].Cutoff
}

// Package pairing brings branches and communities together, many to many. Pairs that both sides renew stay first and
// whatever comes; a pair of last term that nobody ended comes before a slightly better new one, by a published weight; the
// places left are given by deferred acceptance: branches propose, communities keep the best. The result is a proposal.
package pairing

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"baodao/service/matching/draw"
	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// Branch is a branch that looks for communities, known by its index.
type Branch struct {
	LatE6, LonE6 int32
	Skills       uint32 // what its members can
	Places       int32  // how many communities it can look after
	Limit        int32  // how far it would go, in metres
}

// Community is a community that looks for branches, known by its index.
type Community struct {
	LatE6, LonE6 int32
	Want         uint32 // skills that would help
	Urgency      uint8  // 0 to 7
	Places       int32  // how many branches it can take
}

// Pair is one branch in one community.
type Pair struct{ Branch, Community int32 }

// Input is what a round follows from.
type Input struct {
	Seed        []byte
	Radius      int32 // metres
	Branches    []Branch
	Communities []Community
	Renewed     []Pair // both sides renewed them
	Former      []Pair // of last term, neither renewed by both nor ended by either
	Never       []Pair // not to be proposed: one side has said no
}

// Stay is the published weight of a former pair, on both sides. A step of nearness of one kilometre in ten is 350.
const Stay = 500

// Match is a pair of the result.
type Match struct {
	Pair
	Kept bool // renewed, not drawn
}

// Result is what a round proposes, by rising branch and community. A cut-off is the lowest key that holds one of the
// places of a community that has none left.
type Result struct {
	Pairs   []Match
	Cutoffs []uint32 // 0 while places are free
}

// Filled are how many branches each community has.
func (r *Result) Filled() []int32 {
	n := make([]int32, len(r.Cutoffs))
	for _, m := range r.Pairs {
		n[m.Community]++
	}
	return n
}

// Sorted are the pairs by rising branch and community.
func Sorted(pairs []Pair) []Pair {
	all := slices.Clone(pairs)
	slices.SortFunc(all, byPair)
	return all
}

// Run makes the pairs. It fails on pairs that are not there, are renewed twice, or are more than the places.
func Run(in *Input) (Result, error) {
	m, err := newMarket(in)
	if err != nil {
		return Result{}, err
	}
	for b := range in.Branches {
		m.propose(int32(b))
	}
	return m.result(), nil
}

// Score is the order in which a branch would have communities: 3500 for nearness, 2000 for wanted skills, 100 for each
// step of urgency, Stay for a former pair.
func (in *Input) Score(b, c, dist int32, former bool) int32 {
	community := &in.Communities[c]
	total := score.Near(dist, in.Radius) + in.skill(b, c) + 100*int32(community.Urgency)
	if former {
		total += Stay
	}
	return total
}

// Band is the class of a branch at a community: nearness, skills and staying, in steps of 250.
func (in *Input) Band(b, c, dist int32, former bool) uint8 {
	points := score.Near(dist, in.Radius) + in.skill(b, c)
	if former {
		points += Stay
	}
	return uint8(points / 250) //nolint:gosec // at most 24
}

func (in *Input) skill(b, c int32) int32 {
	want := in.Communities[c].Want
	return score.Skill(ones(in.Branches[b].Skills&want), ones(want))
}

// At is where a branch is.
func (b *Branch) At() geo.XYZ { return geo.Point{LatE6: int64(b.LatE6), LngE6: int64(b.LonE6)}.XYZ() }

// At is where a community is.
func (c *Community) At() geo.XYZ {
	return geo.Point{LatE6: int64(c.LatE6), LngE6: int64(c.LonE6)}.XYZ()
}

// check tells what no round can be run with.
func (in *Input) check() error {
	switch {
	case len(in.Seed) == 0:
		return errors.New("a round needs a seed")
	case in.Radius < 1:
		return errors.New("a round needs a radius")
	case len(in.Branches) > score.MaxStudents || len(in.Communities) > score.MaxPositions:
		return errors.New("too many branches or communities for one round")
	}
	for i := range in.Branches {
		if in.Branches[i].Places < 0 {
			return fmt.Errorf("branch %d: fewer places than none", i)
		}
	}
	for i := range in.Communities {
		if c := &in.Communities[i]; c.Places < 0 || c.Urgency > score.MaxUrgency {
			return fmt.Errorf("community %d: want places of 0 or more, urgency of 0 to %d", i, score.MaxUrgency)
		}
	}
	seen := map[Pair]bool{}
	for _, p := range slices.Concat(in.Renewed, in.Former, in.Never) {
		if p.Branch < 0 || int(p.Branch) >= len(in.Branches) || p.Community < 0 || int(p.Community) >= len(in.Communities) {
			return fmt.Errorf("pair %d-%d: no such branch or community", p.Branch, p.Community)
		}
		if seen[p] {
			return fmt.Errorf("pair %d-%d is there twice", p.Branch, p.Community)
		}
		seen[p] = true
	}
	return nil
}

// newMarket seats the renewed pairs.
func newMarket(in *Input) (*market, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	ranks, err := draw.Ranks(in.Seed, len(in.Branches), 1)
	if err != nil {
		return nil, err
	}
	m := &market{
		in: in, finder: newFinder(in), low: make([]uint32, len(in.Branches)), branch: make([]int32, len(in.Branches)),
		free: make([]int32, len(in.Branches)), lists: make([]list, len(in.Branches)),
		left: make([]int32, len(in.Communities)), holds: make([][]uint32, len(in.Communities)),
	}
	m.finder.cutoffs = make([]uint32, len(in.Communities))
	for b, rank := range ranks {
		m.low[b], m.branch[rank], m.free[b], m.lists[b].after = score.Key(0, rank), int32(b), in.Branches[b].Places, everything
	}
	for c := range in.Communities {
		m.left[c] = in.Communities[c].Places
	}
	for _, p := range in.Renewed {
		m.free[p.Branch]--
		m.left[p.Community]--
		if m.free[p.Branch] < 0 || m.left[p.Community] < 0 {
			return nil, fmt.Errorf("pair %d-%d: more renewed pairs than places", p.Branch, p.Community)
		}
	}
	for c, left := range m.left {
		if left == 0 {
			m.finder.cutoffs[c] = full
		}
	}
	return m, nil
}

func byPair(a, b Pair) int {
	return cmp.Or(cmp.Compare(a.Branch, b.Branch), cmp.Compare(a.Community, b.Community))
}

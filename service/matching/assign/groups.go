package assign

import (
	"cmp"
	"fmt"
	"slices"

	"baodao/service/matching/score"
)

// MaxGroup is how many friends can ask for the same position.
const MaxGroup = 4

// friends are the members of each group of two or more, by rising id, groups by their first member.
func friends(in *score.Instance) ([][]int32, error) {
	index := map[int32]int{}
	var all [][]int32
	for s := range in.Students {
		g := in.Students[s].Group
		if g == score.None {
			continue
		}
		i, ok := index[g]
		if !ok {
			i = len(all)
			index[g] = i
			all = append(all, nil)
		}
		if len(all[i]) == MaxGroup {
			return nil, fmt.Errorf("group %d has more than %d members", g, MaxGroup)
		}
		all[i] = append(all[i], int32(s))
	}
	return slices.DeleteFunc(all, func(members []int32) bool { return len(members) < 2 }), nil
}

// ShareLists gives the members of each group one list, made of their own: the positions for which all of them are
// eligible, by the sum of their scores, ties by lower position.
func ShareLists(in *score.Instance, lists score.Lists) error {
	groups, err := friends(in)
	if err != nil {
		return err
	}
	for _, members := range groups {
		var all []candidate
		for _, s := range members {
			for _, wish := range lists.Of(int(s)) {
				if total, ok := together(in, members, wish.Position()); ok {
					all = append(all, newCandidate(total, wish.Position(), 0))
				}
			}
		}
		slices.SortFunc(all, func(a, b candidate) int { return cmp.Compare(b, a) })
		all = slices.Compact(all)
		for _, s := range members {
			list := lists.Wishes[int(s)*lists.Width:][:lists.Width]
			write(all[:min(len(all), len(list))], list)
			if err := settle(in, lists, int(s)); err != nil {
				return err
			}
		}
	}
	return nil
}

// together is the sum of the members' scores at a position for which all of them are eligible.
func together(in *score.Instance, members []int32, p int32) (total int32, ok bool) {
	position := &in.Positions[p]
	for _, m := range members {
		s := &in.Students[m]
		fit := score.Measure(s, position)
		if in.Misfits(m, position, fit) != 0 {
			return 0, false
		}
		total += score.Of(s, position, fit, in.Round.Radius).Total()
	}
	return total, true
}

// unit is a student, or friends who get the same position or none.
type unit struct {
	members []int32
	list    []score.Wish // with the mean of the members' bands
	low     uint32       // of the first member: a group has one number in the lottery
	next    int32
	place   int32
	open    bool // more comes after the list when it is exhausted, and has not been asked for yet
}

// newUnits makes the units of a round. A group has the list of its first member, without the positions for which not all
// are eligible.
func newUnits(in *score.Instance, lists score.Lists, ranks []uint32, groups [][]int32) []unit {
	grouped := make([]bool, len(in.Students))
	units := make([]unit, 0, len(in.Students))
	for _, members := range groups {
		u := unit{members: members, low: score.Key(0, ranks[members[0]])}
		for _, wish := range lists.Of(int(members[0])) {
			if _, ok := together(in, members, wish.Position()); ok {
				u.list = append(u.list, score.NewWish(wish.Position(), meanBand(in, members, wish.Position())))
			}
		}
		for _, s := range members {
			grouped[s] = true
		}
		units = append(units, u)
	}
	single := make([]int32, len(in.Students))
	for s := range in.Students {
		if !grouped[s] {
			single[s] = int32(s)
			units = append(units, unit{members: single[s : s+1], list: lists.Of(s), low: score.Key(0, ranks[s])})
		}
	}
	slices.SortFunc(units, func(a, b unit) int { return cmp.Compare(a.members[0], b.members[0]) })
	return units
}

func meanBand(in *score.Instance, members []int32, p int32) uint8 {
	sum, position := 0, &in.Positions[p]
	for _, m := range members {
		s := &in.Students[m]
		sum += int(in.Round.Rule.Band(s, position, score.Measure(s, position), in.Round.Radius))
	}
	return uint8(sum / len(members)) //nolint:gosec // a mean of bands
}

// open lets the lists of some go on.
func (c *crew) open(who []bool) {
	c.atlas = newAtlas(c.in.Positions)
	for u := range c.units {
		c.units[u].open = !slices.ContainsFunc(c.units[u].members, func(s int32) bool { return !who[s] })
	}
}

// goOn adds to the list of an open unit, when it is exhausted, every other position for which all of them are eligible, by
// the sum of their scores, ties by lower position. It says whether that was anything.
func (c *crew) goOn(u int32) bool {
	unit := &c.units[u]
	if !unit.open {
		return false
	}
	unit.open = false
	first := &c.in.Students[unit.members[0]]
	var all []candidate
	c.atlas.around(first.LatE6, first.LonE6, int64(min(first.MaxDist, c.in.Round.Radius)), func(id int32, _ *score.Position) {
		if total, ok := together(c.in, unit.members, id); ok && listed(unit.list, id) < 0 {
			all = append(all, newCandidate(total, id, 0))
		}
	})
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Compare(b, a) })
	list := slices.Grow(slices.Clip(unit.list), len(all))
	for _, candidate := range all {
		p := candidate.wish().Position()
		list = append(list, score.NewWish(p, meanBand(c.in, unit.members, p)))
	}
	unit.list = list
	return len(all) > 0
}

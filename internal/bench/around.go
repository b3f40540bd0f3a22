package main

import (
	"cmp"
	"math/bits"
	"slices"

	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// surroundings find the positions in range of a point, and what they score, with nothing of the engine but the weights.
// What was found for one of a few points is kept: in term all students start from campuses.
type surroundings struct {
	in    *score.Instance
	cubes map[[3]int32][2]int32 // where in all the positions of a cube as wide as the radius are
	all   []near                // as seen from nowhere
	at    []geo.XYZ
	known map[geo.XYZ][]near
	loose []near
	nears []int32 // what nearness scores, by distance
	times [64 * 64]int32
	skill [64 * 64]int32
}

const mostKnown = 1024

func newSurroundings(in *score.Instance) *surroundings {
	a := &surroundings{in: in, cubes: map[[3]int32][2]int32{}, known: map[geo.XYZ][]near{}}
	for d := range in.Round.Radius + 1 {
		a.nears = append(a.nears, score.Near(d, in.Round.Radius))
	}
	for i := range a.times {
		a.times[i], a.skill[i] = score.Time(i&63, i>>6), score.Skill(i&63, i>>6)
	}
	order := make([]int32, len(in.Positions))
	for p := range order {
		order[p] = int32(p)
	}
	slices.SortFunc(order, func(p, q int32) int {
		x, y := a.cube(in.Positions[p].At), a.cube(in.Positions[q].At)
		return cmp.Or(slices.Compare(x[:], y[:]), cmp.Compare(p, q))
	})
	for i, p := range order {
		position := &in.Positions[p]
		a.all, a.at = append(a.all, newNear(position, p)), append(a.at, position.At)
		cube := a.cube(position.At)
		if part, ok := a.cubes[cube]; ok {
			a.cubes[cube] = [2]int32{part[0], int32(i + 1)}
		} else {
			a.cubes[cube] = [2]int32{int32(i), int32(i + 1)}
		}
	}
	return a
}

func (a *surroundings) cube(at geo.XYZ) [3]int32 {
	const shift = 1 << 24 // so that division rounds down everywhere
	edge := a.in.Round.Radius + 1
	return [3]int32{(at.X + shift) / edge, (at.Y + shift) / edge, (at.Z + shift) / edge}
}

// of finds the positions in any order. They are good until the next call.
func (a *surroundings) of(at geo.XYZ) []near {
	if spots, ok := a.known[at]; ok {
		return spots
	}
	a.loose = a.loose[:0]
	c := a.cube(at)
	for i := range int32(27) {
		part := a.cubes[[3]int32{c[0] + i/9 - 1, c[1] + i/3%3 - 1, c[2] + i%3 - 1}]
		for k := part[0]; k < part[1]; k++ {
			if d := geo.Chord(at, a.at[k]); d <= a.in.Round.Radius {
				spot := a.all[k]
				spot.dist, spot.part = d, spot.part+a.nears[d]
				a.loose = append(a.loose, spot)
			}
		}
	}
	if len(a.known) < mostKnown {
		a.known[at] = slices.Clone(a.loose)
	}
	return a.loose
}

// score is what a position in range is to a student; -1 is not eligible.
func (a *surroundings) score(s *score.Student, p *near) int32 {
	overlap := bits.OnesCount64(s.Slots & p.slots)
	if overlap < int(p.need) || p.dist > s.MaxDist || p.req&^s.Skills != 0 {
		return -1
	}
	total := p.part + a.times[(p.nslots<<6|overlap)&4095] + a.skill[(p.nwant<<6|bits.OnesCount32(s.Skills&p.want))&4095]
	if s.Served != score.None && a.in.Positions[p.id].Community == s.Served {
		total += score.Served
	}
	return total + score.Interest(s, p.category)
}

// near is a position in range.
type near struct {
	slots      uint64
	req, want  uint32
	dist, part int32
	id         int32
	nslots     int
	nwant      int
	category   int8
	need       uint8
}

// newNear is a position that has seats, whatever the distance.
func newNear(p *score.Position, id int32) near {
	need := p.Need
	if p.Cap < 1 {
		need = score.Slots + 1 // nobody is free for it
	}
	return near{
		slots: p.Slots, req: p.Req, want: p.Want, id: id, category: p.Category, need: need,
		part: score.Urgency(p), nslots: bits.OnesCount64(p.Slots), nwant: bits.OnesCount32(p.Want),
	}
}

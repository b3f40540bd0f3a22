package assign

import (
	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// spot is a position as a crowd sees it, as small as it gets.
type spot struct {
	slots   uint64
	req     uint32
	want    uint32
	id      int32
	dist    int32 // from the crowd's point; of a cell the least it can be
	static  two   // nearness and urgency; of a cell the most they can be
	partner int32
	bar     int16 // points without which the cut-off is out of reach
	bound   int16 // the most score there can be, without interest, rounded up to steps
	urgency int16
	need    uint8
	nslots  uint8
	nwant   uint8
}

// step is how finely spots are sorted by their bound.
const (
	step    = 64
	buckets = score.MaxTotal/step + 1
)

// field is what a crowd can choose from: the spots of each category, the best bound first.
type field struct {
	spots []spot
	at    []geo.XYZ                   // where each spot is
	first [score.Categories + 2]int32 // of each category; the last but one is of those without a category

	loose  []spot // before they are sorted
	points []geo.XYZ
	keys   []uint16
	counts [(score.Categories+1)*buckets + 1]int32
}

// lay finds the spots of a crowd. With cut-offs, those that nobody can reach are left out.
func (f *field) lay(in *score.Instance, a *atlas, t *tables, c crowd, cutoffs []uint32) {
	origin, at, reach, farthest := c.middle(in)
	f.loose, f.points, f.keys = f.loose[:0], f.points[:0], f.keys[:0]
	clear(f.counts[:])
	a.around(int32(origin.LatE6), int32(origin.LngE6), int64(farthest)+int64(reach), func(id int32, p *score.Position) { //nolint:gosec // degrees
		d := max(0, geo.Chord(at, p.At)-reach)
		if d > farthest {
			return
		}
		near, bar := t.near(d), int32(0)
		if cutoffs != nil {
			bar = t.bar(cutoffs[id])
			if cutoffs[id] == full || bar > 0 && near.points()+t.most(p) < bar {
				return
			}
		}
		f.add(p, id, d, near, bar)
	})
	f.sort()
}

// middle is a point in the midst of a crowd, how far from it its students are at most, and how far any of them would go.
func (c crowd) middle(in *score.Instance) (origin geo.Point, at geo.XYZ, reach, farthest int32) {
	first := &in.Students[c.students[0]]
	south, west := first.LatE6, first.LonE6
	north, east := south, west
	for _, id := range c.students {
		s := &in.Students[id]
		farthest = max(farthest, min(s.MaxDist, in.Round.Radius))
		south, north, west, east = min(south, s.LatE6), max(north, s.LatE6), min(west, s.LonE6), max(east, s.LonE6)
	}
	if c.exact {
		return geo.Point{LatE6: int64(south), LngE6: int64(west)}, first.At, 0, farthest
	}
	origin = geo.Point{LatE6: (int64(south) + int64(north)) / 2, LngE6: (int64(west) + int64(east)) / 2}
	at = origin.XYZ()
	for _, id := range c.students {
		reach = max(reach, geo.Chord(at, in.Students[id].At)+2)
	}
	return origin, at, reach, farthest
}

// most are the points that the best of all students has beside nearness, who did not serve in the community.
func (t *tables) most(p *score.Position) int32 {
	points := t.rule.SkillPoints(1, 1) + t.rule.TimePoints(1, 1) + score.MaxWaited*t.waited
	if partnerOf(p) != score.None {
		points += t.partner
	}
	return points
}

// several stands for more than one paired branch.
const several = score.None - 1

// partnerOf is the branch that a position is paired with, None, or several.
func partnerOf(p *score.Position) int32 {
	if len(p.Partners) > 0 {
		return several
	}
	return p.Partner
}

func (f *field) add(p *score.Position, id, dist int32, near two, bar int32) {
	s := spot{
		slots: p.Slots, req: p.Req, want: p.Want, id: id, dist: dist, need: p.Need, partner: partnerOf(p), bar: int16(bar), //nolint:gosec // at most 10000
		nslots: ones(p.Slots), nwant: ones(uint64(p.Want)), static: near + two(score.Urgency(p)), //nolint:gosec // at most 700
		urgency: int16(score.Urgency(p)), //nolint:gosec // at most 700
	}
	bound := s.static.score() + score.Time(1, 1) + score.Skill(int(s.nwant), int(s.nwant))
	s.bound = int16(bound | (step - 1)) //nolint:gosec // below 8256
	category := int(p.Category)
	if category < 0 {
		category = score.Categories
	}
	key := category*buckets + buckets - 1 - int(s.bound)/step
	f.loose, f.points, f.keys = append(f.loose, s), append(f.points, p.At), append(f.keys, uint16(key)) //nolint:gosec // 13 categories of 157 buckets
	f.counts[key+1]++
}

// sort moves the loose spots to their places.
func (f *field) sort() {
	for i := 1; i < len(f.counts); i++ {
		f.counts[i] += f.counts[i-1]
	}
	for c := range f.first {
		f.first[c] = f.counts[min(c*buckets, len(f.counts)-1)]
	}
	if cap(f.spots) < len(f.loose) {
		f.spots, f.at = make([]spot, 0, len(f.loose)*5/4), make([]geo.XYZ, 0, len(f.loose)*5/4)
	}
	f.spots, f.at = f.spots[:len(f.loose)], f.at[:len(f.loose)]
	for i, key := range f.keys {
		f.spots[f.counts[key]], f.at[f.counts[key]] = f.loose[i], f.points[i]
		f.counts[key]++
	}
}

// of are the spots of a category, and where they are; Categories stands for none.
func (f *field) of(category int) ([]spot, []geo.XYZ) {
	from, to := f.first[category], f.first[category+1]
	return f.spots[from:to], f.at[from:to]
}

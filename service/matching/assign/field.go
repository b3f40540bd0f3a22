package assign

import (
	"math/bits"

	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// spot is a position as a crowd sees it, as small as it gets.
type spot struct {
	slots  uint64
	req    uint32
	want   uint32
	id     int32
	dist   int32 // from the crowd's point; of a cell the least it can be
	static int16 // nearness and urgency; of a cell the most it can be
	bound  int16 // static and the most that time and skills can give, rounded up to steps
	need   uint8
	nslots uint8
	nwant  uint8
}

// step is how finely spots are sorted by their bound.
const (
	step    = 64
	buckets = score.MaxTotal/step + 1
)

// field is what a crowd can choose from: the spots of each category, the best bound first.
type field struct {
	spots []spot
	first [score.Categories + 2]int32 // of each category; the last but one is of those without a category

	loose  []spot // before they are sorted
	keys   []uint16
	counts [(score.Categories+1)*buckets + 1]int32
}

// lay finds the spots of a crowd.
func (f *field) lay(in *score.Instance, a *atlas, c crowd) {
	origin := &in.Students[c.students[0]]
	reach, farthest := int32(0), int32(0) // how far the crowd is spread, how far anyone of it would go
	for _, id := range c.students {
		s := &in.Students[id]
		farthest = max(farthest, min(s.MaxDist, in.Round.Radius))
		if !c.exact {
			reach = max(reach, geo.Chord(origin.At, s.At)+2)
		}
	}
	f.loose, f.keys = f.loose[:0], f.keys[:0]
	clear(f.counts[:])
	a.around(origin.LatE6, origin.LonE6, int64(farthest)+int64(reach), func(id int32) {
		p := &in.Positions[id]
		if d := max(0, geo.Chord(origin.At, p.At)-reach); d <= farthest {
			f.add(p, id, d, in.Round.Radius)
		}
	})
	f.sort()
}

func (f *field) add(p *score.Position, id, dist, radius int32) {
	s := spot{
		slots: p.Slots, req: p.Req, want: p.Want, id: id, dist: dist, need: p.Need,
		nslots: uint8(bits.OnesCount64(p.Slots)), nwant: uint8(bits.OnesCount32(p.Want)), //nolint:gosec // bounded
	}
	static := score.Near(dist, radius) + score.Urgency(p)
	bound := static + score.Time(1, 1) + score.Skill(int(s.nwant), int(s.nwant))
	s.static = int16(static)          //nolint:gosec // bounded
	s.bound = int16(bound | step - 1) //nolint:gosec // bounded
	category := int(p.Category)
	if category < 0 {
		category = score.Categories
	}
	key := category*buckets + buckets - 1 - int(s.bound)/step
	f.loose, f.keys = append(f.loose, s), append(f.keys, uint16(key)) //nolint:gosec // bounded
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
	f.spots = f.spots[:0]
	if cap(f.spots) < len(f.loose) {
		f.spots = make([]spot, 0, len(f.loose)*5/4)
	}
	f.spots = f.spots[:len(f.loose)]
	for i, key := range f.keys {
		f.spots[f.counts[key]] = f.loose[i]
		f.counts[key]++
	}
}

// of are the spots of a category; Categories stands for none.
func (f *field) of(category int) []spot { return f.spots[f.first[category]:f.first[category+1]] }

package index

import (
	"math/bits"
	"sync/atomic"

	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// spot is a position as it is seen from one point: what a search asks of it, with the way there measured.
type spot struct {
	slots     uint64
	req, want uint32
	entry     int32
	dist      int32
	static    int16 // score of nearness and urgency
	bound     int16 // the most it can score, without interest and service, rounded up to steps
	need      uint8
	nslots    uint8
	nwant     uint8
}

// around are the positions within the radius of a point, by kind, those first that can score the most.
type around struct {
	spots []spot
	first [kinds + 1]int32 // of each kind; one more for the end
}

// origin is a point from which somebody asked.
type origin struct {
	at     geo.XYZ
	radius int32
	asked  atomic.Int32
	around atomic.Pointer[around]
}

// origins are the points from which students asked this snapshot: all students of a campus ask from one. They are the only
// thing in it that changes, and nothing that anybody is shown depends on them.
type origins struct {
	table [1 << 10]atomic.Pointer[origin]
	spots atomic.Int64 // of all points
}

const (
	enough   = 4       // questions after which it is worth while to keep what lies around a point
	tries    = 8       // places of the table in which a point may stand
	mostKept = 1 << 20 // spots, 32 bytes each

	step    = 64 // how finely spots are sorted by their bound
	buckets = score.MaxTotal/step + 1
)

// around is what lies around a student; nil when that is not kept.
func (s *Snapshot) around(student *score.Student, radius int32) *around {
	at := student.At
	hash := uint64(uint32(at.X))*0x9e3779b97f4a7c15 ^ uint64(uint32(at.Y))*0xc2b2ae3d27d4eb4f ^ uint64(uint32(at.Z))*0x165667b19e3779f9 //nolint:gosec // a hash
	for i := range uint64(tries) {
		place := &s.known.table[(hash>>40+i)%uint64(len(s.known.table))]
		o := place.Load()
		if o == nil {
			if place.CompareAndSwap(nil, &origin{at: at, radius: radius}) {
				return nil
			}
			o = place.Load()
		}
		if o.at != at || o.radius != radius {
			continue
		}
		if kept := o.around.Load(); kept != nil {
			return kept
		}
		if o.asked.Load() > enough || o.asked.Add(1) != enough {
			return nil
		}
		kept := s.lay(geo.Point{LatE6: int64(student.LatE6), LngE6: int64(student.LonE6)}, at, radius)
		o.around.Store(kept)
		return kept
	}
	return nil
}

// lay lays out what is around a point, unless too much is kept already.
func (s *Snapshot) lay(from geo.Point, at geo.XYZ, radius int32) *around {
	var loose []spot
	var keys []uint16
	var counts [kinds*buckets + 1]int32
	south, north, half, whole := geo.Window(int32(from.LatE6), int64(radius)) //nolint:gosec // degrees
	west, east := int32(from.LngE6-half), int32(from.LngE6+half)              //nolint:gosec // looked at when not whole
	if whole || from.LngE6-half < -180e6 || from.LngE6+half > 180e6 {
		west, east = -180e6, 180e6
	}
	for cell := rowOf(south) * kinds; cell < (rowOf(north)+1)*kinds; cell++ {
		for _, r := range s.between(cell, west, east) {
			dist := geo.Chord(at, r.at)
			if dist > radius {
				continue
			}
			p := newSpot(&r, dist, radius)
			key := int32(r.category)*buckets + buckets - 1 - int32(p.bound)/step
			loose, keys = append(loose, p), append(keys, uint16(key)) //nolint:gosec // 13 kinds of 157 buckets
			counts[key+1]++
		}
	}
	if s.known.spots.Add(int64(len(loose))) > mostKept {
		return nil
	}
	for i := 1; i < len(counts); i++ {
		counts[i] += counts[i-1]
	}
	kept := &around{spots: make([]spot, len(loose))}
	for kind := range kept.first {
		kept.first[kind] = counts[kind*buckets]
	}
	for i, key := range keys {
		kept.spots[counts[key]] = loose[i]
		counts[key]++
	}
	return kept
}

func newSpot(r *record, dist, radius int32) spot {
	p := spot{slots: r.slots, req: r.req, want: r.want, entry: r.entry, dist: dist, need: r.need, nslots: r.nslots, nwant: r.nwant}
	p.static = int16(score.Near(dist, radius)) + r.urgency //nolint:gosec // at most 4200
	most := int32(p.static) + score.Time(1, 1) + score.Skill(int(r.nwant), int(r.nwant))
	p.bound = int16(most | (step - 1)) //nolint:gosec // below 8256
	return p
}

// gather looks at what lies around the student: the kinds of most interest first, and of each until none of the rest can
// score enough.
func (x *search) gather(near *around) {
	for _, worth := range [...]int32{1500, 1000, 500, 0} {
		for kind := range int32(kinds) {
			if x.interest[kind] == worth && (x.Kinds == 0 || x.Kinds<<1>>kind&1 != 0) {
				x.look(near.spots[near.first[kind]:near.first[kind+1]], worth)
			}
		}
	}
}

// look is scan, for spots.
func (x *search) look(spots []spot, interest int32) {
	s, student, limit := x.s, x.Student, x.limit
	floor := x.floor() - interest - x.served
	for i := range spots {
		p := &spots[i]
		if int32(p.bound) < floor {
			return
		}
		overlap := bits.OnesCount64(p.slots & student.Slots)
		part := int32(p.static) + int32(s.time[(int(p.nslots)<<6|overlap)&4095]) + int32(s.skill[(int(p.nwant)<<6|bits.OnesCount32(p.want&student.Skills))&4095])
		if part < floor || overlap < int(p.need) || p.req&^student.Skills != 0 || p.dist > limit || x.Blocks != 0 && p.slots&x.Blocks == 0 {
			continue
		}
		if x.served > 0 || len(x.Blocked) > 0 {
			at := &s.entries[p.entry].Position
			if at.OfAny(x.Blocked) {
				continue
			}
			if at.Community == student.Served && at.Community != score.None {
				part += score.Served
			}
		}
		x.offer(newCandidate(part+interest, p.entry))
		floor = x.floor() - interest - x.served
	}
}

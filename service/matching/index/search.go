package index

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// Query is who asks for what.
type Query struct {
	Student *score.Student
	Blocked []int32 // communities that the student is kept apart from
	Radius  int32   // of the programme, in metres
	Limit   int     // at most 50
	After   Mark    // where the last page ended
	Within  int32   // metres; 0: as far as the student's own limit
	Kinds   uint16  // a bit for each category that is wanted; 0: all
	Blocks  uint64  // only positions with work in one of these blocks; 0: all
	View    View    // how the student sees them; nil: as everybody does
	Shared  bool    // many start from where the student does, so what lies around it is worth keeping
}

// Mark is a place in the order of recommendations. The zero mark is the beginning.
type Mark struct {
	Total int32
	ID    int64
}

// Pick is a recommended position.
type Pick struct {
	ID      int64
	Entry   int32 // of the snapshot
	Parts   score.Parts
	Fit     score.Fit
	Reasons Reason
	Band    uint8
	Chance  int32 // in per mille, if all comes as in the last round; negative when a View does not know
}

// Mark is where the next page begins.
func (p *Pick) Mark() Mark { return Mark{p.Parts.Total(), p.ID} }

// candidate is a position and its score; the greater comes first: the higher score, then the lower id.
type candidate uint64

func newCandidate(total, entry int32) candidate {
	return candidate(total)<<32 | candidate(math.MaxInt32-entry) //nolint:gosec // none is negative
}

func (c candidate) entry() int32 { return math.MaxInt32 - int32(c&math.MaxInt32) }

// search is a query at work.
type search struct {
	*Query
	s        *Snapshot
	limit    int32       // how far it may be
	reach    int64       // the square of a distance that is too far
	after    candidate   // only what is below it is wanted
	interest [16]int32   // by category from 1
	most     int32       // score of nearness, at most
	half     int64       // how far to the west and the east, in longitude
	metres   int64       // and in metres
	whole    bool        // all longitudes are within reach
	served   int32       // score of having served, at most
	best     []candidate // best first
	mixed    bool        // not only the best are looked for
	mix      mix
}

func (s *Snapshot) search(q *Query, best []candidate) search {
	limit := min(q.Radius, q.Student.MaxDist)
	if q.Within > 0 {
		limit = min(limit, q.Within)
	}
	x := search{Query: q, s: s, limit: limit, reach: (int64(limit) + 1) * (int64(limit) + 1), after: math.MaxUint64, best: best}
	if q.Student.Served != score.None {
		x.served = score.Served
	}
	if q.After != (Mark{}) {
		x.after = s.below(q.After)
	}
	for c := range int8(score.Categories) {
		x.interest[c+1] = score.Interest(q.Student, c)
	}
	return x
}

// below is above all that comes after a mark.
func (s *Snapshot) below(m Mark) candidate {
	next, _ := slices.BinarySearchFunc(s.entries, m.ID+1, func(e Entry, id int64) int { return cmp.Compare(e.ID, id) })
	if next == 0 {
		return newCandidate(m.Total+1, math.MaxInt32)
	}
	return newCandidate(m.Total, int32(next)-1) //nolint:gosec // bounded
}

// Recommend adds to dst the best positions of a student: by score, ties by lower id. With room in dst for the limit it
// allocates nothing.
func (s *Snapshot) Recommend(q *Query, dst []Pick) []Pick {
	var list [score.MaxList]candidate
	x := s.search(q, list[:max(0, min(q.Limit, score.MaxList))])
	x.run()
	return s.picks(q, x.best, dst)
}

// picks says of each what it is made of. What stands for nothing ends the list. Records are far away in memory: a short
// first pass lets the processor fetch them at the same time.
func (s *Snapshot) picks(q *Query, list []candidate, dst []Pick) []Pick {
	from := len(dst)
	for _, c := range list {
		if c == 0 {
			break
		}
		dst = append(dst, Pick{ID: s.records[s.where[c.entry()]].id, Entry: c.entry()})
	}
	for i := from; i < len(dst); i++ {
		s.fill(q, &dst[i])
	}
	return dst
}

// run looks at everything within reach: first the kinds that the student is interested in, and the nearest rows first, so
// that most of the rest is known to score too little before it is looked at.
func (x *search) run() {
	if len(x.s.records) == 0 || len(x.best) == 0 {
		return
	}
	if x.Shared {
		if near := x.s.around(x.Student, x.Radius); near != nil {
			x.gather(near)
			return
		}
	}
	lat, lon := x.Student.LatE6, int64(x.Student.LonE6)
	metres := int64(math.Sqrt(float64(x.reach)))
	south, north, half, whole := geo.Window(lat, metres)
	x.half, x.metres, x.whole = half, metres, whole || lon-half < -180e6 || lon+half > 180e6
	here, first, last := rowOf(lat), rowOf(south), rowOf(north)
	for _, interested := range [...]bool{true, false} {
		for off := int32(0); here-off >= first || here+off <= last; off++ {
			if here+off <= last {
				x.row(here+off, interested)
			}
			if off > 0 && here-off >= first {
				x.row(here-off, interested)
			}
		}
	}
}

// row looks at the records of a row, of kinds that the student is interested in or of the others.
func (x *search) row(row int32, interested bool) {
	south := row*rowHeight - 90_000_000
	gap := max(0, south-x.Student.LatE6, x.Student.LatE6-south-rowHeight)
	x.most = score.Near(int32(int64(gap)*110/1000), x.Radius) //nolint:gosec // bounded; a millionth of a degree is 0.111 m
	const rest = 2000 + 2000 + 100*score.MaxUrgency           // time, skills and urgency at most
	for kind := range int32(kinds) {
		cell := row*kinds + kind
		from, to := x.s.cells[cell], x.s.cells[cell+1]
		if from == to || interested != (x.interest[kind] > 0) || x.Kinds != 0 && x.Kinds<<1>>kind&1 == 0 {
			continue
		}
		need := x.floor() - x.interest[kind] - rest - x.served // of nearness
		if need > x.most {
			continue
		}
		west, east := x.window(need)
		x.scan(x.s.between(cell, west, east))
	}
}

// between are the records of a cell between two longitudes.
func (s *Snapshot) between(cell, west, east int32) []record {
	from, to := s.cells[cell], s.cells[cell+1]
	lons := s.lons[from:to]
	first, _ := slices.BinarySearch(lons, west)
	last, _ := slices.BinarySearch(lons, east+1)
	return s.records[from:to][first:last]
}

// window are the longitudes between which a position can have so much score of nearness.
func (x *search) window(need int32) (west, east int32) {
	if x.whole {
		return -180e6, 180e6
	}
	lon, half := int64(x.Student.LonE6), x.half
	if farthest := int64(x.Radius) - int64(need)*int64(x.Radius)/3500 + 1; farthest < x.metres {
		half = min(half, half*farthest/max(1, x.metres)+half/100+16) // a hundredth more, because the earth is round
	}
	return int32(lon - half), int32(lon + half) //nolint:gosec // longitudes
}

// scan looks at some records. Most are left when what they can score at most is known.
func (x *search) scan(records []record) {
	s, student := x.s, x.Student
	floor := x.floor() - x.most
	for i := range records {
		r := &records[i]
		overlap := bits.OnesCount64(r.slots & student.Slots)
		part := int32(s.time[(int(r.nslots)<<6|overlap)&4095]) + int32(s.skill[(int(r.nwant)<<6|bits.OnesCount32(r.want&student.Skills))&4095]) +
			int32(r.urgency) + x.interest[r.category&15]
		if part+x.served < floor || overlap < int(r.need) || r.req&^student.Skills != 0 {
			continue
		}
		dx, dy, dz := int64(r.at.X-student.At.X), int64(r.at.Y-student.At.Y), int64(r.at.Z-student.At.Z)
		square := dx*dx + dy*dy + dz*dz
		if square >= x.reach || x.Blocks != 0 && r.slots&x.Blocks == 0 {
			continue
		}
		if r.community == student.Served && r.community != score.None {
			part += score.Served
		}
		if len(x.Blocked) > 0 && s.entries[r.entry].Position.OfAny(x.Blocked) {
			continue
		}
		x.offer(newCandidate(part+score.Near(int32(math.Sqrt(float64(square))), x.Radius), r.entry))
		floor = x.floor() - x.most
	}
}

// floor is the score below which nothing is wanted any more.
func (x *search) floor() int32 {
	if x.mixed {
		return x.mix.floor(x.best)
	}
	return total(x.best)
}

// total is the score of the last of a list.
func total(list []candidate) int32 { return int32(list[len(list)-1] >> 32) } //nolint:gosec // bounded

func (x *search) offer(c candidate) {
	if c >= x.after {
		return
	}
	if x.View != nil && (x.mixed || c > x.best[len(x.best)-1]) && x.View.Hides(c.entry()) {
		return
	}
	insert(x.best, c)
	if x.mixed {
		x.mix.offer(x, c)
	}
}

// insert puts a candidate at its place in a list, best first, if it belongs there.
func insert(list []candidate, c candidate) {
	i := len(list) - 1
	if i < 0 || c <= list[i] {
		return
	}
	for ; i > 0 && list[i-1] < c; i-- {
		list[i] = list[i-1]
	}
	list[i] = c
}

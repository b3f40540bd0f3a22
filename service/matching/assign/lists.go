// Package assign brings students and positions together: lists of the best positions of each student, and the
// student-optimal stable matching on lists, with smallest teams and groups of friends. It knows no database, no clock and
// no network. The same instance and lists give the same result, whatever the number of workers and the order of work.
package assign

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// Lists makes the list of the K best positions of each student by score, ties by lower position: exactly those that
// comparing every student with every position would give. The bands of the wishes are filled in.
func Lists(in *score.Instance, workers int) score.Lists {
	lists := score.Lists{Width: in.Round.K, Wishes: make([]score.Wish, len(in.Students)*in.Round.K)}
	all, a, t, served := crowds(in.Students), newAtlas(in.Positions), newTables(in.Round.Rule), communities(in.Positions)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range max(1, workers) {
		wg.Go(func() {
			f := &finder{in: in, tables: t, served: served, k: in.Round.K}
			for i := next.Add(1) - 1; i < int64(len(all)); i = next.Add(1) - 1 {
				f.crowd(a, all[i], lists)
			}
		})
	}
	wg.Wait()
	return lists
}

// communities are the positions of each community.
func communities(positions []score.Position) map[int32][]int32 {
	of := map[int32][]int32{}
	for id := range positions {
		if c := positions[id].Community; c != score.None {
			of[c] = append(of[c], int32(id))
		}
	}
	return of
}

// finder finds the best positions of one student after the other.
type finder struct {
	in     *score.Instance
	tables *tables
	served map[int32][]int32
	k      int
	field  field
	exact  bool
	guess  [score.Categories + 1]int32 // scores that the last of a list reached lately, by first interest
	best   [score.MaxList]uint64       // the list so far, best first: score, then the lower position, then its spot
}

// How a candidate is packed into one number: the greater is the better.
const (
	spotBits  = 26
	scoreFrom = spotBits + 24
	noSpot    = 1<<spotBits - 1 // not from the field: one of the community served before
)

func pack(total, id int32, at int) uint64 {
	return uint64(total)<<scoreFrom | uint64(score.MaxPositions-id)<<spotBits | uint64(at) //nolint:gosec // bounded
}

func unpack(c uint64) (id int32, at int) {
	return score.MaxPositions - int32(c>>spotBits&score.MaxPositions), int(c & noSpot)
}

func (f *finder) crowd(a *atlas, c crowd, lists score.Lists) {
	f.field.lay(f.in, a, c)
	f.exact = c.exact
	f.guess = [score.Categories + 1]int32{}
	for _, id := range c.students {
		s := &f.in.Students[id]
		list := lists.Wishes[int(id)*f.k : (int(id)+1)*f.k]
		for i, c := range f.find(s) {
			list[i] = score.End
			if c&(1<<scoreFrom-1) != 0 {
				list[i] = f.wish(s, c)
			}
		}
	}
}

// slack is how far below the last student's list the next one's may end before it is looked for once more.
const slack = 200

// find is the list of a student. What is below the guess is not looked at; where that leaves a list short, it is made
// once more without a guess.
func (f *finder) find(s *score.Student) []uint64 {
	guess := &f.guess[s.Interests[0]+1]
	list := f.above(s, *guess)
	last := list[f.k-1]
	if *guess > 0 && last&(1<<scoreFrom-1) == 0 {
		list = f.above(s, 0)
		last = list[f.k-1]
	}
	*guess = max(0, int32(last>>scoreFrom)-slack)
	return list
}

// above is the list of the positions with at least this score.
func (f *finder) above(s *score.Student, floor int32) []uint64 {
	list := f.best[:f.k]
	for i := range list {
		list[i] = uint64(floor) << scoreFrom //nolint:gosec // bounded
	}
	if s.Served != score.None {
		f.before(s, list)
	}
	for i, c := range s.Interests {
		if c != score.None && score.Interest(s, c) == int32(1500-500*i) {
			f.scan(s, int(c), int32(1500-500*i), list)
		}
	}
	for c := range score.Categories {
		if score.Interest(s, int8(c)) == 0 {
			f.scan(s, c, 0, list)
		}
	}
	f.scan(s, score.Categories, 0, list)
	return list
}

// before takes the positions of the community in which the student served, which score more than their spots say.
func (f *finder) before(s *score.Student, list []uint64) {
	for _, id := range f.served[s.Served] {
		p := &f.in.Positions[id]
		fit := score.Measure(s, p)
		if score.Misfits(s, p, fit, f.in.Round.Radius) != 0 {
			continue
		}
		if c := pack(score.Of(s, p, fit, f.in.Round.Radius).Total(), id, noSpot); c > list[len(list)-1] {
			insert(list, c)
		}
	}
}

// scan takes the spots of a category, until none of the rest can reach the list.
func (f *finder) scan(s *score.Student, category int, interest int32, list []uint64) {
	t, radius := f.tables, f.in.Round.Radius
	worst := list[len(list)-1]
	floor := int32(worst>>scoreFrom) - interest
	from := int(f.field.first[category])
	spots := f.field.of(category)
	for i := range spots {
		p := &spots[i]
		if int32(p.bound) < floor {
			return
		}
		overlap := bits.OnesCount64(s.Slots & p.slots)
		hits := bits.OnesCount32(s.Skills & p.want)
		total := int32(p.static) + int32(t.time[(int(p.nslots)<<6|overlap)&4095]) + int32(t.skill[(int(p.nwant)<<6|hits)&4095])
		if total < floor || overlap < int(p.need) || p.req&^s.Skills != 0 || p.dist > s.MaxDist {
			continue
		}
		if !f.exact {
			d := geo.Chord(s.At, f.in.Positions[p.id].At)
			if d > s.MaxDist || d > radius {
				continue
			}
			total += score.Near(d, radius) - score.Near(p.dist, radius)
		}
		c := pack(total+interest, p.id, from+i)
		if c <= worst || (s.Served != score.None && f.in.Positions[p.id].Community == s.Served) {
			continue
		}
		insert(list, c)
		worst = list[len(list)-1]
		floor = int32(worst>>scoreFrom) - interest
	}
}

// insert puts a candidate, which is better than the last, at its place.
func insert(list []uint64, c uint64) {
	i := len(list) - 1
	for ; i > 0 && list[i-1] < c; i-- {
		list[i] = list[i-1]
	}
	list[i] = c
}

// wish adds the band.
func (f *finder) wish(s *score.Student, c uint64) score.Wish {
	id, _ := unpack(c)
	p := &f.in.Positions[id]
	return score.NewWish(id, f.in.Round.Rule.Band(s, p, score.Measure(s, p), f.in.Round.Radius))
}

// Package assign brings students and positions together: lists of the best positions of each student, and the
// student-optimal stable matching on lists, with smallest teams and groups of friends. It knows no database, no clock and
// no network. The same instance and lists give the same result, whatever the number of workers and the order of work.
package assign

import (
	"sync"
	"sync/atomic"

	"baodao/service/matching/score"
)

// Lists makes the list of the K best positions of each student by score, ties by lower position: exactly those that
// comparing every student with every position would give. The bands of the wishes are filled in.
func Lists(in *score.Instance, workers int) score.Lists {
	lists := score.Lists{Width: in.Round.K, Wishes: make([]score.Wish, len(in.Students)*in.Round.K)}
	w := newWorld(in)
	w.each(workers, len(w.crowds), func(f *finder, i int) {
		f.enter(w.crowds[i], nil)
		for _, id := range w.crowds[i].students {
			s := f.turn(id)
			f.find(s, 0, everything, lists.Wishes[int(id)*in.Round.K:][:in.Round.K])
		}
	})
	return lists
}

// world is what finders share.
type world struct {
	in        *score.Instance
	atlas     *atlas
	tables    *tables
	crowds    []crowd
	community map[int32][]int32 // the positions of each
	finders   []*finder         // of each worker
}

func newWorld(in *score.Instance) *world {
	w := &world{in: in, atlas: newAtlas(in.Positions), tables: newTables(in.Round), crowds: crowds(in.Students), community: map[int32][]int32{}}
	for id := range in.Positions {
		if c := in.Positions[id].Community; c != score.None {
			w.community[c] = append(w.community[c], int32(id))
		}
	}
	return w
}

// each does n pieces of work, in any order, with a finder for each worker.
func (w *world) each(workers, n int, do func(f *finder, i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for worker := range max(1, min(workers, n)) {
		if worker == len(w.finders) {
			w.finders = append(w.finders, &finder{world: w})
		}
		f := w.finders[worker]
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(f, int(i))
			}
		})
	}
	wg.Wait()
}

// candidate is a position that a student could go to, with the student's band there; the greater comes first: the higher
// score, then the lower position.
type candidate uint64

// everything is above every candidate.
const everything candidate = 1<<64 - 1

func newCandidate(total, id int32, band uint8) candidate {
	return candidate(total)<<32 | candidate(score.MaxPositions-id)<<8 | candidate(band) //nolint:gosec // none is negative
}

// nobody is a place for candidates above a score.
func nobody(total int32) candidate { return candidate(total) << 32 } //nolint:gosec // not negative

func (c candidate) none() bool   { return c<<32 == 0 }
func (c candidate) total() int32 { return int32(c >> 32) } //nolint:gosec // bounded

func (c candidate) band() uint8 { return uint8(c & 0xff) }

func (c candidate) wish() score.Wish {
	if c.none() {
		return score.End
	}
	return score.NewWish(score.MaxPositions-int32(c>>8&score.MaxPositions), c.band())
}

// finder finds the best positions of one student after the other, all of one crowd.
type finder struct {
	*world
	field   field
	exact   bool
	blocked []int32                        // communities that the student in turn is kept apart from
	cutoffs []uint32                       // nil: whether a seat can be had does not matter
	guess   [score.Categories + 1][8]int32 // scores that the last of a list reached lately, by first interest
	best    [score.MaxList]candidate       // the list so far, best first
}

// enter turns to a crowd.
func (f *finder) enter(c crowd, cutoffs []uint32) {
	f.field.lay(f.in, f.atlas, f.tables, c, cutoffs)
	f.exact, f.cutoffs = c.exact, cutoffs
	f.guess = [score.Categories + 1][8]int32{}
}

// turn turns to a student.
func (f *finder) turn(student int32) *score.Student {
	f.blocked = f.in.Blocked[student]
	return &f.in.Students[student]
}

// slack is how far below the others' lists a list may end before it is looked for once more.
const slack = 450

// find writes the best positions of a student that come after a candidate. low is the low half of the student's keys.
// What is below a guess is not looked at; where that leaves a list short, it is made once more without.
func (f *finder) find(s *score.Student, low uint32, after candidate, list []score.Wish) {
	guess := &f.guess[s.Interests[0]+1][ones(s.Slots)/6]
	if after != everything {
		guess = new(int32)
	}
	q := query{student: s, low: low, after: after, list: f.best[:len(list)]}
	f.above(&q, *guess)
	last := q.list[len(list)-1]
	if *guess > 0 && last.none() {
		f.above(&q, 0)
		last = q.list[len(list)-1]
	}
	if *guess == 0 {
		*guess = max(0, last.total()-slack)
	} else {
		*guess = max(0, *guess+(last.total()-slack-*guess)/4)
	}
	write(q.list, list)
}

// query is what a finder looks for.
type query struct {
	student *score.Student
	low     uint32
	after   candidate
	list    []candidate
	extra   int32 // points for earlier rounds
	mix     *mix  // nil: only the best by score
}

// floor is the score below which nothing changes the lists.
func (q *query) floor() int32 {
	floor := q.list[len(q.list)-1].total()
	if q.mix != nil {
		floor = min(floor, q.mix.likely[len(q.mix.likely)-1].total(), q.mix.safe[len(q.mix.safe)-1].total())
	}
	return floor
}

// above makes the list of the positions with at least this score.
func (f *finder) above(q *query, floor int32) {
	for i := range q.list {
		q.list[i] = nobody(floor)
	}
	s := q.student
	q.extra = f.tables.waited * int32(min(s.Waited, score.MaxWaited))
	if s.Served != score.None {
		f.served(q)
	}
	rest := uint32(1<<(score.Categories+1) - 1)
	for i, c := range s.Interests {
		if c != score.None && rest>>c&1 == 1 {
			rest &^= 1 << c
			f.scan(q, int(c), int32(1500-500*i))
		}
	}
	for c := range score.Categories + 1 {
		if rest>>c&1 == 1 {
			f.scan(q, c, 0)
		}
	}
}

// served takes the positions of the community in which the student served, which score more than their spots say.
func (f *finder) served(q *query) {
	for _, id := range f.community[q.student.Served] {
		p := &f.in.Positions[id]
		fit := score.Measure(q.student, p)
		if score.Misfits(q.student, p, fit, f.in.Round.Radius) != 0 || p.OfAny(f.blocked) {
			continue
		}
		band := f.in.Round.Rule.Band(q.student, p, fit, f.in.Round.Radius)
		f.offer(q, newCandidate(score.Of(q.student, p, fit, f.in.Round.Radius).Total(), id, band), id)
	}
}

// offer takes a candidate into the list if it belongs there.
func (f *finder) offer(q *query, c candidate, id int32) {
	if c >= q.after || len(f.cutoffs) > 0 && uint32(c.band())<<24|q.low < f.cutoffs[id] {
		return
	}
	if q.mix != nil {
		q.mix.offer(c, id, len(q.mix.outlook.Partners) > 0 && f.in.Positions[id].ReservedFor(q.student.Branch))
	}
	insert(q.list, c)
}

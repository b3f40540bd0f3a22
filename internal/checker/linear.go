package checker

import (
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// most is how many students and positions of one activity the model can hold.
const (
	mostStudents  = 64
	mostPositions = 2
)

// seating is an activity in the model: who has a seat, whose seat is an offer, who waits and in which order.
type seating struct {
	capacity     [mostPositions]int64
	seated, held [mostPositions]uint64
	line         [mostPositions]string // a byte for each student
	last         [mostPositions]int64  // number given in the waiting list
}

// rules are those of one position.
type rules struct{ waitlist, offers bool }

// step is one operation of the model.
type step struct {
	kind     Kind
	number   int64 // given in the waiting list, as the database wrote it down
	position int
	student  int
	seats    int64
	seen     Seats
	status   string // of the answer; empty: unknown
	problem  string
}

// letter is a student in a line.
func letter(student int) string { return string([]byte{byte(student)}) } //nolint:gosec // there are at most 64

func (s *seating) has(position, student int) bool {
	return s.seated[position]>>student&1 == 1 || strings.Contains(s.line[position], letter(student))
}

func (s *seating) member(student int) bool { return s.has(0, student) || s.has(1, student) }

func (s *seating) taken(position int) int64 { return int64(bits.OnesCount64(s.seated[position])) }

// refill gives free seats to who waits.
func (s *seating) refill(position int, offers bool) {
	for len(s.line[position]) > 0 && s.taken(position) < s.capacity[position] {
		who := s.line[position][0]
		s.line[position] = s.line[position][1:]
		s.seated[position] |= 1 << who
		if offers {
			s.held[position] |= 1 << who
		}
	}
}

// status of a student at a position.
func (s *seating) status(position, student int) string {
	switch {
	case s.held[position]>>student&1 == 1:
		return offered
	case s.seated[position]>>student&1 == 1:
		return confirmed
	case s.has(position, student):
		return waitlisted
	default:
		return ""
	}
}

// next is the model: whether the step is possible, and what follows from it.
func next(s seating, o step, all [mostPositions]rules) (bool, seating) {
	p := o.position
	free := s.line[p] == "" && s.taken(p) < s.capacity[p]
	switch o.kind {
	case SignUp:
		return s.signUp(o, free, all[p])
	case Cancel:
		if !s.has(p, o.student) {
			return false, s
		}
		bit := uint64(1) << o.student
		s.seated[p] &^= bit
		s.held[p] &^= bit
		s.line[p] = strings.ReplaceAll(s.line[p], letter(o.student), "")
		s.refill(p, all[p].offers)
		return true, s
	case Accept:
		ok := s.held[p]>>o.student&1 == 1
		s.held[p] &^= 1 << o.student
		return ok, s
	case SetCapacity:
		if below := s.taken(p) > o.seats; o.problem != "" || below {
			return below == (o.problem != ""), s
		}
		s.capacity[p] = o.seats
		s.refill(p, all[p].offers)
		return true, s
	case Read:
		return s.status(p, o.student) == o.status, s
	default:
		held := int64(bits.OnesCount64(s.held[p]))
		return o.seen == Seats{Capacity: s.capacity[p], Confirmed: s.taken(p) - held, Held: held, Waiting: int64(len(s.line[p]))}, s
	}
}

func (s seating) signUp(o step, free bool, r rules) (bool, seating) {
	member := s.member(o.student)
	switch {
	case o.problem == "signup.duplicate":
		return member, s
	case member, !free && !r.waitlist:
		return false, s
	case free:
		s.seated[o.position] |= 1 << o.student
		return o.status != waitlisted && o.number == 0, s
	default:
		s.line[o.position] += letter(o.student)
		s.last[o.position]++
		return o.status != confirmed && o.number == s.last[o.position], s
	}
}

// linear looks for an order of an activity's requests, each at an instant between its call and its answer, in which the
// model would have answered the same. That is hard to find in a crowd: what takes longer than patience is left to commits.
// "Full" is left out: it may be old news.
func linear(h History, activity int64, patience time.Duration, out *Problems) {
	var all [mostPositions]rules
	begin := seating{}
	for i, p := range h.Positions {
		all[i], begin.capacity[i] = rules{p.Waitlist, p.Offers}, p.First
	}
	model := porcupine.Model{
		Init: func() any { return begin },
		Step: func(state, in, _ any) (bool, any) {
			return next(state.(seating), in.(step), all) //nolint:forcetypeassert,errcheck // the model's own
		},
	}
	switch porcupine.CheckOperationsTimeout(model, operations(h), patience) {
	case porcupine.Illegal:
		out.add("order", "the answers about activity %d fit no order", activity)
	case porcupine.Unknown:
		out.add(Undecided, "activity %d", activity)
	default:
	}
}

// Undecided is no violation: the search took too long.
const Undecided = "undecided"

// operations turns requests into steps. The requests with one key are one step, if it took effect: from the first of them to
// the first answer. What nobody was told took effect if the database says so, at any time until the closing.
func operations(h History) []porcupine.Operation {
	b := build(h)
	all := b.reads
	for _, e := range b.order {
		all = append(all, *b.effects[e])
	}
	slices.SortStableFunc(all, func(x, y porcupine.Operation) int { return int(x.Call - y.Call) })
	return all
}

func build(h History) *builder {
	b := &builder{
		h: h, effects: map[effect]*porcupine.Operation{}, rows: map[string]Row{}, ended: map[int64]string{}, acked: map[int64]bool{}, numbers: map[string]int64{},
		keys: map[int64]string{},
	}
	for _, r := range h.Rows {
		b.rows[r.Key], b.ended[r.ID], b.keys[r.ID] = r, r.Status, r.Key
	}
	for _, e := range h.Events {
		if e.Status == waitlisted {
			b.numbers[b.keys[e.Signup]] = e.QueueNo
		}
	}
	for _, a := range h.Attempts {
		b.acked[a.Signup] = b.acked[a.Signup] || (a.Kind == Accept && a.Done())
	}
	for _, a := range h.Attempts {
		b.add(a)
	}
	return b
}

package checker

import (
	"slices"
	"strconv"

	"github.com/anishathalye/porcupine"
)

// effect names what may happen once.
type effect struct {
	kind Kind
	id   int64
	key  string
}

// builder makes the operations of one activity.
type builder struct {
	h        History
	students []int64
	rows     map[string]Row   // by key
	keys     map[int64]string // by signup
	ended    map[int64]string // status at the end, by signup
	acked    map[int64]bool   // offers that were accepted
	effects  map[effect]*porcupine.Operation
	order    []effect
	reads    []porcupine.Operation
	numbers  map[string]int64 // of the waiting list, by key
}

func (b *builder) step(a Attempt) step {
	i := slices.Index(b.students, a.Student)
	if i < 0 && a.Student != 0 {
		i, b.students = len(b.students), append(b.students, a.Student)
	}
	position := slices.IndexFunc(b.h.Positions, func(p Position) bool { return p.ID == a.Position })
	return step{kind: a.Kind, number: b.numbers[a.Key], position: position, student: max(i, 0), seats: a.Seats, seen: a.Seen, status: a.Status, problem: a.Problem}
}

func (b *builder) add(a Attempt) {
	s := b.step(a)
	switch {
	case a.Done() && (a.Kind == Look || a.Kind == Read):
	case a.Done():
		b.effect(a, s, int64(a.Return))
		return
	case a.Unknown():
		if b.happened(a) {
			s.status, s.problem = "", ""
			b.effect(a, s, int64(b.h.Closing))
		}
		return
	case a.Problem == "signup.duplicate", a.Problem == "position.capacity_below_taken":
	default:
		return // says nothing
	}
	b.reads = append(b.reads, porcupine.Operation{Input: s, Call: int64(a.Call), Return: int64(a.Return)})
}

// happened tells whether the database shows the effect of a request that got no answer.
func (b *builder) happened(a Attempt) bool {
	switch a.Kind {
	case SignUp:
		r, found := b.rows[a.Key]
		return found && r.Position == a.Position
	case Cancel:
		return b.ended[a.Signup] == cancelled
	case Accept:
		return b.ended[a.Signup] == confirmed || b.acked[a.Signup] // who gives up does nothing more with it
	case SetCapacity:
		return b.h.resized(a)
	default:
		return false
	}
}

// effect merges the requests that had it between them.
func (b *builder) effect(a Attempt, s step, until int64) {
	e := effect{kind: a.Kind, id: a.Signup}
	switch a.Kind {
	case SignUp:
		e = effect{kind: a.Kind, key: a.Key}
	case SetCapacity:
		e.id, e.key = a.Version, b.keyOf(a)
	default:
	}
	was := b.effects[e]
	if was == nil {
		b.effects[e] = &porcupine.Operation{Input: s, Call: int64(a.Call), Return: until}
		b.order = append(b.order, e)
		return
	}
	if first, ok := was.Input.(step); ok && first.status == "" {
		was.Input = s
	}
	was.Call, was.Return = min(was.Call, int64(a.Call)), min(was.Return, until)
}

func (b *builder) keyOf(a Attempt) string { return strconv.Itoa(b.step(a).position) }

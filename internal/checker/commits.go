package checker

import (
	"cmp"
	"slices"
	"time"
)

// Stale is how old the news may be that a position is full: servers refuse from memory for so long (service/signup/mark.go).
// "Full" is therefore held against every instant from so long before the request on. Every other answer is exact.
const Stale = 300 * time.Millisecond

// moment is a position between two commits, as the database wrote them down.
type moment struct {
	Seats
	members     map[int64]string // status by student
	call, until time.Duration    // of the request whose effect it is
	cause       Event
}

// commits plays the changes of each position in the order in which the database made them, and holds every answer against
// that order: an effect lies between its request and its answer, no moment has more seated than seats, and what was read or
// refused was so at a moment between the question and the answer.
func commits(h History, out *Problems) {
	b := build(h)
	for _, p := range h.Positions {
		all := b.moments(p)
		latest := time.Duration(0)
		for _, m := range all {
			if m.until < latest {
				out.add("order", "position %d: %+v was answered before something that came first was asked", p.ID, m.cause)
			}
			latest = max(latest, m.call)
			if m.Confirmed+m.Held > m.Capacity {
				out.add("oversell", "position %d had %+v after %+v", p.ID, m.Seats, m.cause)
			}
		}
		reads(p, all, h.Attempts, out)
	}
}

// moments makes the moments of a position, the first before everything.
func (b *builder) moments(p Position) []moment {
	now := moment{Seats: Seats{Capacity: p.First}, members: map[int64]string{}}
	all := []moment{now}
	for _, e := range b.h.Events {
		if e.Position != p.ID {
			continue
		}
		was := now.members[e.Student]
		now.members = with(now.members, e)
		now.count(was, -1)
		now.count(e.Status, 1)
		if e.Signup == 0 {
			now.Capacity = e.Seats
		}
		if was == waitlisted && (e.Status == confirmed || e.Status == offered) {
			now.call, now.until, now.cause = all[len(all)-1].call, all[len(all)-1].until, all[len(all)-1].cause
			all[len(all)-1] = now // a promotion is one with what freed the seat
			continue
		}
		now.cause = e
		now.call, now.until = b.span(p, e)
		all = append(all, now)
	}
	return all
}

// with is the members after an event.
func with(members map[int64]string, e Event) map[int64]string {
	if e.Signup == 0 {
		return members
	}
	out := make(map[int64]string, len(members)+1)
	for k, v := range members {
		out[k] = v
	}
	if out[e.Student] = e.Status; e.Status == cancelled {
		delete(out, e.Student)
	}
	return out
}

func (m *moment) count(status string, n int64) {
	switch status {
	case confirmed:
		m.Confirmed += n
	case offered:
		m.Held += n
	case waitlisted:
		m.Waiting += n
	}
}

// span is when the effect of an event was asked for and answered.
func (b *builder) span(p Position, e Event) (call, until time.Duration) {
	is := effect{kind: SignUp, key: b.keys[e.Signup]}
	switch {
	case e.Signup == 0:
		is = effect{kind: SetCapacity, id: e.Version - 1, key: b.keyOf(Attempt{Position: p.ID})}
	case e.Status == cancelled:
		is = effect{kind: Cancel, id: e.Signup}
	case e.Status == confirmed && b.acked[e.Signup]:
		is = effect{kind: Accept, id: e.Signup}
	}
	if o := b.effects[is]; o != nil {
		return time.Duration(o.Call), time.Duration(o.Return)
	}
	return 0, b.h.Closing
}

// reads holds what was read or refused against the moments. Who asks after somebody else was answered sees no older moment.
func reads(p Position, all []moment, attempts []Attempt, out *Problems) {
	asked := slices.DeleteFunc(slices.Clone(attempts), func(a Attempt) bool { return a.Position != p.ID || a.Unknown() })
	slices.SortStableFunc(asked, func(x, y Attempt) int { return cmp.Compare(x.Call, y.Call) })
	type seen struct {
		until time.Duration
		at    int
	}
	var before []seen
	for _, a := range asked {
		fits := fit(p, a)
		if fits == nil {
			continue
		}
		from, old := a.Call, a.Problem == "signup.full"
		if old {
			from -= Stale
		}
		low, high := window(all, from, a.Return)
		for _, s := range before {
			if s.until < a.Call && !old {
				low = max(low, s.at)
			}
		}
		at := low
		for at <= high && !fits(all[at]) {
			at++
		}
		switch {
		case at > high:
			out.add("read", "position %d: %s by student %d from %s to %s said %d %s %s %+v, which was never so (moments %d to %d of %d)",
				p.ID, a.Kind, a.Student, a.Call, a.Return, a.Code, a.Problem, a.Status, a.Seen, low, high, len(all))
		case !old:
			before = append(before, seen{a.Return, at})
		}
	}
}

// window is which moments somebody who asks from and is answered at may see.
func window(all []moment, from, until time.Duration) (low, high int) {
	high = len(all) - 1
	for i, m := range all {
		if i > 0 && m.until < from {
			low = i
		}
	}
	for i := len(all) - 1; i > 0; i-- {
		if all[i].call > until {
			high = i - 1
		}
	}
	return low, high
}

// fit is what a moment must be for an answer to be right; nil for answers that say nothing about it.
func fit(p Position, a Attempt) func(moment) bool {
	switch {
	case a.Done() && a.Kind == Look:
		return func(m moment) bool { return m.Seats == a.Seen }
	case a.Done() && a.Kind == Read:
		return func(m moment) bool { return m.members[a.Student] == a.Status }
	case a.Problem == "signup.full":
		return func(m moment) bool {
			return !p.Waitlist && m.members[a.Student] == "" && m.Confirmed+m.Held >= m.Capacity
		}
	case a.Problem == "position.capacity_below_taken":
		return func(m moment) bool { return m.Confirmed+m.Held > a.Seats }
	default:
		return nil
	}
}

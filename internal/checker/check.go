package checker

import "slices"

// may are the refusals that a request may hear from these clients. The contract has more; these clients give no cause for them.
func may(k Kind) []string {
	door := []string{"rate.limited", "server.overloaded"}
	switch k {
	case SignUp:
		return append(door, "signup.full", "signup.duplicate", "idempotency.in_progress")
	case SetCapacity:
		return append(door, "version.mismatch", "position.capacity_below_taken")
	default:
		return door
	}
}

// answers finds answers that no client should ever get: a 500, or a refusal without a reason.
func answers(h History, out *Problems) {
	for _, a := range h.Attempts {
		if a.Code == 0 || a.Done() {
			if a.Kind == Look && a.Seen.Confirmed+a.Seen.Held > a.Seen.Capacity {
				out.add("oversell", "a client saw %+v at position %d", a.Seen, a.Position)
			}
			continue
		}
		if a.Code == 500 || !slices.Contains(may(a.Kind), a.Problem) {
			out.add("answer", "%s at position %d by student %d: %d %s", a.Kind, a.Position, a.Student, a.Code, a.Problem)
		}
	}
}

// acknowledged looks for every effect that a client was promised: acknowledged ⊆ final.
func acknowledged(h History, out *Problems) {
	rows := map[int64]Row{}
	for _, r := range h.Rows {
		rows[r.ID] = r
	}
	for _, a := range h.Attempts {
		if !a.Done() {
			continue
		}
		r := rows[a.Signup]
		switch {
		case a.Kind == SignUp && (r.Student != a.Student || r.Position != a.Position || r.Key != a.Key):
			out.add("lost", "signup %d of student %d at position %d was acknowledged, there is %+v", a.Signup, a.Student, a.Position, r)
		case a.Kind == Cancel && r.Status != cancelled:
			out.add("lost", "signup %d was cancelled, it is %s", a.Signup, r.Status)
		case a.Kind == Accept && r.Status != confirmed && r.Status != cancelled:
			out.add("lost", "signup %d was accepted, it is %s", a.Signup, r.Status)
		case a.Kind == SetCapacity && !h.resized(a):
			out.add("lost", "version %d of position %d was to have %d seats", a.Version+1, a.Position, a.Seats)
		}
	}
}

// explained looks for effects that nobody asked for: final ⊆ acknowledged ∪ unknown.
func explained(h History, out *Problems) {
	asked, ended := map[string]bool{}, map[int64]bool{}
	for _, a := range h.Attempts {
		if !a.Done() && !a.Unknown() {
			continue
		}
		switch a.Kind {
		case SignUp:
			asked[a.Key] = true
		case Cancel:
			ended[a.Signup] = true
		default:
		}
	}
	for _, r := range h.Rows {
		if !asked[r.Key] {
			out.add("unexplained", "signup %d of student %d: every request with key %s was refused", r.ID, r.Student, r.Key)
		}
		if !r.live() && !ended[r.ID] {
			out.add("unexplained", "signup %d of student %d is %s, and nobody cancelled it", r.ID, r.Student, r.Status)
		}
	}
}

// doubles looks for two live signups of a student in an activity.
func doubles(h History, out *Problems) {
	type who struct{ student, activity int64 }
	first := map[who]int64{}
	for _, r := range h.Rows {
		if !r.live() {
			continue
		}
		w := who{r.Student, r.Activity}
		if id, twice := first[w]; twice {
			out.add("double", "student %d has signups %d and %d in activity %d", r.Student, id, r.ID, r.Activity)
		}
		first[w] = r.ID
	}
}

// keys looks for keys with two effects or two answers, and for keys that were told that nothing happened when something did.
func keys(h History, out *Problems) {
	effects := map[string]int{}
	for _, r := range h.Rows {
		if effects[r.Key]++; effects[r.Key] == 2 {
			out.add("key", "%s took effect twice", r.Key)
		}
	}
	last, answer := map[string]Attempt{}, map[string]string{}
	for _, a := range h.Attempts {
		if a.Kind != SignUp {
			continue
		}
		if a.Done() {
			if was, before := answer[a.Key]; before && was != a.Body {
				out.add("key", "%s was answered %s and %s", a.Key, was, a.Body)
			}
			answer[a.Key] = a.Body
		}
		if l, seen := last[a.Key]; !seen || a.Call >= l.Return || (l.refused() && a.Return > l.Return) {
			last[a.Key] = a
		}
	}
	for key, a := range last {
		if a.refused() && effects[key] > 0 {
			out.add("key", "the last answer to %s was %s, yet student %d has the signup", key, a.Problem, a.Student)
		}
	}
}

// counters compares the numbers of the positions with the rows at the end.
func counters(h History, out *Problems) {
	for _, p := range h.Positions {
		n := map[string]int64{}
		for _, r := range h.Rows {
			if r.Position == p.ID {
				n[r.Status]++
			}
		}
		if p.Taken != n[confirmed]+n[offered] || p.Held != n[offered] || p.Waiting != n[waitlisted] {
			out.add("counter", "position %d ends with %d taken, %d held, %d waiting; its rows are %v", p.ID, p.Taken, p.Held, p.Waiting, n)
		}
		if n[confirmed]+n[offered] > p.Capacity {
			out.add("oversell", "position %d ends with %v in %d seats", p.ID, n, p.Capacity)
		}
	}
}

// line looks for who was overtaken: a seat goes to the lowest numbers of the waiting list, and numbers only rise.
func line(h History, out *Problems) {
	for _, p := range h.Positions {
		waiting, highest := map[int64]int64{}, int64(0) // signup: number
		var lucky []int64                               // numbers that one statement gave seats to
		events := slices.DeleteFunc(slices.Clone(h.Events), func(e Event) bool { return e.Position != p.ID || e.Signup == 0 })
		for i, e := range events {
			no, waited := waiting[e.Signup]
			delete(waiting, e.Signup)
			switch {
			case e.Status == waitlisted && e.QueueNo <= highest:
				out.add("overtaking", "number %d of position %d was given after %d", e.QueueNo, p.ID, highest)
			case e.Status == waitlisted:
				highest, waiting[e.Signup] = e.QueueNo, e.QueueNo
			case waited && e.Status != cancelled:
				lucky = append(lucky, no)
			}
			if i+1 == len(events) || events[i+1].At != e.At || events[i+1].Status != e.Status {
				passed(p.ID, waiting, lucky, out)
				lucky = nil
			}
		}
	}
}

// passed compares who got seats with who still waits.
func passed(position int64, waiting map[int64]int64, lucky []int64, out *Problems) {
	for _, got := range lucky {
		for id, no := range waiting {
			if no < got {
				out.add("overtaking", "number %d of position %d got a seat before signup %d with number %d", got, position, id, no)
			}
		}
	}
}

package checker_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"baodao/internal/checker"
)

const second = time.Second

// ask is one request of a made-up history; at is when it was asked, in tenths of a second. Each takes 10 ms.
func ask(at int, kind checker.Kind, position, student, signup int64, code int, status string) checker.Attempt {
	call := time.Duration(at) * 100 * time.Millisecond
	a := checker.Attempt{Kind: kind, Activity: position / 10, Position: position, Student: student, Signup: signup, Code: code, Call: call, Return: call + 10*time.Millisecond}
	if code >= 400 {
		a.Problem = status
	} else {
		a.Status = status
	}
	return a
}

// enter is a sign-up.
func enter(at int, key string, position, student, signup int64, code int, status string) checker.Attempt {
	a := ask(at, checker.SignUp, position, student, signup, code, status)
	if a.Key = key; code == 201 {
		a.Body = status
	}
	return a
}

func look(at int, position int64, seen checker.Seats) checker.Attempt {
	a := ask(at, checker.Look, position, 0, 0, 200, "")
	a.Seen = seen
	return a
}

func event(position, signup, student int64, status string, queueNo int64) checker.Event {
	return checker.Event{Position: position, Signup: signup, Student: student, Status: status, QueueNo: queueNo}
}

// fair is what may happen: position 10 has one seat and no waiting list, position 20 one seat and a waiting list.
func fair() checker.History {
	resize := ask(30, checker.SetCapacity, 20, 0, 0, 200, "")
	resize.Version, resize.Seats = 1, 2
	return checker.History{
		Closing:   10 * second,
		Positions: []checker.Position{{ID: 10, Activity: 1, First: 1, Capacity: 1, Taken: 1}, {ID: 20, Activity: 2, First: 1, Waitlist: true, Capacity: 2, Taken: 2}},
		Rows: []checker.Row{
			{ID: 100, Activity: 1, Position: 10, Student: 1, Key: "a", Status: "CANCELLED_BY_USER"},
			{ID: 101, Activity: 1, Position: 10, Student: 2, Key: "c", Status: "CONFIRMED"},
			{ID: 200, Activity: 2, Position: 20, Student: 1, Key: "d", Status: "CANCELLED_BY_USER"},
			{ID: 201, Activity: 2, Position: 20, Student: 2, Key: "e", Status: "CONFIRMED"},
			{ID: 202, Activity: 2, Position: 20, Student: 3, Key: "f", Status: "CONFIRMED"},
		},
		Attempts: []checker.Attempt{
			enter(1, "a", 10, 1, 100, 201, "CONFIRMED"), enter(2, "b", 10, 2, 0, 409, "signup.full"), look(3, 10, checker.Seats{Capacity: 1, Confirmed: 1}),
			ask(4, checker.Cancel, 10, 1, 100, 200, "CANCELLED_BY_USER"), look(9, 10, checker.Seats{Capacity: 1}),
			enter(10, "c", 10, 2, 0, 0, ""), enter(11, "c", 10, 2, 101, 201, "CONFIRMED"), enter(12, "g", 10, 2, 0, 409, "signup.duplicate"),
			enter(1, "d", 20, 1, 200, 201, "CONFIRMED"), enter(2, "e", 20, 2, 201, 201, "WAITLISTED"), enter(3, "f", 20, 3, 202, 201, "WAITLISTED"),
			look(4, 20, checker.Seats{Capacity: 1, Confirmed: 1, Waiting: 2}), ask(5, checker.Cancel, 20, 1, 200, 200, "CANCELLED_BY_USER"),
			ask(6, checker.Read, 20, 2, 201, 200, "CONFIRMED"), resize, look(31, 20, checker.Seats{Capacity: 2, Confirmed: 2}),
		},
		Events: []checker.Event{
			event(10, 100, 1, "CONFIRMED", 0), event(10, 100, 1, "CANCELLED_BY_USER", 0), event(10, 101, 2, "CONFIRMED", 0),
			event(20, 200, 1, "CONFIRMED", 0), event(20, 201, 2, "WAITLISTED", 1), event(20, 202, 3, "WAITLISTED", 2),
			event(20, 200, 1, "CANCELLED_BY_USER", 0), event(20, 201, 2, "CONFIRMED", 0),
			{Position: 20, Version: 2, Seats: 2},
			event(20, 202, 3, "CONFIRMED", 0),
		},
	}
}

func TestWhatMayHappenIsNoProblem(t *testing.T) {
	t.Parallel()
	for _, p := range checker.Check(fair(), second) {
		t.Error(p)
	}
	late := fair()
	late.Attempts = append(late.Attempts, enter(6, "h", 10, 3, 0, 409, "signup.full")) // freed 200 ms ago
	for _, p := range checker.Check(late, second) {
		t.Error(p)
	}
	if wrong := checker.Glances([]checker.Glance{{Position: 1, Capacity: 2, Taken: 2, Seated: 2, Held: 1, Waiting: 1, InLine: 1}}); len(wrong) > 0 {
		t.Error(wrong)
	}
}

// swap changes the places of two events.
func swap(h *checker.History, i, j int) { h.Events[i], h.Events[j] = h.Events[j], h.Events[i] }

func TestWhatMayNotHappenIsFound(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		check string
		spoil func(*checker.History)
	}{
		"an acknowledged sign-up is gone":       {"lost", func(h *checker.History) { h.Rows = slices.Delete(h.Rows, 1, 2) }},
		"an acknowledged sign-up is somebody's": {"lost", func(h *checker.History) { h.Rows[1].Student = 9 }},
		"an acknowledged cancellation is gone":  {"lost", func(h *checker.History) { h.Rows[0].Status = "CONFIRMED" }},
		"an acknowledged capacity is gone":      {"lost", func(h *checker.History) { h.Events = slices.Delete(h.Events, 8, 9) }},
		"an acknowledged acceptance is gone": {"lost", func(h *checker.History) {
			h.Attempts = append(h.Attempts, ask(40, checker.Accept, 20, 3, 202, 200, "CONFIRMED"))
			h.Rows[4].Status = "OFFERED"
		}},
		"a sign-up that was only refused": {"unexplained", func(h *checker.History) { h.Rows[1].Key = "b" }},
		"a sign-up that ended by itself":  {"unexplained", func(h *checker.History) { h.Rows[1].Status = "CANCELLED_BY_USER" }},
		"two live sign-ups of one student": {"double", func(h *checker.History) {
			h.Rows = append(h.Rows, checker.Row{ID: 102, Activity: 1, Position: 10, Student: 2, Key: "g", Status: "CONFIRMED"})
		}},
		"one key, two effects": {"key", func(h *checker.History) { h.Rows[2].Key = "e" }},
		"one key, two answers": {"key", func(h *checker.History) {
			h.Attempts = append(h.Attempts, enter(13, "c", 10, 2, 101, 201, "WAITLISTED"))
		}},
		"told that it is full, and has a seat":   {"key", func(h *checker.History) { h.Attempts[6] = enter(11, "c", 10, 2, 0, 409, "signup.full") }},
		"a client sees more than there are":      {"oversell", func(h *checker.History) { h.Attempts[2].Seen.Confirmed = 2 }},
		"two get the same seat":                  {"oversell", func(h *checker.History) { swap(h, 1, 2) }},
		"more rows than seats at the end":        {"oversell", func(h *checker.History) { h.Rows[0].Status = "CONFIRMED" }},
		"a counter is not its rows":              {"counter", func(h *checker.History) { h.Positions[0].Taken = 0 }},
		"the second in line is first":            {"overtaking", func(h *checker.History) { h.Events[7] = event(20, 202, 3, "CONFIRMED", 0) }},
		"a number of the line is given twice":    {"overtaking", func(h *checker.History) { h.Events[5].QueueNo = 1 }},
		"a 500":                                  {"answer", func(h *checker.History) { h.Attempts[5].Code = 500 }},
		"a refusal that nobody expects":          {"answer", func(h *checker.History) { h.Attempts[1].Problem = "state.conflict" }},
		"a refusal without a code":               {"answer", func(h *checker.History) { h.Attempts[1].Problem = "" }},
		"an old look":                            {"read", func(h *checker.History) { h.Attempts[4].Seen.Confirmed = 1 }},
		"an old look, by search":                 {"order", func(h *checker.History) { h.Attempts[4].Seen.Confirmed = 1 }},
		"an old read of a sign-up":               {"read", func(h *checker.History) { h.Attempts[13].Status = "WAITLISTED" }},
		"full, though a seat is free for 500 ms": {"read", func(h *checker.History) { h.Attempts = append(h.Attempts, enter(9, "h", 10, 3, 0, 409, "signup.full")) }},
		"a duplicate who has nothing": {"order", func(h *checker.History) {
			h.Attempts = append(h.Attempts, enter(9, "h", 10, 3, 0, 409, "signup.duplicate"))
		}},
		"waiting, though a seat is free":           {"order", func(h *checker.History) { h.Attempts[8].Status = "WAITLISTED" }},
		"committed in another order than answered": {"order", func(h *checker.History) { swap(h, 4, 5) }},
		"a look sees older news than one before it": {"read", func(h *checker.History) {
			h.Attempts[3].Return = 7 * second / 10
			h.Attempts = append(h.Attempts, look(5, 10, checker.Seats{Capacity: 1}), look(6, 10, checker.Seats{Capacity: 1, Confirmed: 1}))
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := fair()
			c.spoil(&h)
			if found := checker.Check(h, second); len(found.Of(c.check)) == 0 {
				t.Errorf("not found; only\n%s", strings.Join(found, "\n"))
			}
		})
	}
}

func TestGlancesFindOversell(t *testing.T) {
	t.Parallel()
	for name, g := range map[string]checker.Glance{
		"the counter":   {Capacity: 2, Taken: 3, Seated: 3},
		"the rows":      {Capacity: 2, Taken: 2, Seated: 3},
		"fewer rows":    {Capacity: 2, Taken: 2, Seated: 1},
		"another queue": {Capacity: 2, Waiting: 1},
	} {
		if len(checker.Glances([]checker.Glance{g})) == 0 {
			t.Errorf("%s: not found", name)
		}
	}
}
